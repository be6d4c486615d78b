/** Going through the syntax of a function: outer nodes first, declarations before what follows them. */
import type { Expr, Stmt } from "./ast";

export type Node = Expr | Stmt;

/** Calls `visit` for every statement and expression; where it answers false, for none below. */
export function walk(body: readonly Stmt[], visit: (n: Node) => unknown): void {
  for (const s of body) {
    if (visit(s) === false) continue;
    const [first, rest] = s.k === "for" ? [present(s.init), [s.body]] : [[], statementsOf(s)];
    walk(first, visit);
    for (const e of expressionsOf(s)) walkInto(e, visit);
    walk(rest, visit);
  }
}

/** The same for an expression and all in it, statement expressions too. */
export function walkInto(e: Expr, visit: (n: Node) => unknown): void {
  if (visit(e) === false) return;
  if (e.k === "stmtexpr") walk(e.body, visit);
  else for (const part of partsOf(e)) walkInto(part, visit);
}

/** Calls `visit` for an expression and those in it; statement expressions are not entered. */
export function walkExpr(e: Expr, visit: (e: Expr) => void): void {
  visit(e);
  for (const part of partsOf(e)) walkExpr(part, visit);
}

/** Calls `visit` for every statement; those in statement expressions are none of them. */
export function walkStatements(body: readonly Stmt[], visit: (s: Stmt) => void): void {
  for (const s of body) {
    visit(s);
    walkStatements(statementsOf(s), visit);
  }
}

/** Expressions that stand directly in a statement, not in statements inside it. */
export function expressionsOf(s: Stmt): readonly Expr[] {
  switch (s.k) {
    case "expr":
    case "switch":
      return [s.e];
    case "decl":
      return present(...s.vars.map((v) => v.init));
    case "if":
    case "while":
    case "do":
      return [s.c];
    case "for":
      return present(s.c, s.step);
    case "case":
      return present(s.value, s.to);
    case "return":
      return present(s.e);
    case "guard":
      return s.args;
    case "unknown":
      return s.parts;
    default:
      return [];
  }
}

/** Statements that stand directly in a statement. */
function statementsOf(s: Stmt): readonly Stmt[] {
  switch (s.k) {
    case "block":
      return s.body;
    case "if":
      return present(s.t, s.f);
    case "while":
    case "do":
    case "switch":
      return [s.body];
    case "for":
      return present(s.init, s.body);
    case "guard":
      return present(s.body);
    case "ppif":
      return s.branches.flatMap((b) => b.body);
    default:
      return [];
  }
}

/** Expressions that stand directly in an expression. */
function partsOf(e: Expr): readonly Expr[] {
  switch (e.k) {
    case "call":
      return [e.fn, ...e.args];
    case "mem":
      return [e.base];
    case "idx":
      return [e.base, e.index];
    case "un":
    case "incdec":
    case "cast":
      return [e.e];
    case "bin":
    case "assign":
    case "comma":
      return [e.l, e.r];
    case "cond":
      return present(e.c, e.t, e.f);
    case "init":
      return e.items.map((i) => i.value);
    case "unknown":
      return e.parts;
    default:
      return [];
  }
}

function present<T>(...all: readonly (T | null)[]): T[] {
  return all.filter((x) => x !== null);
}
