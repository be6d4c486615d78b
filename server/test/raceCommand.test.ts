/** `lockstep race` as it ships: the built command on two small files. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { project } from "./lspClient";

let tree: string;

beforeAll(() => {
  tree = mkdtempSync(path.join(tmpdir(), "lockstep-race-"));
  mkdirSync(path.join(tree, "mm"));
  writeFileSync(path.join(tree, "Kbuild"), "");
  writeFileSync(path.join(tree, "mm/Kconfig"), "");
  for (const name of ["ring.c", "other.c"])
    cpSync(path.join(project, "test-fixtures/race", name), path.join(tree, "mm", name));
});

afterAll(() => rmSync(tree, { recursive: true, force: true }));

function race(first: string, second: string, ...more: string[]): { code: number | null; out: string; err: string } {
  const args = ["race", first, second, ...more, "--root", tree].filter((a) => a !== "");
  const done = spawnSync(process.execPath, [path.join(project, "dist/cli.js"), ...args], { encoding: "utf8" });
  return { code: done.status, out: done.stdout, err: done.stderr };
}

const PUSH = "mm/ring.c:ring_push";

describe("lockstep race", () => {
  it("exits 1 with the interleaving and what it holds for", () => {
    const run = race(PUSH, "mm/ring.c:ring_push_locked");
    expect(run).toMatchObject({ code: 1, err: "" });
    expect(run.out).toContain("violation: ring.count: the update by ");
    expect(run.out).toContain("in this model: 2 CPUs, sequentially consistent, one page, loops <= 2, ");
    expect(run.out).toContain("bindings: r of ring_push() is ring; r of ring_push_locked() is ring");
    expect(run.out).toContain("at first ring.count is 0");
    expect(run.out).not.toMatch(/race-free|LKMM|proved/);
  });

  it("exits 0 if no interleaving does harm, and says within which bounds", () => {
    const run = race("mm/ring.c:ring_push_locked", "mm/ring.c:ring_pop_locked");
    expect(run).toMatchObject({ code: 0, err: "" });
    expect(run.out).toMatch(/^clean: no interleaving of the two does any of the harms that the model knows$/m);
    expect(run.out).toMatch(/loops <= 2, \d+ states/);
  });

  it("exits 3 if the answer depends on what it does not know", () => {
    expect(race("mm/ring.c:ring_maybe", PUSH)).toMatchObject({ code: 3 });
  });

  it("draws the diagram of a commit message", () => {
    const run = race("mm/ring.c:pair_up", "mm/ring.c:pair_down", "--format", "diagram");
    expect(`\n${run.out}`).toBe(`
  CPU0                    CPU1
  pair_up()               pair_down()

  mutex_lock(&p->first)
                          mutex_lock(&p->second)
  mutex_lock(&p->second)
  // waits for
  // pair.second
                          mutex_lock(&p->first)
                          // waits for pair.first: nobody can go on
`);
  });

  it("has the shape of a replay as JSON; speaks Markdown and Promela", () => {
    const json = JSON.parse(race(PUSH, PUSH, "--format", "json").out);
    expect(json).toMatchObject({ verdict: "violation", scenario: "race", title: "ring_push() against ring_push()" });
    expect(json.steps.at(-1)).toMatchObject({ function: "ring_push", file: "mm/ring.c", cpu: 1 });
    expect(JSON.parse(race(PUSH, PUSH, "--format", "json").out)).toEqual(json);
    expect(race(PUSH, PUSH, "--format", "markdown").out).toContain("```\n  CPU0");
    expect(race(PUSH, PUSH, "--format", "promela").out).toContain("proctype T1()");
  });

  it("takes functions of two files", () => {
    expect(race("mm/other.c:peek", "mm/ring.c:ring_drop_page").code).toBe(1);
  });

  it.each([
    [[PUSH, ""], "race takes two functions: FILE:FUNC FILE:FUNC"],
    [["mm/ring.c", PUSH], "expected FILE:FUNC"],
    [["mm/none.c:f", PUSH], "mm/none.c"],
    [["mm/ring.c:ring_pus", PUSH], "mm/ring.c: no function ring_pus() here; did you mean ring_push()?"],
    [["mm/ring.c:other_set", PUSH], "other_set() and ring_push() share nothing"],
    [[PUSH, PUSH, "--distinct"], "with --distinct every parameter is an object of its own"],
    [[PUSH, PUSH, "--format", "sarif"], "--format is one of text, json, markdown, diagram, promela"],
  ])("%j is answered by a message and exit code 2", (args, message) => {
    const [first, second, ...more] = args;
    const run = race(first!, second!, ...more);
    expect(run.err).toContain(message);
    expect(run).toMatchObject({ code: 2, out: "" });
  });
});
