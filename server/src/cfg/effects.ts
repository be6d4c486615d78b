/** What an expression holds that matters for control flow, without walking it twice. */
import type { Expr } from "../syntax/ast";

/** Has a call, an assignment or ++/--. */
export const EFFECT = 1;
/** Must become control flow: a statement expression, a short circuit around effects, a call that may stop. */
export const FLOW = 2;

export function flagsOf(e: Expr, stops: ReadonlySet<string>): number {
  switch (e.k) {
    case "id":
    case "num":
    case "str":
    case "opaque":
      return 0;
    case "call": {
      let f = e.fn.k === "id" ? (stops.has(e.fn.name) ? EFFECT | FLOW : EFFECT) : EFFECT | flagsOf(e.fn, stops);
      for (const a of e.args) f |= flagsOf(a, stops);
      return f;
    }
    case "mem":
      return flagsOf(e.base, stops);
    case "idx":
      return flagsOf(e.base, stops) | flagsOf(e.index, stops);
    case "un":
    case "cast":
      return flagsOf(e.e, stops);
    case "incdec":
      return EFFECT | flagsOf(e.e, stops);
    case "bin": {
      const r = flagsOf(e.r, stops);
      const f = flagsOf(e.l, stops) | r;
      return (e.op === "&&" || e.op === "||") && r & EFFECT ? f | FLOW : f;
    }
    case "assign":
      return EFFECT | flagsOf(e.l, stops) | flagsOf(e.r, stops);
    case "comma":
      return flagsOf(e.l, stops) | flagsOf(e.r, stops);
    case "cond": {
      const arms = (e.t ? flagsOf(e.t, stops) : 0) | flagsOf(e.f, stops);
      const f = flagsOf(e.c, stops) | arms;
      return arms & EFFECT ? f | FLOW : f;
    }
    case "stmtexpr":
      return EFFECT | FLOW;
    case "init": {
      let f = 0;
      for (const i of e.items) f |= flagsOf(i.value, stops);
      return f;
    }
    case "unknown": {
      let f = 0;
      for (const p of e.parts) f |= flagsOf(p, stops);
      return f;
    }
  }
}
