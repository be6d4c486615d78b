/** Lexical helpers of the normaliser: skipping space, comments, literals and bracketed groups. */

/** Bit 1: may start an identifier; bit 2: may continue one; bit 4: white space. */
export const CHAR = new Uint8Array(128);
for (let c = 0; c < 128; c++) {
  const letter = (c >= 65 && c <= 90) || (c >= 97 && c <= 122) || c === 95 || c === 36;
  CHAR[c] = letter ? 3 : c >= 48 && c <= 57 ? 2 : c === 32 || (c >= 9 && c <= 13) ? 4 : 0;
}

export function isWordStart(c: number): boolean {
  return c < 128 ? ((CHAR[c] as number) & 1) !== 0 : c !== 0xfeff && c !== 0xa0;
}

export function isWordPart(c: number): boolean {
  return c < 128 ? ((CHAR[c] as number) & 2) !== 0 : c !== 0xfeff && c !== 0xa0;
}

/** Offset of the next character that is neither space nor comment, at most `end`. */
export function skipSpace(s: string, from: number, end: number): number {
  let i = from;
  while (i < end) {
    const c = s.charCodeAt(i);
    if (c < 128 ? (CHAR[c] as number) & 4 : c === 0xa0 || c === 0xfeff) i++;
    else if (c === 92 && isLineEnd(s.charCodeAt(i + 1))) i++;
    else if (c === 47 && s.charCodeAt(i + 1) === 42) i = skipBlockComment(s, i, end);
    else if (c === 47 && s.charCodeAt(i + 1) === 47) i = skipLine(s, i, end);
    else break;
  }
  return i;
}

function isLineEnd(c: number): boolean {
  return c === 10 || c === 13;
}

export function skipBlockComment(s: string, from: number, end: number): number {
  const close = s.indexOf("*/", from + 2);
  return close < 0 || close + 2 > end ? end : close + 2;
}

export function skipLine(s: string, from: number, end: number): number {
  const nl = s.indexOf("\n", from);
  return nl < 0 || nl > end ? end : nl;
}

/** End of a string or character literal that begins at `from`; an open one ends with its line. */
export function skipLiteral(s: string, from: number, end: number): number {
  const quote = s.charCodeAt(from);
  for (let i = from + 1; i < end; i++) {
    const c = s.charCodeAt(i);
    if (c === 92) i++;
    else if (c === quote) return i + 1;
    else if (c === 10) return i;
  }
  return end;
}

const COMMENT_OR_LITERAL = /\/\*[\s\S]*?(?:\*\/|$)|\/\/[^\n]*|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g;

/** The text with a space for each comment. */
export function withoutComments(text: string): string {
  return text.includes("/") ? text.replace(COMMENT_OR_LITERAL, (m) => (m[0] === "/" ? " " : m)) : text;
}

/** The text with a space for each comment, string and character. */
export function bareCode(text: string): string {
  return text.replace(COMMENT_OR_LITERAL, " ");
}

/** Names of the variables that a file declares at its top level. */
export function globalsIn(text: string): Set<string> {
  const declared = withoutComments(text).matchAll(/^(?:[A-Za-z_]\w*\s+)+\**\s*([A-Za-z_]\w*)\s*(?:=|;|\[|__)/gm);
  return new Set([...declared].map(([, name]) => name!));
}

/** End of the bracketed group that opens at `from` (just after its closing bracket), or -1. */
export function skipGroup(s: string, from: number, end: number): number {
  const open = s.charCodeAt(from);
  const close = open === 40 ? 41 : open + 2;
  let depth = 0;
  let i = from;
  while (i < end) {
    const c = s.charCodeAt(i);
    if (c === open) depth++;
    else if (c === close) {
      if (--depth === 0) return i + 1;
    } else if (c === 34 || c === 39) {
      i = skipLiteral(s, i, end);
      continue;
    } else if (c === 47) {
      const n = s.charCodeAt(i + 1);
      if (n === 42 || n === 47) {
        i = skipSpace(s, i, end);
        continue;
      }
    }
    i++;
  }
  return -1;
}

export function wordEnd(s: string, from: number): number {
  let i = from;
  while (i < s.length && isWordPart(s.charCodeAt(i))) i++;
  return i;
}

/** End of a preprocessor line that begins at `from`: continuations and comments that span lines included. */
export function directiveEnd(s: string, from: number, end: number): number {
  let i = from;
  while (i < end) {
    const c = s.charCodeAt(i);
    if (c === 10) return i;
    if (c === 92) {
      i += s.charCodeAt(i + 1) === 13 ? 3 : 2;
      continue;
    }
    if (c === 47 && s.charCodeAt(i + 1) === 42) {
      i = skipBlockComment(s, i, end);
      continue;
    }
    i++;
  }
  return end;
}

/** Columns of white space before the first character of the line that holds `at`. */
export function indentation(s: string, at: number): number {
  let column = 0;
  for (let i = s.lastIndexOf("\n", at - 1) + 1; i < at; i++) {
    const c = s.charCodeAt(i);
    if (c === 9) column += 8 - (column % 8);
    else if (c === 32) column++;
    else break;
  }
  return column;
}

/** The condition of an `#if`-like directive as one expression: `defined(X)`, `!defined(X)`, raw text; "" for `#else`. */
export function conditionText(directive: string): string {
  const flat = withoutComments(directive).replace(/\\\r?\n/g, " ");
  const m = /^\s*#\s*(\w+)\s*([\s\S]*)$/.exec(flat);
  const rest = (m?.[2] ?? "").replace(/\s+/g, " ").trim();
  switch (m?.[1]) {
    case "ifdef":
    case "elifdef":
      return `defined(${rest})`;
    case "ifndef":
    case "elifndef":
      return `!defined(${rest})`;
    case "else":
      return "";
    default:
      return rest;
  }
}

/**
 * Inside a string literal in several pieces, some of them under `#if`: from the directive at `from`
 * to the end of the piece or of the `#endif` behind it, -1 if the directives mean something else.
 */
export function stringsAcrossDirectives(s: string, from: number, end: number): number {
  let depth = 0;
  let at = from;
  while (s.charCodeAt(at) === 35) {
    const stop = directiveEnd(s, at, end);
    const word = /^#\s*(\w+)/.exec(s.slice(at, stop))?.[1] ?? "";
    if (word.startsWith("if")) depth++;
    else if (word === "endif") depth--;
    else if (!word.startsWith("el")) return -1;
    at = skipSpace(s, stop, end);
    if (s.charCodeAt(at) === 34) {
      at = skipLiteral(s, at, end);
      if (depth <= 0) return at;
      at = skipSpace(s, at, end);
      while (s.charCodeAt(at) === 34) at = skipSpace(s, skipLiteral(s, at, end), end);
    } else if (depth === 0) {
      return stop;
    }
  }
  return -1;
}
