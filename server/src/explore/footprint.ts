/**
 * What a thread may still touch from a program counter on, and which registers still matter there:
 * the facts that make leaving out interleavings sound. Derived from the ops, never declared.
 */
import { brokenBy, type Support, supportOf } from "./harms";
import { type Expr, type Model, narrow, nextPcs, type Op, type Ref } from "./model";

/** Bit sets over resources: cells, locks, section depths per thread, spawns, handlers, ends, invariants. */
export interface Footprints {
  words: number;
  /** Per thread and pc: what this op reads and writes. */
  reads: Uint32Array[][];
  writes: Uint32Array[][];
  /** Per thread and pc: what this op and all that may follow read and write. */
  futureReads: Uint32Array[][];
  futureWrites: Uint32Array[][];
  /** Per thread and pc: registers whose value no longer matters. */
  dead: number[][][];
  /** What invariants look at. */
  watched: Uint32Array;
}

interface Resources {
  cells: number;
  locks: number;
  sections: number;
  spawns: number;
  handlers: number;
  done: number;
  invariants: number;
  total: number;
}

export function footprints(m: Model): Footprints {
  const n = m.threads.length;
  const base = { cells: 0, locks: m.cells.length };
  const sections = base.locks + m.locks.length;
  const spawns = sections + m.sections.length * n;
  const handlers = spawns + n;
  const done = handlers + n;
  const invariants = done + n;
  const total = invariants + m.invariants.length;
  const res: Resources = { ...base, sections, spawns, handlers, done, invariants, total };
  const words = (total + 31) >> 5;
  const supports = m.invariants.map((x) => supportOf(x.e));
  const watched = bits(
    words,
    supports.flatMap((x) => [...x.cells].map((c) => res.cells + c)),
  );
  const out: Footprints = { words, reads: [], writes: [], futureReads: [], futureWrites: [], dead: [], watched };
  m.threads.forEach((thread, t) => {
    const reads = thread.ops.map((op, pc) => bits(words, readsOf(m, res, t, pc, op)));
    const writes = thread.ops.map((op, pc) => bits(words, writesOf(m, res, t, pc, op, supports)));
    // What an invariant looks at belongs together: its writers do not commute.
    thread.ops.forEach((_, pc) => {
      supports.forEach((_support, i) => {
        if (has(writes[pc]!, res.invariants + i)) set(reads[pc]!, res.invariants + i);
      });
    });
    // An atomic sequence is one step: its first op stands for all of it.
    for (let pc = thread.ops.length - 2; pc >= 0; pc--) {
      if (!thread.ops[pc]!.atomic) continue;
      for (const next of nextPcs(thread.ops[pc]!, pc)) {
        merge(reads[pc]!, reads[next]!);
        merge(writes[pc]!, writes[next]!);
      }
    }
    out.reads.push(reads);
    out.writes.push(writes);
    out.futureReads.push(future(thread.ops, reads));
    out.futureWrites.push(future(thread.ops, writes));
    out.dead.push(deadRegisters(thread.ops, thread.registers));
  });
  return out;
}

function has(set_: Uint32Array, bit: number): boolean {
  return (set_[bit >> 5]! & (1 << (bit & 31))) !== 0;
}

function set(into: Uint32Array, bit: number): void {
  into[bit >> 5]! |= 1 << (bit & 31);
}

function bits(words: number, list: number[]): Uint32Array {
  const out = new Uint32Array(words);
  for (const b of list) set(out, b);
  return out;
}

/** Adds `from`; true if that was news. */
export function merge(into: Uint32Array, from: Uint32Array): boolean {
  let changed = false;
  for (let i = 0; i < into.length; i++) {
    const both = (into[i]! | from[i]!) >>> 0;
    if (both !== into[i]) {
      into[i] = both;
      changed = true;
    }
  }
  return changed;
}

function range(wide: Ref, base: number): number[] {
  const ref = narrow(wide);
  return Array.from({ length: ref.size }, (_, i) => base + ref.base + i);
}

function sectionsOfAll(m: Model, res: Resources, section: number): number[] {
  const n = m.threads.length;
  return Array.from({ length: n }, (_, u) => res.sections + section * n + u);
}

function readsOf(m: Model, res: Resources, t: number, pc: number, op: Op): number[] {
  const n = m.threads.length;
  const out: number[] = [];
  if ("from" in op) out.push(...range(op.from, res.cells));
  if ("at" in op) out.push(...range(op.at, res.cells));
  if ("live" in op && op.live) out.push(...range(op.live, res.cells));
  if ("lock" in op) out.push(...range(op.lock, res.locks));
  if (op.k === "snapshot" || op.k === "settle") out.push(...sectionsOfAll(m, res, op.section));
  if (op.k === "spawn" && op.section !== undefined) out.push(...sectionsOfAll(m, res, op.section));
  const thread = m.threads[t]!;
  if (pc === 0 && thread.dormant) out.push(res.spawns + t);
  if (pc === 0 && thread.interrupts) {
    out.push(
      res.sections + thread.interrupts.section * n + thread.interrupts.host,
      res.spawns + thread.interrupts.host,
    );
  }
  m.threads.forEach((h, i) => {
    if (h.interrupts?.host === t) out.push(res.handlers + i);
  });
  return out;
}

function writesOf(m: Model, res: Resources, t: number, pc: number, op: Op, supports: readonly Support[]): number[] {
  const n = m.threads.length;
  const out: number[] = [];
  if (op.k === "store") out.push(...range(op.to, res.cells));
  if (op.k === "rmw" || op.k === "compareSwap") out.push(...range(op.at, res.cells));
  if (op.k === "free") out.push(...range(op.live, res.cells));
  if ("lock" in op) out.push(...range(op.lock, res.locks));
  if (op.k === "enter" || op.k === "leave") out.push(res.sections + op.section * n + t);
  if (op.k === "spawn") out.push(res.spawns + op.thread);
  if (op.k === "stop") out.push(res.done + t);
  if (m.threads[t]!.interrupts && (pc === 0 || op.k === "stop")) out.push(res.handlers + t);
  for (const i of brokenBy(op, t, supports)) out.push(res.invariants + i);
  return out;
}

/** Per pc: what is there and in all that may follow. `ends`: nothing follows these. */
export function future(
  ops: readonly Op[],
  now: readonly Uint32Array[],
  ends: (pc: number) => boolean = () => false,
): Uint32Array[] {
  const out = now.map((x) => x.slice());
  const next = ops.map((op, pc) => (ends(pc) ? [] : nextPcs(op, pc)));
  for (let changed = true; changed; ) {
    changed = false;
    for (let pc = ops.length - 1; pc >= 0; pc--)
      for (const to of next[pc]!) if (merge(out[pc]!, out[to]!)) changed = true;
  }
  return out;
}

function deadRegisters(ops: readonly Op[], registers: number): number[][] {
  const words = (registers + 31) >> 5;
  const uses = ops.map((op) => bits(words, usesOf(op)));
  const live = uses.map((x) => x.slice());
  const kills = ops.map((op) => killOf(op) ?? -1);
  const after = new Uint32Array(words);
  for (let changed = true; changed; ) {
    changed = false;
    for (let pc = ops.length - 1; pc >= 0; pc--) {
      after.fill(0);
      for (const next of nextPcs(ops[pc]!, pc)) merge(after, live[next]!);
      const kill = kills[pc]!;
      if (kill >= 0 && !has(uses[pc]!, kill)) after[kill >> 5]! &= ~(1 << (kill & 31));
      if (merge(live[pc]!, after)) changed = true;
    }
  }
  const all = Array.from({ length: registers }, (_, r) => r);
  return live.map((now) => all.filter((r) => !has(now, r)));
}

function usesOf(op: Op): number[] {
  const out: number[] = [];
  const visit = (e: Expr | undefined): void => {
    if (!e) return;
    if (e.k === "reg") out.push(e.r);
    else if (e.k === "un") visit(e.e);
    else if (e.k === "bin") {
      visit(e.l);
      visit(e.r);
    }
  };
  if ("e" in op) visit(op.e);
  if ("cond" in op) visit(op.cond);
  // The awaited value stands in its register while the condition is evaluated.
  if (op.k === "await") out.splice(0, out.length, ...out.filter((r) => r !== op.r));
  if (op.k === "compareSwap") visit(op.expect);
  if (op.k === "branch" && op.memo !== undefined) out.push(op.memo);
  if ("from" in op) visit(op.from.index);
  if (op.k === "store") visit(op.to.index);
  if ("at" in op) visit(op.at.index);
  if ("lock" in op) visit(op.lock.index);
  if ("live" in op) visit(op.live?.index);
  return out;
}

/** The register that the op sets whatever happens. */
function killOf(op: Op): number | null {
  switch (op.k) {
    case "set":
    case "load":
    case "await":
    case "choose":
    case "try":
    case "compareSwap":
    case "rmw":
      return op.r;
    default:
      return null;
  }
}
