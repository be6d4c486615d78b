/** Spin comes to the same verdict on the model of every shipped scenario, with faulty and with repaired code. */

import { beforeAll, expect, it } from "vitest";
import { wasmParser } from "../../test/cParser";
import { runSpin, spinMissing } from "../../test/explore/spin";
import { describeTool } from "../../test/kernel";
import { fixtureInput, SCENARIOS_AND_FORMS, SUBJECTS, VARIANTS } from "../../test/replayFixtures";
import { shippedScenarios } from "../../test/replayKit";
import type { CParser } from "../syntax/parser";
import { replay, replayPromela } from "./replay";

const missing = spinMissing();
let parser: CParser;

beforeAll(async () => {
  parser = await wasmParser();
});

describeTool(missing, "Spin on scenarios", () => {
  it("covers every shipped scenario", () => {
    expect(shippedScenarios.scenarios.map((s) => s.id).filter((id) => !SUBJECTS[id])).toEqual([]);
  });

  // Compiling takes the time: the variants of one scenario side by side.
  it.each(SCENARIOS_AND_FORMS)("agrees on %s%s", { timeout: 60_000 }, async (id, _, form) => {
    const compared = VARIANTS.map(async (variant) => {
      const input = fixtureInput(parser, id, variant, form);
      const exported = replayPromela(input);
      if ("problem" in exported) throw new Error(exported.problem);
      const spin = await runSpin(exported.promela);
      return { variant, spin: spin.violated, ours: replay(input).violated !== null };
    });
    for (const { variant, spin, ours } of await Promise.all(compared)) expect([variant, spin]).toEqual([variant, ours]);
  });
});
