/** Registers of a thread whose value may still be read, over its ops. */
import { nextPcs, type Op } from "../explore/model";
import { expressionsOf, registersOf } from "./fold";

export interface Liveness {
  before(pc: number): number[];
  after(pc: number): number[];
}

/**
 * Backward over the ops, as bit sets. What is computed only for a register that nobody reads is not read (faint variables,
 * Giegerich, Möncke, Wilhelm, Invariance of approximative semantics, 1981).
 */
export function liveness(ops: readonly Op[]): Liveness {
  const uses = ops.map(usesOf);
  const defines = ops.map(definesOf);
  let most = -1;
  for (const list of [...uses, ...defines]) for (const r of list) most = Math.max(most, r);
  const words = (most >> 5) + 1;
  const before = new Uint32Array(ops.length * words);
  const now = new Uint32Array(words);
  const gather = (pc: number): void => {
    now.fill(0);
    for (const next of nextPcs(ops[pc]!, pc))
      for (let i = 0, at = next * words; i < words; i++) now[i]! |= before[at + i]!;
  };
  for (let changed = true; changed; ) {
    changed = false;
    for (let pc = ops.length - 1; pc >= 0; pc--) {
      const op = ops[pc]!;
      gather(pc);
      let needed = true;
      if (op.k === "set") needed = (now[op.r >> 5]! & (1 << (op.r & 31))) !== 0;
      if (op.k !== "branch") for (const r of defines[pc]!) now[r >> 5]! &= ~(1 << (r & 31));
      if (needed) for (const r of uses[pc]!) now[r >> 5]! |= 1 << (r & 31);
      for (let i = 0, at = pc * words; i < words; i++) {
        const both = (before[at + i]! | now[i]!) >>> 0;
        if (both === before[at + i]) continue;
        before[at + i] = both;
        changed = true;
      }
    }
  }
  const members = (set: Uint32Array, at: number): number[] => {
    const out: number[] = [];
    for (let i = 0; i < words; i++)
      for (let rest = set[at + i]!; rest !== 0; rest &= rest - 1) out.push(i * 32 + (31 - Math.clz32(rest & -rest)));
    return out;
  };
  return {
    before: (pc) => members(before, pc * words),
    after: (pc) => {
      gather(pc);
      return members(now, 0);
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
