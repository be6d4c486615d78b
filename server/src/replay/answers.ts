/**
 * Questions whose answer is the same on every way to them: the branch is a jump. A forward analysis over the registers that
 * remember answers, with the ways that known answers leave (Wegman and Zadeck, TOPLAS 13, 1991).
 */
import { nextPcs, type Op, UNKNOWN } from "../explore/model";

/** What a register may hold, as bits: not asked, yes, no. */
const NOT_ASKED = 1;
const YES = 2;
const NO = 4;
const ANY = 7;
const PLANES = 3;

export function foldAnswers(ops: readonly Op[]): Op[] {
  const slot = new Map<number, number>();
  const add = (r: number): void => void (slot.has(r) || slot.set(r, slot.size));
  for (const op of ops) if (op.k === "branch" && op.memo !== undefined) add(op.memo);
  if (slot.size === 0) return ops.slice();
  // Answers may come from those of other questions.
  for (let size = 0; size < slot.size; ) {
    size = slot.size;
    for (const op of ops) if (op.k === "set" && op.e.k === "reg" && slot.has(op.r)) add(op.e.r);
  }
  const known = propagate(ops, slot);
  return ops.map((op, pc) => {
    const answer = open(op) ? known(pc, slot.get(op.memo!)!) : ANY;
    if (answer !== YES && answer !== NO) return op;
    const to = (op as Op & { k: "branch" })[answer === YES ? "t" : "f"];
    return { k: "jump", to, site: op.site, ...(op.atomic ? { atomic: true } : {}) };
  });
}

/** A branch on something that is never known. */
function open(op: Op): op is Op & { k: "branch"; memo: number } {
  return op.k === "branch" && op.memo !== undefined && op.cond.k === "num" && op.cond.v === UNKNOWN;
}

/** What each register may hold before each op. Per op one row of bits for each of the three answers. */
function propagate(ops: readonly Op[], slot: ReadonlyMap<number, number>): (pc: number, slot: number) => number {
  const words = (slot.size + 31) >> 5;
  const row = PLANES * words;
  const before = new Uint32Array(ops.length * row);
  const now = new Uint32Array(row);
  const get = (from: Uint32Array, base: number, i: number): number => {
    let held = 0;
    for (let p = 0, at = base + (i >> 5); p < PLANES; p++, at += words) if (from[at]! & (1 << (i & 31))) held |= 1 << p;
    return held;
  };
  const put = (i: number, held: number): void => {
    const bit = 1 << (i & 31);
    for (let p = 0, at = i >> 5; p < PLANES; p++, at += words)
      now[at] = held & (1 << p) ? now[at]! | bit : now[at]! & ~bit;
  };
  const dirty = new Uint8Array(ops.length);
  // Ops follow each other in their text: most of what an op needs comes from above, so sweeps go down.
  let again = true;
  const flow = (pc: number, from: number): void => {
    let changed = false;
    for (let i = 0, at = pc * row; i < row; i++, at++) {
      const joined = (before[at]! | now[i]!) >>> 0;
      if (joined === before[at]) continue;
      before[at] = joined;
      changed = true;
    }
    if (!changed) return;
    dirty[pc] = 1;
    if (pc <= from) again = true;
  };
  const step = (pc: number): void => {
    const op = ops[pc]!;
    now.set(before.subarray(pc * row, pc * row + row));
    if (op.k === "branch" && op.memo !== undefined) {
      const at = slot.get(op.memo)!;
      const old = get(before, pc * row, at);
      const sure = open(op);
      if (!(sure && old === NO)) {
        put(at, sure || old === YES ? YES : ANY);
        flow(op.t, pc);
      }
      if (!(sure && old === YES)) {
        put(at, sure || old === NO ? NO : ANY);
        flow(op.f, pc);
      }
      return;
    }
    const target = "r" in op && op.r !== null ? slot.get(op.r) : undefined;
    if (target !== undefined) put(target, op.k === "set" ? held(op, (i) => get(before, pc * row, i), slot) : ANY);
    for (const next of nextPcs(op, pc)) flow(next, pc);
  };
  // Nothing was asked at first.
  for (let i = 0; i < slot.size; i++) before[i >> 5]! |= 1 << (i & 31);
  dirty[0] = 1;
  while (again) {
    again = false;
    for (let pc = 0; pc < ops.length; pc++) {
      if (!dirty[pc]) continue;
      dirty[pc] = 0;
      step(pc);
    }
  }
  return (pc, i) => get(before, pc * row, i);
}

function held(op: Op & { k: "set" }, of: (i: number) => number, slot: ReadonlyMap<number, number>): number {
  if (op.e.k === "num") return op.e.v >= 0 && op.e.v <= 2 ? NOT_ASKED << op.e.v : ANY;
  const from = op.e.k === "reg" ? slot.get(op.e.r) : undefined;
  return from === undefined ? ANY : of(from);
}
