/**
 * Reads what stands before a function's body: name, parameters, attributes. Lexical on purpose:
 * kernel signatures are full of macros, and the grammar has no use for them.
 */
import type { MacroTable } from "../rules/model";
import type { LockAttribute, Param } from "./ast";
import type { MacroClass } from "./normaliseMacros";
import { resolveClass, Word, wordTable } from "./normaliseWords";

export interface Header {
  name: string;
  returnType: string;
  params: Param[];
  isStatic: boolean;
  isInline: boolean;
  attributes: LockAttribute[];
}

export interface HeaderOptions {
  kind: "function" | "syscall";
  macros: MacroTable;
  macroClass?: (name: string) => MacroClass | undefined;
}

const TOKEN =
  /\/\*[\s\S]*?(?:\*\/|$)|\/\/[^\n]*|^[ \t]*#(?:[^\n\\]|\\[\s\S])*|"(?:[^"\\]|\\.)*"|[A-Za-z_]\w*|\.\.\.|\S/gm;
const INLINE = /^(?:inline|__inline|__inline__|__always_inline|__forceinline|noinline)$/;

export function parseHeader(text: string, bodyStart: number, options: HeaderOptions): Header {
  const tokens: string[] = [];
  for (const m of text.slice(0, bodyStart).matchAll(TOKEN)) {
    const t = m[0];
    if (!t.startsWith("/*") && !t.startsWith("//") && !/^\s*#/.test(t)) tokens.push(t);
  }
  const header: Header = { name: "", returnType: "", params: [], isStatic: false, isInline: false, attributes: [] };
  const clean = stripAttributes(tokens, options, header);
  const open = parameterParen(clean);
  if (open < 1) return header;
  const groups = splitArguments(clean, open);
  header.name = clean[open - 1] ?? "";
  const before = clean.slice(0, open - 1);
  if (options.kind === "syscall" || (before.length === 0 && /^[A-Z]/.test(header.name) && groups.length > 0)) {
    header.name = groups[0]?.join("") ?? "";
    header.returnType = "long";
    for (let i = 1; i + 1 < groups.length; i += 2) {
      header.params.push({ type: joinType(groups[i] ?? []), name: groups[i + 1]?.join("") ?? "" });
    }
    return header;
  }
  header.returnType = joinType(before.filter((t) => t !== "static" && t !== "extern" && !INLINE.test(t)));
  header.params = groups
    .filter((g) => g.length > 0 && !(g.length === 1 && (g[0] === "void" || g[0] === "...")))
    .map(parameter);
  return header;
}

/** One space between tokens, as every type in the AST. */
export function joinType(tokens: string[]): string {
  return tokens.join(" ").replace(/\[ (\S*) ?\]/g, "[$1]");
}

function stripAttributes(tokens: string[], options: HeaderOptions, header: Header): string[] {
  const table = wordTable(options.macros);
  const out: string[] = [];
  for (let i = 0; i < tokens.length; i++) {
    const t = tokens[i] as string;
    if (t === "static") header.isStatic = true;
    else if (INLINE.test(t) && t !== "noinline") header.isInline = true;
    let cls = table.classes.get(t) ?? Word.Plain;
    if (
      cls === Word.Plain &&
      options.macroClass &&
      t.startsWith("__") &&
      resolveClass(t, table, options.macroClass) === "attribute"
    ) {
      cls = Word.Attribute;
    }
    if (cls !== Word.Attribute && cls !== Word.BareAttribute && cls !== Word.LockAttribute) {
      out.push(t);
      continue;
    }
    const close = cls !== Word.BareAttribute && tokens[i + 1] === "(" ? closing(tokens, i + 1) : -1;
    // `static int __attr (*fn(void))(int)` is not written in the kernel: a parenthesis belongs to the word.
    if (close < 0) continue;
    if (cls === Word.LockAttribute) header.attributes.push({ word: t, args: spell(tokens.slice(i + 2, close)) });
    i = close;
  }
  return out;
}

function spell(tokens: string[]): string {
  return tokens
    .join(" ")
    .replace(/ ?(->|[().,&*[\]]|- >) ?/g, "$1")
    .replace(/- >/g, "->")
    .replace(/,/g, ", ");
}

function closing(tokens: string[], open: number): number {
  let depth = 0;
  for (let i = open; i < tokens.length; i++) {
    if (tokens[i] === "(") depth++;
    else if (tokens[i] === ")" && --depth === 0) return i;
  }
  return -1;
}

/** The first parenthesis after a name at depth 0 whose group ends the signature, else the first of all. */
function parameterParen(tokens: string[]): number {
  let first = -1;
  for (let i = 1; i < tokens.length; i++) {
    if (tokens[i] !== "(") continue;
    const close = closing(tokens, i);
    const named = /^[A-Za-z_]/.test(tokens[i - 1] ?? "");
    if (named && first < 0) first = i;
    if (named && close === tokens.length - 1) return i;
    if (close > 0 && !(tokens[i + 1] === "*")) i = close;
  }
  return first;
}

function splitArguments(tokens: string[], open: number): string[][] {
  const groups: string[][] = [[]];
  let depth = 0;
  for (let i = open + 1; i < tokens.length; i++) {
    const t = tokens[i] as string;
    if (t === ")" && depth === 0) break;
    if (t === "(" || t === "[" || t === "{") depth++;
    else if (t === ")" || t === "]" || t === "}") depth--;
    if (t === "," && depth === 0) groups.push([]);
    else groups[groups.length - 1]?.push(t);
  }
  return groups.length === 1 && groups[0]?.length === 0 ? [] : groups;
}

function parameter(tokens: string[]): Param {
  // Function pointer: the name stands behind the first `(*`.
  const star = tokens.findIndex((t, i) => t === "(" && tokens[i + 1] === "*");
  let at = -1;
  if (star >= 0) at = tokens.findIndex((t, i) => i > star && /^[A-Za-z_]/.test(t));
  else {
    const bracket = tokens.indexOf("[");
    at = (bracket < 0 ? tokens.length : bracket) - 1;
    if (at < 1 || !/^[A-Za-z_]/.test(tokens[at] ?? "") || /^(?:struct|union|enum|unsigned)$/.test(tokens[at - 1] ?? ""))
      at = -1;
  }
  if (at < 0) return { name: "", type: joinType(tokens) };
  return { name: tokens[at] as string, type: joinType(tokens.filter((_, i) => i !== at)) };
}
