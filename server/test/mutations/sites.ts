/** Lock and unlock calls of a function, with the statement around each and the role the result plays. */
import type { Fn, SourceFile } from "./functions";
import type { Context, Edit, Family, LockCall } from "./model";
import { previousSibling, type Stmt, walk } from "./statements";
import { type Call, callsIn, indentAt, type Span, splitTop, trimSpan } from "./text";

export type Role = "plain" | "assigned" | "declared" | "condition" | "other";

export interface Site {
  family: Family;
  api: LockCall;
  acquires: boolean;
  call: Call;
  stmt: Stmt;
  role: Role;
  /** The lock object as written: argument or assigned expression. */
  object: string;
  /** Left side, when the result is assigned. */
  lhs?: string;
}

/** The deepest statement that contains the offset. */
export function statementAt(fn: Fn, offset: number): Stmt {
  let found = fn.body;
  for (const s of walk(fn.body)) if (s.start <= offset && offset < s.end) found = s;
  return found;
}

export function textOf(file: SourceFile, span: Span): string {
  return file.text.slice(span.start, span.end);
}

export function codeOf(file: SourceFile, span: Span): string {
  return file.code.slice(span.start, span.end);
}

export function lockSites(fn: Fn, cx: Context, families: readonly Family[]): Site[] {
  const sites: Site[] = [];
  const usable = families.filter((f) => familyApplies(f, fn, cx));
  if (usable.length === 0) return sites;
  for (const call of callsIn(cx.file.code, fn.body)) {
    for (const family of usable) {
      const acquires = family.acquire.find((a) => a.call === call.name);
      const named = acquires ?? family.release.find((a) => a.call === call.name);
      if (!named) continue;
      const { taken, ...always } = named;
      const api = taken !== undefined && (!named.failsWith || cx.has(named.failsWith)) ? named : always;
      const site = siteOf(fn, cx.file, family, api, acquires !== undefined, call);
      if (family.objectMatch && /^spin_/.test(api.call) && !new RegExp(family.objectMatch).test(site.object)) continue;
      sites.push(site);
    }
  }
  return sites.sort((a, b) => a.call.start - b.call.start);
}

function familyApplies(family: Family, fn: Fn, cx: Context): boolean {
  if (family.onlyFiles && !family.onlyFiles.includes(cx.file.path)) return false;
  return !family.onlyWith || new RegExp(family.onlyWith).test(codeOf(cx.file, fn.body));
}

function siteOf(fn: Fn, file: SourceFile, family: Family, api: LockCall, acquires: boolean, call: Call): Site {
  const stmt = statementAt(fn, call.start);
  const { role, lhs } = roleOf(file, stmt, call);
  const arg = api.arg === "ret" ? undefined : call.args[api.arg];
  const object = api.arg === "ret" ? (lhs ?? "") : arg ? codeOf(file, arg) : "";
  return {
    family,
    api,
    acquires,
    call,
    stmt,
    role,
    object: object.replace(/\s+/g, " "),
    ...(lhs === undefined ? {} : { lhs }),
  };
}

function roleOf(file: SourceFile, stmt: Stmt, call: Call): { role: Role; lhs?: string } {
  const before = file.code.slice(stmt.start, call.start);
  const after = file.code.slice(call.end, stmt.end).trim();
  if (stmt.cond && call.start >= stmt.cond.start && call.end <= stmt.cond.end) {
    const m = /\(\s*((?:\*\s*)?[A-Za-z_][\w>.-]*)\s*=\s*$/.exec(before);
    return m ? { role: "condition", lhs: m[1] as string } : { role: "condition" };
  }
  if (stmt.kind === "expr" && after === ";") {
    if (before.trim() === "") return { role: "plain" };
    const m = /^\s*(?:[A-Za-z_][\w>.*-]*\s*=\s*)*((?:\*\s*)?[A-Za-z_][\w>.-]*)\s*=\s*$/.exec(before);
    if (m) return { role: "assigned", lhs: m[1] as string };
  }
  if (stmt.kind === "decl" && /^[;,]/.test(after)) {
    const m = /([A-Za-z_]\w*)\s*=\s*$/.exec(before);
    if (m) return { role: "declared", lhs: m[1] as string };
  }
  return { role: "other" };
}

/** Take a statement out: with its line, or as an empty statement where the syntax needs one. */
export function deleteStatement(file: SourceFile, stmt: Stmt): Edit {
  const previous = previousSibling(stmt);
  const alone = !stmt.parent?.list;
  if (alone || previous?.kind === "label") return { start: stmt.start, end: stmt.end, text: ";" };
  return wholeLines(file, stmt, "");
}

/** Replace a span; if it is alone on its lines and the new text is empty, the lines go too. */
export function wholeLines(file: SourceFile, span: Span, text: string): Edit {
  const lineStart = file.text.lastIndexOf("\n", span.start - 1) + 1;
  const nl = file.text.indexOf("\n", span.end);
  const lineEnd = nl < 0 ? file.text.length : nl;
  const alone =
    file.text.slice(lineStart, span.start).trim() === "" && file.text.slice(span.end, lineEnd).trim() === "";
  return alone && text === ""
    ? { start: lineStart, end: Math.min(lineEnd + 1, file.text.length), text }
    : { start: span.start, end: span.end, text };
}

/** Put statements after `stmt`, at its indentation; one that stands alone under an `if` gets braces. */
export function insertAfter(file: SourceFile, stmt: Stmt, lines: readonly string[]): Edit[] {
  const indent = indentAt(file.text, stmt.start);
  const body = lines.map((l) => `\n${indent}${l}`).join("");
  if (stmt.parent?.list) return [{ start: stmt.end, end: stmt.end, text: body }];
  return [
    { start: stmt.start, end: stmt.start, text: "{ " },
    { start: stmt.end, end: stmt.end, text: `${body} }` },
  ];
}

export function insertBefore(file: SourceFile, stmt: Stmt, lines: readonly string[]): Edit[] {
  const indent = indentAt(file.text, stmt.start);
  const body = lines.map((l) => `${l}\n${indent}`).join("");
  if (stmt.parent?.list) return [{ start: stmt.start, end: stmt.start, text: body }];
  return [
    { start: stmt.start, end: stmt.start, text: `{ ${body}` },
    { start: stmt.end, end: stmt.end, text: " }" },
  ];
}

/** `likely(x)`, `unlikely(x)`, `(x)` and `!` peeled off. */
export function peel(code: string, span: Span): { core: Span; negated: boolean } {
  let negated = false;
  let core = trimSpan(code, span);
  for (;;) {
    const text = code.slice(core.start, core.end);
    if (["||", "&&", "?", "==", "!="].some((op) => splitTop(code, core, op).length > 1)) return { core, negated };
    const wrapper = /^(?:likely|unlikely)?\s*\(/.exec(text);
    if (text.startsWith("!") && text[1] !== "=") {
      negated = !negated;
      core = trimSpan(code, { start: core.start + 1, end: core.end });
    } else if (wrapper && closes(text, wrapper[0].length - 1)) {
      core = trimSpan(code, { start: core.start + wrapper[0].length, end: core.end - 1 });
    } else return { core, negated };
  }
}

/** Does the bracket at `open` close at the very end? */
function closes(text: string, open: number): boolean {
  let depth = 0;
  for (let i = open; i < text.length; i++) {
    if (text[i] === "(") depth++;
    else if (text[i] === ")" && --depth === 0) return i === text.length - 1;
  }
  return false;
}

export function indentText(file: SourceFile, stmt: Stmt): string {
  return indentAt(file.text, stmt.start);
}
