/** Scenario files with mistakes are answered with place and advice. */
import { expect, it } from "vitest";
import { loadScenarios } from "./scenario";

const GOOD = `id: demo
title: a demo
about: nothing much
roles:
  mm: { types: [mm_struct] }
cells: { flag: 0 }
locks: { mmap_lock: rwsem }
subject: { name: user }
racers:
  - { name: racer, call: race }
harms:
  - { when: flag, text: the flag is up }
code: |
  void race(void) { flag = 1; }
`;

function problems(text: string, file = "rules/scenarios/demo.yaml"): string[] {
  return loadScenarios([{ path: file, text }]).problems.map((p) => `${p.line}:${p.column} ${p.message}`);
}

it("a complete one loads", () => {
  const set = loadScenarios([{ path: "rules/scenarios/demo.yaml", text: GOOD }]);
  expect(set.problems).toEqual([]);
  expect(set.scenarios[0]).toMatchObject({ id: "demo", codeLine: 14, cells: [{ name: "flag", init: [0] }] });
});

it.each([
  ["another file's name", GOOD.replace("id: demo", "id: other"), "1:5 the id is the name of the file: demo"],
  ["an unknown key", `${GOOD}racer: x\n`, /^15:1 unknown key "racer"; expected one of id, title/],
  ["an unknown lock kind", GOOD.replace("rwsem", "lock"), "7:21 a lock is one of spin, mutex, rwsem"],
  [
    "a cell that does not fit",
    GOOD.replace("flag: 0", "flag: 500"),
    /^6:16 a cell starts as a number from -127 to 127/,
  ],
  ["a racer without code", GOOD.replace("call: race", "call: rice"), "10:26 the code has no function rice()"],
  ["no harms", GOOD.replace(/harms:\n.*\n/, ""), /harms: expected a list/],
  ["no title", GOOD.replace("title: a demo\n", ""), /title is missing: expected a text/],
  [
    "a field without a cell",
    GOOD.replace("locks:", "fields: { a.b: nothing }\nlocks:"),
    "7:16 expected a number or one of the cells flag",
  ],
  [
    "a role with a wrong word",
    GOOD.replace("types: [mm_struct]", "type: mm_struct"),
    /^5:9 unknown key "type"; expected types, value/,
  ],
])("%s", (_, text, message) => {
  const found = problems(text);
  expect(
    found.some((p) => (typeof message === "string" ? p === message : message.test(p))),
    found.join("\n"),
  ).toBe(true);
  expect(loadScenarios([{ path: "rules/scenarios/demo.yaml", text }]).scenarios).toEqual([]);
});

it("text that is no YAML is a problem, not a failure", () => {
  expect(problems("roles: [\n").length).toBeGreaterThan(0);
});
