/** The reduced search, the plain search and a naive second implementation agree on random programs. */
import { expect, it } from "vitest";
import { disciplinedModel } from "../../test/explore/disciplinedModel";
import { randomModel } from "../../test/explore/randomModel";
import { reference } from "../../test/explore/reference";
import { modelProblem } from "./model";
import { runSchedule } from "./run";
import { search } from "./search";

const PROGRAMS = 20_000;

it(`agree on verdict and least switches over ${PROGRAMS} random programs`, { timeout: 240_000 }, async () => {
  const first = Number(process.env.LOCKSTEP_FUZZ_SEED ?? Date.now() % 1_000_000_000);
  console.log(`random programs from seed ${first} (LOCKSTEP_FUZZ_SEED repeats them)`);
  const wrong: string[] = [];
  let compared = 0;
  let violating = 0;
  let seed = first;
  for (; compared < PROGRAMS && wrong.length < 5; seed++) {
    // The runner wants to hear from us now and then.
    if (seed % 500 === 0) await new Promise((resolve) => setTimeout(resolve, 0));
    const model = seed % 2 === 0 ? randomModel(seed) : disciplinedModel(seed);
    expect(modelProblem(model), `seed ${seed}`).toBeNull();
    const exact = reference(model, 400);
    if (exact === null) continue;
    compared++;
    const reduced = search(model);
    const plain = search(model, { reduce: false });
    if (exact.violated) violating++;
    for (const [name, r] of [
      ["reduced", reduced],
      ["plain", plain],
    ] as const) {
      const ran = r.violation ? runSchedule(model, r.schedule) : null;
      const same = (r.violation !== null) === exact.violated && (!exact.violated || r.switches === exact.switches);
      if (!same)
        wrong.push(
          `seed ${seed}, ${name}: ${r.violation?.kind} at ${r.switches}, expected ${exact.violated} at ${exact.switches}`,
        );
      // The counterexample is a run of the program that ends as the search says.
      if (ran && (ran.stuckAt !== null || (ran.violation?.kind ?? "deadlock") !== r.violation?.kind))
        wrong.push(`seed ${seed}, ${name}: the schedule does not lead to ${r.violation?.kind}`);
      if (ran && r.steps !== ran.steps.length)
        wrong.push(`seed ${seed}, ${name}: ${r.steps} steps, schedule has ${ran.steps.length}`);
    }
    // The plain search visits the same states, whoever ran last.
    if (!exact.violated && plain.states < exact.states)
      wrong.push(`seed ${seed}: ${plain.states} < ${exact.states} states`);
  }
  console.log(`${compared} programs, ${violating} violating, last seed ${seed - 1}`);
  expect(wrong).toEqual([]);
  // Both answers must be frequent, else the comparison shows little.
  expect(violating).toBeGreaterThan(compared / 5);
  expect(violating).toBeLessThan((compared * 19) / 20);
});
