/**
 * Registers shared by values that are never needed at the same time (greedy colouring of the interference graph,
 * Chaitin et al., Register Allocation via Coloring, 1981).
 */
import type { Expr, Op } from "../explore/model";
import { mapExpressions } from "./fold";
import { definesOf, liveness, usesOf } from "./liveness";

interface Coloured {
  ops: Op[];
  registers: number;
}

/** The same ops over fewer registers. */
export function colour(ops: readonly Op[]): Coloured {
  const live = liveness(ops);
  const used = new Set<number>();
  const clash = new Map<number, Set<number>>();
  const conflict = (a: number, b: number): void => {
    if (a === b) return;
    for (const [x, y] of [
      [a, b],
      [b, a],
    ] as const) {
      const set = clash.get(x);
      if (set) set.add(y);
      else clash.set(x, new Set([y]));
    }
  };
  const together = (list: readonly number[]): void => {
    for (let i = 0; i < list.length; i++) for (let j = i + 1; j < list.length; j++) conflict(list[i]!, list[j]!);
  };
  together(live.before(0));
  ops.forEach((op, pc) => {
    for (const r of [...usesOf(op), ...definesOf(op)]) used.add(r);
    const after = live.after(pc);
    // While an awaited value is looked at, its register is in use beside all that the condition reads.
    const alongside = op.k === "await" ? [...after, ...usesOf(op)] : after;
    for (const d of definesOf(op)) for (const r of alongside) conflict(d, r);
    if (op.k === "compareSwap" || op.k === "rmw")
      for (const d of definesOf(op)) for (const r of usesOf(op)) conflict(d, r);
  });
  const name = new Map<number, number>();
  let count = 0;
  for (const r of [...used].sort((a, b) => a - b)) {
    const taken = new Set([...(clash.get(r) ?? [])].map((x) => name.get(x)));
    let c = 0;
    while (taken.has(c)) c++;
    name.set(r, c);
    count = Math.max(count, c + 1);
  }
  const rename = (e: Expr): Expr => {
    if (e.k === "reg") return { k: "reg", r: name.get(e.r)! };
    if (e.k === "un") return { ...e, e: rename(e.e) };
    return e.k === "bin" ? { ...e, l: rename(e.l), r: rename(e.r) } : e;
  };
  const out = ops.map((op): Op => {
    const next = mapExpressions(op, rename) as Op & { r?: number | null; memo?: number };
    if ("r" in next && typeof next.r === "number") next.r = name.get(next.r)!;
    if (next.memo !== undefined) next.memo = name.get(next.memo)!;
    return next;
  });
  return { ops: out, registers: count };
}
