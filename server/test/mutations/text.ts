/**
 * Lexical view of C text: comments, literals and preprocessor lines blanked without moving anything,
 * bracket matching, argument splitting, tokens. Knows nothing of functions or locks.
 */

export interface Span {
  start: number;
  end: number;
}

/** Same length and line breaks as `text`; comments, literal contents and directives are spaces. */
export function blankNonCode(text: string): string {
  const out = text.split("");
  const blank = (from: number, to: number): void => {
    for (let k = from; k < to; k++) if (out[k] !== "\n") out[k] = " ";
  };
  let i = 0;
  let lineStart = true;
  while (i < text.length) {
    const c = text[i] as string;
    if (c === "\n") {
      lineStart = true;
      i++;
    } else if (text.startsWith("/*", i)) {
      const end = text.indexOf("*/", i + 2);
      const to = end < 0 ? text.length : end + 2;
      blank(i, to);
      i = to;
    } else if (text.startsWith("//", i)) {
      const to = lineEnd(text, i);
      blank(i, to);
      i = to;
    } else if (c === "#" && lineStart) {
      const to = directiveEnd(text, i);
      blank(i, to);
      i = to;
    } else if (c === '"' || c === "'") {
      let k = i + 1;
      while (k < text.length && text[k] !== c && text[k] !== "\n") k += text[k] === "\\" ? 2 : 1;
      blank(i + 1, Math.min(k, text.length));
      i = k + 1;
      lineStart = false;
    } else {
      if (c !== " " && c !== "\t") lineStart = false;
      i++;
    }
  }
  return out.join("");
}

function lineEnd(text: string, from: number): number {
  const nl = text.indexOf("\n", from);
  return nl < 0 ? text.length : nl;
}

/** End of a preprocessor line with its continuations (a comment may run over the line's end). */
function directiveEnd(text: string, from: number): number {
  let i = from;
  for (;;) {
    const nl = lineEnd(text, i);
    const open = text.indexOf("/*", i);
    if (open >= 0 && open < nl) {
      const close = text.indexOf("*/", open + 2);
      if (close < 0) return text.length;
      i = close + 2;
      continue;
    }
    if (nl >= text.length || text[nl - 1] !== "\\") return nl;
    i = nl + 1;
  }
}

export function skipSpace(code: string, i: number): number {
  let k = i;
  while (k < code.length && /\s/.test(code[k] as string)) k++;
  return k;
}

/** Index just past the bracket that closes the one at `open`; -1 if there is none. */
export function matchBracket(code: string, open: number, limit = code.length): number {
  let depth = 0;
  for (let i = open; i < limit; i++) {
    const c = code[i];
    if (c === "(" || c === "[" || c === "{") depth++;
    else if (c === ")" || c === "]" || c === "}") {
      depth--;
      if (depth === 0) return i + 1;
      if (depth < 0) return -1;
    }
  }
  return -1;
}

/** Top-level parts of `code[span]` separated by `sep` (one or two characters), trimmed. */
export function splitTop(code: string, span: Span, sep: string): Span[] {
  const parts: Span[] = [];
  let depth = 0;
  let from = span.start;
  for (let i = span.start; i < span.end; i++) {
    const c = code[i];
    if (c === "(" || c === "[" || c === "{") depth++;
    else if (c === ")" || c === "]" || c === "}") depth--;
    else if (depth === 0 && code.startsWith(sep, i)) {
      parts.push(trimSpan(code, { start: from, end: i }));
      i += sep.length - 1;
      from = i + 1;
    }
  }
  parts.push(trimSpan(code, { start: from, end: span.end }));
  return parts.filter((p) => p.end > p.start);
}

export function trimSpan(code: string, span: Span): Span {
  let { start, end } = span;
  while (start < end && /\s/.test(code[start] as string)) start++;
  while (end > start && /\s/.test(code[end - 1] as string)) end--;
  return { start, end };
}

export interface Call extends Span {
  name: string;
  args: Span[];
}

/** Words that look like calls and are not. */
const notCalls = new Set([
  "if",
  "while",
  "for",
  "switch",
  "return",
  "sizeof",
  "typeof",
  "__typeof__",
  "defined",
  "do",
  "else",
  "case",
]);

/** All calls in `code[span]`, outer before inner. */
export function callsIn(code: string, span: Span): Call[] {
  const calls: Call[] = [];
  const re = /[A-Za-z_]\w*(?=\s*\()/g;
  re.lastIndex = span.start;
  for (let m = re.exec(code); m && m.index < span.end; m = re.exec(code)) {
    const name = m[0];
    const before = code[m.index - 1];
    if (notCalls.has(name) || (before !== undefined && /[\w.]/.test(before)) || code.startsWith("->", m.index - 2))
      continue;
    const open = code.indexOf("(", m.index + name.length);
    const end = matchBracket(code, open);
    if (end < 0 || end > span.end) continue;
    calls.push({ name, start: m.index, end, args: splitTop(code, { start: open + 1, end: end - 1 }, ",") });
  }
  return calls;
}

export interface Word extends Span {
  word: string;
}

/** Identifiers in `code[span]` that are not members (`->x`, `.x`) and not tags (`struct x`). */
export function freeWords(code: string, span: Span): Word[] {
  const words: Word[] = [];
  const re = /[A-Za-z_]\w*/g;
  re.lastIndex = span.start;
  let previous = "";
  for (let m = re.exec(code); m && m.index < span.end; m = re.exec(code)) {
    const start = m.index;
    const back = code.slice(Math.max(0, start - 6), start).trimEnd();
    const digit = /[0-9]$/.test(code[start - 1] ?? "");
    const member = back.endsWith("->") || (back.endsWith(".") && !back.endsWith("..."));
    const tag = previous === "struct" || previous === "union" || previous === "enum" || previous === "goto";
    previous = m[0];
    if (!digit && !member && !tag) words.push({ word: m[0], start, end: start + m[0].length });
  }
  return words;
}

export function lineOf(text: string, offset: number): number {
  let line = 1;
  for (let i = text.indexOf("\n"); i >= 0 && i < offset; i = text.indexOf("\n", i + 1)) line++;
  return line;
}

/** The white space that starts the line of `offset`. */
export function indentAt(text: string, offset: number): string {
  const start = text.lastIndexOf("\n", offset - 1) + 1;
  return /^[ \t]*/.exec(text.slice(start))?.[0] ?? "";
}

export function escapeRegExp(s: string): string {
  return s.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
