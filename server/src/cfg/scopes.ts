/** Lexical state of the CFG builder: pending cleanups, jump targets, labels. */
import type { Expr } from "../syntax/ast";
import type { Instr } from "./cfg";

/** Cleanups that leaving a scope runs, innermost first. Shared tails: a scope is a pointer into the list. */
export interface Cleanup {
  instr: Instr;
  outer: Cleanup | null;
  depth: number;
}

export function pushCleanup(instr: Instr, outer: Cleanup | null): Cleanup {
  return { instr, outer, depth: (outer?.depth ?? 0) + 1 };
}

/** Instructions that run when control leaves `from` for a place inside `to` (an outer scope or a sibling's). */
export function unwind(from: Cleanup | null, to: Cleanup | null): Instr[] {
  const out: Instr[] = [];
  let target = to;
  let c = from;
  while (c !== null && c !== target) {
    if (target !== null && target.depth >= c.depth) {
      target = target.outer;
      continue;
    }
    out.push(c.instr);
    c = c.outer;
  }
  return out;
}

/** A branch of a conditional: labels in it are found from inside first (variants repeat labels). */
export interface LabelScope {
  outer: LabelScope | null;
}

export interface LabelDef {
  block: number;
  scope: LabelScope | null;
  cleanup: Cleanup | null;
}

export interface PendingGoto {
  block: number;
  label: string;
  scope: LabelScope | null;
  cleanup: Cleanup | null;
}

export interface Target {
  breakTo: number;
  /** null inside a switch: `continue` belongs to the loop around it. */
  continueTo: number | null;
  cleanup: Cleanup | null;
  cases: { value: Expr; hi: Expr | null; to: number }[] | null;
  dflt: number | null;
}

/** The definition a goto means: the nearest scope that has one, else the first of all. */
export function findLabel(defs: LabelDef[] | undefined, scope: LabelScope | null): LabelDef | undefined {
  if (!defs) return undefined;
  for (let s: LabelScope | null = scope; ; s = s.outer) {
    const found = defs.find((d) => d.scope === s);
    if (found) return found;
    if (s === null) return defs[0];
  }
}
