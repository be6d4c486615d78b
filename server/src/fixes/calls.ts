/** Calls in the text of a function: their arguments and what becomes of their result. */
import { type Expr, type Pos, type Stmt, walkExpr } from "../syntax/ast";
import { type Draft, inBlock, type Located } from "./draft";

export interface CallHere extends Pos {
  callee: string;
  args: string[];
}

/** Expressions that stand directly in a statement, not in statements inside it. */
export function expressionsOf(s: Stmt): Expr[] {
  switch (s.k) {
    case "expr":
    case "switch":
      return [s.e];
    case "decl":
      return s.vars.flatMap((v) => (v.init ? [v.init] : []));
    case "if":
    case "while":
    case "do":
      return [s.c];
    case "for":
      return [...(s.c ? [s.c] : []), ...(s.step ? [s.step] : [])];
    case "return":
      return s.e ? [s.e] : [];
    case "guard":
      return s.args;
    case "unknown":
      return s.parts;
    default:
      return [];
  }
}

/** All named calls of the function, in the order of the text. */
export function callsOf(draft: Draft): CallHere[] {
  const found: CallHere[] = [];
  draft.visit(({ stmt }) => {
    for (const e of expressionsOf(stmt)) {
      walkExpr(e, (x) => {
        if (x.k !== "call" || x.fn.k !== "id") return;
        found.push({ at: x.at, end: x.end, callee: x.fn.name, args: x.args.map((a) => draft.slice(a)) });
      });
    }
  });
  return found.sort((a, b) => a.at - b.at || b.end - a.end);
}

/** The call a place belongs to: the outermost one inside it, else the innermost around it. */
export function callAt(draft: Draft, { at, end }: Pos): CallHere | undefined {
  const all = callsOf(draft);
  const within = all.filter((c) => c.at >= at && c.end <= end);
  if (within.length > 0) return within[0];
  return all.filter((c) => c.at <= at && at < c.end).at(-1);
}

/** Where the result of a call goes: `pte` of `pte = f(…)`, also as an initialiser. */
export function resultOf(draft: Draft, call: Pos): string | undefined {
  let found: string | undefined;
  draft.visit(({ stmt }) => {
    if (stmt.k === "decl") {
      for (const v of stmt.vars) if (v.init && v.init.at <= call.at && call.end <= v.init.end) found = v.name;
    }
    for (const e of expressionsOf(stmt)) {
      walkExpr(e, (x) => {
        if (x.k === "assign" && x.op === "=" && x.r.at <= call.at && call.end <= x.r.end) found = draft.slice(x.l);
      });
    }
  });
  return found;
}

/** Does a statement always leave: return, goto, break, continue, at the end of a block too? */
export function jumpOf(s: Stmt | null | undefined): Stmt | undefined {
  if (!s) return undefined;
  if (s.k === "block") return jumpOf(s.body.at(-1));
  return s.k === "return" || s.k === "goto" || s.k === "break" || s.k === "continue" ? s : undefined;
}

/** The `if` right behind a statement that tests what it produced and leaves. */
export function failureTest(draft: Draft, l: Located, result: string | undefined): (Stmt & { k: "if" }) | undefined {
  if (l.stmt.k === "if" && jumpOf(l.stmt.t)) return l.stmt;
  const next = draft.next(inBlock(l));
  if (next?.k !== "if" || next.f || !jumpOf(next.t) || result === undefined) return undefined;
  return draft.slice(next.c).includes(result) ? next : undefined;
}
