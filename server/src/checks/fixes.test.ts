/**
 * The fixes of every rule, on its own wrong examples and on more of them (`server/test/fixes/fixtures.ts`): applied, checked again,
 * laid out like the kernel, and without the race that the mistake had. Every fix repairs at least one.
 */
import { beforeAll, describe, expect, it } from "vitest";
import { wasmParser } from "../../test/cParser";
import { exampleEngine } from "../../test/exampleTree";
import { FIXTURES } from "../../test/fixes/fixtures";
import type { EngineImpl } from "../engine/engine";
import { leavesLocks } from "../engine/leaves";
import { heldBy, loadScenarios, replayFinding } from "../engine/replay";
import type { Engine } from "../engine/types";
import { findResources } from "../node/resources";
import type { Finding } from "../protocol/finding";
import type { Trace } from "../protocol/trace";
import { replay } from "../replay/replay";
import type { CheckRule } from "../rules/model";
import type { CParser } from "../syntax/parser";

const rules = findResources().ruleSet();
const scenarios = loadScenarios(findResources().rules());
const file = "drivers/example/example.c";
const includes = "#include <linux/mm.h>\n\n";

/** Wrong examples that no fix repairs yet, or that no edit of a few lines can. */
const NONE: ReadonlySet<string> = new Set<string>([
  // Not reported yet (examples.test.ts).
  "pte-modify-needs-ptl bad 2",
  // The pointer to the entry is unmapped before the reference could be given back.
  "gup-fast-recheck bad 2",
  // Nothing in the function says which lock it should be.
  "seqcount-writer-serialised bad 1",
  // The reads have to become a loop.
  "seqcount-balance-and-retry bad 2",
]);

/** Fixes that only functions of real kernels need so far (`server/test/fixes/sites.ts`): rule → titles. */
const REAL_ONLY: Readonly<Record<string, string[]>> = {
  R33: ["Lock the page table where it is mapped", "Unlock only after the change"],
  R42: ["Compare PMD and PTE again, and give the reference back"],
  R53: ["Open the section after the announcement"],
  R59: ["Start the range before the change"],
  R63: ["Record the sequence under the lock"],
  R64: ["Check for a collision under the lock, and start over", "Read the result the other way round"],
};

/** Where the scenario's race is one that the repaired function has as well, being smaller than real ones. */
const RACES_STAY: ReadonlySet<string> = new Set<string>([
  // The race may be over before the function looks for the first time; the rule's right example has it too.
  "pte-recheck-after-ptl bad 1",
]);

let parser: CParser;

beforeAll(async () => {
  parser = await wasmParser();
});

interface Applied {
  title: string;
  text: string;
}

/** Every fix of the rule's findings, applied alone. */
function applyAll(engine: Engine, text: string, rule: string): Applied[] {
  const findings = engine.check(file).findings.filter((f) => f.rule === rule);
  return findings.flatMap((f) =>
    engine.fixes(file, f.fingerprint).map(({ title, start, end, text: replacement }) => ({
      title,
      text: text.slice(0, start) + replacement + text.slice(end),
    })),
  );
}

/** Applies what is offered for one text, holds it to what a fix promises, and tells the titles. */
function tryAll(rule: CheckRule, name: string, text: string): string[] {
  const engine = exampleEngine(parser, rules, { [file]: text }) as EngineImpl;
  const applied = applyAll(engine, text, rule.id);
  if (process.env.SHOW)
    for (const a of applied) console.log(`=== ${name}: ${a.title}\n${a.text.slice(includes.length)}`);
  const before = engine.check(file).findings;
  for (const { title, text: fixed } of applied) {
    const other = exampleEngine(parser, rules, { [file]: fixed }) as EngineImpl;
    const again = other.check(file);
    expect(again.findings.length, `${title}:\n${fixed}`).toBeLessThan(before.length);
    expect(again.degraded).toEqual([]);
    expect(fixed).not.toMatch(/^ +\S|[ \t]$|\n\n\n/m);
    if (again.findings.some((f) => f.rule === rule.id)) continue;
    for (const f of before.filter((x) => x.rule === rule.id)) {
      const race = harmOf(engine, f);
      if (race === null) continue;
      if (RACES_STAY.has(name)) continue;
      const after = afterwards(other, f.function, race);
      expect(after.verdict, `${title}: ${after.scenario}: ${after.reason}\n${fixed}`).not.toBe("violation");
    }
  }
  // What the engine answers afterwards is about the text it had before.
  expect(engine.check(file).findings.length).toBe(before.length);
  return applied.map((a) => a.title);
}

/** The race of a finding, if one of its rule's scenarios shows it. */
function harmOf(engine: EngineImpl, finding: Finding): Trace | null {
  const steps = replayFinding(engine, scenarios, finding, {});
  for (let next = steps.next(); ; next = steps.next())
    if (next.done) return next.value?.verdict === "violation" ? next.value : null;
}

/** What the same scenario says of the function as it is now. */
function afterwards(engine: EngineImpl, fn: string, race: Trace): Trace {
  const scenario = scenarios.scenarios.find((s) => s.id === race.scenario)!;
  const subject = engine.program.functionsOf(file).find((r) => r.item.name === fn)!;
  const held = heldBy(engine, file, fn);
  const { program } = engine;
  const textOf = (path: string) => engine.overlay.text(path);
  const leaves = leavesLocks(engine, file, fn);
  return replay({
    program,
    textOf,
    set: scenarios,
    scenario,
    profile: race.profile,
    subject,
    held,
    leaves,
    line: null,
  });
}

for (const rule of rules.checks) {
  if (rule.fixes.length === 0) continue;
  describe(`fixes of ${rule.alias} ${rule.id}`, () => {
    const used = new Set<string>();
    rule.bad.forEach((code, i) => {
      const name = `${rule.id} bad ${i + 1}`;
      it(name, { timeout: 60_000 }, () => {
        const titles = tryAll(rule, name, includes + code);
        if (NONE.has(name)) expect(titles).toEqual([]);
        else expect(titles.length, "fixes offered").toBeGreaterThan(0);
        for (const title of titles) used.add(title);
      });
    });
    for (const [title, code] of Object.entries(FIXTURES[rule.alias] ?? {})) {
      it(title, { timeout: 60_000 }, () => {
        const titles = tryAll(rule, title, includes + code.trimStart());
        expect(titles).toContain(title);
        used.add(title);
      });
    }
    it("are all tried", () => {
      const open = REAL_ONLY[rule.alias] ?? [];
      expect([...used].filter((title) => open.includes(title))).toEqual([]);
      expect([...used, ...open].sort()).toEqual([...new Set(rule.fixes.map((f) => f.title))].sort());
    });
  });
}
