/** Expressions of ops as functions of the state. */
import { FINISHED, type Layout, pcOf, type State } from "./layout";
import { type Expr, UNKNOWN, VALUE_LIMIT } from "./model";

/** Returned by expressions whose value does not fit; no other value is as large. */
export const OVERFLOW = 1 << 20;

export function fits(v: number): boolean {
  return v >= -VALUE_LIMIT && v <= VALUE_LIMIT;
}

export type Eval = (s: State) => number;

/** An expression over the registers from offset `regs` on. */
export function compileExpr(e: Expr, l: Layout, regs: number): Eval {
  switch (e.k) {
    case "num": {
      const v = e.v;
      return () => v;
    }
    case "reg":
    case "cell": {
      const at = e.k === "reg" ? regs + e.r : l.cells + e.c;
      return (s) => (s[at]! << 24) >> 24;
    }
    case "done": {
      const t = e.t;
      return (s) => (pcOf(s, t) === FINISHED ? 1 : 0);
    }
    case "un": {
      const f = compileExpr(e.e, l, regs);
      if (e.op === "!")
        return (s) => {
          const v = f(s);
          return v === UNKNOWN || v === OVERFLOW ? v : v === 0 ? 1 : 0;
        };
      const how = e.op;
      return (s) => {
        const v = f(s);
        return v === UNKNOWN || v === OVERFLOW ? v : clip(how === "-" ? -v : ~v);
      };
    }
    case "bin":
      return compileBinary(e, l, regs);
  }
}

function compileBinary(e: Expr & { k: "bin" }, l: Layout, regs: number): Eval {
  const f = compileExpr(e.l, l, regs);
  // What code does most: compare or mask a value with a number.
  if (e.r.k === "num" && e.r.v !== UNKNOWN) {
    const n = e.r.v;
    const known = compareTo(e.op, n);
    if (known)
      return (s) => {
        const v = f(s);
        return v === UNKNOWN || v === OVERFLOW ? v : known(v);
      };
  }
  const g = compileExpr(e.r, l, regs);
  const { op } = e;
  if (op === "&&")
    return (s) => {
      const a = f(s);
      const b = g(s);
      if (a === OVERFLOW || b === OVERFLOW) return OVERFLOW;
      if (a === 0 || b === 0) return 0;
      return a === UNKNOWN || b === UNKNOWN ? UNKNOWN : 1;
    };
  if (op === "==" || op === "!=") {
    const equal = op === "==" ? 1 : 0;
    return (s) => {
      const a = f(s);
      const b = g(s);
      if (a === OVERFLOW || b === OVERFLOW) return OVERFLOW;
      if (a === UNKNOWN || b === UNKNOWN) return UNKNOWN;
      return a === b ? equal : 1 - equal;
    };
  }
  return (s) => binary(op, f(s), g(s));
}

function compareTo(op: string, n: number): ((v: number) => number) | null {
  switch (op) {
    case "==":
      return (v) => (v === n ? 1 : 0);
    case "!=":
      return (v) => (v === n ? 0 : 1);
    case "&":
      return (v) => clip(v & n);
    case "+":
      return (v) => clip(v + n);
    default:
      return null;
  }
}

function clip(v: number): number {
  return fits(v) ? v : OVERFLOW;
}

/** `0 && x` and `1 || x` are known whatever x is. */
export function binary(op: string, a: number, b: number): number {
  if (a === OVERFLOW || b === OVERFLOW) return OVERFLOW;
  if (op === "&&") {
    if (a === 0 || b === 0) return 0;
  } else if (op === "||") {
    if ((a !== 0 && a !== UNKNOWN) || (b !== 0 && b !== UNKNOWN)) return 1;
  }
  if (a === UNKNOWN || b === UNKNOWN) return UNKNOWN;
  switch (op) {
    case "+":
      return clip(a + b);
    case "-":
      return clip(a - b);
    case "*":
      return clip(a * b);
    case "&":
      return clip(a & b);
    case "|":
      return clip(a | b);
    case "^":
      return clip(a ^ b);
    case "<<":
      return b < 0 || b > 7 ? OVERFLOW : clip(a << b);
    case ">>":
      return b < 0 ? OVERFLOW : a >> Math.min(b, 31);
    case "==":
      return a === b ? 1 : 0;
    case "!=":
      return a !== b ? 1 : 0;
    case "<":
      return a < b ? 1 : 0;
    case "<=":
      return a <= b ? 1 : 0;
    case ">":
      return a > b ? 1 : 0;
    case ">=":
      return a >= b ? 1 : 0;
    case "&&":
      return 1;
    default:
      return 0;
  }
}
