/** Rows of `npm run bench`: every scenario's fixtures and every function of the table of real ones, beside Spin on the same model. */
import type { Model, Op } from "../server/src/explore/model";
import { toPromela } from "../server/src/explore/promela";
import { search } from "../server/src/explore/search";
import { build } from "../server/src/replay/build";
import { type ReplayInput, replay, replayPromela } from "../server/src/replay/replay";
import { wasmParser } from "../server/test/cParser";
import { runSpin, spinMissing } from "../server/test/explore/spin";
import { KernelReplay } from "../server/test/real/kernelReplay";
import { ROWS } from "../server/test/real/table";
import { fixtureInput, VARIANTS } from "../server/test/replayFixtures";
import { shippedScenarios } from "../server/test/replayKit";

const TURNS = 5;

type Print = (name: string, value: string) => void;

/** Best times of a row, in milliseconds, and its states. */
interface Measured {
  cold: number;
  warm: number;
  states: number;
  search: number;
}

/** `seconds`: how long Spin may take for one model; 0: it is not asked. */
export async function benchReplay(kernel: string, seconds: number, only: string, print: Print): Promise<void> {
  const missing = seconds > 0 ? spinMissing() : "not asked";
  if (missing !== null) print("Spin", `not run: ${missing}`);
  const spin = missing === null ? seconds : 0;
  const parser = await wasmParser();
  const shipped: Measured[] = [];
  for (const { id, profiles } of shippedScenarios.scenarios)
    for (const variant of VARIANTS)
      for (const profile of profiles.length > 0 ? profiles : [null]) {
        const name = `${id} ${variant}${profile === null ? "" : ` ${profile}`}`;
        if (!name.includes(only)) continue;
        shipped.push(await row(name, { ...fixtureInput(parser, id, variant), profile }, spin, print));
      }
  summary("shipped scenarios", shipped, print);
  const lock = synthetic(3, 40);
  const times = Array.from({ length: TURNS }, () => timed(() => search(lock)));
  const best = Math.min(...times.map(([, time]) => time));
  const { states } = times[0]![0];
  const other = await spinOn(toPromela(lock), spin);
  print(
    "3 threads x 40 events, one lock",
    `  ${[`${states} states`, `search ${ms(best)}`, rate(states, best), ...other].join(", ")}`,
  );
  // What the reduction leaves is less than what it looks at: the rate of the engine is that of the search without it.
  const plain = Array.from({ length: TURNS }, () => timed(() => search(lock, { reduce: false })));
  const [all] = plain[0]!;
  const quickest = Math.min(...plain.map(([, time]) => time));
  print("the same, nothing left out", `  ${all.states} states, search ${ms(quickest)}, ${rate(all.states, quickest)}`);
  const real = new KernelReplay(kernel);
  await real.open();
  const rows: Measured[] = [];
  for (const subject of ROWS.filter((r) => `${r.fn}, ${r.scenario}`.includes(only)))
    rows.push(await row(`${subject.fn}, ${subject.scenario}`, real.input(subject), spin, print));
  summary("real functions", rows, print);
}

/** Threads that do nothing but count in four cells, ten accesses at a time under the one lock. */
function synthetic(threads: number, events: number): Model {
  const thread = (t: number): Model["threads"][number] => {
    const ops: Op[] = [];
    const site = 0;
    const lock = { base: 0, size: 1 };
    for (let n = 0; ops.length < events; n++) {
      ops.push({ k: "acquire", lock, mode: "write", sleeps: false, site });
      for (let i = 0; i < 4; i++) {
        const cell = { base: (t + n + i) % 4, size: 1 };
        ops.push({ k: "load", r: 0, from: cell, site });
        ops.push({
          k: "store",
          to: cell,
          e: { k: "bin", op: "^", l: { k: "reg", r: 0 }, r: { k: "num", v: t + 1 } },
          site,
        });
      }
      ops.push({ k: "release", lock, mode: "any", site });
    }
    ops.push({ k: "stop", site });
    return { name: `T${t}`, ops, registers: 1 };
  };
  return {
    threads: Array.from({ length: threads }, (_, t) => thread(t)),
    cells: ["a", "b", "c", "d"].map((name) => ({ name, init: 0 })),
    locks: [{ name: "lock", kind: "mutex" }],
    sections: [],
    invariants: [],
    harms: [],
  };
}

/** The first time, the best of some more (both from the C text to the trace), the search alone, and Spin. */
async function row(name: string, input: ReplayInput, spin: number, print: Print): Promise<Measured> {
  const [trace, cold] = timed(() => replay(input));
  const warm = Math.min(...Array.from({ length: TURNS }, () => timed(() => replay(input))[1]));
  const built = build({ ...input, loopBound: trace.bounds.loops });
  const fields = [
    trace.verdict,
    `${trace.states} states`,
    `${trace.switches} switches`,
    `cold ${ms(cold)}`,
    `warm ${ms(warm)}`,
  ];
  let alone = 0;
  if (typeof built !== "string") {
    const { model } = built.whole();
    alone = Math.min(...Array.from({ length: TURNS }, () => timed(() => search(model))[1]));
    fields.push(`search ${ms(alone)}`, rate(trace.states, alone));
  }
  const exported = spin > 0 ? replayPromela(input) : { problem: "" };
  if ("promela" in exported) fields.push(...(await spinOn(exported.promela, spin)));
  print(name, `  ${fields.join(", ")}`);
  return { cold, warm, states: trace.states, search: alone };
}

async function spinOn(promela: string, seconds: number): Promise<string[]> {
  if (seconds <= 0) return [];
  const started = performance.now();
  const answer = await runSpin(promela, seconds).catch((error: Error) => error);
  const time = ms(performance.now() - started);
  if (answer instanceof Error) return [`Spin: not compiled within ${seconds} s`];
  const { violated, states, unfinished } = answer;
  return [
    unfinished
      ? `Spin: not done after ${seconds} s, ${states} states so far`
      : `Spin ${violated ? "violation" : "clean"}, ${time}, ${states} states`,
  ];
}

function summary(name: string, rows: readonly Measured[], print: Print): void {
  if (rows.length === 0) return;
  const at = (list: readonly number[], share: number): string => {
    const sorted = [...list].sort((a, b) => a - b);
    return ms(sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0);
  };
  const warm = rows.map((r) => r.warm);
  const cold = rows.map((r) => r.cold);
  const states = rows.reduce((n, r) => n + r.states, 0);
  const time = rows.reduce((n, r) => n + r.search, 0);
  print(
    name,
    `${rows.length} rows: warm median ${at(warm, 0.5)}, p95 ${at(warm, 0.95)}; first time median ${at(cold, 0.5)}, p95 ${at(cold, 0.95)}; ${rate(states, time)}`,
  );
}

function rate(states: number, time: number): string {
  return `${Math.round((1000 * states) / Math.max(time, 0.001)).toLocaleString("en-US")} states/s`;
}

function timed<T>(work: () => T): [T, number] {
  const started = performance.now();
  return [work(), performance.now() - started];
}

function ms(time: number): string {
  return `${time.toFixed(time < 10 ? 1 : 0)} ms`;
}
