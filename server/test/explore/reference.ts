/**
 * A second, naive implementation of the semantics of server/src/explore, written from the description of
 * the ops alone: plain objects, states as JSON, no packing, no reduction. Slow on purpose; the oracle of the engine.
 */
import type { Expr, Model, Op, Ref } from "../../src/explore/model";

interface Side {
  pc: number | "end" | "dormant";
  regs: number[];
  /** Section → nesting. */
  nest: number[];
  /** Section → threads it waits for. */
  waits: boolean[][];
}

interface World {
  sides: Side[];
  cells: number[];
  /** Lock → thread → "w", or number of reads. */
  locks: ("w" | number)[][];
  queued: boolean[][];
}

const U = -128;
const BAD = Symbol("overflow");
type Val = number | typeof BAD;

function value(e: Expr, w: World, regs: number[]): Val {
  const within = (v: number): Val => (Math.abs(v) <= 127 ? v : BAD);
  switch (e.k) {
    case "num":
      return e.v;
    case "reg":
      return regs[e.r]!;
    case "cell":
      return w.cells[e.c]!;
    case "done":
      return Number(w.sides[e.t]!.pc === "end");
    case "un": {
      const v = value(e.e, w, regs);
      if (v === BAD || v === U) return v;
      return e.op === "!" ? Number(!v) : within(e.op === "-" ? -v : ~v);
    }
    case "bin": {
      const a = value(e.l, w, regs);
      const b = value(e.r, w, regs);
      if (a === BAD || b === BAD) return BAD;
      if (e.op === "&&" && (a === 0 || b === 0)) return 0;
      if (e.op === "||" && ((a !== 0 && a !== U) || (b !== 0 && b !== U))) return 1;
      if (a === U || b === U) return U;
      const table: Record<string, () => Val> = {
        "+": () => within(a + b),
        "-": () => within(a - b),
        "*": () => within(a * b),
        "&": () => within(a & b),
        "|": () => within(a | b),
        "^": () => within(a ^ b),
        "<<": () => (b < 0 || b > 7 ? BAD : within(a << b)),
        ">>": () => (b < 0 ? BAD : a >> Math.min(31, b)),
        "==": () => Number(a === b),
        "!=": () => Number(a !== b),
        "<": () => Number(a < b),
        "<=": () => Number(a <= b),
        ">": () => Number(a > b),
        ">=": () => Number(a >= b),
        "&&": () => 1,
        "||": () => 0,
      };
      return table[e.op]!();
    }
  }
}

type Result = { k: "go"; w: World } | { k: "bad"; what: string } | { k: "gone" };

const copy = (w: World): World => ({
  sides: w.sides.map((s) => ({ pc: s.pc, regs: [...s.regs], nest: [...s.nest], waits: s.waits.map((x) => [...x]) })),
  cells: [...w.cells],
  locks: w.locks.map((x) => [...x]),
  queued: w.queued.map((x) => [...x]),
});
const bad = (what: string): Result[] => [{ k: "bad", what }];

/** Everything that may come of one step of thread `t`; nothing if it has to wait or has ended. */
function successors(m: Model, w0: World, t: number): Result[] {
  const side0 = w0.sides[t]!;
  if (typeof side0.pc !== "number") return [];
  const irq = m.threads[t]!.interrupts;
  if (irq && side0.pc === 0 && (w0.sides[irq.host]!.nest[irq.section]! > 0 || w0.sides[irq.host]!.pc === "dormant"))
    return [];
  const interrupted = m.threads.some((h, i) => {
    const pc = w0.sides[i]!.pc;
    return h.interrupts?.host === t && typeof pc === "number" && pc > 0;
  });
  if (interrupted) return [];
  const op = m.threads[t]!.ops[side0.pc]!;
  const results = oneStep(m, w0, t, op).map((r): Result => {
    if (r.k !== "go" || !op.atomic) return r;
    const rest = successors(m, r.w, t);
    return rest[0] ?? r;
  });
  return results.map((r) => {
    if (r.k !== "go") return r;
    const broken = m.invariants.find((i) => value(i.e, r.w, []) === 0);
    return broken ? { k: "bad", what: `harm ${broken.harm}` } : r;
  });
}

function oneStep(m: Model, w0: World, t: number, op: Op): Result[] {
  const w = copy(w0);
  const me = w.sides[t]!;
  const pc = me.pc as number;
  const at = (ref: Ref): number => {
    const i = ref.index ? value(ref.index, w, me.regs) : 0;
    return typeof i === "number" && i >= 0 && i < ref.size ? ref.base + i : -1;
  };
  const go = (to: number = pc + 1): Result[] => {
    me.pc = to;
    return [{ k: "go", w }];
  };
  const gone: Result[] = [{ k: "gone" }];
  const dead = (live: Ref | undefined): Result[] | null => {
    if (!live) return null;
    const c = at(live);
    return c < 0 ? gone : w.cells[c] === 0 ? bad("use-after-free") : null;
  };
  const atomicContext = (): boolean =>
    m.sections.some((s, k) => s.atomic && me.nest[k]! > 0) ||
    m.locks.some((l, k) => l.kind === "spin" && w.locks[k]![t] !== 0);
  const inside = (section: number, but: number): boolean[] => w.sides.map((s, u) => u !== but && s.nest[section]! > 0);
  const others = (lock: number): ("w" | number)[] => w.locks[lock]!.filter((_, u) => u !== t);
  const own = (lock: number, mode: string): boolean => {
    const h = w.locks[lock]![t]!;
    return h === "w" || (h > 0 && mode === "write");
  };
  const free = (lock: number, mode: string): boolean =>
    mode === "write"
      ? others(lock).every((h) => h === 0)
      : others(lock).every((h) => h !== "w") && w.queued[lock]!.every((q, u) => u === t || !q);
  const grab = (lock: number, mode: string): void => {
    w.queued[lock]![t] = false;
    w.locks[lock]![t] = mode === "write" ? "w" : (w.locks[lock]![t] as number) + 1;
  };
  switch (op.k) {
    case "set": {
      const v = value(op.e, w, me.regs);
      if (v === BAD) return gone;
      me.regs[op.r] = v;
      return go();
    }
    case "load": {
      const c = at(op.from);
      if (c < 0) return gone;
      const d = dead(op.live);
      if (d) return d;
      me.regs[op.r] = w.cells[c]!;
      return go();
    }
    case "await": {
      const c = at(op.from);
      if (c < 0) return gone;
      const before = me.regs[op.r]!;
      me.regs[op.r] = w.cells[c]!;
      const holds = value(op.cond, w, me.regs) !== 0;
      me.regs[op.r] = before;
      if (!holds) return [];
      const d = dead(op.live);
      if (d) return d;
      me.regs[op.r] = w.cells[c]!;
      return go();
    }
    case "store": {
      const c = at(op.to);
      if (c < 0) return gone;
      const d = dead(op.live);
      if (d) return d;
      const v = value(op.e, w, me.regs);
      if (v === BAD) return gone;
      w.cells[c] = v;
      return go();
    }
    case "rmw": {
      const c = at(op.at);
      if (c < 0) return gone;
      const d = dead(op.live);
      if (d) return d;
      const old = w.cells[c]!;
      const v = value(op.e, w, me.regs);
      if (v === BAD) return gone;
      let now: number;
      if (op.how === "exchange") now = v;
      else if (old === U || v === U) now = U;
      else if (op.how === "add") now = old + v;
      else if (op.how === "addNonZero") now = old === 0 ? 0 : old + v;
      else now = op.how === "or" ? old | v : old & v;
      if (now !== U && Math.abs(now) > 127) return gone;
      if (now === U && op.how !== "exchange" && old !== U && v !== U)
        return [{ k: "go", w: { ...w } }].slice(1) as Result[];
      w.cells[c] = now;
      if (op.r !== null) me.regs[op.r] = old;
      return go();
    }
    case "compareSwap": {
      const c = at(op.at);
      if (c < 0) return gone;
      const d = dead(op.live);
      if (d) return d;
      const v = value(op.e, w, me.regs);
      const x = value(op.expect, w, me.regs);
      const old = w.cells[c]!;
      if (x === U || old === U || v === BAD) return gone;
      if (x === old) w.cells[c] = v;
      me.regs[op.r] = old;
      return go();
    }
    case "touch":
      return dead(op.live) ?? go();
    case "free": {
      const c = at(op.live);
      if (c < 0) return gone;
      if (w.cells[c] === 0) return bad("double-free");
      w.cells[c] = 0;
      return go();
    }
    case "jump":
      return go(op.to);
    case "branch": {
      const v = value(op.cond, w, me.regs);
      if (v === BAD) return gone;
      const memo = op.memo === undefined ? 0 : me.regs[op.memo]!;
      if (v !== U) return go(v ? op.t : op.f);
      if (memo) return go(memo === 1 ? op.t : op.f);
      return (op.assume === undefined ? [true, false] : [op.assume]).map((yes) => {
        const w2 = copy(w0);
        const s = w2.sides[t]!;
        if (op.memo !== undefined) s.regs[op.memo] = yes ? 1 : 2;
        s.pc = yes ? op.t : op.f;
        return { k: "go", w: w2 };
      });
    }
    case "choose":
      return op.values.map((v) => {
        const w2 = copy(w0);
        w2.sides[t]!.regs[op.r] = v;
        w2.sides[t]!.pc = pc + 1;
        return { k: "go", w: w2 };
      });
    case "assert": {
      const v = value(op.e, w, me.regs);
      return v === 0 ? bad(`harm ${op.harm}`) : v === BAD ? gone : go();
    }
    case "acquire": {
      const l = at(op.lock);
      if (l < 0) return gone;
      const may = own(l, op.mode) || free(l, op.mode);
      const queue = op.mode === "write" && m.locks[l]!.kind === "rwsem" && !w.queued[l]![t];
      if (!may && !queue) return [];
      if (op.sleeps && atomicContext()) return bad("sleep-in-atomic");
      if (own(l, op.mode)) return bad("self-deadlock");
      if (free(l, op.mode)) {
        grab(l, op.mode);
        return go();
      }
      w.queued[l]![t] = true;
      return [{ k: "go", w }];
    }
    case "try": {
      const l = at(op.lock);
      if (l < 0) return gone;
      const got = !own(l, op.mode) && free(l, op.mode);
      if (got) grab(l, op.mode);
      me.regs[op.r] = Number(got);
      return go();
    }
    case "release": {
      const l = at(op.lock);
      if (l < 0) return gone;
      const h = w.locks[l]![t]!;
      if (h === 0 && op.mode === "ifHeld") return go();
      if (h === 0 || (op.mode === "write" && h !== "w") || (op.mode === "read" && h === "w")) return bad("not-held");
      w.locks[l]![t] = h === "w" ? 0 : h - 1;
      return go();
    }
    case "downgrade": {
      const l = at(op.lock);
      if (l < 0) return gone;
      if (w.locks[l]![t] !== "w") return bad("not-held");
      w.locks[l]![t] = 1;
      return go();
    }
    case "enter":
      me.nest[op.section]!++;
      return go();
    case "leave":
      if (me.nest[op.section] === 0) return bad("not-held");
      me.nest[op.section]!--;
      if (me.nest[op.section] === 0) for (const s of w.sides) s.waits[op.section]![t] = false;
      return go();
    case "snapshot":
      me.waits[op.section] = inside(op.section, t);
      return go();
    case "settle":
      if (me.waits[op.section]!.some((x) => x)) return [];
      return atomicContext() ? bad("sleep-in-atomic") : go();
    case "spawn": {
      const child = w.sides[op.thread]!;
      if (child.pc !== "dormant") return gone;
      child.pc = 0;
      if (op.section !== undefined) child.waits[op.section] = inside(op.section, op.thread);
      return go();
    }
    case "sleep":
      return atomicContext() ? bad("sleep-in-atomic") : go();
    case "cut":
      return gone;
    case "stop": {
      const keeps = m.threads[t]!.keeps ?? [];
      if (w.locks.some((l, i) => l[t] !== 0 && !keeps.includes(i))) return bad("held-at-exit");
      me.pc = "end";
      return [{ k: "go", w }];
    }
  }
}

export interface ReferenceResult {
  violated: boolean;
  /** Least number of context switches of any violation. */
  switches: number;
  /** States without regard to who ran last. */
  states: number;
}

/** Least switches over all interleavings, by 0-1 breadth-first search. Null: more states than `cap`. */
export function reference(m: Model, cap: number): ReferenceResult | null {
  const n = m.threads.length;
  const start: World = {
    sides: m.threads.map((t) => ({
      pc: t.dormant ? "dormant" : 0,
      regs: Array.from({ length: t.registers }, () => 0),
      nest: m.sections.map(() => 0),
      waits: m.sections.map(() => Array.from({ length: n }, () => false)),
    })),
    cells: m.cells.map((c) => c.init),
    locks: m.locks.map(() => Array.from({ length: n }, () => 0)),
    queued: m.locks.map(() => Array.from({ length: n }, () => false)),
  };
  /** Numbers of switches at which a violation is known to be reached by switching. */
  const violatedLater = new Set<number>();
  const done = new Set<string>();
  const states = new Set<string>();
  let now: { w: World; last: number }[] = [{ w: start, last: -1 }];
  for (let switches = 0; now.length > 0; switches++) {
    const next: typeof now = [];
    let violated = false;
    for (let node = now.pop(); node; node = now.pop()) {
      const text = JSON.stringify(node.w);
      const key = `${node.last} ${text}`;
      if (done.has(key)) continue;
      done.add(key);
      states.add(text);
      if (states.size > cap) return null;
      let moved = false;
      let stuck = false;
      for (let t = 0; t < n; t++) {
        const results = successors(m, node.w, t);
        const pc = node.w.sides[t]!.pc;
        if (results.length > 0) moved = true;
        else if (typeof pc === "number" && !(m.threads[t]!.interrupts && pc === 0)) stuck = true;
        for (const r of results) {
          const same = node.last < 0 || node.last === t;
          if (r.k === "bad") {
            if (same) violated = true;
            else violatedLater.add(switches + 1);
          } else if (r.k === "go") (same ? now : next).push({ w: r.w, last: t });
        }
      }
      if (!moved && stuck) violated = true;
    }
    if (violated || violatedLater.has(switches)) return { violated: true, switches, states: states.size };
    now = next;
    if (now.length === 0 && violatedLater.size > 0)
      return { violated: true, switches: switches + 1, states: states.size };
  }
  return { violated: false, switches: 0, states: states.size };
}
