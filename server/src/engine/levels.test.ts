/** Levels by verdict, over the wrong examples of every rule that has a race. */
import { beforeAll, describe, expect, it } from "vitest";
import { wasmParser } from "../../test/cParser";
import { exampleEngine } from "../../test/exampleTree";
import { shippedScenarios } from "../../test/replayKit";
import { findResources } from "../node/resources";
import type { Finding } from "../protocol/finding";
import type { CParser } from "../syntax/parser";
import { Verdicts } from "./levels";
import type { ScenarioSet } from "./replay";

const rules = findResources().ruleSet();
const races = rules.checks.filter((c) => c.harm === "race" && c.status !== "preview" && c.scenario !== undefined);
const file = "drivers/example/example.c";

let parser: CParser;

beforeAll(async () => {
  parser = await wasmParser();
});

function judged(code: string, set: ScenarioSet = shippedScenarios): Finding[] {
  const engine = exampleEngine(parser, rules, { [file]: `#include <linux/mm.h>\n\n${code}` });
  const { findings } = engine.check(file);
  new Verdicts(() => set).judge(engine, findings);
  return findings;
}

describe("levels by verdict", () => {
  it("follow the replay of each finding", () => {
    const table = races.flatMap((c) =>
      c.bad.flatMap((code, n) =>
        judged(code).map((f) => ({ name: `${f.rule} bad ${n + 1}`, level: f.level, replay: f.replay })),
      ),
    );
    for (const { name, level, replay } of table) {
      console.log(`${name}: ${level}, ${replay?.verdict} ${replay?.reason ?? ""}`);
      expect([name, level], name).toEqual([name, replay?.verdict === "violation" ? "error" : "warning"]);
      expect(replay?.verdict === "inconclusive", name).toBe(replay !== null && replay.reason !== null);
    }
    // The part of the wrong examples whose race is shown must not fall.
    expect(table.filter((r) => r.level === "error").length / table.length).toBeGreaterThan(0.3);
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
});
