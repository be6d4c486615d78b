/** Arguments of calls and of macros that are no calls: types, statements, missing semicolons, loops. */
import type { Frame } from "./normaliseFrames";
import {
  COMMA,
  EQUALS,
  HASH,
  LBRACE,
  LBRACKET,
  LPAREN,
  RBRACE,
  RPAREN,
  type ScanState,
  SEMI,
  STAR,
} from "./normaliseState";
import { indentation, isWordStart, skipGroup, skipSpace, wordEnd } from "./normaliseText";
import { resolveClass, Word } from "./normaliseWords";

/** `EXPECT(test, first(); second())`: the grammar reads the statements as further arguments. */
export function statementInArguments(s: ScanState, i: number): boolean {
  const f = s.top;
  if (f?.char !== LPAREN || f.wordAt < 0 || f.cls === Word.Control) return false;
  if (f.holdsStatements === 0) f.holdsStatements = skipGroup(s.src, f.open, s.end) > 0 ? 1 : -1;
  if (f.holdsStatements < 0) return false;
  const last = s.src.charCodeAt(skipSpace(s.src, i + 1, s.end)) === RPAREN;
  endArgument(s, f, i);
  if (!last) {
    f.argIndex++;
    startArgument(s, f, i + 1);
  }
  s.edits.fill(i, i + 1, last ? " " : ",");
  return true;
}

export function startArgument(s: ScanState, f: Frame, at: number): void {
  f.argAt = at;
  f.argEdits = s.edits.length;
  f.argIsType = false;
  f.argHasOperand = false;
}

/** Called at the `,` or `)` that ends an argument: blanks what is no expression. */
export function endArgument(s: ScanState, f: Frame, at: number): void {
  const { src, edits } = s;
  if (f.cls === Word.Control) return;
  const empty = s.prevEnd <= f.argAt;
  if (empty) {
    if (f.argIndex === 0 && src.charCodeAt(at) === RPAREN) return;
    // `f(a, , b)`: an operand if there is room, else the comma goes.
    const room = skipSpace(src, f.argAt, at);
    if (room >= at && at > f.argAt) edits.fill(at - 1, at, "0");
    else if (src.charCodeAt(at) === COMMA) edits.fill(at, at + 1, " ");
    else edits.fill(f.argAt - 1, f.argAt, " ");
    return;
  }
  const isType = f.argIsType || (f.typeArgs?.includes(f.argIndex) ?? false) || s.prev === STAR || !f.argHasOperand;
  if (!isType) return;
  const from = skipSpace(src, f.argAt, at);
  edits.truncate(f.argEdits);
  edits.fill(f.argAt, from, " ");
  edits.put(from, at, "0");
}

export function firstOfArgument(s: ScanState, cls: Word): void {
  const f = s.top;
  if (f?.char !== LPAREN || (s.prev !== COMMA && s.prev !== LPAREN)) return;
  if (f.wordAt >= 0 && (cls === Word.TypeStart || cls === Word.Tag)) f.argIsType = true;
}

/** `name(…)` where a statement begins: a loop macro, a macro without its semicolon, or a plain call. */
export function statementMacro(s: ScanState, f: Frame, close: number, noArguments: boolean): void {
  const { src, end, edits } = s;
  const at = skipSpace(src, close + 1, end);
  const c = at < end ? src.charCodeAt(at) : RBRACE;
  const wordNext = isWordStart(c);
  if (c === EQUALS) {
    // DECLARE_BITMAP(map, N) = { 0 };
    const brace = skipSpace(src, at + 1, end);
    const stop = src.charCodeAt(brace) === LBRACE ? skipGroup(src, brace, end) : -1;
    if (stop > 0 && !src.slice(brace, stop).includes("(")) s.blankTo = [at, stop];
    return;
  }
  if (!wordNext && c !== LBRACE && c !== RBRACE && c !== STAR && c !== HASH && c !== LPAREN && c !== 43 && c !== 45)
    return;
  const newLine = src.slice(close, at).includes("\n");
  if (!newLine && (wordNext || c === STAR) && f.stmt === 1 && declares(s, at)) {
    // typeof_member(struct x, y) z;
    edits.truncate(f.argEdits0);
    edits.put(f.wordAt, close + 1, "int");
    return;
  }
  const name = src.slice(f.wordAt, f.wordEnd);
  let cls: string | undefined =
    f.cls === Word.Iterator || f.cls === Word.ScopedGuard ? "iterator" : resolveClass(name, s.table, s.macroClass);
  if (cls !== "iterator" && c === LBRACE) cls = "iterator";
  if (cls === undefined && (wordNext || c === RBRACE) && newLine) {
    cls = wordNext && indentation(src, at) > indentation(src, f.wordAt) ? "iterator" : "statement";
  }
  if (cls === "iterator" && c !== RBRACE) {
    if (c === LPAREN && f.cls !== Word.Iterator && !newLine) return;
    s.closedLoopEdit = edits.length;
    s.closedLoopAt = f.wordAt;
    const length = f.wordEnd - f.wordAt;
    if (noArguments && close - f.wordAt >= 7) edits.put(f.wordAt, close, `while${" ".repeat(close - f.wordAt - 7)}(0`);
    else edits.put(f.wordAt, f.wordEnd, length >= 5 ? "while" : "if");
    s.stmt = 2;
  } else if (cls === "statement" && (wordNext || c === RBRACE) && at > close + 1) {
    edits.fill(close + 1, close + 2, ";");
    s.stmt = 1;
    s.prev = SEMI;
  }
}

/** `*p = …`, `name;`, `name[N]`: a declarator. */
function declares(s: ScanState, at: number): boolean {
  let i = at;
  while (s.src.charCodeAt(i) === STAR) i = skipSpace(s.src, i + 1, s.end);
  const e = wordEnd(s.src, i);
  const c = s.src.charCodeAt(skipSpace(s.src, e, s.end));
  return (
    e > i &&
    (c === SEMI || c === COMMA || c === LBRACKET || (c === EQUALS && s.src[skipSpace(s.src, e, s.end) + 1] !== "="))
  );
}
