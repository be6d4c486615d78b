/** Registers of a thread whose value may still be read, over its ops. */
import { nextPcs, type Op } from "../explore/model";
import { expressionsOf, registersOf } from "./fold";

export interface Liveness {
  before(pc: number): number[];
  after(pc: number): number[];
  isLiveAfter(pc: number, r: number): boolean;
}

/**
 * Backward over the ops, as bit sets. What is computed only for a register that nobody reads is not read (faint variables,
 * Giegerich, Möncke, Wilhelm, Invariance of approximative semantics, 1981).
 */
export function liveness(ops: readonly Op[]): Liveness {
  // Only what somebody reads can be live: those registers are numbered anew.
  const number = new Map<number, number>();
  const bits = (list: readonly number[]): number[] =>
    list.map((r) => {
      let n = number.get(r);
      if (n === undefined) {
        n = number.size;
        number.set(r, n);
      }
      return n;
    });
  const uses = ops.map((op) => bits(usesOf(op)));
  const defines = ops.map((op) => definesOf(op).flatMap((r) => number.get(r) ?? []));
  const words = (number.size + 31) >> 5;
  const next = ops.map((op, pc) => nextPcs(op, pc));
  const preds: number[][] = ops.map(() => []);
  next.forEach((list, pc) => {
    for (const to of list) preds[to]!.push(pc);
  });
  const before = new Uint32Array(ops.length * words);
  const now = new Uint32Array(words);
  const gather = (pc: number): void => {
    now.fill(0);
    for (const to of next[pc]!) for (let i = 0, at = to * words; i < words; i++) now[i]! |= before[at + i]!;
  };
  const dirty = new Uint8Array(ops.length).fill(1);
  for (let again = true; again; ) {
    again = false;
    for (let pc = ops.length - 1; pc >= 0; pc--) {
      if (!dirty[pc]) continue;
      dirty[pc] = 0;
      const op = ops[pc]!;
      gather(pc);
      const own = defines[pc]!;
      const needed = op.k !== "set" || (own.length > 0 && (now[own[0]! >> 5]! & (1 << (own[0]! & 31))) !== 0);
      if (op.k !== "branch") for (const r of own) now[r >> 5]! &= ~(1 << (r & 31));
      if (needed) for (const r of uses[pc]!) now[r >> 5]! |= 1 << (r & 31);
      let changed = false;
      for (let i = 0, at = pc * words; i < words; i++) {
        const both = (before[at + i]! | now[i]!) >>> 0;
        if (both === before[at + i]) continue;
        before[at + i] = both;
        changed = true;
      }
      if (!changed) continue;
      for (const p of preds[pc]!) {
        dirty[p] = 1;
        if (p >= pc) again = true;
      }
    }
  }
  const registers = [...number.keys()];
  const members = (set: Uint32Array, at: number): number[] => {
    const out: number[] = [];
    for (let i = 0; i < words; i++)
      for (let rest = set[at + i]!; rest !== 0; rest &= rest - 1)
        out.push(registers[i * 32 + (31 - Math.clz32(rest & -rest))]!);
    return out;
  };
  return {
    before: (pc) => members(before, pc * words),
    after: (pc) => {
      gather(pc);
      return members(now, 0);
    },
    isLiveAfter: (pc, r) => {
      const n = number.get(r);
      return n !== undefined && next[pc]!.some((to) => (before[to * words + (n >> 5)]! & (1 << (n & 31))) !== 0);
    },
  };
}

export function usesOf(op: Op): number[] {
  let out = expressionsOf(op).flatMap(registersOf);
  // The condition speaks of the awaited value; an index speaks of what its register held before.
  if (op.k === "await") {
    const indexes = [op.from.index, op.live?.index].flatMap((e) => (e ? registersOf(e) : []));
    out = [...out.filter((r) => r !== op.r), ...indexes];
  }
  if (op.k === "branch" && op.memo !== undefined) out.push(op.memo);
  return out;
}

export function definesOf(op: Op): number[] {
  if (op.k === "branch") return op.memo === undefined ? [] : [op.memo];
  return "r" in op && op.r !== null ? [op.r] : [];
}
