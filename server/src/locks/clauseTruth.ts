/** Clauses of outcomes in a state: do they hold, and what if they are taken to? */
import { assume, narrow, truth } from "./assume";
import { ANY, POSITIVE, ZERO } from "./facts";
import type { Machine } from "./machine";
import type { Clause } from "./outcomes";
import type { State } from "./state";
import { type CallFrame, termValue } from "./terms";
import type { ValueId } from "./values";

/** The clause's opposite. */
export function negateClause(c: Clause): Clause {
  if (c.k === "mask") return { ...c, mask: ANY & ~c.mask };
  if (c.k === "flags") return { ...c, set: !c.set };
  return { ...c, positive: !c.positive };
}

/** Is it about what the call returns? */
export function onResult(c: Clause): boolean {
  return c.term.k === "ret" || (c.term.k === "path" && c.term.path.root.k === "ret");
}

/** Does the clause say no more than that a value is not an error? */
export function isUsual(c: Clause): boolean {
  return c.k === "mask" && (c.mask & (ZERO | POSITIVE)) === (ZERO | POSITIVE);
}

/** Does the clause hold in this state? */
export function clauseTruth(m: Machine, s: State, c: Clause, frame: CallFrame): "true" | "false" | "unknown" {
  const v = termValue(m, s, frame, c.term);
  if (v === null) return "unknown";
  if (c.k === "mask") {
    const have = s.mask(m.t, v);
    if ((have & ~c.mask) === 0) return "true";
    return (have & c.mask) === 0 ? "false" : "unknown";
  }
  const cond = clauseValue(m, s, c, frame, v);
  if (cond === null) return "unknown";
  const now = truth(m.t, s, cond.value);
  if (now === "unknown") return "unknown";
  return (now === "true") === cond.positive ? "true" : "false";
}

function clauseValue(
  m: Machine,
  s: State,
  c: Clause,
  frame: CallFrame,
  v: ValueId,
): { value: ValueId; positive: boolean } | null {
  if (c.k === "flags") {
    const mask = c.flags.map((f) => m.flag(f)).reduce((a, b) => m.t.op("|", a, b));
    return { value: m.t.op("&", v, mask), positive: c.set };
  }
  if (c.k === "equals") {
    const other = termValue(m, s, frame, c.to);
    return other === null ? null : { value: m.t.op("==", v, other), positive: c.positive };
  }
  return null;
}

/** Takes the clause to hold; false: it cannot. */
export function assumeClause(m: Machine, s: State, c: Clause, frame: CallFrame): boolean {
  const v = termValue(m, s, frame, c.term);
  if (v === null) return true;
  if (c.k === "mask")
    return c.mask === ZERO
      ? assume(m.t, s, v, false)
      : c.mask === (ANY & ~ZERO)
        ? assume(m.t, s, v, true)
        : narrow(m.t, s, v, c.mask);
  const cond = clauseValue(m, s, c, frame, v);
  return cond === null || assume(m.t, s, cond.value, cond.positive);
}
