/**
 * Conditional constants over the ops of one thread, blind to the order of assignments: a register that only ever
 * gets one value has that value, a branch on it goes one way, what nobody reaches assigns nothing.
 * After Wegman and Zadeck, Constant Propagation with Conditional Branches (TOPLAS 13, 1991), without SSA form.
 */
import { binary } from "../explore/expression";
import { type Expr, nextPcs, type Op, UNKNOWN } from "../explore/model";

/** What a register may hold: nothing seen yet, one value, or several. */
type Held = number | "many" | undefined;

export interface Folded {
  ops: Op[];
  reached: boolean[];
}

/** The same ops with registers of one value replaced by it and decided branches turned into jumps. */
export function foldConstants(ops: readonly Op[], registers: number): Folded {
  const held: Held[] = new Array(registers).fill(undefined);
  const reached = new Array<boolean>(ops.length).fill(false);
  const readers: number[][] = Array.from({ length: registers }, () => []);
  ops.forEach((op, pc) => {
    for (const e of expressionsOf(op)) for (const r of registersOf(e)) readers[r]!.push(pc);
  });
  const work = [0];
  const visit = (pc: number): void => {
    if (reached[pc]) return;
    reached[pc] = true;
    work.push(pc);
  };
  const assign = (r: number, v: Held): void => {
    const old = held[r];
    if (v === undefined || old === "many" || old === v) return;
    held[r] = old === undefined ? v : "many";
    for (const pc of readers[r]!) if (reached[pc]) work.push(pc);
  };
  reached[0] = true;
  for (let pc = work.pop(); pc !== undefined; pc = work.pop()) {
    const op = ops[pc]!;
    if (op.k === "set") assign(op.r, heldBy(op.e, held));
    else if (op.k === "choose") for (const v of op.values) assign(op.r, v);
    else if ("r" in op && op.r !== null) assign(op.r, "many");
    if (op.k === "branch") {
      const v = heldBy(op.cond, held);
      if (op.memo !== undefined) assign(op.memo, "many");
      if (v === undefined) continue;
      const open = v === "many" || v === UNKNOWN;
      // Remembered answers may differ from the assumed one.
      const sure = v === UNKNOWN && op.memo === undefined ? op.assume : undefined;
      if (sure !== false && (open || v !== 0)) visit(op.t);
      if (sure !== true && (open || v === 0)) visit(op.f);
    } else for (const next of nextPcs(op, pc)) visit(next);
  }
  const known = (e: Expr): Expr => simplify(e, held);
  const folded = ops.map((op, pc): Op => {
    if (!reached[pc]) return op;
    if (op.k === "branch") {
      const v = heldBy(op.cond, held);
      const sure = v === UNKNOWN && op.memo === undefined && op.assume !== undefined ? Number(op.assume) : v;
      if (typeof sure === "number" && sure !== UNKNOWN)
        return { k: "jump", to: sure !== 0 ? op.t : op.f, site: op.site, ...(op.atomic ? { atomic: true } : {}) };
    }
    return mapExpressions(op, known);
  });
  return { ops: folded, reached };
}

/** Value of an expression over what registers hold. */
export function heldBy(e: Expr, held: readonly Held[]): Held {
  switch (e.k) {
    case "num":
      return e.v;
    case "reg":
      return held[e.r];
    case "un": {
      const v = heldBy(e.e, held);
      if (typeof v !== "number" || v === UNKNOWN) return v;
      const out = e.op === "!" ? (v === 0 ? 1 : 0) : e.op === "-" ? -v : ~v;
      return Math.abs(out) > 127 ? "many" : out;
    }
    case "bin": {
      const l = heldBy(e.l, held);
      const r = heldBy(e.r, held);
      if (e.op === "&&" && (l === 0 || r === 0)) return 0;
      if (l === undefined || r === undefined) return undefined;
      if (l === "many" || r === "many") {
        // Whatever the other side is, an unknown one makes arithmetic and comparisons unknown.
        return (l === UNKNOWN || r === UNKNOWN) && e.op !== "&&" && e.op !== "||" ? UNKNOWN : "many";
      }
      const v = binary(e.op, l, r);
      return v > 127 || v < -128 ? "many" : v;
    }
    default:
      return "many";
  }
}

function simplify(e: Expr, held: readonly Held[]): Expr {
  const v = heldBy(e, held);
  if (typeof v === "number") return { k: "num", v };
  if (e.k === "un") return { ...e, e: simplify(e.e, held) };
  if (e.k === "bin") return { ...e, l: simplify(e.l, held), r: simplify(e.r, held) };
  return e;
}

/** Expressions that an op evaluates, those of its references included. */
export function expressionsOf(op: Op): Expr[] {
  const out: Expr[] = [];
  if ("e" in op) out.push(op.e);
  if ("cond" in op) out.push(op.cond);
  if (op.k === "compareSwap") out.push(op.expect);
  for (const ref of [
    "from" in op ? op.from : undefined,
    op.k === "store" ? op.to : undefined,
    "at" in op ? op.at : undefined,
    "lock" in op ? op.lock : undefined,
    "live" in op ? op.live : undefined,
  ])
    if (ref?.index) out.push(ref.index);
  return out;
}

export function registersOf(e: Expr): number[] {
  if (e.k === "reg") return [e.r];
  if (e.k === "un") return registersOf(e.e);
  return e.k === "bin" ? [...registersOf(e.l), ...registersOf(e.r)] : [];
}

/** The op with every expression replaced. */
export function mapExpressions(op: Op, f: (e: Expr) => Expr): Op {
  const out: Record<string, unknown> = { ...op };
  for (const key of ["e", "cond", "expect"]) if (key in op) out[key] = f(out[key] as Expr);
  for (const key of ["from", "to", "at", "lock", "live"]) {
    const ref = out[key];
    if (typeof ref === "object" && ref !== null && "index" in ref) out[key] = { ...ref, index: f(ref.index as Expr) };
  }
  return out as unknown as Op;
}
