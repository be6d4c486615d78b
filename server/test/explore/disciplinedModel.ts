/**
 * Random programs that take locks and enter sections in pairs, wait for sections, and state harms about how things end: most of
 * them do nothing wrong on their way, and many harms are the very outcome of one random interleaving, so that a search that leaves
 * out too much misses it. The same seed gives the same program.
 */
import { cellValue, initialState } from "../../src/explore/layout";
import { Machine } from "../../src/explore/machine";
import type { Expr, Model, Op, Thread } from "../../src/explore/model";
import { Random } from "./randomModel";

const REGISTERS = 2;
/** Random runs of which one gives the harm. */
const RUNS = 12;

/** A valid model with 2 or 3 threads, now and then one that is woken by another. */
export function disciplinedModel(seed: number): Model {
  const r = new Random(seed * 1597334677 + 7);
  for (let i = 0; i < 4; i++) r.below(2);
  const count = r.chance(30) ? 3 : 2;
  const cells = 2 + r.below(3);
  const locks = 1 + r.below(2);
  const sections = r.below(2);
  const m: Model = {
    threads: [],
    cells: Array.from({ length: cells }, (_, i) => ({ name: `c${i}`, init: r.below(2) })),
    locks: Array.from({ length: locks }, (_, i) => ({
      name: `l${i}`,
      kind: r.pick(["spin", "mutex", "rwsem", "rwsem"] as const),
    })),
    sections: Array.from({ length: sections }, (_, i) => ({ name: `s${i}`, atomic: r.chance(20) })),
    invariants: [],
    harms: ["harm 0"],
  };
  const sleeper = count === 2 && r.chance(15);
  for (let t = 0; t < count + (sleeper ? 1 : 0); t++) {
    const ops: Op[] = [];
    const parts = 1 + r.below(count === 3 || sleeper ? 2 : 3);
    for (let i = 0; i < parts; i++) part(r, m, ops, 2);
    if (sleeper && t === 0)
      ops.push({ k: "spawn", thread: count, site: 0, ...(sections > 0 && r.chance(50) ? { section: 0 } : {}) });
    ops.push({ k: "stop", site: 0 });
    const thread: Thread = { name: `t${t}`, registers: REGISTERS, ops };
    if (t === count) thread.dormant = true;
    m.threads.push(thread);
  }
  const e = r.chance(70) ? (outcome(r, m) ?? harm(r, m)) : harm(r, m);
  m.invariants.push({ e: { k: "un", op: "!", e }, harm: 0 });
  return m;
}

/** All cells as they are at the end of that one of some random runs whose end is the rarest; null if none came to its end. */
function outcome(r: Random, m: Model): Expr | null {
  const machine = new Machine(m);
  const ends = new Map<string, { cells: number[]; times: number }>();
  for (let n = 0; n < RUNS; n++) {
    const cells = randomRun(r, machine);
    if (cells === null) continue;
    const known = ends.get(String(cells));
    if (known) known.times++;
    else ends.set(String(cells), { cells, times: 1 });
  }
  const [rarest] = [...ends.values()].sort((a, b) => a.times - b.times);
  if (!rarest) return null;
  const done = m.threads.flatMap((t, i): Expr[] => (t.dormant ? [] : [{ k: "done", t: i }]));
  const cells = rarest.cells.map((v, c): Expr => ({ k: "bin", op: "==", l: { k: "cell", c }, r: { k: "num", v } }));
  return [...done, ...cells].reduce((l, right): Expr => ({ k: "bin", op: "&&", l, r: right }));
}

function randomRun(r: Random, machine: Machine): number[] | null {
  const { model, layout } = machine;
  const s = initialState(model, layout);
  for (let n = 0; n < 200; n++) {
    const ready = model.threads.flatMap((_, t) => (machine.alternatives(s, t) > 0 ? [t] : []));
    if (ready.length === 0) break;
    const thread = r.pick(ready);
    const alt = r.below(machine.alternatives(s, thread));
    if (machine.execute(s, { thread, alt, flush: false }) !== "ok") return null;
  }
  if (model.threads.some((t, i) => machine.unfinished(s, i) && !t.dormant)) return null;
  return model.cells.map((_, c) => cellValue(s, layout, c));
}

/** What is there at the end of some threads; now and then in between. */
function harm(r: Random, m: Model): Expr {
  const compare = (): Expr => ({
    k: "bin",
    op: r.pick(["==", "!=", "<"] as const),
    l: { k: "cell", c: r.below(m.cells.length) },
    r: { k: "num", v: r.below(4) },
  });
  const both = (l: Expr, right: Expr): Expr => ({ k: "bin", op: r.chance(75) ? "&&" : "||", l, r: right });
  let e = both(compare(), compare());
  m.threads.forEach((_, t) => {
    if (r.chance(60)) e = both({ k: "done", t }, e);
  });
  return e;
}

/** Some accesses, alone or in a section or under a lock. */
function part(r: Random, m: Model, ops: Op[], depth: number): void {
  const site = 0;
  const way = depth === 0 ? 0 : r.below(m.sections.length > 0 ? 12 : 8);
  if (way < 3) {
    for (let n = r.below(3); n >= 0; n--) access(r, m, ops);
  } else if (way < 8) {
    const lock = { base: r.below(m.locks.length), size: 1 };
    const mode = r.chance(60) ? "write" : "read";
    const tries = r.chance(25);
    if (tries) {
      ops.push({ k: "try", lock, mode, r: 1, site });
      const branch: Op = { k: "branch", cond: { k: "reg", r: 1 }, t: ops.length + 1, f: 0, site };
      ops.push(branch);
      inner(r, m, ops, depth);
      ops.push({ k: "release", lock, mode, site });
      branch.f = ops.length;
    } else {
      ops.push({ k: "acquire", lock, mode, sleeps: false, site });
      inner(r, m, ops, depth);
      const downgrades = mode === "write" && r.chance(20);
      if (downgrades) {
        ops.push({ k: "downgrade", lock, site });
        access(r, m, ops);
      }
      ops.push({ k: "release", lock, mode: downgrades ? "read" : mode, site });
    }
  } else if (way < 10) {
    ops.push({ k: "enter", section: 0, site });
    inner(r, m, ops, depth);
    ops.push({ k: "leave", section: 0, site });
  } else {
    ops.push({ k: "snapshot", section: 0, site });
    if (r.chance(30)) access(r, m, ops);
    ops.push({ k: "settle", section: 0, site });
    access(r, m, ops);
  }
}

function inner(r: Random, m: Model, ops: Op[], depth: number): void {
  if (r.chance(25)) part(r, m, ops, depth - 1);
  else for (let n = r.below(2); n >= 0; n--) access(r, m, ops);
}

function access(r: Random, m: Model, ops: Op[]): void {
  const site = 0;
  const cell = { base: r.below(m.cells.length), size: 1 };
  const reg = { k: "reg", r: 0 } as const;
  const num = { k: "num", v: r.below(4) } as const;
  switch (r.below(8)) {
    case 0:
    case 1:
      ops.push({ k: "load", r: 0, from: cell, site });
      break;
    case 2:
      ops.push({ k: "load", r: 0, from: cell, site });
      ops.push({ k: "store", to: cell, e: { k: "bin", op: "+", l: reg, r: { k: "num", v: 1 } }, site });
      break;
    case 3:
      ops.push({ k: "store", to: cell, e: r.chance(50) ? reg : num, site });
      break;
    case 4:
      ops.push({ k: "rmw", how: r.pick(["add", "exchange"] as const), r: 0, at: cell, e: { k: "num", v: 1 }, site });
      break;
    case 5: {
      ops.push({ k: "load", r: 0, from: cell, site });
      const skip: Op = { k: "branch", cond: { k: "bin", op: "==", l: reg, r: num }, t: ops.length + 1, f: 0, site };
      ops.push(skip, { k: "store", to: { base: r.below(m.cells.length), size: 1 }, e: num, site });
      skip.f = ops.length;
      break;
    }
    case 6:
      ops.push({ k: "choose", r: 0, values: [r.below(3), r.below(3)], site });
      break;
    default:
      ops.push({ k: "set", r: 0, e: num, site });
  }
}
