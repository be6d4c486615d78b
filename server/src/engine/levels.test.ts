/** Levels by verdict, over the wrong examples of every rule that has a race. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { wasmParser } from "../../test/cParser";
import { exampleEngine, REFCOUNT_HEADERS } from "../../test/exampleTree";
import { shippedScenarios } from "../../test/replayKit";
import { findResources } from "../node/resources";
import type { Finding } from "../protocol/finding";
import type { CParser } from "../syntax/parser";
import type { EngineImpl } from "./engine";
import { Verdicts } from "./levels";
import { replayLine, type ScenarioSet } from "./replay";

const rules = findResources().ruleSet();
const races = rules.checks.filter((c) => c.harm === "race" && c.status !== "preview" && c.scenario !== undefined);
const file = "drivers/example/example.c";

/** Wrong examples that the rule itself does not report yet (examples.test.ts). */
const SILENT = new Set(["pte-modify-needs-ptl bad 2"]);

/** Right examples in which a scenario does harm all the same: it takes the entry for a swapped-out one. */
const RACY = new Set(["pte-recheck-after-ptl good 1 replace swapin-race"]);

let parser: CParser;

beforeAll(async () => {
  parser = await wasmParser();
});

const text = (code: string): string => `#include <linux/mm.h>\n\n${code}`;

function judged(code: string, set: ScenarioSet = shippedScenarios): Finding[] {
  const engine = exampleEngine(parser, rules, { [file]: text(code) });
  const { findings } = engine.check(file);
  new Verdicts(() => set).judge(engine, findings);
  return findings;
}

describe("levels by verdict", () => {
  it.each(["S0", "S1", "S2", "S3", "S4"])(
    "founding document %s: each finding is an error, with its race if it has one",
    (id) => {
      const code = readFileSync(
        fileURLToPath(new URL(`../../../test-fixtures/founding/${id}-buggy.c`, import.meta.url)),
        "utf8",
      );
      const findings = judged(code);
      expect(findings.length).toBeGreaterThan(0);
      const single = findings.filter((f) => !races.some((c) => c.id === f.rule));
      for (const f of findings) {
        expect([f.alias, f.function, f.level]).toEqual([f.alias, f.function, "error"]);
        if (!single.includes(f)) expect(f.replay?.verdict).toBe("violation");
      }
    },
  );

  it.each(races.flatMap((c) => c.bad.map((code, n) => [`${c.id} bad ${n + 1}`, c, code] as const)))(
    "%s: its race is shown",
    (name, c, code) => {
      const found = judged(code).filter((f) => f.rule === c.id);
      const want = found.map(() => ["error", "violation", []]);
      expect(found.length > 0).toBe(!SILENT.has(name));
      expect(found.map((f) => [f.level, f.replay?.verdict, f.replay?.choices])).toEqual(want);
    },
  );

  it.each(races.flatMap((c) => c.good.map((code, n) => [`${c.id} good ${n + 1}`, c, code] as const)))(
    "%s: no race, in none of the rule's scenarios",
    (name, c, code) => {
      const engine = exampleEngine(parser, rules, { [file]: text(code) });
      const { program } = engine as EngineImpl;
      const functions = program.functionsOf(file);
      // A helper is covered where it is called.
      for (const { item } of functions) {
        if (functions.some((f) => f.item.calls.includes(item.name))) continue;
        const line = text(code).slice(0, item.start).split("\n").length;
        for (const scenario of c.scenarios ?? []) {
          const request = { file, line, rule: null, scenario, profile: null, schedule: null };
          const answer = replayLine(engine, shippedScenarios, request);
          if ("problem" in answer) throw new Error(answer.problem);
          const { verdict, violated, choices } = answer.trace;
          const what = `${name} ${item.name} ${scenario}`;
          expect(verdict === "violation", `${what}: ${violated?.text} ${choices}`).toBe(RACY.has(what));
        }
      }
    },
  );

  it.each([
    ["S0", "write-protect-seq-writer"],
    ["S1", "vma-start-write-needs-mmap-write"],
    ["S1", "no-mmap-lock-under-vma-lock"],
    ["S2", "device-exclusive-and-migrate-contract"],
    ["S3", "gup-fast-recheck"],
  ])("founding document %s: %s is an error", (document, rule) => {
    const path = fileURLToPath(new URL(`../../../test-fixtures/founding/${document}-buggy.c`, import.meta.url));
    const [finding] = judged(readFileSync(path, "utf8")).filter((f) => f.rule === rule);
    expect([finding?.level, finding?.replay?.verdict, finding?.replay?.choices]).toEqual(["error", "violation", []]);
  });

  it("a scenario that finds nothing on the rule's own example refutes nothing", () => {
    const check = races.find((c) => c.detector === "stale-after-release")!;
    const harmless = {
      ...shippedScenarios,
      scenarios: shippedScenarios.scenarios.filter((s) => s.id !== check.scenario),
    };
    const other = harmless.scenarios[0]!;
    const set = { ...harmless, scenarios: [...harmless.scenarios, { ...other, id: check.scenario! }] };
    expect(judged(check.bad[0]!, set).map((f) => [f.level, f.replay?.verdict])).toEqual([["warning", "inconclusive"]]);
    expect(judged(check.bad[0]!, harmless).map((f) => [f.level, f.replay])).toEqual([["warning", null]]);
  });

  it.each(
    races
      .filter((c) => shippedScenarios.scenarios.some((s) => c.scenarios?.includes(s.id) && s.locks.has("vma_lock")))
      .flatMap((c) => c.bad.map((code, n) => [`${c.id} bad ${n + 1}`, c, code] as const)),
  )("%s: its race is shown where the VMA lock is a reference count, too", (_, c, code) => {
    const engine = exampleEngine(parser, rules, { ...REFCOUNT_HEADERS, [file]: text(code) });
    const found = engine.check(file).findings.filter((f) => f.rule === c.id);
    new Verdicts(() => shippedScenarios).judge(engine, found);
    expect(found.length).toBeGreaterThan(0);
    expect(found.map((f) => [f.level, f.replay?.verdict])).toEqual(found.map(() => ["error", "violation"]));
  });

  it("a mistake that only one of a rule's scenarios knows is not refuted by the other", () => {
    const check = races.find((c) => c.id === "gup-fast-recheck")!;
    const one = check.bad.at(-1)!;
    const verdictsWith = (...ids: string[]): unknown[] => {
      const scenarios = shippedScenarios.scenarios.filter((s) => ids.includes(s.id));
      return judged(one, { ...shippedScenarios, scenarios }).map((f) => [f.level, f.replay?.verdict]);
    };
    expect(verdictsWith("gup-fast-vs-collapse", "gup-fast-vs-zap")).toEqual([["error", "violation"]]);
    expect(verdictsWith("gup-fast-vs-collapse")).toEqual([["warning", "inconclusive"]]);
  });
});
