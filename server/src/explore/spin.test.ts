/** Spin comes to the same verdicts on models exported to Promela. */
import { describe, expect, it } from "vitest";
import { randomModel } from "../../test/explore/randomModel";
import { runSpin, spinMissing } from "../../test/explore/spin";
import { toPromela } from "./promela";
import { search } from "./search";

const missing = spinMissing();
const MODELS = 12;

describe.skipIf(missing !== null)(`Spin${missing ? `: not run, ${missing}` : ""}`, () => {
  it(`agrees on ${MODELS} random programs`, { timeout: 240_000 }, async () => {
    const first = Number(process.env.LOCKSTEP_FUZZ_SEED ?? Date.now() % 1_000_000_000);
    console.log(`Promela exports from seed ${first} (LOCKSTEP_FUZZ_SEED repeats them)`);
    // As many of each verdict.
    const left = { true: MODELS / 2, false: MODELS / 2 };
    const wrong: string[] = [];
    for (let seed = first; left.true + left.false > 0; seed++) {
      const model = randomModel(seed);
      const ours = search(model);
      const key = String(ours.violation !== null) as "true" | "false";
      if (ours.capped || left[key] === 0 || (key === "false" && ours.states < 8)) continue;
      left[key]--;
      const spin = await runSpin(toPromela(model));
      if (spin.violated !== (ours.violation !== null))
        wrong.push(`seed ${seed}: Spin says ${spin.violated}, we ${ours.violation?.kind}`);
    }
    expect(wrong).toEqual([]);
  });
});
