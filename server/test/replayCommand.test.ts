/** `lockstep replay` as it ships: the built command on the founding fixtures, in a small tree. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HEADERS } from "./exampleTree";
import { project } from "./lspClient";

let tree: string;

beforeAll(() => {
  tree = mkdtempSync(path.join(tmpdir(), "lockstep-replay-"));
  const write = (name: string, text: string): void => {
    mkdirSync(path.dirname(path.join(tree, name)), { recursive: true });
    writeFileSync(path.join(tree, name), text);
  };
  for (const [name, text] of Object.entries(HEADERS)) write(name, text);
  write("Kbuild", "");
  write("mm/Kconfig", "");
  for (const name of ["S3-buggy", "S3-repaired", "S4-buggy"])
    write(`mm/${name}.c`, readFileSync(path.join(project, "test-fixtures/founding", `${name}.c`), "utf8"));
  const order = path.join(project, "test-fixtures/replay/lock-order-buggy.c");
  write("mm/lock-order.c", readFileSync(order, "utf8"));
});

afterAll(() => rmSync(tree, { recursive: true, force: true }));

function lockstep(...args: string[]): { code: number | null; out: string; err: string } {
  const done = spawnSync(process.execPath, [path.join(project, "dist/cli.js"), ...args, "--root", tree], {
    encoding: "utf8",
  });
  return { code: done.status, out: done.stdout, err: done.stderr };
}

const PLACE = "mm/S3-buggy.c:18";

interface Found {
  level: string;
  line: number;
  replay: {
    verdict: string;
    scenario: string;
    states: number;
    switches: number;
    reason: null;
    steps: unknown[];
  } | null;
}

describe("lockstep check", () => {
  const at = (out: string): Found => JSON.parse(out).findings.find((f: Found) => f.line === 18);

  it("makes an error of a finding whose race was found on its path", () => {
    const { findings } = JSON.parse(lockstep("check", "mm/lock-order.c", "--format", "json").out);
    expect(findings).toMatchObject([{ alias: "R50", level: "error", replay: { verdict: "violation", reason: null } }]);
    const without = JSON.parse(lockstep("check", "mm/lock-order.c", "--format", "json", "--no-replay").out);
    expect(without.findings).toMatchObject([{ alias: "R50", replay: null }]);
  });

  it("makes an error of a race on the finding's path", () => {
    const found = at(lockstep("check", "mm/S3-buggy.c", "--format", "json").out);
    expect(found).toMatchObject({
      level: "error",
      replay: { verdict: "violation", scenario: "gup-fast-vs-collapse", switches: 2, reason: null, choices: [] },
    });
  });

  it("leaves it a warning without replay", () => {
    expect(at(lockstep("check", "mm/S3-buggy.c", "--format", "json", "--no-replay").out)).toMatchObject({
      level: "warning",
      replay: null,
    });
  });

  it("gives SARIF the interleaving, one flow per CPU", () => {
    const { out } = lockstep("check", "mm/S3-buggy.c", "--format", "sarif");
    const flows = JSON.parse(out).runs[0].results.flatMap(
      (r: { codeFlows: { threadFlows: { id?: string; locations: { executionOrder: number }[] }[] }[] }) =>
        r.codeFlows.filter((f) => f.threadFlows.length > 1),
    );
    expect(flows.length).toBeGreaterThan(0);
    const [{ threadFlows }] = flows;
    expect(threadFlows.map((t: { id: string }) => t.id)).toEqual(["CPU0", "CPU1"]);
    const orders = threadFlows.flatMap((t: { locations: { executionOrder: number }[] }) =>
      t.locations.map((l) => l.executionOrder),
    );
    expect([...orders].sort((a, b) => a - b)).toEqual(orders.map((_: number, i: number) => i + 1));
  });
});

describe("lockstep replay", () => {
  it("shows the interleaving behind a finding, with what it holds for", () => {
    const run = lockstep("replay", PLACE);
    expect(run.err).toBe("");
    expect(run.code).toBe(1);
    expect(run.out).toContain(
      "violation: the stale page is returned; what is written to it is lost (2 context switches)",
    );
    expect(run.out).toMatch(
      /in this model: 2 CPUs, sequentially consistent, one page, loops <= 2, \d+ states, profile no-sync/,
    );
    expect(run.out).not.toMatch(/race-free|LKMM|proved/);
  });

  it("draws the diagram of a commit message", () => {
    const run = lockstep("replay", `${PLACE}:R42`, "--format", "diagram");
    expect(`\n${run.out}`).toBe(`
  CPU0                                          CPU1
  fast GUP                                      THP collapse

  interrupts off
  grab_range() is called
  pte_offset_map(&pmd, addr)
                                                mmap_write_lock(mm)
                                                pmdp_collapse_flush()
                                                check page pinned
                                                copy data to huge page
                                                spin_lock(pte_ptl)
  ptep_get_lockless(ptep)
  try_grab_folio_fast(pte_page(pte), 1, flags)
  ptep_get(ptep)
  pte_unmap(first)
  interrupts on
  grab_range() has returned
  // the stale page is returned; what is
  // written to it is lost
`);
  });

  it("has the promised shape as JSON, and replays its schedule", () => {
    const json = JSON.parse(lockstep("replay", PLACE, "--format", "json").out);
    expect(Object.keys(json)).toEqual(
      expect.arrayContaining(
        "verdict reason scenario profile memoryModel bounds states switches threads steps violated bindings assumptions choices unmodelled coverage schedule id".split(
          " ",
        ),
      ),
    );
    expect(json).toMatchObject({
      verdict: "violation",
      scenario: "gup-fast-vs-collapse",
      profile: "no-sync",
      switches: 2,
    });
    expect(json.threads[0]).toEqual({ cpu: 0, name: "fast GUP", function: "grab_range", file: "mm/S3-buggy.c" });
    const again = lockstep("replay", PLACE, "--schedule", json.schedule, "--format", "json");
    expect(again.code).toBe(1);
    expect(JSON.parse(again.out).steps).toEqual(json.steps);
  });

  it("is clean for the repaired code and for the other architectures", () => {
    const clean = lockstep("replay", "mm/S3-repaired.c:18", "--scenario", "gup-fast-vs-collapse");
    expect(clean.code).toBe(0);
    expect(clean.out).toContain("clean: no interleaving does the harm of this scenario");
    expect(lockstep("replay", PLACE, "--profile", "sync-ipi").code).toBe(0);
  });

  it("speaks Markdown and Promela", () => {
    expect(lockstep("replay", PLACE, "--format", "markdown").out).toContain("```\n  CPU0");
    const promela = lockstep("replay", PLACE, "--format", "promela");
    expect(promela.code).toBe(1);
    expect(promela.out).toContain("proctype T1()");
  });

  it.each([
    [["replay"], "replay takes one FILE:LINE"],
    [["replay", "mm/S3-buggy.c:x"], "replay takes one FILE:LINE"],
    [["replay", "mm/none.c:3"], "mm/none.c"],
    [["replay", "mm/S3-buggy.c:999"], "has only 32 lines"],
    [["replay", "mm/S3-buggy.c:2"], "mm/S3-buggy.c:2: no function here"],
    [["replay", "mm/S3-buggy.c:14"], "no finding on this line; --scenario NAME replays its function all the same"],
    [["replay", PLACE, "--scenario", "nope"], 'no scenario "nope"; there are collapse-vs-gup-fast, '],
    [["replay", PLACE, "--profile", "nope"], 'has no profile "nope"; it has no-sync, flush-ipi, sync-ipi'],
    [["replay", PLACE, "--schedule", "AQ"], '"Q" at position 2: there are only the threads A to B'],
    [["replay", PLACE, "--format", "xml"], "--format is one of text, json, markdown, diagram, promela"],
  ])("%j is answered by a message and exit code 2", (args, message) => {
    const run = lockstep(...args);
    expect(run.err).toContain(message);
    expect(run).toMatchObject({ code: 2, out: "" });
  });
});
