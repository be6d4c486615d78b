/** Words in a body: attributes, `typeof`, `asm`, labels, statements given to macros. */
import { firstOfArgument } from "./normaliseArguments";
import { Brace } from "./normaliseFrames";
import {
  COLON,
  COMMA,
  LBRACE,
  LBRACKET,
  LITERAL,
  LPAREN,
  RBRACKET,
  type ScanState,
  STAR,
  WORD,
} from "./normaliseState";
import { isWordStart, skipGroup, skipSpace, wordEnd } from "./normaliseText";
import { resolveClass, Word } from "./normaliseWords";

export function word(s: ScanState, from: number, to: number, hit: boolean): number {
  const { src, edits, end } = s;
  let cls = hit ? (s.table.classes.get(src.slice(from, to)) ?? Word.Plain) : Word.Plain;
  const stmt = s.stmt;
  if (s.afterDo) {
    s.afterDo = false;
    if (
      (cls === Word.Plain || cls === Word.Iterator) &&
      to - from >= 5 &&
      src.charCodeAt(skipSpace(src, to, end)) === LPAREN
    ) {
      cls = Word.Control;
      edits.put(from, to, "while");
    }
  }
  if (cls === Word.Plain && s.prev === RBRACKET) cls = Word.Attribute;
  if (
    cls === Word.Plain &&
    s.macroClass &&
    src.charCodeAt(from) === 95 &&
    src.charCodeAt(from + 1) === 95 &&
    s.prev !== LPAREN
  ) {
    const name = src.slice(from, to);
    if (src.charCodeAt(skipSpace(src, to, end)) !== LPAREN && resolveClass(name, s.table, s.macroClass) === "attribute")
      cls = Word.Attribute;
  }
  switch (cls) {
    case Word.Attribute:
    case Word.BareAttribute:
    case Word.LockAttribute:
    case Word.Cleanup:
      return attribute(s, from, to, cls);
    case Word.Typeof: {
      const close = s.groupAfter(to);
      if (close < 0) break;
      edits.put(from, close, "int");
      firstOfArgument(s, Word.TypeStart);
      s.token(from, close, WORD);
      return close;
    }
    case Word.Unevaluated: {
      const close = s.groupAfter(to);
      if (close < 0) break;
      const next = src.charCodeAt(skipSpace(src, close, end));
      if (
        next === 46 ||
        next === LBRACKET ||
        next === LBRACE ||
        (next === 45 && src[skipSpace(src, close, end) + 1] === ">")
      )
        break;
      edits.fill(from, close, "0");
      s.token(from, close, LITERAL);
      return close;
    }
    case Word.Asm: {
      const close = assembly(s, from, to);
      if (close > 0) return close;
      break;
    }
    case Word.Else:
      if (s.directives.firstAfterDirective(s.prevEnd)) s.directives.markSplit();
      break;
    case Word.Static: {
      // static DEFINE_MUTEX(lock);
      const at = skipSpace(src, to, end);
      const wEnd = wordEnd(src, at);
      if (
        stmt === 1 &&
        wEnd > at &&
        src.charCodeAt(skipSpace(src, wEnd, end)) === LPAREN &&
        /^[A-Z]/.test(src[at] as string)
      ) {
        edits.fill(from, to, " ");
        return to;
      }
      break;
    }
    case Word.Extern:
      if (stmt === 1) {
        const semi = src.indexOf(";", to);
        if (semi > 0) {
          edits.fill(from, semi, " ");
          return semi;
        }
      }
      break;
    case Word.Goto: {
      const at = skipSpace(src, to, end);
      if (stmt && src.charCodeAt(at) === STAR && at + 1 - from >= 6) {
        s.problems.push({ reason: "computed goto", at: from });
        edits.put(from, at + 1, "return");
        s.token(from, at + 1, WORD);
        return at + 1;
      }
      statementArgument(s, from, to, "goto");
      break;
    }
    case Word.Return:
      statementArgument(s, from, to, "return");
      break;
  }
  firstOfArgument(s, cls);
  if (s.prev !== WORD || s.prevCls !== Word.Plain) s.runAt = from;
  else if (cls === Word.Plain && s.top?.brace === Brace.Init && s.top.char === LBRACE && from > s.prevEnd) {
    // Elements without a comma, each a macro that brings its own.
    edits.fill(s.prevEnd, s.prevEnd + 1, ",");
  }
  const declaring = s.prev === WORD && !isStatementWord(s.prevCls);
  if (cls === Word.Tag) s.tag = true;
  if (stmt === 1 && s.ternary === 0 && cls !== Word.Case) label(s, to);
  s.token(from, to, WORD);
  s.prevCls = cls;
  s.prevHit = hit;
  s.declaring = declaring;
  if (cls === Word.Else || cls === Word.Do) s.stmt = 2;
  s.stmtWord = stmt;
  return to;
}

function isStatementWord(cls: Word): boolean {
  return (
    cls === Word.Return ||
    cls === Word.Else ||
    cls === Word.Do ||
    cls === Word.Case ||
    cls === Word.Goto ||
    cls === Word.Unevaluated
  );
}

function label(s: ScanState, to: number): void {
  const colon = skipSpace(s.src, to, s.end);
  if (s.src.charCodeAt(colon) !== COLON || s.src.charCodeAt(colon + 1) === COLON) return;
  const f = s.top;
  if (f && f.char === LBRACE && f.brace === Brace.Block) s.edits.fill(colon, colon + 1, ";");
}

function attribute(s: ScanState, from: number, to: number, cls: Word): number {
  const close = cls === Word.BareAttribute ? -1 : s.groupAfter(to);
  const stop = close < 0 ? to : close;
  if (cls === Word.Cleanup && close > 0) {
    const open = s.src.indexOf("(", to);
    s.cleanups.push({ at: from, name: s.src.slice(open + 1, close - 1).trim() });
  }
  s.edits.fill(from, stop, " ");
  return stop;
}

function assembly(s: ScanState, from: number, to: number): number {
  let at = skipSpace(s.src, to, s.end);
  let isGoto = s.src.slice(from, to) === "asm_volatile_goto" || s.src.slice(from, to) === "asm_goto_output";
  while (isWordStart(s.src.charCodeAt(at))) {
    const e = wordEnd(s.src, at);
    const w = s.src.slice(at, e);
    if (w === "goto") isGoto = true;
    else if (!/^(?:__)?(?:volatile|inline)(?:__)?$/.test(w)) return -1;
    at = skipSpace(s.src, e, s.end);
  }
  const close = s.src.charCodeAt(at) === LPAREN ? skipGroup(s.src, at, s.end) : -1;
  if (close < 0) return -1;
  if (isGoto) s.problems.push({ reason: "asm goto", at: from });
  const declarator = s.prev === WORD && s.prevEnd <= from && s.stmt === 0;
  if (declarator) s.edits.fill(from, close, " ");
  else {
    s.edits.put(from, close, "0");
    s.token(from, close, LITERAL);
  }
  return close;
}

/** A macro argument that is a statement: `return -EINTR`, `goto out`. */
function statementArgument(s: ScanState, from: number, to: number, keyword: string): void {
  const f = s.top;
  if (f?.char !== LPAREN || f.wordAt < 0 || (s.prev !== COMMA && s.prev !== LPAREN)) return;
  s.edits.fill(from, to, " ");
  if (f.cls !== Word.ScopedGuard && keyword !== "goto")
    s.problems.push({ reason: `${keyword} as macro argument`, at: from });
}
