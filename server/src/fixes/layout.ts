/** Putting statements into a function the way the kernel lays them out: tabs, braces, declarations first. */
import type { Expr, Stmt } from "../syntax/ast";
import { type Draft, Inapplicable, inBlock, type Located } from "./draft";

/** Lines (with their own further indentation) at the indentation of a place. */
export function indented(lines: readonly string[], indent: string): string {
  return lines
    .flatMap((line) => line.split("\n"))
    .map((line) => `${indent}${line}\n`)
    .join("");
}

/** Statements get a line of their own, before or behind another. */
export function insertAt(draft: Draft, place: string, lines: readonly string[], side: "before" | "after"): void {
  const last = draft.fn.body.at(-1);
  if (side === "before" && last && isEnd(draft, draft.mark(place).at)) {
    const at = draft.nextLine(last.end);
    draft.splice(at, at, indented(lines, draft.indentAt(last.at)));
    return;
  }
  splitDeclaration(draft, place);
  braced(draft, place);
  const here = inBlock(draft.statementAt(draft.mark(place).at));
  if (side === "before" && here.stmt.k === "decl") throw new Inapplicable("a statement before declarations");
  const { stmt } = here;
  const indent = draft.indentAt(stmt.at);
  const at = side === "before" ? draft.lineStart(stmt.at) : draft.nextLine(stmt.end);
  if (side === "before" && draft.text.slice(at, stmt.at).trim() !== "")
    throw new Inapplicable("not at the start of a line");
  const keep = side === "after" && stmt.k === "decl" ? "\n" : "";
  draft.splice(at, at, keep + indented(lines, indent));
}

/** Is it where a function without a `return` returns? */
function isEnd(draft: Draft, at: number): boolean {
  return draft.text.slice(at).trim() === "}";
}

/** `if (c) x;` → `if (c) { x; }`, with the other branches alike, if the statement at the place stands alone. */
export function braced(draft: Draft, place: string): void {
  for (;;) {
    const here = draft.statementAt(draft.mark(place).at);
    if (here.block !== undefined) return;
    if (here.stmt.k === "if") {
      // `else if`: nothing can be put between.
      if (here.parent?.stmt.k === "if" && here.parent.stmt.f === here.stmt) throw new Inapplicable("else if");
    }
    if (!here.parent) throw new Inapplicable("no statement around it");
    braceBodies(draft, chainOf(here.parent));
  }
}

/** The first `if` of a chain of `else if`. */
function chainOf(l: Located): Stmt {
  let at = l;
  while (at.parent?.stmt.k === "if" && at.parent.stmt.f === at.stmt) at = at.parent;
  return at.stmt;
}

function braceBodies(draft: Draft, s: Stmt): void {
  const bodies: Stmt[] = [];
  const collect = (x: Stmt): void => {
    if (x.k === "if") {
      bodies.push(x.t);
      if (x.f?.k === "if") collect(x.f);
      else if (x.f) bodies.push(x.f);
    } else if (x.k === "while" || x.k === "for") bodies.push(x.body);
    else throw new Inapplicable("no body to brace");
  };
  collect(s);
  const indent = draft.indentAt(s.at);
  const edits = bodies
    .filter((b) => b.k !== "block")
    .flatMap((b) => {
      const open = draft.text.slice(0, b.at).trimEnd().length;
      const rest = /^[ \t]*(?:\/\*[^\n]*\*\/)?[ \t]*\n[ \t]*(else\b)?/.exec(draft.text.slice(b.end));
      if (!rest) throw new Inapplicable("more on the line");
      const close = rest[1] === undefined ? rest[0].lastIndexOf("\n") + 1 : rest[0].length - 4;
      const start = rest[1] === undefined ? b.end + close : b.end + rest[0].lastIndexOf("\n") + 1;
      return [
        { at: open, end: open, text: " {" },
        { at: start, end: b.end + close, text: rest[1] === undefined ? `${indent}}\n` : `${indent}} ` },
      ];
    });
  // An `else` after a body that has braces already stays as it is.
  if (edits.length === 0) throw new Inapplicable("has braces already");
  draft.spliceAll(edits);
}

/** A declaration whose initialiser holds the place becomes a declaration and, behind all declarations, an assignment. */
export function splitDeclaration(draft: Draft, place: string): void {
  const mark = draft.mark(place);
  const here = draft.statementAt(mark.at);
  if (here.stmt.k !== "decl") return;
  const block = here.block ?? [];
  const from = block.indexOf(here.stmt);
  const first = here.stmt.vars.find((v) => v.init && v.init.at <= mark.at && mark.at < v.init.end);
  if (!first) return;
  let lastDecl = here.stmt as Stmt;
  const moved: { name: string; at: number; end: number; init: string }[] = [];
  const names = new Set<string>([first.name]);
  for (const s of block.slice(from)) {
    if (s.k !== "decl") break;
    lastDecl = s;
    for (const v of s.vars) {
      if (!v.init) continue;
      const init = draft.slice(v.init);
      // What rests on a moved value moves with it.
      if (v !== first && ![...names].some((n) => new RegExp(`\\b${n}\\b`).test(init))) continue;
      names.add(v.name);
      moved.push({ name: v.name, at: nameEnd(draft, v.name, v.init.at), end: v.init.end, init });
    }
  }
  const indent = draft.indentAt(here.stmt.at);
  const target = draft.nextLine(lastDecl.end);
  const blank = /^[ \t]*\n/.exec(draft.text.slice(target));
  const at = target + (blank?.[0].length ?? 0);
  const lines = moved.map((m) => `${indent}${m.name} = ${m.init};\n`);
  const offset = lines
    .slice(
      0,
      moved.findIndex((m) => m.name === first.name),
    )
    .join("").length;
  const inner = { at: mark.at - (first.init?.at ?? 0), length: mark.end - mark.at };
  const others = new Map(
    [...draft.marks].filter(([, m]) => m !== mark).map(([name, m]) => [name, relocated(m, moved)]),
  );
  draft.splice(at, at, (blank ? "" : "\n") + lines.join(""));
  const base = at + (blank ? 0 : 1);
  for (const m of [...moved].reverse()) draft.splice(m.at, m.end, "");
  const removed = moved.reduce((sum, m) => sum + (m.end - m.at), 0);
  const start = base - removed;
  const place2 = (line: number, extra: number): number =>
    start + lines.slice(0, line).join("").length + indent.length + `${moved[line]?.name} = `.length + extra;
  mark.at = start + offset + indent.length + `${first.name} = `.length + inner.at;
  mark.end = mark.at + inner.length;
  for (const [name, r] of others) {
    if (r === undefined) continue;
    const m = draft.mark(name);
    const length = m.end - m.at;
    m.at = place2(r.line, r.extra);
    m.end = m.at + length;
  }
}

/** Which of the moved initialisers a mark lies in. */
function relocated(
  mark: { at: number },
  moved: readonly { name: string; at: number; end: number; init: string }[],
): { line: number; extra: number } | undefined {
  const line = moved.findIndex((m) => m.at <= mark.at && mark.at < m.end);
  const m = moved[line];
  return m && { line, extra: mark.at - (m.end - m.init.length) };
}

/** Offset behind the declared name, from where ` = value` is cut. */
function nameEnd(draft: Draft, name: string, init: number): number {
  const before = draft.text.slice(0, init);
  const equals = before.lastIndexOf("=");
  const end = before.slice(0, equals).trimEnd().length;
  if (equals < 0 || !before.slice(0, end).endsWith(name)) throw new Inapplicable("an unusual declaration");
  return end;
}

/** A local variable, in the function's outermost block, unless there is one. */
export function declare(draft: Draft, declaration: string): void {
  const name = /(\w+)\s*;?$/.exec(declaration)?.[1] ?? "";
  let known = draft.fn.params.some((p) => p.name === name);
  let last: Stmt | undefined;
  let used: Stmt | undefined;
  for (const s of draft.fn.body) {
    if (s.k !== "decl") break;
    last = s;
    if (s.vars.some((v) => v.name === name)) known = true;
    if (s.vars.some((v) => v.init && new RegExp(`\\b${name}\\b`).test(draft.slice(v.init)))) used ??= s;
  }
  if (known) return;
  const line = `\t${declaration.replace(/;?$/, ";")}\n`;
  const at = used
    ? draft.lineStart(used.at)
    : last
      ? draft.nextLine(last.end)
      : draft.nextLine(draft.text.indexOf("{"));
  draft.splice(at, at, last ? line : `${line}\n`);
}

/** `return e;` → `ret = e;` and `return ret;`, so that something can stand between. Returns the indentation. */
export function hoistReturn(draft: Draft, place: string): void {
  const here = draft.statementAt(draft.mark(place).at);
  const { stmt } = here;
  if (stmt.k !== "return" || !stmt.e || isPlain(stmt.e)) return;
  braced(draft, place);
  const again = draft.statementAt(draft.mark(place).at).stmt;
  if (again.k !== "return" || !again.e) throw new Inapplicable("no return");
  const type = draft.fn.returnType.replace(/\b(static|inline|extern|__always_inline|noinline)\b/g, "").trim();
  const local = reusable(draft, type) ?? "ret";
  const indent = draft.indentAt(again.at);
  const value = draft.slice(again.e);
  const mark = draft.mark(place);
  const inner = { at: Math.max(0, mark.at - again.e.at), length: mark.end - mark.at };
  const at = again.at;
  draft.splice(again.at, again.end, `${local} = ${value};\n${indent}return ${local};`);
  mark.at = at + `${local} = `.length + inner.at;
  mark.end = mark.at + inner.length;
  declare(draft, `${type}${type.endsWith("*") ? "" : " "}${local}`);
}

/** `ret`, `0`, `-EINVAL`: the same wherever it is evaluated. */
function isPlain(e: Expr): boolean {
  if (e.k === "un" && e.op === "-") return isPlain(e.e);
  return e.k === "id" || e.k === "num";
}

/** A local of the type whose name says that it is the result. */
function reusable(draft: Draft, type: string): string | undefined {
  for (const s of draft.fn.body) {
    if (s.k !== "decl") break;
    const v = s.vars.find((x) => /^(ret|result|error|err|rc)$/.test(x.name) && x.type.trim() === type);
    if (v) return v.name;
  }
  return undefined;
}
