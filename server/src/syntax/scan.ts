import type { FileScan } from "./model";
import { scanBody } from "./scanBody";
import { ANNOTATING_MACROS, CLASS, WORD } from "./scanChars";
import type { Head } from "./scanConditions";
import { BLOCK, endsBefore, functionHead, GROUP, startsFunction, tagIndex, wordIn } from "./scanHead";
import { mentionAtFileLevel, scanInitialiser } from "./scanInit";
import { EOF, Lexer, LITERAL, NAME, skipNumber } from "./scanLexer";
import { scanStruct } from "./scanStruct";
import { ID, isAttribute, isControl, NameTable } from "./scanTable";

/** A declaration with more tokens than this is data. */
const MAX_HEAD = 4096;

/** The scan of a file with nothing in it. */
export function emptyScan(): FileScan {
  return {
    functions: [],
    macros: [],
    macroNames: [],
    slots: [],
    structs: [],
    exports: [],
    includes: [],
    quoted: [],
    mentions: [],
    prototypes: [],
    problems: [],
  };
}

/**
 * Splits the text of a C file into its top-level items, in one pass and without parsing
 * expressions. Never fails: what is broken is contained and noted in `problems`.
 * @param names shared word table; pass the same one for many files to store each word once
 */
export function scanFile(text: string, names: NameTable = new NameTable()): FileScan {
  const scan = emptyScan();
  const lx = new Lexer(text, names, scan);
  const nul = text.indexOf("\0");
  if (nul >= 0) lx.problem(nul, "NUL byte in the text");
  topLevel(lx, ++names.stamp);
  return scan;
}

function topLevel(lx: Lexer, stamp: number): void {
  const { head } = lx.conditions;
  for (;;) {
    const kind = lx.next();
    if (kind === EOF) break;
    if (kind === NAME && lx.atColumn0(lx.at) && head.len > 0) {
      if (head.paren > 0) {
        if (!startsFunction(lx, lx.at)) continue;
        lx.problem(lx.at, "function begins before the parentheses above are closed");
        head.clear();
      } else if (endsBefore(lx, head)) endDeclaration(lx, head, stamp);
    }
    if (head.paren > 0) {
      if (insideGroup(lx, head, kind)) continue;
      if (kind !== 123) continue;
    }
    if (kind === 40) {
      head.push(GROUP, lx.at, lx.pos, -1);
      head.paren = 1;
    } else if (kind === 123) openBlock(lx, head, stamp);
    else if (kind === 125) head.clear();
    else if (kind === 59) endDeclaration(lx, head, stamp);
    else if (kind !== 41 && head.len < MAX_HEAD) head.push(kind, lx.at, lx.pos, kind === NAME ? lx.id : -1);
  }
  if (head.paren > 0) lx.problem(lx.n, "parentheses are not closed");
  endDeclaration(lx, head, stamp);
}

/** A token inside a parenthesised group of the head; false if it shows that the group was never closed. */
function insideGroup(lx: Lexer, head: Head, kind: number): boolean {
  if (kind === 40) head.paren++;
  else if (kind === 41) {
    if (--head.paren === 0) head.ends[head.len - 1] = lx.pos;
  } else if (kind === 123) {
    if (head.braces === 0 && lx.atColumn0(lx.at)) {
      lx.problem(lx.at, "parentheses are not closed before this brace");
      head.ends[head.len - 1] = lx.at;
      head.paren = 0;
      return false;
    }
    head.braces++;
  } else if (kind === 125) {
    if (head.braces > 0) head.braces--;
    else {
      lx.problem(lx.at, "unexpected }");
      head.clear();
    }
  }
  return true;
}

function openBlock(lx: Lexer, head: Head, stamp: number): void {
  const open = lx.at;
  if (head.len > 0 && head.kinds[head.len - 1] === LITERAL && head.len === 2) {
    head.clear(); // extern "C" {
    return;
  }
  let equals = -1;
  let column0 = -1;
  for (let k = 0; k < head.len; k++) {
    if (head.kinds[k] === 61) equals = k;
    if (head.kinds[k] === NAME && lx.atColumn0(head.ats[k] as number)) column0 = k;
  }
  if (equals >= 0 && column0 > equals && lx.atColumn0(open) && startsFunction(lx, head.ats[column0] as number)) {
    lx.problem(head.ats[0] as number, "declaration is not finished");
    head.dropFirst(column0);
    equals = -1;
  }
  if (equals >= 0) {
    mentionsAfter(lx, head, equals, stamp);
    scanInitialiser(lx, head, stamp);
    head.push(BLOCK, open, lx.pos, -1);
    return;
  }
  const tag = tagIndex(lx, head);
  if (tag >= 0) {
    openTag(lx, head, tag, open);
    return;
  }
  openFunction(lx, head, open);
}

function openFunction(lx: Lexer, head: Head, open: number): void {
  const { conditions, scan } = lx;
  const fn = functionHead(lx, head, true);
  const start = head.len > 0 ? (head.ats[0] as number) : open;
  const docStart = docOf(lx, start);
  const guards = conditions.guards();
  const body = scanBody(lx, open, fn?.paramsAt ?? open, fn?.paramsEnd ?? open);
  if (fn === null) {
    if (!body.aborted) lx.problem(open, "block outside a function");
  } else if (!body.aborted) {
    const { name, nameAt, isStatic, isInline, kind } = fn;
    const { end, calls, mentions } = body;
    scan.functions.push({
      name,
      start,
      nameAt,
      bodyStart: open,
      end,
      isStatic,
      isInline,
      kind,
      docStart,
      guards,
      calls,
      mentions,
    });
  }
  // Aborted: another alternative of the head begins, the definition seen so far is discarded.
  if (!body.aborted) head.clear();
}

function openTag(lx: Lexer, head: Head, at: number, open: number): void {
  let tag: string | null = null;
  for (let k = at + 1; k < head.len; k++) {
    const id = head.ids[k] as number;
    if (head.kinds[k] === NAME && !isAttribute(id)) tag = lx.names.names[id] as string;
  }
  const isEnum = head.ids[at] === ID.enum;
  const fields = scanStruct(lx, tag, isEnum);
  head.push(BLOCK, open, lx.pos, -1);
  if (tag === null && !isEnum && head.ids[0] === ID.typedef) {
    const name = wordIn(lx.text, lx.pos);
    if (name !== null && name.next === 59) lx.scan.structs.push({ tag: name.word, fields });
  }
}

/** A declaration ended with `;`, or because another one starts at column 0. */
function endDeclaration(lx: Lexer, head: Head, stamp: number): void {
  const { kinds, ids, len } = head;
  if (len > 0 && ids[0] !== ID.typedef) {
    let equals = -1;
    for (let k = 0; k < len && equals < 0; k++) if (kinds[k] === 61) equals = k;
    if (equals >= 0) mentionsAfter(lx, head, equals, stamp);
    else {
      const fn = functionHead(lx, head, false);
      if (fn !== null) lx.scan.prototypes.push(fn.name);
      else macroCall(lx, head, stamp);
    }
  }
  head.clear();
}

/** `EXPORT_SYMBOL(f);`, `module_init(f);`, `static DEFINE_X(a, f);` */
function macroCall(lx: Lexer, head: Head, stamp: number): void {
  const { kinds, ids, ats, ends, len } = head;
  for (let k = 0; k + 1 < len; k++) {
    if (kinds[k] !== NAME || kinds[k + 1] !== GROUP || isAttribute(ids[k] as number)) continue;
    if (isControl(ids[k] as number)) continue;
    const word = lx.names.names[ids[k] as number] as string;
    if (/^_*EXPORT_/.test(word)) {
      const first = wordIn(lx.text, (ats[k + 1] as number) + 1);
      if (first !== null) lx.scan.exports.push(first.word);
    } else if (!ANNOTATING_MACROS.has(word)) mentionsIn(lx, ats[k + 1] as number, ends[k + 1] as number, stamp);
  }
}

function mentionsAfter(lx: Lexer, head: Head, index: number, stamp: number): void {
  for (let k = index + 1; k < head.len; k++) {
    if (head.kinds[k] === GROUP) mentionsIn(lx, head.ats[k] as number, head.ends[k] as number, stamp);
    else if (head.kinds[k] === NAME && head.kinds[k + 1] !== GROUP && head.kinds[k - 1] !== 46)
      mentionAtFileLevel(lx, head.ids[k] as number, stamp);
  }
}

/** Notes the names in a range that are no members. */
function mentionsIn(lx: Lexer, from: number, to: number, stamp: number): void {
  const { text, id } = lx;
  for (let i = from; i < to; ) {
    const c = text.charCodeAt(i);
    if (c === 34 || c === 39) i = lx.skipLiteral(i, c);
    else if (c === 47) i = Math.max(i + 1, lx.skipComment(i));
    else if (c >= 48 && c <= 57) i = skipNumber(text, i, to);
    else if (c < 128 && CLASS[c] === WORD) {
      const member = text.charCodeAt(i - 1) === 46 || (text.charCodeAt(i - 1) === 62 && text.charCodeAt(i - 2) === 45);
      i = lx.word(i);
      if (!member) mentionAtFileLevel(lx, lx.id, stamp);
    } else i++;
  }
  lx.id = id;
}

/** Start of the block comment that ends right above `start` (at most one line end between), or -1. */
function docOf(lx: Lexer, start: number): number {
  const { text } = lx;
  let lines = 0;
  let i = start - 1;
  for (; i >= 0; i--) {
    const c = text.charCodeAt(i);
    if (c === 10) {
      if (++lines > 1) return -1;
    } else if (c !== 32 && c !== 9 && c !== 13) break;
  }
  if (i < 3 || text.charCodeAt(i) !== 47 || text.charCodeAt(i - 1) !== 42) return -1;
  if (lx.commentEnd === i + 1) return lx.commentStart;
  for (let k = i - 3; k >= 0; k--) if (text.charCodeAt(k) === 47 && text.charCodeAt(k + 1) === 42) return k;
  return -1;
}
