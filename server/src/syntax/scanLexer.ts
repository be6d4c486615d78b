import type { FileScan } from "./model";
import { CLASS, DIGIT, IS_WORD, NEWLINE, SPACE, WORD } from "./scanChars";
import { Conditionals } from "./scanConditions";
import { detached, isKeyword, type NameTable } from "./scanTable";

/** Token kinds; any other kind is the character code of a punctuator. */
export const EOF = 0;
export const NAME = 1;
export const NUMBER = 2;
export const LITERAL = 3;

const SLASH = 47;
const STAR = 42;
const HASH = 35;
const BACKSLASH = 92;

/**
 * Tokens of one file, comments and directives taken out. Directives are acted on when they are
 * passed: they fill the scan (`#include`, `#define`) and the stack of conditions.
 */
export class Lexer {
  readonly n: number;
  readonly conditions: Conditionals;
  /** Offset after the current token. */
  pos = 0;
  kind = EOF;
  /** Start of the current token. */
  at = 0;
  /** Word id of the current token, for NAME. */
  id = -1;
  /** Last block comment passed. */
  commentStart = -1;
  commentEnd = -1;
  private readonly fileStamp: number;
  private readonly macroNames: string[];

  constructor(
    readonly text: string,
    readonly names: NameTable,
    readonly scan: FileScan,
  ) {
    this.n = text.length;
    this.conditions = new Conditionals();
    this.fileStamp = ++names.stamp;
    this.macroNames = scan.macroNames;
    if (text.charCodeAt(0) === 0xfeff) this.pos = 1;
  }

  problem(at: number, message: string): void {
    if (this.scan.problems.length < 100) this.scan.problems.push({ at, message });
  }

  /** Is this offset the first of its line? */
  atColumn0(at: number): boolean {
    return at === 0 || this.text.charCodeAt(at - 1) === 10 || (at === 1 && this.text.charCodeAt(0) === 0xfeff);
  }

  /** Advances to the next token and returns its kind. */
  next(): number {
    const { text, n } = this;
    let i = this.pos;
    while (i < n) {
      const c = text.charCodeAt(i);
      const cls = c < 128 ? (CLASS[c] as number) : 0;
      if (cls === SPACE || cls === NEWLINE) {
        i++;
        continue;
      }
      this.at = i;
      if (cls === WORD) {
        this.pos = this.word(i);
        this.kind = NAME;
        return NAME;
      }
      if (cls === DIGIT) {
        this.pos = skipNumber(text, i, n);
        this.kind = NUMBER;
        return NUMBER;
      }
      if (c === SLASH) {
        const skipped = this.skipComment(i);
        if (skipped !== i) {
          i = skipped;
          continue;
        }
      } else if (c === 34 || c === 39) {
        this.pos = this.skipLiteral(i, c);
        this.kind = LITERAL;
        return LITERAL;
      } else if (c === HASH && startsLine(text, i)) {
        i = this.directive(i);
        continue;
      }
      this.pos = i + 1;
      this.kind = c === 0 ? 1e6 : c;
      return this.kind;
    }
    this.at = this.pos = n;
    this.kind = EOF;
    return EOF;
  }

  /** Interns the word at `i` into `id`; returns its end. */
  word(i: number): number {
    const { text, n } = this;
    let h = 0;
    let e = i;
    while (e < n) {
      const c = text.charCodeAt(e);
      if (c >= 128 || IS_WORD[c] === 0) break;
      h = (Math.imul(h, 31) + c) | 0;
      e++;
    }
    this.id = this.names.intern(text, i, e, h);
    return e;
  }

  /** Offset after the comment at `i`, or `i` if there is none. */
  skipComment(i: number): number {
    const { text, n } = this;
    const c = text.charCodeAt(i + 1);
    if (c === STAR) {
      const close = text.indexOf("*/", i + 2);
      if (close < 0) this.problem(i, "unterminated comment");
      this.commentStart = i;
      this.commentEnd = close < 0 ? n : close + 2;
      return this.commentEnd;
    }
    return c === SLASH ? lineEnd(text, i, n) : i;
  }

  /** Offset after the string or character literal at `i`; it never runs past its line. */
  skipLiteral(i: number, quote: number): number {
    const { text, n } = this;
    for (let k = i + 1; k < n; k++) {
      const c = text.charCodeAt(k);
      if (c === quote) return k + 1;
      if (c === BACKSLASH) {
        if (text.charCodeAt(k + 1) === 13) k++;
        k++;
      } else if (c === 10) {
        this.problem(i, "unterminated literal");
        return k;
      }
    }
    this.problem(i, "unterminated literal");
    return n;
  }

  /** Acts on the directive whose `#` is at `i`; returns the offset where scanning goes on. */
  directive(i: number): number {
    const { text, n } = this;
    const from = skipBlank(text, i + 1, n);
    let to = from;
    while (to < n && IS_WORD[text.charCodeAt(to)] === 1) to++;
    const after = skipBlank(text, to, n);
    switch (text.slice(from, to)) {
      case "include":
        return this.include(after);
      case "define":
        return this.define(i, after);
      case "if":
      case "ifdef":
      case "ifndef":
      case "elif":
      case "elifdef":
      case "elifndef":
      case "else":
      case "endif": {
        const end = directiveEnd(text, to, n);
        const dead = this.conditions.directive(text, text.slice(from, to), to, end);
        return dead ? skipDead(text, end, n) : end;
      }
      default:
        return directiveEnd(text, to, n);
    }
  }

  private include(at: number): number {
    const { text, n } = this;
    const end = directiveEnd(text, at, n);
    const open = text.charCodeAt(at);
    if (open === 34 || open === 60) {
      const line = text.slice(at + 1, end);
      const close = line.indexOf(open === 34 ? '"' : ">");
      if (close > 0) {
        const name = detached(line.slice(0, close));
        this.scan.includes.push(name);
        if (open === 34) this.scan.quoted.push(name);
      }
    }
    return end;
  }

  private define(start: number, at: number): number {
    const { text, n } = this;
    const end = directiveEnd(text, at, n);
    if (at >= end || CLASS[text.charCodeAt(at)] !== WORD) return end;
    let i = this.word(at);
    const name = this.names.names[this.id] as string;
    let params: string[] | null = null;
    if (text.charCodeAt(i) === 40) {
      let close = i;
      while (close < end && text.charCodeAt(close) !== 41) close++;
      if (close < end) {
        const inner = text
          .slice(i + 1, close)
          .replace(/\\\r?\n/g, " ")
          .trim();
        params = inner === "" ? [] : inner.split(",").map((p) => detached(p.trim()));
        i = close + 1;
      }
    }
    const bodyStart = Math.min(skipBlank(text, i, n), end);
    this.conditions.defined(name);
    this.scan.macros.push({ name, params, start, bodyStart, end, guards: this.conditions.guards() });
    this.macroBody(bodyStart, end);
    return end;
  }

  /** Notes the distinct names of a macro body. */
  private macroBody(from: number, end: number): void {
    const { text, names, fileStamp } = this;
    let i = from;
    while (i < end) {
      const c = text.charCodeAt(i);
      const cls = c < 128 ? (CLASS[c] as number) : 0;
      if (cls === WORD) {
        i = this.word(i);
        if (isKeyword(this.id) || names.inMacro[this.id] === fileStamp) continue;
        names.inMacro[this.id] = fileStamp;
        this.macroNames.push(names.names[this.id] as string);
      } else if (cls === DIGIT) i = skipNumber(text, i, end);
      else if (c === 34) i = quotedEnd(text, i, end);
      else if (c === SLASH && text.charCodeAt(i + 1) === STAR) {
        const close = text.indexOf("*/", i + 2);
        i = close < 0 ? end : close + 2;
      } else if (c === SLASH && text.charCodeAt(i + 1) === SLASH) return;
      else i++;
    }
  }
}

/** Offset of the newline that ends the line of `i`. */
export function lineEnd(text: string, i: number, n: number): number {
  const end = text.indexOf("\n", i);
  return end < 0 ? n : end;
}

/** Is only blank space before `i` on its line? */
export function startsLine(text: string, i: number): boolean {
  for (let k = i - 1; k >= 0; k--) {
    const c = text.charCodeAt(k);
    if (c === 10) return true;
    if (c !== 32 && c !== 9) return c === 0xfeff && k === 0;
  }
  return true;
}

/** Skips spaces, tabs and continued line ends. */
function skipBlank(text: string, i: number, n: number): number {
  for (; i < n; i++) {
    const c = text.charCodeAt(i);
    if (c === 32 || c === 9) continue;
    if (c !== BACKSLASH) return i;
    if (text.charCodeAt(i + 1) === 10) i++;
    else if (text.charCodeAt(i + 1) === 13 && text.charCodeAt(i + 2) === 10) i += 2;
    else return i;
  }
  return n;
}

export function skipNumber(text: string, i: number, n: number): number {
  for (; i < n; i++) {
    const c = text.charCodeAt(i);
    if (c >= 128 || (IS_WORD[c] === 0 && c !== 46)) break;
    if (c === 46 && text.charCodeAt(i + 1) === 46) break;
  }
  return i;
}

/** End of a string inside a directive. */
function quotedEnd(text: string, i: number, end: number): number {
  for (let k = i + 1; k < end; k++) {
    const c = text.charCodeAt(k);
    if (c === BACKSLASH) k++;
    else if (c === 34) return k + 1;
    else if (c === 10) return k;
  }
  return end;
}

/** End of the directive's last line (before the newline): continuations and comments that span lines belong to it. */
export function directiveEnd(text: string, i: number, n: number): number {
  for (let k = i; k < n; k++) {
    const c = text.charCodeAt(k);
    if (c === 10) return k;
    if (c === BACKSLASH) {
      if (text.charCodeAt(k + 1) === 13) k++;
      k++;
    } else if (c === 34) k = quotedEnd(text, k, n) - 1;
    else if (c === SLASH && text.charCodeAt(k + 1) === STAR) {
      const close = text.indexOf("*/", k + 2);
      if (close < 0) return n;
      k = close + 1;
    } else if (c === SLASH && text.charCodeAt(k + 1) === SLASH) return lineEnd(text, k, n);
  }
  return n;
}

/** From inside a branch that is never compiled: the start of the directive that ends it. */
function skipDead(text: string, i: number, n: number): number {
  let nested = 0;
  for (;;) {
    const hash = text.indexOf("#", i);
    if (hash < 0) return n;
    i = hash + 1;
    if (!startsLine(text, hash)) continue;
    const word = skipBlank(text, i, n);
    if (text.startsWith("if", word)) nested++;
    else if (text.startsWith("endif", word)) {
      if (nested-- === 0) return hash;
    } else if (nested === 0 && text.startsWith("el", word)) return hash;
  }
}
