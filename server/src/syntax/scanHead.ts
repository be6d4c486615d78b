import { CLASS, IS_WORD, NEWLINE, SPACE, WORD } from "./scanChars";
import type { Head } from "./scanConditions";
import { type Lexer, LITERAL, NAME } from "./scanLexer";
import { detached, ID, isAttribute, isControl, isKeyword, isStorage, isTagKeyword } from "./scanTable";

/** Kinds of head tokens beside those of the lexer: a parenthesised group and a brace block. */
export const GROUP = 4;
export const BLOCK = 5;

export interface FunctionHead {
  name: string;
  nameAt: number;
  /** The parameter list, parentheses included. */
  paramsAt: number;
  paramsEnd: number;
  kind: "function" | "syscall";
  isStatic: boolean;
  isInline: boolean;
}

const DEFINING_MACRO = /^_*[A-Z][A-Z0-9_]*$/;

/**
 * Reads the collected tokens as the head of a function. For a definition (`body`) the last tokens
 * may only be annotations; without a return type only a definition is believed.
 */
export function functionHead(lx: Lexer, head: Head, body: boolean): FunctionHead | null {
  const name = nameIndex(lx, head, body);
  if (name < 0) return null;
  const { kinds, ats, ends, ids, len } = head;
  const { isStatic, isInline } = storage(head);
  if (kinds[name] === GROUP) {
    const inner = wordIn(lx.text, (ats[name] as number) + 1);
    if (inner === null) return null;
    const paramsAt = inner.next === 40 ? inner.nextAt : (ats[name + 1] as number);
    const paramsEnd = inner.next === 40 ? (ends[name] as number) : (ends[name + 1] as number);
    return { name: inner.word, nameAt: inner.at, paramsAt, paramsEnd, kind: "function", isStatic, isInline };
  }
  if (body) {
    for (let k = name + 2; k < len; k++) if (kinds[k] !== NAME && kinds[k] !== GROUP) return null;
  }
  const paramsAt = ats[name + 1] as number;
  const paramsEnd = ends[name + 1] as number;
  const written = lx.names.names[ids[name] as number] as string;
  const found: FunctionHead = {
    name: written,
    nameAt: ats[name] as number,
    paramsAt,
    paramsEnd,
    kind: "function",
    isStatic,
    isInline,
  };
  if (!DEFINING_MACRO.test(written) || (hasType(lx, head, name) && !written.includes("SYSCALL"))) return found;
  const first = wordIn(lx.text, paramsAt + 1);
  if (/SYSCALL\w*_DEFINE/.test(written)) found.kind = "syscall";
  if (first !== null && (first.next === 44 || first.next === 41) && first.word !== "void") {
    found.name = first.word;
    found.nameAt = first.at;
  }
  return found;
}

/** Index of the token that names the function (or of the group that holds the name), or -1. */
function nameIndex(lx: Lexer, head: Head, body: boolean): number {
  const { kinds, ats, ids, len } = head;
  let untyped = -1;
  for (let k = 0; k + 1 < len; k++) {
    if (kinds[k] === NAME && kinds[k + 1] === GROUP) {
      const id = ids[k] as number;
      if (isAttribute(id) || isKeyword(id)) continue;
      if (hasType(lx, head, k)) return k;
      if (untyped < 0) untyped = k;
    } else if (kinds[k] === GROUP && kinds[k + 1] === GROUP && hasType(lx, head, k)) {
      const before = k > 0 && kinds[k - 1] === NAME ? (ids[k - 1] as number) : -1;
      if (before >= 0 && (isAttribute(before) || isControl(before))) continue;
      const inner = wordIn(lx.text, (ats[k] as number) + 1);
      if (inner !== null && (inner.stars ? inner.next === 40 : inner.next === 41)) return k;
    }
  }
  return body ? untyped : -1;
}

/** Does a word or `*` that can be a return type stand before token `k`? */
function hasType(lx: Lexer, head: Head, k: number): boolean {
  for (let j = 0; j < k; j++) {
    const kind = head.kinds[j];
    if (kind === 42 || kind === BLOCK) return true;
    if (kind !== NAME) continue;
    const id = head.ids[j] as number;
    if (isAttribute(id) || isStorage(id)) continue;
    if (head.kinds[j + 1] === GROUP && !isKeyword(id)) continue;
    const word = lx.names.names[id] as string;
    if (!word.startsWith("__") || isKeyword(id)) return true;
    // An unknown `__word` is more often an annotation than a type.
    if (j === k - 1 || /^__(u|s|be|le|virtio)\d+$|_t$|^__[a-z]*sum/.test(word)) return true;
    if (isTagKeyword(head.ids[j - 1] ?? -1)) return true;
  }
  return false;
}

function storage(head: Head): { isStatic: boolean; isInline: boolean } {
  let isStatic = false;
  let isInline = false;
  for (let k = 0; k < head.len; k++) {
    const id = head.ids[k];
    if (id === ID.static) isStatic = true;
    if (id === ID.inline || id === ID.__inline || id === ID.__inline__ || id === ID.alwaysInline) isInline = true;
  }
  return { isStatic, isInline };
}

interface InnerWord {
  word: string;
  at: number;
  stars: boolean;
  /** Character after the word, and its offset. */
  next: number;
  nextAt: number;
}

/** First word after blanks and `*`s, with the character that follows it. */
export function wordIn(text: string, i: number): InnerWord | null {
  let stars = false;
  for (; ; i++) {
    const c = text.charCodeAt(i);
    if (c === 42) stars = true;
    else if (!(c < 128 && (CLASS[c] === SPACE || CLASS[c] === NEWLINE))) break;
  }
  const start = text.charCodeAt(i);
  if (!(start < 128) || CLASS[start] !== WORD) return null;
  let e = i;
  while (IS_WORD[text.charCodeAt(e)] === 1) e++;
  let nextAt = e;
  while (text.charCodeAt(nextAt) <= 32) nextAt++;
  return { word: detached(text.slice(i, e)), at: i, stars, next: text.charCodeAt(nextAt), nextAt };
}

/** Is this the head of a struct, union or enum definition? Then the index of that keyword, else -1. */
export function tagIndex(lx: Lexer, head: Head): number {
  const { kinds, ids, len } = head;
  let tags = 0;
  for (let k = len - 1; k >= 0; k--) {
    const id = ids[k] as number;
    if (kinds[k] === GROUP && kinds[k - 1] === NAME && isAttribute(ids[k - 1] as number)) k--;
    else if (kinds[k] !== NAME) return -1;
    else if (isTagKeyword(id) && id !== ID.goto) return k;
    else if (!isAttribute(id) && !(tags > 0 && (lx.names.names[id] as string).startsWith("__")) && ++tags > 1)
      return -1;
  }
  return -1;
}

/**
 * Looks ahead from a word at column 0: does a function definition in kernel layout begin here, with
 * its `{` at column 0? Used to find back after unbalanced braces; costs at most the lines it accepts.
 */
export function startsFunction(lx: Lexer, at: number): boolean {
  const id = lx.id;
  const found = isDefinition(lx, at);
  lx.id = id;
  return found;
}

function isDefinition(lx: Lexer, at: number): boolean {
  const { text, n } = lx;
  const limit = Math.min(n, at + 4000);
  let words = 0;
  let groups = 0;
  let macro = false;
  for (let i = at; i < limit; ) {
    const c = text.charCodeAt(i);
    const column0 = text.charCodeAt(i - 1) === 10;
    const cls = c < 128 ? (CLASS[c] as number) : 0;
    if (cls === SPACE || cls === NEWLINE) i++;
    else if (cls === WORD) {
      const end = lx.word(i);
      if (isControl(lx.id) && !text.startsWith("__attr", i) && !text.startsWith("typeof", i)) return false;
      if (column0 && groups > 0 && !isAttribute(lx.id)) return false;
      if (groups === 0) {
        words++;
        macro = words === 1 && /^[A-Z][A-Z0-9_]*DEFINE/.test(text.slice(i, end));
      }
      i = end;
    } else if (c === 42) i++;
    else if (c === 40) {
      i = closingParen(lx, i, limit);
      if (i < 0) return false;
      groups++;
    } else if (c === 123) return column0 && groups > 0 && (words > 1 || macro);
    else if (c === 47) {
      if (text.charCodeAt(i + 1) !== 42) return false;
      const close = text.indexOf("*/", i + 2);
      if (close < 0 || close > limit) return false;
      i = close + 2;
    } else return false;
  }
  return false;
}

/** Offset after the parenthesis that closes the one at `i`; -1 when the text is no parameter list. */
function closingParen(lx: Lexer, i: number, limit: number): number {
  const { text } = lx;
  let depth = 0;
  for (; i < limit; i++) {
    const c = text.charCodeAt(i);
    if (c === 40) depth++;
    else if (c === 41) {
      if (--depth === 0) return i + 1;
    } else if (c === 123 || c === 125 || c === 59) return -1;
    else if (c < 128 && CLASS[c] === WORD && text.charCodeAt(i - 1) === 10) return -1;
  }
  return -1;
}

/** Should a word at column 0 start a new declaration although the last one has no `;` yet? */
export function endsBefore(lx: Lexer, head: Head): boolean {
  if (isAttribute(lx.id)) return false;
  const { kinds, ids, len } = head;
  const last = kinds[len - 1];
  if (last === BLOCK) return true;
  for (let k = 0; k < len; k++) {
    if (kinds[k] === 61) return isStorage(lx.id) || startsFunction(lx, lx.at);
    if (kinds[k] === GROUP && k > 0 && kinds[k - 1] === NAME && !isAttribute(ids[k - 1] as number)) {
      if (!isControl(ids[k - 1] as number)) return true;
    }
  }
  return last === LITERAL;
}
