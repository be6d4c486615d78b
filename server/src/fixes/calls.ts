/** Calls in the text of a function: their arguments and what becomes of their result. */
import type { Pos, Stmt } from "../syntax/ast";
import { expressionsOf, walkExpr } from "../syntax/walk";
import { type Draft, inBlock, type Located } from "./draft";

export interface CallHere extends Pos {
  callee: string;
  args: string[];
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

/** The outermost call that stands at a place or inside it. */
export function callIn(draft: Draft, { at, end }: Pos): CallHere | undefined {
  return callsOf(draft).find((c) => c.at === at || (c.at >= at && c.end <= end));
}

/** The call a place belongs to: the outermost one inside it, else the innermost around it. */
export function callAt(draft: Draft, place: Pos): CallHere | undefined {
  return callIn(draft, place) ?? callsOf(draft).findLast((c) => c.at <= place.at && place.at < c.end);
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

/** How a statement leaves: its jump, and the assignments of constants that stand right before it. */
export function wayOut(s: Stmt | null | undefined): Stmt[] {
  const jump = jumpOf(s);
  if (!s || !jump) return [];
  if (s.k !== "block") return [jump];
  const before = s.body.slice(0, -1);
  const first = before.findLastIndex((x) => !isResult(x)) + 1;
  return [...before.slice(first), ...wayOut(s.body.at(-1))];
}

/** `ret = -EAGAIN;` */
function isResult(s: Stmt): boolean {
  if (s.k !== "expr" || s.e.k !== "assign" || s.e.op !== "=" || s.e.l.k !== "id") return false;
  const value = s.e.r.k === "un" ? s.e.r.e : s.e.r;
  return value.k === "id" || value.k === "num";
}

/** The `if` right behind a statement that tests what it produced and leaves. */
export function failureTest(draft: Draft, l: Located, result: string | undefined): (Stmt & { k: "if" }) | undefined {
  if (l.stmt.k === "if" && jumpOf(l.stmt.t)) return l.stmt;
  const next = draft.next(inBlock(l));
  if (next?.k !== "if" || next.f || !jumpOf(next.t) || result === undefined) return undefined;
  return draft.slice(next.c).includes(result) ? next : undefined;
}

/** The `if` right behind a statement that asks whether there is a result, and goes on inside. */
export function successTest(draft: Draft, l: Located, result: string | undefined): (Stmt & { k: "if" }) | undefined {
  const next = draft.next(inBlock(l));
  if (next?.k !== "if" || jumpOf(next.t) || result === undefined) return undefined;
  return draft.slice(next.c).includes(result) ? next : undefined;
}

/** How the code leaves, behind a statement, where it finds a value: the jump of an `if` whose condition names it. */
export function jumpFor(draft: Draft, l: Located, value: string): Stmt | undefined {
  const here = inBlock(l);
  const next = here.block?.find((s) => s.at > here.stmt.at && s.k === "if");
  if (!next) return undefined;
  const named = new RegExp(`\\b${value}\\b`);
  const asked = draft.inside(next, "if").find(({ stmt }) => stmt.k === "if" && named.test(draft.slice(stmt.c)));
  return asked?.stmt.k === "if" ? jumpOf(asked.stmt.t) : undefined;
}
