import { CLASS, DIGIT, IS_WORD, NEWLINE, SPACE, WORD } from "./scanChars";
import { startsFunction } from "./scanHead";
import { type Lexer, skipNumber, startsLine } from "./scanLexer";
import { ID, isControl, isKeyword, isTagKeyword } from "./scanTable";

/** What stood before a word, as far as it tells values from types, members and declarations. */
const OTHER = 0;
const AFTER_WORD = 1;
const AFTER_DOT = 2;
const AFTER_TYPE_STAR = 3;
const AFTER_TAG = 4;
const STATEMENT = 5;
const AFTER_GOTO = 6;

export interface BodyEnd {
  /** Offset after the closing brace, or where a broken body was given up. */
  end: number;
  /** Another alternative of an `#if` outside began before this body was closed. */
  aborted: boolean;
  calls: string[];
  mentions: string[];
}

/**
 * Scans a function body from its `{`: the hot loop of the scanner. The names declared in the
 * parameter list and in the body itself are no mentions.
 */
export function scanBody(lx: Lexer, open: number, paramsAt: number, paramsEnd: number): BodyEnd {
  const { text, n, names, conditions } = lx;
  const stamp = ++names.stamp;
  const calls: string[] = [];
  const mentionIds: number[] = [];
  declareParams(lx, paramsAt, paramsEnd, stamp);
  const tall = text.charCodeAt(open - 1) === 10 && startsNewLine(text, open + 1);
  conditions.enter();
  let depth = 1;
  let before = STATEMENT;
  let i = open + 1;
  let end = -1;
  while (i < n) {
    const c = text.charCodeAt(i);
    const cls = c < 128 ? (CLASS[c] as number) : 0;
    if (cls === SPACE || cls === NEWLINE) {
      i++;
    } else if (cls === WORD) {
      const start = i;
      if (text.charCodeAt(i - 1) === 10 && startsFunction(lx, i)) {
        lx.problem(i, "function begins before the braces of the one above are closed");
        end = i;
        break;
      }
      let h = 0;
      let w = c;
      do {
        h = (Math.imul(h, 31) + w) | 0;
        w = text.charCodeAt(++i);
      } while (w < 128 && IS_WORD[w] === 1);
      const id = names.intern(text, start, i, h);
      if (isKeyword(id)) {
        if (id === ID.goto) before = AFTER_GOTO;
        else if (isTagKeyword(id)) before = AFTER_TAG;
        else if (!isControl(id)) before = AFTER_WORD;
        else before = id === ID.else ? STATEMENT : OTHER;
        continue;
      }
      if (before === AFTER_DOT || before === AFTER_GOTO) {
        before = OTHER;
        continue;
      }
      if (before === AFTER_TAG) {
        before = AFTER_WORD;
        continue;
      }
      let k = i;
      while (w === 32 || w === 9 || w === 10 || w === 13) w = text.charCodeAt(++k);
      if (w === 40) {
        if (names.called[id] !== stamp) {
          names.called[id] = stamp;
          calls.push(names.names[id] as string);
        }
        before = OTHER;
      } else if (w < 128 && CLASS[w] === WORD) {
        before = AFTER_WORD;
      } else if ((before === AFTER_WORD || before === AFTER_TYPE_STAR) && endsDeclarator(w)) {
        names.local[id] = stamp;
        before = OTHER;
      } else if (before === STATEMENT && w === 58) {
        before = OTHER;
      } else {
        if (names.mentioned[id] !== stamp) {
          names.mentioned[id] = stamp;
          mentionIds.push(id);
        }
        before = AFTER_WORD;
      }
    } else if (cls === DIGIT) {
      i = skipNumber(text, i, n);
      before = OTHER;
    } else {
      switch (c) {
        case 59: // ;
          before = STATEMENT;
          i++;
          break;
        case 46: // .
          if (text.charCodeAt(i + 1) === 46) {
            before = OTHER;
            i += 3;
          } else {
            before = AFTER_DOT;
            i++;
          }
          break;
        case 45: // -
          if (text.charCodeAt(i + 1) === 62) {
            before = AFTER_DOT;
            i += 2;
          } else {
            before = OTHER;
            i++;
          }
          break;
        case 42: // *
          before = before === AFTER_WORD || before === AFTER_TYPE_STAR ? AFTER_TYPE_STAR : OTHER;
          i++;
          break;
        case 47: {
          const skipped = lx.skipComment(i);
          if (skipped === i) {
            before = OTHER;
            i++;
          } else i = skipped;
          break;
        }
        case 34:
        case 39:
          i = lx.skipLiteral(i, c);
          before = OTHER;
          break;
        case 123: // {
          depth++;
          before = STATEMENT;
          i++;
          break;
        case 125: {
          before = STATEMENT;
          const column0 = text.charCodeAt(i - 1) === 10;
          i++;
          if (column0 ? depth === 1 || outside(text, i, n) : depth === 1 && (!tall || outside(text, i, n))) {
            if (depth > 1) lx.problem(i - 1, "braces not closed before this one");
            conditions.depth = depth - 1;
            const other = conditions.openedInside() ? sibling(text, i, n) : -1;
            if (other < 0) end = i;
            else {
              i = lx.directive(other);
              depth = conditions.depth;
            }
          } else if (depth > 1) depth--;
          else lx.problem(i - 1, "unexpected }");
          break;
        }
        case 35:
          if (startsLine(text, i)) {
            conditions.depth = depth;
            i = lx.directive(i);
            depth = conditions.depth;
            before = STATEMENT;
          } else i++;
          break;
        default:
          before = OTHER;
          i++;
      }
      if (end >= 0 || conditions.aborted) break;
    }
  }
  const aborted = conditions.aborted;
  if (end < 0) {
    end = Math.min(i, n);
    if (!aborted) lx.problem(open, "body is not closed");
  }
  conditions.leave();
  lx.pos = end;
  const mentions: string[] = [];
  for (const id of mentionIds) if (names.local[id] !== stamp) mentions.push(names.names[id] as string);
  return { end, aborted, calls, mentions };
}

/** `;`, `=`, `,`, `)`, `[` or `:` after a name that follows a type. */
const endsDeclarator = (c: number): boolean => c === 59 || c === 61 || c === 44 || c === 41 || c === 91 || c === 58;

/** Marks the names declared in a parameter list. */
function declareParams(lx: Lexer, from: number, to: number, stamp: number): void {
  const { text, names } = lx;
  let i = from;
  while (i < to) {
    const c = text.charCodeAt(i);
    if (!(c < 128) || CLASS[c] !== WORD) {
      i =
        c === 47 ? Math.max(i + 1, lx.skipComment(i)) : c < 128 && CLASS[c] === DIGIT ? skipNumber(text, i, to) : i + 1;
      continue;
    }
    i = lx.word(i);
    let k = i;
    while (text.charCodeAt(k) <= 32) k++;
    const w = text.charCodeAt(k);
    if (w === 44 || w === 41 || w === 91) names.local[lx.id] = stamp;
  }
}

/** Is the rest of the line blank? */
function startsNewLine(text: string, i: number): boolean {
  let c = text.charCodeAt(i);
  while (c === 32 || c === 9 || c === 13) c = text.charCodeAt(++i);
  return c === 10 || (c === 47 && (text.charCodeAt(i + 1) === 42 || text.charCodeAt(i + 1) === 47));
}

/** Does file-level text follow: is the next line that is not blank unindented, and no brace? */
export function outside(text: string, i: number, n: number): boolean {
  let c = text.charCodeAt(i);
  while (i < n && c !== 10) {
    if (c === 44 || c === 41 || c === 125 || (c < 128 && CLASS[c] === WORD)) return false;
    if (c === 47) break;
    c = text.charCodeAt(++i);
  }
  while (i < n && c !== 10) c = text.charCodeAt(++i);
  for (; i < n; i++) {
    c = text.charCodeAt(i);
    if (c === 10 || c === 13) continue;
    if (c === 35) {
      while (i + 1 < n && text.charCodeAt(i + 1) !== 10) i++;
      continue;
    }
    if (c !== 32 && c !== 9) return c !== 125 && c !== 123 && !isLabel(text, i);
    while (c === 32 || c === 9 || c === 13) c = text.charCodeAt(++i);
    if (c !== 10) return i >= n;
  }
  return true;
}

function isLabel(text: string, i: number): boolean {
  while (IS_WORD[text.charCodeAt(i)] === 1) i++;
  return text.charCodeAt(i) === 58;
}

/** The `#else`/`#elif` that follows with only blanks and comments between; -1 if something else does. */
function sibling(text: string, i: number, n: number): number {
  for (; i < n; i++) {
    const c = text.charCodeAt(i);
    if (c < 128 && (CLASS[c] === SPACE || CLASS[c] === NEWLINE)) continue;
    if (c === 47 && text.charCodeAt(i + 1) === 42) {
      const close = text.indexOf("*/", i + 2);
      if (close < 0) return -1;
      i = close + 1;
      continue;
    }
    return c === 35 && /^#[ \t]*el/.test(text.slice(i, i + 12)) ? i : -1;
  }
  return -1;
}
