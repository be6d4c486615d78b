/**
 * Control-flow graph of one function. Conditions are atomic: `&&`, `||`, `!`, `?:` with effects and
 * statement expressions are already control flow. Cleanup attributes are explicit instructions.
 */
import type { Expr, VarDecl } from "../syntax/ast";

export type Instr =
  | { k: "eval"; e: Expr; at: number; end: number }
  | { k: "decl"; v: VarDecl; at: number; end: number }
  /** Assignment to a compiler temporary (`$t1`), which expressions name as an identifier. */
  | { k: "temp"; name: string; e: Expr; at: number; end: number }
  /** guard(name)(args) entry / exit, or __free(name) var at scope exit. `var` is the guarded variable, if any. */
  | { k: "guard"; name: string; args: Expr[]; at: number; end: number; acquire?: string }
  | { k: "unguard"; name: string; args: Expr[]; at: number; end: number; release?: string }
  | { k: "free"; name: string; variable: string; at: number; end: number };

export type Term =
  | { k: "goto"; to: number }
  /** `cond` has no `!`, `&&`, `||` at its top. */
  | { k: "branch"; cond: Expr; t: number; f: number; at: number; end: number }
  /** `#if`/`IS_ENABLED` on a configuration symbol or raw preprocessor condition. */
  | { k: "config"; symbol: string; t: number; f: number; at: number }
  /** Loop macro: `t` is the body, `f` the exit. */
  | { k: "iterate"; macro: string; call: Expr; t: number; f: number; at: number; end: number }
  | {
      k: "switch";
      e: Expr;
      cases: { value: Expr; hi: Expr | null; to: number }[];
      dflt: number;
      at: number;
      end: number;
    }
  | { k: "return"; e: Expr | null; at: number; end: number }
  /** End of a path that does not return: BUG(), panic(), unreachable. */
  | { k: "stop"; at: number };

export interface Block {
  id: number;
  instrs: Instr[];
  term: Term;
}

export interface Cfg {
  /** Block 0 is the entry. Unreachable blocks are removed. */
  blocks: Block[];
  /** Targets of back edges in a depth-first order from the entry. */
  loopHeads: Set<number>;
  /** Reverse post-order of block ids. */
  order: number[];
}

/** Successors of a block, in branch order. */
export function successors(b: Block): number[] {
  const t = b.term;
  switch (t.k) {
    case "goto":
      return [t.to];
    case "branch":
    case "config":
    case "iterate":
      return [t.t, t.f];
    case "switch":
      return [...t.cases.map((c) => c.to), t.dflt];
    default:
      return [];
  }
}
