/** A section around what begins at a place: opened before it, closed behind the last use of what it found, and on every way out. */
import type { Pos, Stmt } from "../syntax/ast";
import { expressionsOf, walkExpr } from "../syntax/walk";
import { type Draft, Inapplicable, inBlock, type Located } from "./draft";
import { braced, hoistReturn, insertAt, splitDeclaration } from "./layout";

/** Puts `open` (nothing if empty) before the statement at a place, and `close` wherever the section ends. */
export function enclose(draft: Draft, name: string, open: string, close: string): void {
  splitDeclaration(draft, name);
  braced(draft, name);
  const range = sectionOf(draft, inBlock(draft.statementAt(draft.mark(name).at)));
  const ways = waysOut(draft, range);
  ways.forEach((stmt, i) => {
    draft.marks.set(`way out ${i}`, { at: stmt.at, end: stmt.end });
  });
  draft.marks.set("last use", { at: range.last.at, end: range.last.end });
  if (!ways.includes(range.last)) insertAt(draft, "last use", [close], "after");
  ways.forEach((_, i) => {
    hoistReturn(draft, `way out ${i}`);
    insertAt(draft, `way out ${i}`, [close], "before");
  });
  if (open !== "") insertAt(draft, name, [open], "before");
}

interface Section extends Pos {
  last: Stmt;
}

/** From a statement to the last one of its block that uses what was found from there on. */
function sectionOf(draft: Draft, { block = [], stmt }: Located): Section {
  const last = lastUse(draft, block.slice(block.indexOf(stmt)));
  const range = { at: stmt.at, end: last.end, last };
  const outside = [
    ...draft.inside({ at: 0, end: range.at }, "goto"),
    ...draft.inside({ at: range.end, end: draft.text.length }, "goto"),
  ];
  if (outside.some(({ stmt: s }) => s.k === "goto" && hasLabel(draft, range, s.label)))
    throw new Inapplicable("a jump into it");
  return range;
}

/** The last of the statements that mentions a variable which got a value that came, step by step, from the first. */
function lastUse(draft: Draft, rest: readonly Stmt[]): Stmt {
  const types = variableTypes(draft);
  const found = new Set<string>();
  let last = rest[0] as Stmt;
  for (const stmt of rest) {
    const text = draft.slice(stmt);
    if (stmt !== rest[0] && ![...found].some((name) => mentions(text, name))) continue;
    last = stmt;
    for (const name of assignedIn(draft, stmt)) if (!ARITHMETIC.test(types.get(name) ?? "")) found.add(name);
  }
  return last;
}

function mentions(text: string, value: string): boolean {
  return /^\w+$/.test(value) ? new RegExp(`\\b${value}\\b`).test(text) : text.includes(value);
}

/** Numbers: what was found can no longer be reached from them. */
const ARITHMETIC =
  /^(const |static |unsigned |signed )*(unsigned|signed|int|long|short|char|bool|_Bool|size_t|ssize_t|[us](8|16|32|64))( (int|long))*$/;

function variableTypes(draft: Draft): Map<string, string> {
  const types = new Map(draft.fn.params.map((p) => [p.name, p.type.trim()]));
  draft.visit(({ stmt }) => {
    if (stmt.k === "decl") for (const v of stmt.vars) types.set(v.name, v.type.trim());
  });
  return types;
}

/** Variables and fields that a statement, or one inside it, gives a value, or lets others do so. */
function assignedIn(draft: Draft, range: Pos): string[] {
  const names: string[] = [];
  draft.visit(({ stmt }) => {
    if (stmt.at < range.at || stmt.end > range.end) return;
    if (stmt.k === "decl") for (const v of stmt.vars) if (v.init) names.push(v.name);
    for (const e of expressionsOf(stmt))
      walkExpr(e, (x) => {
        if (x.k === "assign") names.push(draft.slice(x.l));
        if (x.k === "un" && x.op === "&" && x.e.k === "id") names.push(x.e.name);
      });
  });
  return names;
}

/** The jumps that lead out of the range, in the order of the text. */
function waysOut(draft: Draft, range: Pos): Stmt[] {
  const loose = (l: Located): boolean => {
    let around = l.parent;
    while (around && !(LOOPS.has(around.stmt.k) || (l.stmt.k === "break" && around.stmt.k === "switch")))
      around = around.parent;
    return around !== null && around.stmt.at < range.at;
  };
  const away = ({ stmt }: Located): boolean => stmt.k === "goto" && !hasLabel(draft, range, stmt.label);
  const found = [
    ...draft.inside(range, "return"),
    ...draft.inside(range, "goto").filter(away),
    ...[...draft.inside(range, "break"), ...draft.inside(range, "continue")].filter(loose),
  ];
  return found.map((l) => l.stmt).sort((x, y) => x.at - y.at);
}

const LOOPS: ReadonlySet<Stmt["k"]> = new Set<Stmt["k"]>(["while", "do", "for"]);

function hasLabel(draft: Draft, range: Pos, label: string): boolean {
  return draft.inside(range, "label").some(({ stmt }) => stmt.k === "label" && stmt.name === label);
}
