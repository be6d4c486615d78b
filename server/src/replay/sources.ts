/** Which cells the values in registers come from, blind to the order of assignments. */
import type { Expr, Op } from "../explore/model";
import { registersOf } from "./fold";

/** The bases of the cells that an expression over a thread's registers may depend on. */
export function sourcesOf(ops: readonly Op[]): (e: Expr) => number[] {
  const from = new Map<number, Set<number>>();
  for (let changed = true; changed; ) {
    changed = false;
    for (const op of ops) {
      if (!("r" in op) || op.r === null) continue;
      const sources = from.get(op.r) ?? new Set();
      const before = sources.size;
      if (op.k === "load" || op.k === "await") sources.add(op.from.base);
      if (op.k === "rmw" || op.k === "compareSwap") sources.add(op.at.base);
      if (op.k === "set") for (const r of registersOf(op.e)) for (const c of from.get(r) ?? []) sources.add(c);
      from.set(op.r, sources);
      changed ||= sources.size > before;
    }
  }
  return (e) => [...new Set(registersOf(e).flatMap((r) => [...(from.get(r) ?? [])]))];
}

/** NULL pointers that no shared cell ever held are none of the other thread's doing: their paths end. */
export function onlySharedNulls(ops: readonly Op[], isNull: (harm: number) => boolean, id: number): Op[] {
  const sources = sourcesOf(ops);
  const blamed = new Set<number>();
  ops.forEach((op) => {
    if (op.k === "branch" && sources(op.cond).length > 0) blamed.add(op.t);
  });
  return ops.map((op, pc) =>
    op.k === "assert" && isNull(op.harm) && !blamed.has(pc) ? { k: "cut", id, site: op.site } : op,
  );
}
