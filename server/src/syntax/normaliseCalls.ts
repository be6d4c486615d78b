/**
 * Call sites of a function, found twice: in its text without any parser, and in its AST. The two must
 * agree, or normalisation has swallowed code. Used by tests and by `--stats`.
 */
import type { MacroTable } from "../rules/model";
import type { FunctionAst } from "./ast";
import { directiveEnd, isWordPart, isWordStart, skipGroup, skipLiteral, skipSpace, wordEnd } from "./normaliseText";
import { Word, wordTable } from "./normaliseWords";
import { walk } from "./walk";

/**
 * Offset of each name that is followed by `(` → the name. Left out: operands that are never evaluated,
 * transparent macros and what they take besides the argument they yield (`lockdep_is_held(…)`).
 */
export function callsInText(src: string, bodyStart: number, macros: MacroTable): Map<number, string> {
  const classes = wordTable(macros).classes;
  const end = src.length;
  const calls = new Map<number, string>();
  let i = bodyStart;
  const skips: { from: number; to: number }[] = [];
  while (i < end) {
    i = skipSpace(src, i, end);
    const skip = skips.find((r) => i >= r.from && i < r.to);
    if (skip) {
      i = skip.to;
      continue;
    }
    const c = src.charCodeAt(i);
    if (c === 35) i = directiveEnd(src, i, end);
    else if (c === 34 || c === 39) i = skipLiteral(src, i, end);
    else if (isWordStart(c)) {
      const e = wordEnd(src, i);
      const name = src.slice(i, e);
      const at = skipSpace(src, e, end);
      const cls = classes.get(name) ?? Word.Plain;
      const called = src.charCodeAt(at) === 40;
      if (called && Object.hasOwn(macros.transparent, name))
        skips.push(...otherArguments(src, at, macros.transparent[name] as number));
      else if (called && evaluates(cls)) calls.set(i, name);
      i = e;
      if (cls === Word.Asm) i = Math.max(e, skipGroup(src, src.indexOf("(", e), end));
      else if (called && skipsOperand(cls)) i = Math.max(e, skipGroup(src, at, end));
    } else if (isWordPart(c)) i = wordEnd(src, i);
    else i++;
  }
  return calls;
}

/** Ranges of the arguments of the call that opens at `open`, except one. */
function otherArguments(src: string, open: number, kept: number): { from: number; to: number }[] {
  const close = skipGroup(src, open, src.length) - 1;
  const out: { from: number; to: number }[] = [];
  let from = open + 1;
  let index = 0;
  for (let i = from; i <= close; i++) {
    const c = src.charCodeAt(i);
    if (c === 40 || c === 91 || c === 123) i = Math.max(i, skipGroup(src, i, close) - 1);
    else if (c === 44 || i === close) {
      if (index++ !== kept) out.push({ from, to: i });
      from = i + 1;
    }
  }
  return out;
}

function evaluates(cls: Word): boolean {
  return cls === Word.Plain || cls === Word.Iterator || cls === Word.ScopedGuard;
}

function skipsOperand(cls: Word): boolean {
  return (
    cls === Word.Attribute ||
    cls === Word.LockAttribute ||
    cls === Word.Cleanup ||
    cls === Word.Typeof ||
    cls === Word.Unevaluated
  );
}

/** Offset of the called name → the name, for every call, loop macro and guard of the AST. */
export function callsInAst(fn: FunctionAst): Map<number, string> {
  const calls = new Map<number, string>();
  walk(fn.body, (n) => {
    if (n.k === "guard") calls.set(n.at, "guard");
    if (n.k !== "call") return;
    if (n.fn.k === "id") calls.set(n.fn.at, n.fn.name);
    else if (n.fn.k === "mem") calls.set(n.fn.end - n.fn.field.length, n.fn.field);
  });
  return calls;
}
