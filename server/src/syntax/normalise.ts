/**
 * Rewrites the body of one function, length-preserving, into C that the grammar accepts: every
 * offset stays true. Calls stay where they are; what is replaced is attributes, type names used as
 * arguments, literals, loop macros' names (`while`), preprocessor conditions. The lowering
 * recognises a replacement by comparing with the source at the same offset.
 */
import type { MacroTable } from "../rules/model";
import { endArgument, startArgument, statementInArguments } from "./normaliseArguments";
import { close, open } from "./normaliseBrackets";
import type { Conditional } from "./normaliseDirectives";
import { Brace } from "./normaliseFrames";
import type { MacroClass } from "./normaliseMacros";
import { word } from "./normaliseScanWords";
import {
  COLON,
  COMMA,
  HASH,
  LBRACE,
  LBRACKET,
  LITERAL,
  LPAREN,
  QUESTION,
  RBRACE,
  RBRACKET,
  RPAREN,
  ScanState,
  SEMI,
  WORD,
} from "./normaliseState";
import {
  CHAR,
  directiveEnd,
  isWordPart,
  isWordStart,
  skipBlockComment,
  skipLine,
  skipLiteral,
  skipSpace,
  stringsAcrossDirectives,
  wordEnd,
} from "./normaliseText";
import { Word, wordTable } from "./normaliseWords";

export interface Normalised {
  /** Same length as the source; everything outside the body is blank. */
  text: string;
  /** `__free(name)` and the like, by offset. */
  cleanups: { at: number; name: string }[];
  conditionals: Conditional[];
  problems: { reason: string; at: number }[];
}

export interface NormaliseOptions {
  macros: MacroTable;
  macroClass?: (name: string) => MacroClass | undefined;
}

export function normaliseBody(source: string, bodyStart: number, options: NormaliseOptions): Normalised {
  const s = new ScanState(source, wordTable(options.macros), options.macroClass);
  const { src, end, edits } = s;
  if (bodyStart > 0) edits.fill(0, bodyStart, " ");
  const filter = s.table.filter;
  let i = bodyStart;
  while (i < end) {
    const c = src.charCodeAt(i);
    const kind = c < 128 ? (CHAR[c] as number) : 3;
    if (kind & 4) {
      i++;
    } else if (kind & 1) {
      let h = 0;
      let j = i;
      for (let d = c; j < end && (d < 128 ? (CHAR[d] as number) & 2 : isWordPart(d)); d = src.charCodeAt(++j))
        h = (h * 31 + d) | 0;
      if (j === i) {
        edits.fill(i, i + 1, " ");
        i++;
        continue;
      }
      i = word(s, i, j, filter[h & 8191] === 1);
    } else if (kind & 2) {
      let j = i + 1;
      let pasted = false;
      for (; j < end; j++) {
        const d = src.charCodeAt(j);
        if (!isWordPart(d) && d !== 46) break;
        if (d === 95) pasted = true;
      }
      if (pasted) edits.fill(i, j, "0");
      s.token(i, j, LITERAL);
      i = j;
    } else {
      i = punctuation(s, i, c);
    }
  }
  s.directives.finish(end);
  return {
    text: edits.apply(src),
    cleanups: s.cleanups,
    conditionals: s.directives.all,
    problems: s.problems,
  };
}

function punctuation(s: ScanState, i: number, c: number): number {
  const { src, end, edits } = s;
  switch (c) {
    case 47: {
      const n = src.charCodeAt(i + 1);
      if (n !== 42 && n !== 47) break;
      const j = n === 42 ? skipBlockComment(src, i, end) : skipLine(src, i, end);
      edits.fill(i, j, " ");
      return j;
    }
    case 34:
    case 39:
      return literal(s, i, c);
    case HASH:
      if (/^[ \t]*$/.test(src.slice(src.lastIndexOf("\n", i) + 1, i))) {
        const stop = directiveEnd(src, i, end);
        s.directives.directive(i, stop, edits);
        return stop;
      }
      break;
    case 92:
      edits.fill(i, i + 1, " ");
      return i + 1;
    case LPAREN:
    case LBRACKET:
    case LBRACE:
      return open(s, i, c);
    case RPAREN:
    case RBRACKET:
    case RBRACE:
      close(s, i, c);
      if (s.blankTo) {
        const [from, to] = s.blankTo;
        s.blankTo = null;
        edits.fill(from, to, " ");
        return to;
      }
      return i + 1;
    case COMMA: {
      const f = s.top;
      if (f?.char === LPAREN && f.wordAt >= 0) {
        endArgument(s, f, i);
        f.argIndex++;
        startArgument(s, f, i + 1);
      }
      break;
    }
    case QUESTION:
      s.ternary++;
      break;
    case COLON: {
      const inTernary = s.ternary > 0;
      if (inTernary) s.ternary--;
      s.operator(i, c);
      const f = s.top;
      if (!inTernary && (!f || f.char === LBRACE) && f?.brace === Brace.Block) s.stmt = 1;
      return i + 1;
    }
    case SEMI:
      if (statementInArguments(s, i)) break;
      s.ternary = 0;
      s.operator(i, c);
      s.stmt = 1;
      return i + 1;
    case 46:
      if (src.charCodeAt(i + 1) === 46 && src.charCodeAt(i + 2) === 46) {
        if (s.prev !== COMMA && s.prev !== LPAREN) edits.put(i, i + 3, " ||");
        s.token(i, i + 3, LITERAL);
        return i + 3;
      }
      break;
    case 38:
      if (src.charCodeAt(i + 1) === 38) {
        if (
          s.prev !== WORD &&
          s.prev !== LITERAL &&
          s.prev !== RPAREN &&
          s.prev !== RBRACKET &&
          s.prev !== RBRACE &&
          s.prev !== 43 &&
          s.prev !== 45
        ) {
          edits.put(i, i + 2, "&");
          s.problems.push({ reason: "address of a label", at: i });
        }
        s.operator(i + 1, c);
        return i + 2;
      }
      break;
  }
  s.operator(i, c);
  return i + 1;
}

/** String and character literals become digits, together with what the preprocessor pastes to them. */
function literal(s: ScanState, i: number, quote: number): number {
  const { src, end, edits } = s;
  let from = i;
  let to = skipLiteral(src, i, end);
  if (s.prev === WORD && s.prevCls === Word.Plain && (quote === 34 || s.prevEnd === i))
    from = quote === 34 ? s.runAt : s.prevAt;
  if (quote === 34) {
    if (s.prev === RPAREN && s.closedOwner >= 0) from = s.closedOwner;
    for (;;) {
      const at = skipSpace(src, to, end);
      const c = src.charCodeAt(at);
      if (c === 34) to = skipLiteral(src, at, end);
      else if (c === HASH) {
        const past = stringsAcrossDirectives(src, at, end);
        if (past < 0) break;
        to = past;
      } else if (at < end && isWordStart(c)) {
        const e = wordEnd(src, at);
        if (/^(?:else|return|if|while|for|goto|break|case|default|do|switch)$/.test(src.slice(at, e))) break;
        const group = s.groupAfter(e);
        to = group > 0 ? group : e;
      } else break;
    }
  }
  if (from < i) edits.dropFrom(from);
  edits.fill(from, to, "0");
  s.token(from, to, LITERAL);
  return to;
}
