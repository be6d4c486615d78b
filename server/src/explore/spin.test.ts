/** Spin comes to the same verdicts on models exported to Promela. */

import { expect, it } from "vitest";
import { disciplinedModel } from "../../test/explore/disciplinedModel";
import { randomModel } from "../../test/explore/randomModel";
import { runSpin, spinMissing } from "../../test/explore/spin";
import { describeTool } from "../../test/kernel";
import type { Expr, Model, Op } from "./model";
import { toPromela } from "./promela";
import { type SearchResult, search } from "./search";

const missing = spinMissing();
const MODELS = Number(process.env.LOCKSTEP_SPIN_MODELS ?? 12);
const modelOf = (seed: number): Model => (seed % 2 === 0 ? randomModel(seed) : disciplinedModel(seed));

it("an export jumps only to ops that there are", () => {
  const site = 0;
  const model: Model = {
    threads: [
      {
        name: "T0",
        registers: 1,
        ops: [
          { k: "load", r: 0, from: { base: 0, size: 1 }, site },
          { k: "branch", cond: { k: "reg", r: 0 }, t: 2, f: 3, site },
          { k: "stop", site },
          { k: "cut", id: 0, site },
        ],
      },
    ],
    cells: [{ name: "c", init: 0 }],
    locks: [],
    sections: [],
    invariants: [],
    harms: [],
  };
  const text = toPromela(model);
  const labels = new Set([...text.matchAll(/^(\w+):/gm)].map((m) => m[1]));
  expect([...text.matchAll(/goto (\w+)/g)].map((m) => m[1]).filter((l) => !labels.has(l))).toEqual([]);
});

describeTool(missing, "Spin", () => {
  const model = (first: Op[], second: Op[], invariants: Model["invariants"] = []): Model => ({
    threads: [first, second].map((ops, t) => ({ name: `t${t}`, registers: 1, ops })),
    cells: [
      { name: "own", init: 0 },
      { name: "shared", init: 1 },
    ],
    locks: [],
    sections: [],
    invariants,
    harms: ["harm"],
  });
  const site = 0;
  const own = { base: 0, size: 1 };
  const shared = { base: 1, size: 1 };
  const stop: Op = { k: "stop", site };
  const cut: Op = { k: "cut", id: 0, site };
  const load: Op = { k: "load", r: 0, from: shared, site };
  const store = (v: number): Op => ({ k: "store", to: shared, e: { k: "num", v }, site });
  const holds: Expr = { k: "bin", op: "==", l: { k: "cell", c: 1 }, r: { k: "num", v: 2 } };

  it.each<[string, Model, string | undefined]>([
    [
      // It might have come to wake us.
      "a thread is not stuck where the other reached a bound",
      model([load, { k: "await", r: 0, from: own, cond: { k: "reg", r: 0 }, site }, stop], [store(1), cut]),
      undefined,
    ],
    [
      "a thread is stuck at a wait that nobody else notices",
      model([load, { k: "await", r: 0, from: own, cond: { k: "reg", r: 0 }, site }, stop], [store(1), stop]),
      "deadlock",
    ],
    [
      "a thread goes on when the other reached a bound",
      model([{ k: "free", live: shared, site }, cut], [load, { k: "touch", live: shared, site }, stop]),
      "use-after-free",
    ],
    [
      "what is broken from the start may be mended by the first steps",
      model([store(2), stop], [store(2), stop], [{ e: holds, harm: 0 }]),
      undefined,
    ],
    [
      "what is broken from the start is broken by any step",
      model([store(2), stop], [{ k: "set", r: 0, e: { k: "num", v: 0 }, site }, stop], [{ e: holds, harm: 0 }]),
      "harm",
    ],
  ])("%s", async (_, m, kind) => {
    expect(search(m).violation?.kind).toBe(kind);
    expect((await runSpin(toPromela(m))).violated).toBe(kind !== undefined);
  });

  it(`agrees on ${MODELS} random programs`, { timeout: 240_000 + 500 * MODELS }, async () => {
    const first = Number(process.env.LOCKSTEP_FUZZ_SEED ?? Date.now() % 1_000_000_000);
    console.log(`Promela exports from seed ${first} (LOCKSTEP_FUZZ_SEED repeats them)`);
    // As many of each verdict.
    const left = { true: MODELS / 2, false: MODELS / 2 };
    const chosen: { seed: number; ours: SearchResult }[] = [];
    for (let seed = first; left.true + left.false > 0; seed++) {
      const model = modelOf(seed);
      const ours = search(model);
      const key = String(ours.violation !== null) as "true" | "false";
      if (ours.capped || left[key] === 0 || (key === "false" && ours.states < 8)) continue;
      left[key]--;
      chosen.push({ seed, ours });
    }
    const wrong: string[] = [];
    // Compiling takes the time: two at once.
    const compare = async (): Promise<void> => {
      for (let next = chosen.pop(); next; next = chosen.pop()) {
        const spin = await runSpin(toPromela(modelOf(next.seed)));
        if (spin.violated !== (next.ours.violation !== null))
          wrong.push(`seed ${next.seed}: Spin says ${spin.violated}, we ${next.ours.violation?.kind}`);
      }
    };
    await Promise.all([compare(), compare()]);
    expect(wrong).toEqual([]);
  });
});
