/** Opening and closing of brackets: which braces hold statements, which parentheses are calls. */
import { endArgument, statementMacro } from "./normaliseArguments";
import { Brace, type Frame } from "./normaliseFrames";
import {
  COMMA,
  EQUALS,
  LBRACE,
  LBRACKET,
  LITERAL,
  LPAREN,
  RBRACE,
  RBRACKET,
  RPAREN,
  type ScanState,
  WORD,
} from "./normaliseState";
import { skipGroup, skipSpace, wordEnd } from "./normaliseText";
import { Word } from "./normaliseWords";

/** Brackets nested deeper than this are replaced as a whole. */
const MAX_NESTING = 400;

export function open(s: ScanState, i: number, c: number): number {
  if (s.frames.length >= MAX_NESTING) {
    const close = skipGroup(s.src, i, s.end);
    const stop = close < 0 ? s.end : close;
    s.problems.push({ reason: "nesting too deep", at: i });
    s.edits.put(i, stop, c === LPAREN ? "0" : c === LBRACE ? "{}" : "[0]");
    s.token(i, stop, LITERAL);
    return stop;
  }
  const wasStmt = s.prev === WORD ? s.stmtWord : s.stmt;
  let brace = Brace.Block;
  if (c === LBRACE) brace = braceKind(s);
  const f = s.top;
  if (f?.char === LPAREN) f.argHasOperand = true;
  // The parameters of a prototype are types and stay.
  const owned = c === LPAREN && s.prev === WORD && !isKeyword(s.prevCls) && !s.declaring;
  const frame: Frame = {
    open: i,
    char: c,
    before: s.prev,
    wordAt: owned ? s.prevAt : -1,
    wordEnd: owned ? s.prevEnd : -1,
    cls: s.prev === WORD ? s.prevCls : Word.Plain,
    stmt: wasStmt,
    brace,
    ternary: s.ternary,
    argAt: i + 1,
    argEdits: s.edits.length,
    argEdits0: s.edits.length,
    argIndex: 0,
    argIsType: false,
    argHasOperand: false,
    typeArgs: undefined,
    loopEdit: c === LBRACE ? s.closedLoopEdit : -1,
    loopAt: s.closedLoopAt,
    holdsStatements: 0,
  };
  if (owned && s.prevHit) frame.typeArgs = s.table.macros.typeArguments[s.src.slice(s.prevAt, s.prevEnd)];
  s.closedLoopEdit = -1;
  s.frames.push(frame);
  s.ternary = 0;
  s.operator(i, c);
  if (c === LBRACE && brace === Brace.Block) s.stmt = 1;
  return i + 1;
}

function braceKind(s: ScanState): Brace {
  const f = s.top;
  if (s.tag) return Brace.Struct;
  if (s.prev === EQUALS || s.prev === LBRACKET) return Brace.Init;
  if (f?.char === LBRACE && f.brace === Brace.Init) return Brace.Init;
  if (s.prev === COMMA && f?.char !== LPAREN) return Brace.Init;
  if (s.prev === RPAREN && s.closedOwner < 0 && s.stmt === 0) return Brace.Init;
  return Brace.Block;
}

export function close(s: ScanState, i: number, c: number): void {
  const open = c === RPAREN ? LPAREN : c - 2;
  let f = s.top;
  // A stray closer: forget inner brackets only if the matching opener exists.
  if (f && f.char !== open) {
    let d = s.frames.length - 1;
    while (d >= 0 && s.frames[d]?.char !== open) d--;
    if (d < 0) {
      s.operator(i, c);
      return;
    }
    s.frames.length = d + 1;
    f = s.top;
  }
  if (!f) {
    s.operator(i, c);
    return;
  }
  s.frames.pop();
  s.ternary = f.ternary;
  const last = s.prev;
  const owner = s.closedOwner;
  if (c === RPAREN && f.wordAt >= 0) endArgument(s, f, i);
  s.operator(i, c);
  const outer = s.top;
  if (outer?.char === LPAREN) outer.argHasOperand = true;
  if (c === RPAREN) {
    s.closedOwner = f.wordAt;
    if (f.cls === Word.Control) {
      s.closedOwner = i;
      s.stmt = 2;
    } else if (f.wordAt < 0 && last === RPAREN) {
      redundantParentheses(s, f, i, owner);
    } else if (f.wordAt >= 0 && f.stmt) statementMacro(s, f, i, last === LPAREN);
  } else if (c === RBRACE) {
    if (f.brace === Brace.Block) s.stmt = 1;
    s.afterDo = f.cls === Word.Do;
    if (f.loopEdit >= 0) {
      const at = skipSpace(s.src, i + 1, s.end);
      if (s.src.startsWith("else", at) && wordEnd(s.src, at) === at + 4) s.edits.replace(f.loopEdit, f.loopAt, "if");
    }
  }
}

/** `(f(x)) && y`: the grammar prefers to see a cast to a type `f(x)` of `&&y`. */
function redundantParentheses(s: ScanState, f: Frame, close: number, owner: number): void {
  if (f.before === RPAREN || f.before === RBRACKET || owner < 0 || owner !== skipSpace(s.src, f.open + 1, close))
    return;
  const next = s.src[skipSpace(s.src, close + 1, s.end)];
  if (next !== "&" && next !== "*" && next !== "+" && next !== "-") return;
  s.edits.fill(f.open, f.open + 1, " ");
  s.edits.fill(close, close + 1, " ");
}

function isKeyword(cls: Word): boolean {
  return (
    cls === Word.Return ||
    cls === Word.Case ||
    cls === Word.Do ||
    cls === Word.Else ||
    cls === Word.Goto ||
    cls === Word.TypeStart ||
    cls === Word.Tag ||
    cls === Word.Unevaluated
  );
}
