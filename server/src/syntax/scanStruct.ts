import { outside } from "./scanBody";
import { Head } from "./scanConditions";
import { BLOCK, GROUP, startsFunction, tagIndex, wordIn } from "./scanHead";
import { EOF, type Lexer, NAME } from "./scanLexer";
import { detached, ID, isAttribute, isKeyword, isTagKeyword } from "./scanTable";

/** Deeper nesting than this is no C anybody wrote. */
const MAX_NESTING = 64;

interface Frame {
  tag: string | null;
  /** Nearest tag, its own or that of a struct around it. */
  scope: string;
  fields: Map<string, string>;
  /** Tokens of the member being read. */
  member: Head;
  /** Type of the member being read, when it is a nested struct without a tag. */
  nested: string | null;
  /** `struct_group(name, …)`: closed by a parenthesis, its members belong to the outer struct. */
  group: boolean;
  isEnum: boolean;
}

const newFrame = (tag: string | null, group: boolean, isEnum: boolean, scope = ""): Frame => {
  return { tag, scope: tag ?? scope, fields: new Map(), member: new Head(), nested: null, group, isEnum };
};

/**
 * Scans the members of a struct or union, the lexer standing after its `{`; the end is after the
 * matching `}`. Members of nested anonymous structs belong to the outer one; a nested struct with
 * a member name becomes a struct of its own, tagged `outer.member`.
 */
export function scanStruct(lx: Lexer, tag: string | null, isEnum: boolean): Map<string, string> {
  const { conditions } = lx;
  const outer = newFrame(tag, false, isEnum);
  const stack = [outer];
  conditions.enter();
  while (stack.length > 0) {
    const kind = lx.next();
    if (conditions.aborted || kind === EOF) {
      if (kind === EOF) lx.problem(lx.at, "struct is not closed");
      break;
    }
    const frame = stack[stack.length - 1] as Frame;
    const { member } = frame;
    if (kind === NAME && lx.atColumn0(lx.at) && startsFunction(lx, lx.at)) {
      lx.problem(lx.at, "function begins before the braces of the struct above are closed");
      lx.pos = lx.at;
      break;
    }
    if (member.paren > 0) {
      if (kind === 40) member.paren++;
      else if (kind === 41 && --member.paren === 0) member.ends[member.len - 1] = lx.pos;
      else if ((kind === 59 || kind === 125) && lx.text.charCodeAt(lx.pos) === 10) member.clear();
      if (kind !== 125 || member.paren > 0) continue;
    }
    if (kind === 123) open(lx, stack, frame);
    else if (kind === 125 || (kind === 41 && frame.group)) {
      if (kind === 125 && lx.atColumn0(lx.at) && stack.length > 1 && outside(lx.text, lx.pos, lx.n)) {
        lx.problem(lx.at, "braces not closed before this one");
        break;
      }
      stack.pop();
      const parent = stack[stack.length - 1];
      if (parent !== undefined) close(lx, frame, parent);
    } else if (kind === 59) {
      if (!frame.isEnum) addMember(lx, member, frame);
      member.clear();
      frame.nested = null;
    } else if (kind === 40) {
      const id = member.len === 1 ? (member.ids[0] as number) : -1;
      const word = id >= 0 ? (lx.names.names[id] as string) : "";
      if (/^_*struct_group(_tagged|_attr)?$/.test(word) && stack.length < MAX_NESTING) {
        skipGroupArguments(lx, word);
        member.clear();
        stack.push(newFrame(null, true, false, frame.scope));
      } else {
        member.push(GROUP, lx.at, lx.pos, -1);
        member.paren = 1;
      }
    } else if (member.len < 512) member.push(kind, lx.at, lx.pos, kind === NAME ? lx.id : -1);
  }
  conditions.leave();
  if (tag !== null && !isEnum) lx.scan.structs.push({ tag, fields: outer.fields });
  return outer.fields;
}

/** `struct [tag] {` inside a struct. */
function open(lx: Lexer, stack: Frame[], frame: Frame): void {
  const { member } = frame;
  const at = tagIndex(lx, member);
  let tag: string | null = null;
  for (let k = at + 1; at >= 0 && k < member.len; k++) {
    const id = member.ids[k] as number;
    if (member.kinds[k] === NAME && !isAttribute(id)) tag = lx.names.names[id] as string;
  }
  if (stack.length >= MAX_NESTING) {
    lx.problem(lx.at, "nesting too deep");
    lx.conditions.aborted = true;
    return;
  }
  stack.push(newFrame(tag, false, at < 0 || member.ids[at] === ID.enum, frame.scope));
}

/** After the `}` of a nested struct: the member's name decides where its fields go. */
function close(lx: Lexer, inner: Frame, parent: Frame): void {
  const { member } = parent;
  if (inner.tag !== null && !inner.isEnum) lx.scan.structs.push({ tag: inner.tag, fields: inner.fields });
  if (inner.group) {
    for (const [name, type] of inner.fields) parent.fields.set(name, type);
    member.clear();
    return;
  }
  const name = inner.isEnum ? null : nameAfterBlock(lx);
  if (name === null) {
    if (inner.isEnum) {
      member.push(BLOCK, lx.at, lx.pos, -1);
      return;
    }
    for (const [field, type] of inner.fields) parent.fields.set(field, type);
    member.clear();
    return;
  }
  member.push(BLOCK, lx.at, lx.pos, -1);
  if (inner.tag !== null) return;
  const tag = detached(`${parent.scope}.${name}`);
  lx.scan.structs.push({ tag, fields: inner.fields });
  parent.nested = detached(`struct ${tag}`);
}

/** Name of the member declared right after a nested block. */
function nameAfterBlock(lx: Lexer): string | null {
  let at = lx.pos;
  for (;;) {
    const found = wordIn(lx.text, at);
    if (found === null) return null;
    if (!/^__|^randomized_/.test(found.word)) return found.word;
    at = found.at + found.word.length;
    if (found.next === 40) {
      const close = lx.text.indexOf(")", at);
      if (close < 0 || close > at + 200) return null;
      at = close + 1;
      while (lx.text.charCodeAt(at) === 41) at++;
    }
  }
}

function skipGroupArguments(lx: Lexer, word: string): void {
  let commas = word === "struct_group" ? 1 : word === "__struct_group" ? 3 : 2;
  while (commas > 0) {
    const kind = lx.next();
    if (kind === EOF || kind === 59 || kind === 125) return;
    if (kind === 44) commas--;
  }
}

/** Adds the declarators of one member declaration. */
function addMember(lx: Lexer, member: Head, frame: Frame): void {
  const { kinds, len } = member;
  let base = frame.nested;
  let from = 0;
  for (let k = 0; k <= len; k++) {
    if (k < len && kinds[k] !== 44) continue;
    const found = declarator(lx, member, from, k);
    if (found !== null) {
      base ??= typeText(lx, member, from, found.at);
      const stars = " *".repeat(starsIn(member, from, found.at));
      const type = found.macro ?? base + stars + found.suffix;
      frame.fields.set(found.name, detached(type));
    }
    from = k + 1;
  }
}

function starsIn(member: Head, from: number, to: number): number {
  let count = 0;
  for (let k = from; k < to; k++) if (member.kinds[k] === 42) count++;
  return count;
}

interface Declarator {
  name: string;
  /** Index of the token that holds the name. */
  at: number;
  suffix: string;
  macro: string | null;
}

function declarator(lx: Lexer, member: Head, from: number, to: number): Declarator | null {
  const { kinds, ids, ats } = member;
  let end = to;
  let suffix = "";
  for (let k = from; k < to; k++) {
    if (kinds[k] === 58 || kinds[k] === 91) {
      if (k < end) end = k;
      if (kinds[k] === 91) suffix += " []";
    }
  }
  for (let k = from; k + 1 < end; k++) {
    if (kinds[k] !== GROUP || kinds[k + 1] !== GROUP) continue;
    const inner = wordIn(lx.text, (ats[k] as number) + 1);
    if (inner?.stars) return { name: inner.word, at: k, suffix: " (*)()", macro: null };
  }
  if (from === 0 && end === 2 && kinds[0] === NAME && kinds[1] === GROUP && !isAttribute(ids[0] as number)) {
    const inner = wordIn(lx.text, (ats[1] as number) + 1);
    if (inner === null) return null;
    return { name: inner.word, at: 0, suffix: "", macro: `${lx.names.names[ids[0] as number] as string}()` };
  }
  let unknown = -1;
  for (let k = end - 1; k >= from; k--) {
    const id = ids[k] as number;
    if (kinds[k] !== NAME || isAttribute(id)) continue;
    if (isKeyword(id) || isTagKeyword(ids[k - 1] ?? -1)) break;
    const word = lx.names.names[id] as string;
    // `int field __annotation;`: an unknown `__word` after a name that has a type of its own.
    if (unknown < 0 && word.startsWith("__") && kinds[k - 1] === NAME && k - 2 >= from) {
      unknown = k;
      continue;
    }
    const typed = k > from && !(k - 1 === from && ids[k - 1] === ID.const);
    if (unknown >= 0 && !typed) break;
    return { name: word, at: k, suffix, macro: null };
  }
  if (unknown < 0) return null;
  return { name: lx.names.names[ids[unknown] as number] as string, at: unknown, suffix, macro: null };
}

/** Type tokens `[from, to)` with one space between, annotations and `*`s left out. */
function typeText(lx: Lexer, member: Head, from: number, to: number): string {
  const parts: string[] = [];
  for (let k = from; k < to; k++) {
    const id = member.ids[k] as number;
    if (member.kinds[k] === NAME && !isAttribute(id)) parts.push(lx.names.names[id] as string);
    else if (
      member.kinds[k] === GROUP &&
      k > from &&
      member.kinds[k - 1] === NAME &&
      isKeyword(member.ids[k - 1] as number)
    )
      parts.push(lx.text.slice(member.ats[k], member.ends[k]));
  }
  return parts.join(" ");
}
