/**
 * Programs for the explicit-state search: a few threads of small steps over shared cells, locks and
 * sections. Each op makes at most one shared access. Nothing here knows C or a kernel.
 */

/** A value nobody knows. Expressions over it are unknown; a branch on it takes both ways. */
export const UNKNOWN = -128;
/** Values outside ±VALUE_LIMIT end the path, and the search says "overflow". */
export const VALUE_LIMIT = 127;
export const MAX_THREADS = 8;

export type BinaryOp =
  | "+"
  | "-"
  | "*"
  | "&"
  | "|"
  | "^"
  | "<<"
  | ">>"
  | "=="
  | "!="
  | "<"
  | "<="
  | ">"
  | ">="
  | "&&"
  | "||";

/** Registers belong to one thread. `cell` and `done` may stand in invariants only. */
export type Expr =
  | { k: "num"; v: number }
  | { k: "reg"; r: number }
  | { k: "un"; op: "!" | "-" | "~"; e: Expr }
  | { k: "bin"; op: BinaryOp; l: Expr; r: Expr }
  | { k: "cell"; c: number }
  | { k: "done"; t: number };

/** One of `size` consecutive cells or locks from `base` on; `index` (default 0) picks it at run time. */
export interface Ref {
  base: number;
  size: number;
  index?: Expr;
}

export type Mode = "read" | "write";

interface OpBase {
  /** What the step is in the source; the search only passes it on. */
  site: number;
  /** The next op of this thread follows at once: nobody comes in between. It must not block. */
  atomic?: boolean;
}

export type Op = OpBase &
  (
    | { k: "set"; r: number; e: Expr }
    /** With `live`: the object whose memory this is; reading freed memory is a violation. */
    | { k: "load"; r: number; from: Ref; live?: Ref }
    | { k: "store"; to: Ref; e: Expr; live?: Ref }
    /** Atomic read-modify-write; `r` gets the old value. `addNonZero` adds unless the old value is 0. */
    | {
        k: "rmw";
        how: "add" | "exchange" | "or" | "and" | "addNonZero";
        r: number | null;
        at: Ref;
        e: Expr;
        live?: Ref;
      }
    | { k: "compareSwap"; r: number; at: Ref; expect: Expr; e: Expr; live?: Ref }
    /** Waits until the cell's value, put into `r`, makes `cond` true. */
    | { k: "await"; r: number; from: Ref; cond: Expr; live?: Ref }
    | { k: "touch"; live: Ref }
    | { k: "free"; live: Ref }
    | { k: "jump"; to: number }
    /**
     * An unknown condition takes both ways; `memo` remembers which (0 none, 1 true, 2 false), so that
     * the same question has one answer along a path until somebody clears it. `assume`: an unknown one that was
     * not asked before has this answer.
     */
    | { k: "branch"; cond: Expr; t: number; f: number; memo?: number; assume?: boolean }
    | { k: "choose"; r: number; values: number[] }
    | { k: "assert"; e: Expr; harm: number }
    | { k: "acquire"; lock: Ref; mode: Mode; sleeps: boolean }
    | { k: "try"; lock: Ref; mode: Mode; r: number }
    /** `ifHeld`: what may be held is given back; none of it is no mistake. */
    | { k: "release"; lock: Ref; mode: Mode | "any" | "ifHeld" }
    | { k: "downgrade"; lock: Ref }
    /** Read-side sections that nest: RCU, interrupts off, preemption off. */
    | { k: "enter"; section: number }
    | { k: "leave"; section: number }
    /** Notes who is inside the section now … */
    | { k: "snapshot"; section: number }
    /** … and waits until each of them has left it once. */
    | { k: "settle"; section: number }
    /** Wakes a dormant thread; with `section`, that thread's snapshot is taken now. */
    | { k: "spawn"; thread: number; section?: number }
    | { k: "sleep" }
    /** A bound was reached: the path ends here and the search says so. */
    | { k: "cut"; id: number }
    | { k: "stop" }
  );

export type OpKind = Op["k"];

export interface Thread {
  name: string;
  ops: Op[];
  registers: number;
  /** Waits to be spawned; if nobody does, that is no deadlock. */
  dormant?: boolean;
  /**
   * An interrupt handler: starts only while `host` is outside `section`, and the host stands still
   * until it ends. It has come when its first op is done: one that is to wait for its host begins with another op.
   */
  interrupts?: { host: number; section: number };
  /** What it may still hold when it ends: lock numbers. Anything else is a violation. */
  keeps?: number[];
}

export interface Cell {
  name: string;
  init: number;
}

export interface Lock {
  name: string;
  kind: "spin" | "mutex" | "rwsem";
}

export interface Section {
  name: string;
  /** Sleeping inside is a violation. */
  atomic: boolean;
}

export interface Invariant {
  /** Holds in every state. */
  e: Expr;
  harm: number;
}

export interface Model {
  threads: Thread[];
  cells: Cell[];
  locks: Lock[];
  sections: Section[];
  invariants: Invariant[];
  /** Names of harms; `harm` numbers index them. */
  harms: string[];
}

export type ViolationKind =
  | "harm"
  | "deadlock"
  | "self-deadlock"
  | "not-held"
  | "held-at-exit"
  | "use-after-free"
  | "double-free"
  | "sleep-in-atomic";

export interface Violation {
  kind: ViolationKind;
  /** Thread whose step it was; for a deadlock one of those who wait. */
  thread: number;
  /** Harm, lock or cell, by kind; -1 if none. */
  subject: number;
}

/** One decision of the scheduler. `alt` picks among several outcomes of the step; `flush`: a store buffer drains. */
export interface Choice {
  thread: number;
  alt: number;
  flush: boolean;
}

export type MemoryModel = "sc" | "tso";

/** Sentence about what is wrong with the model's numbers, or null. For builders and tests. */
export function modelProblem(m: Model): string | null {
  if (m.threads.length > MAX_THREADS) return `more than ${MAX_THREADS} threads`;
  if (m.cells.length > 250 || m.locks.length > 250) return "more than 250 cells or locks";
  for (const [n, thread] of m.threads.entries()) {
    const at = (pc: number, what: string): string => `thread ${n}, op ${pc}: ${what}`;
    if (thread.registers > 250) return `thread ${n}: more than 250 registers`;
    const last = thread.ops.at(-1);
    if (!last || !["stop", "cut", "jump", "branch"].includes(last.k)) return `thread ${n}: runs off its end`;
    for (const [pc, op] of thread.ops.entries()) {
      const targets = op.k === "branch" ? [op.t, op.f] : op.k === "jump" ? [op.to] : [];
      if (targets.some((x) => x < 0 || x >= thread.ops.length)) return at(pc, "jumps out of the thread");
      if (op.atomic && ["await", "acquire", "settle", "stop", "cut"].includes(op.k))
        return at(pc, "may block inside atomic");
      for (const ref of cellRefs(op))
        if (ref.base < 0 || ref.size < 1 || ref.base + ref.size > m.cells.length) return at(pc, "no such cell");
      if ("lock" in op && (op.lock.base < 0 || op.lock.size < 1 || op.lock.base + op.lock.size > m.locks.length))
        return at(pc, "no such lock");
    }
  }
  return null;
}

/** The same place without an index that is a number. */
export function narrow(ref: Ref): Ref {
  const { index, base, size } = ref;
  return index?.k === "num" && index.v >= 0 && index.v < size ? { base: base + index.v, size: 1 } : ref;
}

/** Cells an op names, liveness included. */
export function cellRefs(op: Op): Ref[] {
  const refs: Ref[] = [];
  if ("from" in op) refs.push(op.from);
  if ("to" in op && op.k === "store") refs.push(op.to);
  if ("at" in op) refs.push(op.at);
  if ("live" in op && op.live) refs.push(op.live);
  return refs;
}

/** Program counters that may follow `pc`. */
export function nextPcs(op: Op, pc: number): number[] {
  switch (op.k) {
    case "jump":
      return [op.to];
    case "branch":
      return op.t === op.f ? [op.t] : [op.t, op.f];
    case "stop":
    case "cut":
      return [];
    default:
      return [pc + 1];
  }
}
