/** Which steps can break which invariants. */
import { compileExpr } from "./expression";
import { initialState, layoutOf } from "./layout";
import { type Expr, type Model, narrow, nextPcs, type Op, type Ref } from "./model";

/** What an invariant looks at. */
export interface Support {
  cells: ReadonlySet<number>;
  /** Threads whose end it asks for. */
  done: ReadonlySet<number>;
  /** Threads without whose end it holds whatever else is: their earlier steps cannot break it. */
  awaited: ReadonlySet<number>;
}

export function supportOf(e: Expr): Support {
  const cells = new Set<number>();
  const done = new Set<number>();
  const visit = (x: Expr): void => {
    if (x.k === "cell") cells.add(x.c);
    else if (x.k === "done") done.add(x.t);
    else if (x.k === "un") visit(x.e);
    else if (x.k === "bin") {
      visit(x.l);
      visit(x.r);
    }
  };
  visit(e);
  return { cells, done, awaited: needed(e, false) };
}

/** Threads that must have ended for the expression to be known as true, or as false. */
function needed(e: Expr, truth: boolean): ReadonlySet<number> {
  if (e.k === "done") return new Set(truth ? [e.t] : []);
  if (e.k === "un" && e.op === "!") return needed(e.e, !truth);
  if (e.k !== "bin" || (e.op !== "&&" && e.op !== "||")) return new Set();
  const l = needed(e.l, truth);
  const r = needed(e.r, truth);
  const both = (e.op === "&&") === truth;
  return new Set(both ? [...l, ...r] : [...l].filter((t) => r.has(t)));
}

/** Numbers of the invariants that the op, one of thread `t`, may break. */
export function brokenBy(op: Op, t: number, supports: readonly Support[]): number[] {
  if (op.k === "stop") return supports.flatMap(({ done }, i) => (done.has(t) ? [i] : []));
  const to = writtenBy(op);
  if (!to) return [];
  return supports.flatMap(({ cells, awaited }, i) => {
    if (awaited.has(t)) return [];
    for (let c = to.base; c < to.base + to.size; c++) if (cells.has(c)) return [i];
    return [];
  });
}

function writtenBy(op: Op): Ref | null {
  if (op.k === "store") return narrow(op.to);
  if (op.k === "rmw" || op.k === "compareSwap") return narrow(op.at);
  return op.k === "free" ? narrow(op.live) : null;
}

/**
 * Per thread and pc: the invariants that the op there may break, with what is tied to it. What is broken from the start is broken
 * by any op.
 */
export function invariantsOf(m: Model): number[][][] {
  const layout = layoutOf(m, "sc");
  const start = initialState(m, layout);
  if (m.invariants.some((i) => compileExpr(i.e, layout, 0)(start) === 0))
    return m.threads.map(({ ops }) => ops.map(() => m.invariants.map((_, i) => i)));
  const supports = m.invariants.map((i) => supportOf(i.e));
  return m.threads.map(({ ops }, t) => {
    const out = ops.map((op) => brokenBy(op, t, supports));
    for (let pc = ops.length - 2; pc >= 0; pc--)
      if (ops[pc]!.atomic)
        out[pc] = [...new Set([...out[pc]!, ...nextPcs(ops[pc]!, pc).flatMap((next) => out[next]!)])].sort(
          (a, b) => a - b,
        );
    return out;
  });
}
