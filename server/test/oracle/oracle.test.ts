/**
 * The lowering against a C compiler: each scenario's fixture and its racing threads are compiled by gcc, run under random schedules,
 * and the model must have each of those runs, access by access, with the same values and the same cells at the end.
 */

import { readFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, expect, it } from "vitest";
import { build } from "../../src/replay/build";
import type { CParser } from "../../src/syntax/parser";
import { wasmParser } from "../cParser";
import { describeTool } from "../kernel";
import { projectRoot } from "../mutations/data";
import { fixtureInput, SCENARIOS_AND_FORMS, SUBJECTS, VARIANTS } from "../replayFixtures";
import { shippedScenarios } from "../replayKit";
import { follow } from "./follow";
import { gccMissing, runGcc } from "./oracle";

const SCHEDULES = 200;
const seed = Number(process.env.LOCKSTEP_SEED ?? 1);

/** Scenarios whose C the shim cannot run, and why. */
const NOT_RUN: Record<string, string> = {
  "notifier-unwind":
    "its fixture calls every client of a list through a pointer and takes three locks that the scenario does not name; the shim knows one own lock and no lists",
};

const missing = gccMissing();
let parser: CParser;

beforeAll(async () => {
  parser = await wasmParser();
});

describeTool(missing, "gcc on scenarios", () => {
  const ids = shippedScenarios.scenarios.map((s) => s.id);

  it("covers every shipped scenario, but for those with a reason", () => {
    expect(ids.filter((id) => !SUBJECTS[id])).toEqual([]);
    expect(Object.keys(NOT_RUN).filter((id) => !ids.includes(id))).toEqual([]);
    for (const [id, why] of Object.entries(NOT_RUN)) console.log(`not compiled: ${id}: ${why}`);
  });

  const cases = SCENARIOS_AND_FORMS.filter(([id]) => !NOT_RUN[id]).flatMap(([id, how, form]) => {
    const { profiles } = shippedScenarios.scenarios.find((s) => s.id === id)!;
    return VARIANTS.flatMap((variant) =>
      (profiles.length > 0 ? profiles : [null]).map((profile) => [id, how, variant, profile, form] as const),
    );
  });
  it.each(cases)(`${SCHEDULES} schedules of %s%s, %s, profile %s`, { timeout: 120_000 }, (...row) => {
    const [id, how, variant, profile, form] = row;
    const input = { ...fixtureInput(parser, id, variant, form), profile };
    const models = build({ ...input, loopBound: 2 });
    if (typeof models === "string") throw new Error(models);
    const built = models.whole();
    const fixture = readFileSync(path.join(projectRoot(), "test-fixtures", `${SUBJECTS[id]![0]}-${variant}.c`), "utf8");
    const runs = runGcc(input, built, fixture, seed, SCHEDULES);
    expect(runs.length).toBe(SCHEDULES);
    let equal = 0;
    let harm = 0;
    for (const [n, run] of runs.entries()) {
      const found = follow(built.model, run);
      if (found.k === "differs")
        expect.fail(
          `seed ${seed + n}: event ${found.at + 1}: gcc "${found.event}", the model ${JSON.stringify(found.expected)}\n${run.events.slice(0, found.at + 1).join("\n")}`,
        );
      if (found.k === "equal") equal++;
      else harm++;
    }
    const orders = new Set(runs.map((r) => r.events.map((e) => e[0]).join(""))).size;
    console.log(
      `${id}${how} ${variant} ${profile ?? ""}: ${equal} equal, ${harm} up to the harm, ${orders} different orders`,
    );
    expect(orders).toBeGreaterThan(1);
    // The repaired code does no harm under any schedule.
    if (variant === "repaired") expect(harm).toBe(0);
  });
});
