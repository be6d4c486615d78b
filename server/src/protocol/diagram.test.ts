/** Diagrams as they go into commit messages. */
import { expect, it } from "vitest";
import { diagram } from "./diagram";
import type { Trace, TraceStep } from "./trace";

function trace(names: string[], rows: [number, string, string?, number?][]): Trace {
  return {
    verdict: "violation",
    reason: null,
    scenario: "s",
    title: "t",
    profile: null,
    memoryModel: "sc",
    bounds: { cpus: names.length, loops: 2, cuts: [] },
    states: 1,
    switches: 1,
    threads: names.map((name, cpu) => ({ cpu, name, function: "f", file: "f.c" })),
    steps: rows.map(
      ([cpu, text, note, depth]): TraceStep => ({
        cpu,
        text,
        note: note ?? "",
        depth: depth ?? 0,
        function: "f",
        file: "f.c",
        line: 1,
        changed: [],
        locks: [],
      }),
    ),
    cells: [],
    violated: null,
    bindings: [],
    assumptions: [],
    choices: [],
    unmodelled: [],
    coverage: { reached: 1, of: 1 },
    schedule: "",
    onPath: false,
    contracts: "none",
    id: "",
  };
}

it("two columns, calls indented, the outcome as a note", () => {
  const t = trace(
    ["fast GUP", "THP collapse"],
    [
      [0, "gup_pmd_range()", "see valid pmd"],
      [0, "gup_pte_range()", "", 1],
      [1, "pmdp_collapse_flush()"],
      [1, "check page pinned"],
      [0, "pin the page", "", 1],
      [1, "discard the stale page", "the stale page is returned"],
    ],
  );
  expect(`\n${diagram(t).join("\n")}\n`).toBe(`
  CPU0               CPU1
  fast GUP           THP collapse

  gup_pmd_range()
  // see valid pmd
    gup_pte_range()
                     pmdp_collapse_flush()
                     check page pinned
    pin the page
                     discard the stale page
                     // the stale page is returned
`);
});

it("long calls lose their arguments before they are broken", () => {
  const t = trace(
    ["a task", "another task"],
    [
      [0, "some_function_with_a_name(first_argument, second_argument(nested), third) != 0"],
      [1, "another_function_with_a_name(first_argument, second_argument, third_one)"],
      [1, "words that are many and cannot be shortened by dropping anything at all"],
    ],
  );
  const lines = diagram(t);
  expect(`\n${lines.join("\n")}\n`).toBe(`
  CPU0                              CPU1
  a task                            another task

  some_function_with_a_name() != 0
                                    another_function_with_a_name()
                                    words that are many and cannot be
                                      shortened by dropping anything at
                                      all
`);
});

it("three columns fit as well; four become a list", () => {
  const rows = [0, 1, 2].map((cpu): [number, string] => [cpu, "take_a_lock_and_release_it(argument)"]);
  const three = diagram(trace(["first", "second", "third"], rows));
  expect(three.every((l) => l.length <= 72)).toBe(true);
  expect(three[0]).toBe("  CPU0                    CPU1                    CPU2");
  const four = diagram(trace(["a", "b", "c", "d"], [...rows, [3, "last", "the end"]]));
  expect(four.at(-1)).toBe("  4. CPU3 (d): last  // the end");
});

it("headers are measured too, and text that is not ASCII is replaced", () => {
  const lines = diagram(
    trace(
      ["a name much longer than what stands below", "b"],
      [
        [0, "x"],
        [1, "caf\u00e9"],
      ],
    ),
  );
  expect(lines[1]).toBe("  a name much longer than what stands below  b");
  expect(lines.at(-1)!.trim()).toBe("caf?");
  expect(diagram(trace(["a", "b"], []))).toEqual([]);
});
