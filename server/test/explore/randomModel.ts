/** Small random programs that use every op; the same seed gives the same program. */
import type { BinaryOp, Expr, Model, Op, Ref, Thread } from "../../src/explore/model";

export class Random {
  constructor(private state: number) {
    this.state = (state ^ 0x5bd1e995) >>> 0 || 1;
  }

  /** 0 … n-1 */
  below(n: number): number {
    // xorshift32
    let x = this.state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.state = x >>> 0;
    return this.state % n;
  }

  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
}

const REGISTERS = 2;
const OPERATORS: BinaryOp[] = ["+", "-", "&", "|", "==", "!=", "<", "&&", "||", ">="];

/** A valid model with 2 or 3 threads; now and then a dormant thread or an interrupt handler. */
export function randomModel(seed: number): Model {
  const r = new Random(seed * 2654435761 + 97);
  for (let i = 0; i < 4; i++) r.below(2);
  const cells = 1 + r.below(3);
  const locks = r.below(3);
  const sections = r.below(2);
  const count = r.chance(25) ? 3 : 2;
  const m: Model = {
    threads: [],
    cells: Array.from({ length: cells }, (_, i) => ({ name: `c${i}`, init: r.below(3) })),
    locks: Array.from({ length: locks }, (_, i) => ({
      name: `l${i}`,
      kind: r.pick(["spin", "mutex", "rwsem"] as const),
    })),
    sections: Array.from({ length: sections }, (_, i) => ({ name: `s${i}`, atomic: r.chance(50) })),
    invariants: [],
    harms: ["harm 0", "harm 1"],
  };
  const extra = r.below(10);
  const dormant = extra === 0 ? count : -1;
  const handler = extra === 1 && sections > 0 ? count : -1;
  const total = count + (extra === 0 || handler >= 0 ? 1 : 0);
  for (let t = 0; t < total; t++) {
    const length = (total === 3 ? 2 : 3) + r.below(total === 3 ? 4 : 6);
    const thread: Thread = { name: `t${t}`, registers: REGISTERS + 1, ops: [] };
    for (let pc = 0; pc < length; pc++) thread.ops.push(randomOp(r, m, pc, length, t < count ? dormant : -1));
    if (r.chance(15)) balance(r, m, thread);
    thread.ops.push({ k: "stop", site: 0 });
    fixAtomic(thread.ops);
    if (r.chance(65)) thread.keeps = m.locks.map((_, i) => i);
    if (t === dormant) thread.dormant = true;
    if (t === handler) thread.interrupts = { host: r.below(count), section: 0 };
    m.threads.push(thread);
  }
  if (r.chance(40)) {
    const cond: Expr = {
      k: "bin",
      op: r.pick(["!=", "<"]),
      l: { k: "cell", c: r.below(cells) },
      r: { k: "num", v: r.below(4) },
    };
    const other: Expr = r.chance(50)
      ? { k: "un", op: "!", e: { k: "done", t: r.below(total) } }
      : { k: "bin", op: "==", l: { k: "cell", c: r.below(cells) }, r: { k: "num", v: r.below(3) } };
    m.invariants.push({ e: { k: "bin", op: "||", l: cond, r: other }, harm: 1 });
  }
  return m;
}

/** A section or lock around what is there, so that not every program dies of a missing unlock. */
function balance(r: Random, m: Model, thread: Thread): void {
  if (m.locks.length === 0) return;
  const lock: Ref = { base: r.below(m.locks.length), size: 1 };
  const shift = (op: Op): Op =>
    op.k === "jump" ? { ...op, to: op.to + 1 } : op.k === "branch" ? { ...op, t: op.t + 1, f: op.f + 1 } : op;
  thread.ops = [
    { k: "acquire", lock, mode: "write", sleeps: false, site: 0 },
    ...thread.ops.map(shift),
    { k: "release", lock, mode: "write", site: 0 },
  ];
}

function fixAtomic(ops: Op[]): void {
  ops.forEach((op, pc) => {
    const next = ops[pc + 1];
    const plain = (o: Op | undefined): boolean => o !== undefined && ["set", "load", "store", "rmw"].includes(o.k);
    if (op.atomic && !(plain(op) && plain(next))) delete op.atomic;
  });
}

function expr(r: Random, depth: number): Expr {
  if (depth === 0 || r.chance(40))
    return r.chance(50) ? { k: "reg", r: r.below(REGISTERS) } : { k: "num", v: r.chance(6) ? -128 : r.below(4) };
  if (r.chance(15)) return { k: "un", op: r.pick(["!", "-", "~"] as const), e: expr(r, depth - 1) };
  return { k: "bin", op: r.pick(OPERATORS), l: expr(r, depth - 1), r: expr(r, depth - 1) };
}

function ref(r: Random, count: number): Ref {
  if (count > 1 && r.chance(15)) return { base: 0, size: count, index: expr(r, 0) };
  return { base: r.below(count), size: 1 };
}

function randomOp(r: Random, m: Model, pc: number, length: number, dormant: number): Op {
  const cells = m.cells.length;
  const site = pc;
  const reg = r.below(REGISTERS);
  const atomic = r.chance(8) ? { atomic: true } : {};
  const live = r.chance(8) ? { live: ref(r, cells) } : {};
  const forward = (): number => Math.min(length, pc + 1 + r.below(3));
  const kinds = [
    "set",
    "load",
    "load",
    "load",
    "store",
    "store",
    "store",
    "rmw",
    "branch",
    "branch",
    "jump",
    "await",
    "assert",
    "choose",
    "compareSwap",
    "sleep",
    "touch",
    "free",
    "cut",
  ];
  if (m.locks.length > 0) kinds.push("acquire", "acquire", "try", "release", "release", "downgrade");
  if (m.sections.length > 0) kinds.push("enter", "leave", "snapshot", "settle");
  if (dormant >= 0) kinds.push("spawn", "spawn");
  const lock = m.locks.length > 0 ? ref(r, m.locks.length) : { base: 0, size: 1 };
  switch (r.pick(kinds)) {
    case "set":
      return { k: "set", r: reg, e: expr(r, 2), site, ...atomic };
    case "load":
      return { k: "load", r: reg, from: ref(r, cells), site, ...atomic, ...live };
    case "store":
      return { k: "store", to: ref(r, cells), e: expr(r, 1), site, ...atomic, ...live };
    case "rmw":
      return {
        k: "rmw",
        how: r.pick(["add", "exchange", "or", "and", "addNonZero"] as const),
        r: r.chance(70) ? reg : null,
        at: ref(r, cells),
        e: expr(r, 0),
        site,
        ...atomic,
        ...live,
      };
    case "compareSwap":
      return { k: "compareSwap", r: reg, at: ref(r, cells), expect: expr(r, 0), e: expr(r, 0), site, ...live };
    case "branch":
      // Now and then backwards: programs may loop.
      return {
        k: "branch",
        cond: expr(r, 1),
        t: r.chance(6) ? r.below(pc + 1) : forward(),
        f: forward(),
        site,
        ...(r.chance(50) ? { memo: REGISTERS } : {}),
        ...(r.chance(10) ? { assume: r.chance(50) } : {}),
      };
    case "jump":
      return { k: "jump", to: forward(), site };
    case "await":
      return {
        k: "await",
        r: reg,
        from: ref(r, cells),
        cond: { k: "bin", op: r.pick(["==", "!="]), l: { k: "reg", r: reg }, r: { k: "num", v: r.below(3) } },
        site,
        ...live,
      };
    case "assert":
      return { k: "assert", e: expr(r, 1), harm: 0, site };
    case "choose":
      return { k: "choose", r: reg, values: [r.below(3), r.below(3)], site };
    case "acquire":
      return { k: "acquire", lock, mode: r.pick(["read", "write"] as const), sleeps: r.chance(30), site };
    case "try":
      return { k: "try", lock, mode: r.pick(["read", "write"] as const), r: reg, site };
    case "release":
      return { k: "release", lock, mode: r.chance(60) ? "any" : r.pick(["read", "write", "ifHeld"] as const), site };
    case "downgrade":
      return { k: "downgrade", lock, site };
    case "enter":
      return { k: "enter", section: 0, site };
    case "leave":
      return { k: "leave", section: 0, site };
    case "snapshot":
      return { k: "snapshot", section: 0, site };
    case "settle":
      return { k: "settle", section: 0, site };
    case "spawn":
      return { k: "spawn", thread: dormant, site, ...(m.sections.length > 0 && r.chance(50) ? { section: 0 } : {}) };
    case "touch":
      return { k: "touch", live: ref(r, cells), site };
    case "free":
      return { k: "free", live: ref(r, cells), site };
    case "cut":
      return r.chance(30) ? { k: "cut", id: 1, site } : { k: "set", r: reg, e: expr(r, 1), site };
    default:
      return { k: "sleep", site };
  }
}
