/** Ops with their expressions as functions of the state. */
import { compileExpr, type Eval, type Layout } from "./layout";
import type { Op, Ref } from "./model";

export interface Compiled {
  op: Op;
  /** The expression of the op, if it has one. */
  e: Eval | null;
  e2: Eval | null;
  index: Eval | null;
  liveIndex: Eval | null;
  regs: number;
}

export function compileOp(op: Op, l: Layout, regs: number): Compiled {
  const expr = "e" in op ? op.e : "cond" in op ? op.cond : null;
  const expect = op.k === "compareSwap" ? op.expect : null;
  const ref = "from" in op ? op.from : op.k === "store" ? op.to : "at" in op ? op.at : "lock" in op ? op.lock : null;
  const live = "live" in op ? op.live : undefined;
  const index = (r: Ref | null | undefined): Eval | null => (r?.index ? compileExpr(r.index, l, regs) : null);
  return {
    op,
    e: expr && compileExpr(expr, l, regs),
    e2: expect && compileExpr(expect, l, regs),
    index: index(ref),
    liveIndex: index(live),
    regs,
  };
}
