/**
 * What is known of a value on a path: its sign class and equalities with constants. The lattice is
 * a set of classes {zero, positive or valid pointer, negative, error pointer}; fewer = more known.
 */
import type { ValueId, ValueTable } from "./values";

export const ZERO = 1;
export const POSITIVE = 2;
export const NEGATIVE = 4;
export const ERRPTR = 8;
export const ANY = 15;

export interface Fact {
  mask: number;
  /** Known to equal this constant value. */
  eq?: ValueId;
  /** Known to differ from these constant values. */
  ne?: readonly ValueId[];
  /** Known to equal one of these constant values, in ascending order. */
  among?: readonly ValueId[];
}

const MAX_AMONG = 4;

/** The classes a value can be in by its own form, without path facts. */
export function inherentMask(t: ValueTable, id: ValueId): number {
  const v = t.get(id);
  switch (v.k) {
    case "num":
      return v.n === 0 ? ZERO : v.n > 0 ? POSITIVE : NEGATIVE;
    case "str":
    case "local":
    case "global":
      return POSITIVE;
    case "field":
      return inherentMask(t, v.base) === POSITIVE ? POSITIVE : ANY;
    case "un":
      if (v.op === "-") {
        const a = t.get(v.a);
        if (a.k === "sym" && /^E[A-Z0-9]+$/.test(a.name)) return NEGATIVE;
      }
      if (v.op === "!" || v.op === "bool") return ZERO | POSITIVE;
      return ANY;
    case "op":
      if (RELATIONS.has(v.op)) return ZERO | POSITIVE;
      // Or-ing a named constant in: a flag, hence not zero.
      if (v.op === "|" && (t.get(v.a).k === "sym" || t.get(v.b).k === "sym")) return ANY & ~ZERO;
      return ANY;
    case "sym":
      return t.isFlag(v.name) ? POSITIVE : ANY;
    default:
      return ANY;
  }
}

export const RELATIONS = new Set(["==", "!=", "<", ">", "<=", ">=", "&&", "||"]);

export function negateMask(mask: number): number {
  return ANY & ~mask;
}

/** Joins two facts (either may hold). Undefined when nothing is left. */
export function joinFacts(a: Fact | undefined, b: Fact | undefined): Fact | undefined {
  if (!a || !b) return undefined;
  const mask = a.mask | b.mask;
  const eq = a.eq !== undefined && a.eq === b.eq ? a.eq : undefined;
  const ne = a.ne && b.ne ? a.ne.filter((x) => b.ne?.includes(x)) : undefined;
  const among = eq === undefined ? union(a, b) : undefined;
  if (mask === ANY && eq === undefined && among === undefined && (!ne || ne.length === 0)) return undefined;
  const out: Fact = { mask };
  if (eq !== undefined) out.eq = eq;
  if (ne && ne.length > 0) out.ne = ne;
  if (among) out.among = among;
  return out;
}

/** All constants that either fact allows, if both allow but a few. */
function union(a: Fact, b: Fact): ValueId[] | undefined {
  const x = a.eq !== undefined ? [a.eq] : a.among;
  const y = b.eq !== undefined ? [b.eq] : b.among;
  if (!x || !y) return undefined;
  if (sameList(x, y)) return [...x];
  const all = [...new Set([...x, ...y])].sort((p, q) => p - q);
  return all.length <= MAX_AMONG ? all : undefined;
}

export function sameFact(a: Fact | undefined, b: Fact | undefined): boolean {
  if (a === b) return true;
  if (!a || !b) return false;
  if (a.mask !== b.mask || a.eq !== b.eq) return false;
  return sameList(a.ne, b.ne) && sameList(a.among, b.among);
}

function sameList(a: readonly ValueId[] = [], b: readonly ValueId[] = []): boolean {
  return a.length === b.length && a.every((x, i) => x === b[i]);
}
