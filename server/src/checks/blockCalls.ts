/** Calls of a block of the control-flow graph, with what else it evaluates. */
import type { Block } from "../cfg/cfg";
import type { Expr } from "../syntax/ast";
import { walkInto } from "../syntax/walk";

export interface Call {
  name: string;
  e: Expr & { k: "call" };
}

/** What a block evaluates, its condition or result last. */
export function expressionsIn({ instrs, term }: Block): Expr[] {
  const out = instrs.flatMap((i): (Expr | null)[] =>
    i.k === "eval" || i.k === "temp" ? [i.e] : i.k === "decl" ? [i.v.init ?? null] : i.k === "free" ? [] : i.args,
  );
  if ("cond" in term) out.push(term.cond);
  else if ("e" in term) out.push(term.e);
  return out.filter((e) => e !== null);
}

/** Calls by name in a block, outer ones before those among their arguments. */
export function callsIn(block: Block): Call[] {
  const out: Call[] = [];
  for (const e of expressionsIn(block)) {
    walkInto(e, (n) => {
      if (n.k === "call" && n.fn.k === "id") out.push({ name: n.fn.name, e: n });
    });
  }
  return out;
}
