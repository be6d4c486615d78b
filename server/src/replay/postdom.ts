/**
 * Immediate post-dominators of ops, and which branches decide whether an op runs.
 * Cooper, Harvey, Kennedy, A Simple, Fast Dominance Algorithm (2001), on the reversed graph.
 */
import { nextPcs, type Op } from "../explore/model";

export interface PostDominators {
  /** By pc; -1 for what never gets to an end. The end itself is `ops.length`. */
  ipdom: Int32Array;
  /** For a branch of which only one side gets to an end: that side. */
  live: (number | undefined)[];
  /** Per pc, the branches on which it depends. */
  controllers(ops: readonly Op[]): number[][];
}

/** `counts`: ops that are looked at; paths through others end nowhere. */
export function postDominators(ops: readonly Op[], counts: (pc: number) => boolean): PostDominators {
  const n = ops.length;
  const end = n;
  const successors = ops.map((op, pc) => {
    if (!counts(pc)) return [];
    return op.k === "stop" || op.k === "cut" ? [end] : nextPcs(op, pc).filter(counts);
  });
  const preds: number[][] = Array.from({ length: n + 1 }, () => []);
  successors.forEach((list, pc) => {
    for (const s of list) preds[s]!.push(pc);
  });
  // Numbers in post-order of the reversed graph, from the end.
  const order: number[] = [];
  const number = new Int32Array(n + 1).fill(-1);
  const seen = new Uint8Array(n + 1);
  const stack: [number, number][] = [[end, 0]];
  seen[end] = 1;
  while (stack.length > 0) {
    const top = stack[stack.length - 1]!;
    const next = preds[top[0]]![top[1]++];
    if (next === undefined) {
      number[top[0]] = order.length;
      order.push(top[0]);
      stack.pop();
    } else if (!seen[next]) {
      seen[next] = 1;
      stack.push([next, 0]);
    }
  }
  const ipdom = new Int32Array(n + 1).fill(-1);
  ipdom[end] = end;
  const meet = (a: number, b: number): number => {
    while (a !== b) {
      while (number[a]! < number[b]!) a = ipdom[a]!;
      while (number[b]! < number[a]!) b = ipdom[b]!;
    }
    return a;
  };
  for (let changed = true; changed; ) {
    changed = false;
    for (let i = order.length - 2; i >= 0; i--) {
      const pc = order[i]!;
      let best = -1;
      for (const s of successors[pc]!) if (ipdom[s] !== -1) best = best < 0 ? s : meet(best, s);
      if (best !== ipdom[pc]) {
        ipdom[pc] = best;
        changed = true;
      }
    }
  }
  const live = ops.map((op, pc) => {
    if (op.k !== "branch" || !counts(pc)) return undefined;
    const good = [op.t, op.f].filter((x) => ipdom[x] !== -1);
    return good.length === 1 ? good[0] : undefined;
  });
  return { ipdom, live, controllers: () => controllersOf(ops, successors, ipdom, counts) };
}

function controllersOf(
  ops: readonly Op[],
  successors: readonly number[][],
  ipdom: Int32Array,
  counts: (pc: number) => boolean,
): number[][] {
  const out: number[][] = ops.map(() => []);
  ops.forEach((op, b) => {
    if (op.k !== "branch" || !counts(b)) return;
    for (const s of successors[b]!) {
      if (ipdom[s] === -1) continue;
      for (let pc = s; pc !== ipdom[b] && pc >= 0 && pc < ops.length; pc = ipdom[pc]!) out[pc]!.push(b);
    }
  });
  return out;
}
