/** Trimming changes nothing that others can notice: same verdict, same least number of context switches. */
import { beforeAll, describe, expect, it } from "vitest";
import { wasmParser } from "../../test/cParser";
import { randomModel } from "../../test/explore/randomModel";
import { fixtureInput, VARIANTS } from "../../test/replayFixtures";
import { shippedScenarios } from "../../test/replayKit";
import type { Expr, Model, Op, Thread } from "../explore/model";
import { type SearchResult, search } from "../explore/search";
import type { CParser } from "../syntax/parser";
import { build } from "./build";
import { trim } from "./trim";

const PROGRAMS = 6000;

let parser: CParser;

beforeAll(async () => {
  parser = await wasmParser();
});

/** Cut that ends a loop after so many turns. */
const LOOP_CUT = 7;

/** Like a thread that was lowered: registers are set before they are read, loops are counted, nothing is atomic. */
function asLowered(t: Thread): Thread {
  const counter = t.registers;
  const first = counter + 1;
  const bounds: Op[] = [];
  const shift = (op: Op, pc: number): Op => {
    const { atomic: _, ...plain } = op;
    if (plain.k === "jump") return { ...plain, to: plain.to + first };
    if (plain.k !== "branch") return plain as Op;
    return { ...plain, t: plain.t <= pc ? turn(plain.t + first) : plain.t + first, f: plain.f + first };
  };
  /** Where a jump back to `head` goes: counts the turn, then the head or the end. */
  const turn = (head: number): number => {
    const at = first + t.ops.length + bounds.length;
    const over: Expr = { k: "bin", op: ">", l: { k: "reg", r: counter }, r: { k: "num", v: 2 } };
    const more: Expr = { k: "bin", op: "+", l: { k: "reg", r: counter }, r: { k: "num", v: 1 } };
    bounds.push(
      { k: "set", r: counter, e: more, site: 0 },
      { k: "branch", cond: over, t: at + 2, f: head, site: 0 },
      { k: "cut", id: LOOP_CUT, site: 0 },
    );
    return at;
  };
  const sets = Array.from({ length: first }, (_, r): Op => ({ k: "set", r, e: { k: "num", v: 0 }, site: 0 }));
  const ops = t.ops.map(shift);
  return { ...t, registers: first, ops: [...sets, ...ops, ...bounds] };
}

/** What others see of a thread's own steps: that it waits, or has ended. Both may come a switch earlier without them. */
function mayComeSooner(m: Model, whole: SearchResult, short: SearchResult): boolean {
  const ends = (e: Expr): boolean =>
    e.k === "done" || (e.k === "un" && ends(e.e)) || (e.k === "bin" && (ends(e.l) || ends(e.r)));
  return [whole, short].some((r) => r.violation?.kind === "deadlock") || m.invariants.some((i) => ends(i.e));
}

/** A loop that nobody sees is taken to end: behind it a trimmed thread may do more than one that was cut there. */
function agree(m: Model, whole: SearchResult, short: SearchResult): boolean {
  if (whole.cuts.includes(LOOP_CUT) && whole.violation === null) return true;
  if (whole.cuts.includes(LOOP_CUT)) return short.violation !== null && short.switches <= whole.switches;
  if ((whole.violation === null) !== (short.violation === null)) return false;
  return whole.switches === short.switches || (short.switches < whole.switches && mayComeSooner(m, whole, short));
}

const isLoop = (id: number): boolean => id === LOOP_CUT;

function trimmed(m: Model): Model {
  const threads = m.threads.map((t) => ({
    ...t,
    ...trim({ ops: t.ops, registers: t.registers, keep: new Set(), isBound: isLoop, isLoop }),
  }));
  return { ...m, threads };
}

/** Harm before anybody did anything is noticed with the first step, whoever's that is. */
function brokenAtStart(m: Model): boolean {
  const ops: Op[] = [
    { k: "sleep", site: 0 },
    { k: "stop", site: 0 },
  ];
  const rest = { ...m, threads: m.threads.map((t) => ({ name: t.name, registers: 1, ops })) };
  return search(rest).violation !== null;
}

const answer = (r: SearchResult): [string | undefined, number] => [r.violation?.kind, r.switches];

describe("trimmed and untrimmed threads", () => {
  it(`agree on ${PROGRAMS} random programs`, { timeout: 120_000 }, async () => {
    const first = Number(process.env.LOCKSTEP_FUZZ_SEED ?? Date.now() % 1_000_000_000);
    console.log(`programs to trim from seed ${first} (LOCKSTEP_FUZZ_SEED repeats them)`);
    const wrong: string[] = [];
    let [compared, violating, shorter] = [0, 0, 0];
    for (let seed = first; compared < PROGRAMS && wrong.length < 5; seed++) {
      if (seed % 500 === 0) await new Promise((resolve) => setTimeout(resolve, 0));
      const random = randomModel(seed);
      if (random.threads.some((t) => t.interrupts) || brokenAtStart(random)) continue;
      const model = { ...random, threads: random.threads.map(asLowered) };
      const whole = search(model, { maxStates: 20_000 });
      // What leaves the range of values ends its path; what nobody reads may leave it unnoticed.
      if (whole.capped || whole.overflow || whole.wild) continue;
      const less = trimmed(model);
      const short = search(less, { maxStates: 20_000 });
      compared++;
      if (whole.violation) violating++;
      if (less.threads.some((t, i) => t.ops.length < random.threads[i]!.ops.length)) shorter++;
      if (!agree(model, whole, short))
        wrong.push(`seed ${seed}: ${answer(whole).join(" at ")}, trimmed ${answer(short).join(" at ")}`);
    }
    console.log(`${compared} programs, ${violating} violating, ${shorter} with a thread that got shorter`);
    expect(wrong).toEqual([]);
    expect(violating).toBeGreaterThan(compared / 5);
    expect(violating).toBeLessThan((compared * 19) / 20);
    expect(shorter).toBeGreaterThan(compared / 2);
  });

  it.each(shippedScenarios.scenarios.flatMap((s) => VARIANTS.map((v) => [s.id, v] as const)))(
    "agree on %s, %s",
    { timeout: 60_000 },
    (id, variant) => {
      const input = { ...fixtureInput(parser, id, variant), loopBound: 2 };
      const [trimmed, plain] = [build(input), build({ ...input, untrimmed: true })];
      if (typeof trimmed === "string" || typeof plain === "string") throw new Error(`${trimmed} ${plain}`);
      const [short, whole] = [trimmed.whole(), plain.whole()];
      const results = [search(whole.model), search(short.model)] as const;
      expect(agree(whole.model, ...results), results.map(answer).join(" and ")).toBe(true);
    },
  );
});
