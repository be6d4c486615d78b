/** The things a fix can do to a function, one after the other. */
import type { FixEdit } from "../rules/model";
import { callAt, callsOf, failureTest, jumpOf, resultOf, successTest } from "./calls";
import { type Draft, Inapplicable, inBlock, type Located } from "./draft";
import { enclose } from "./enclose";
import { braced, declare, hoistReturn, indented, insertAt, splitDeclaration } from "./layout";
import type { Words } from "./words";

/** Applies one edit; throws `Inapplicable` where it does not fit. */
export function applyEdit(draft: Draft, edit: FixEdit, words: Words): void {
  if (edit.insert) insert(draft, edit, words);
  else if (edit.replace) replace(draft, edit, words);
  else if (edit.swap) swap(draft, edit.swap, place(draft, edit.like ?? "site"));
  else if (edit.move !== undefined) move(draft, edit);
  else if (edit.remove !== undefined) remove(draft, place(draft, edit.remove));
  else if (edit.delay !== undefined) delay(draft, place(draft, edit.delay), place(draft, edit.behind ?? "site"));
  else if (edit.wrap !== undefined) wrap(draft, place(draft, edit.wrap), edit.with ?? ["", ""], words);
  else if (edit.enclose !== undefined) section(draft, place(draft, edit.enclose), edit.with ?? ["", ""], words);
  else if (edit.declare !== undefined) declare(draft, words.fill(edit.declare));
}

/**
 * The mark of a place. `.jump` marks the statement by which the `if` around or behind it leaves, `.test` the `if` behind it that
 * goes on where there is a result.
 */
function place(draft: Draft, name: string): string {
  const [, base, part] = /^(.*?)(?:\.(jump|test))?$/.exec(name) ?? [];
  const mark = draft.mark(base ?? name);
  if (part === undefined) return name;
  const here = draft.statementAt(mark.at);
  const call = callAt(draft, mark);
  const result = call && resultOf(draft, call);
  const found = part === "jump" ? jumpOf(failureTest(draft, here, result)?.t) : successTest(draft, here, result);
  if (!found) throw new Inapplicable(`no ${part}`);
  draft.marks.set(name, { at: found.at, end: found.end });
  return name;
}

function insert(draft: Draft, edit: FixEdit, words: Words): void {
  const lines = (): string[] => unbraced((edit.insert ?? []).flatMap((line) => words.fill(line).split("\n")));
  if (edit.behind !== undefined) {
    const name = place(draft, edit.behind);
    splitDeclaration(draft, name);
    const mark = draft.mark(name);
    const here = draft.statementAt(mark.at);
    const call = callAt(draft, mark);
    const test = failureTest(draft, here, call && resultOf(draft, call));
    if (test) {
      const at = draft.nextLine(test.end);
      draft.splice(at, at, indented(lines(), draft.indentAt(test.at)));
      return;
    }
    insertAt(draft, name, lines(), "after");
    return;
  }
  const name = place(draft, edit.before ?? edit.after ?? "site");
  insertAt(draft, name, lines(), edit.before !== undefined ? "before" : "after");
}

/** An `if` around one line needs no braces. */
function unbraced(lines: string[]): string[] {
  const [first = "", only = "", last] = lines;
  return lines.length === 3 && first.endsWith(") {") && last === "}" ? [first.slice(0, -2), only] : lines;
}

function replace(draft: Draft, edit: FixEdit, words: Words): void {
  const rules = Object.entries(edit.replace ?? {});
  if (edit.in === "function") {
    let text = draft.text;
    for (const [pattern, lines] of rules) text = text.replace(new RegExp(pattern, "g"), words.fill(lines.join("\n")));
    if (text === draft.text) throw new Inapplicable("nothing to replace");
    draft.splice(0, draft.text.length, text);
    return;
  }
  const name = place(draft, edit.in ?? "site");
  const { stmt } = draft.statementAt(draft.mark(name).at);
  for (const [pattern, lines] of rules) {
    const expression = new RegExp(pattern);
    if (!expression.test(draft.slice(stmt))) continue;
    // Several statements need braces around them.
    if (lines.length > 1 && !/^(if|else|\t|\})/.test(lines[1] ?? "")) braced(draft, name);
    const now = draft.statementAt(draft.mark(name).at).stmt;
    const indent = draft.indentAt(now.at);
    const text = draft.slice(now).replace(expression, words.fill(lines.join("\n")));
    const [firstLine = "", ...others] = text.split("\n");
    const own = draft.slice(now).split("\n").length > 1 && lines.length === 1;
    draft.splice(now.at, now.end, own ? text : [firstLine, ...others.map((line) => indent + line)].join("\n"));
    return;
  }
  throw new Inapplicable("no pattern matches");
}

function swap(draft: Draft, names: Record<string, string>, like: string): void {
  const model = callAt(draft, draft.mark(like));
  if (!model) throw new Inapplicable("no call");
  const same = callsOf(draft).filter((c) => Object.hasOwn(names, c.callee) && c.args[0] === model.args[0]);
  if (same.length === 0) throw new Inapplicable("nothing to swap");
  draft.spliceAll(same.map((c) => ({ at: c.at, end: c.at + c.callee.length, text: names[c.callee] ?? c.callee })));
}

function remove(draft: Draft, name: string): void {
  const here = draft.statementAt(draft.mark(name).at);
  if (here.block === undefined) throw new Inapplicable("a lone body");
  const { at, end } = ownLines(draft, here);
  const parent = here.parent;
  draft.splice(at, end, "");
  if (parent?.stmt.k === "block" && parent.parent?.stmt.k === "if" && here.block.length === 2)
    unbrace(draft, parent.stmt.at);
}

/** `if (c) { x; }` → `if (c) x;` where one line is left and there is no `else`. */
function unbrace(draft: Draft, brace: number): void {
  const body = /^\{[ \t]*\n([^\n{}]*;[ \t]*\n)[ \t]*\}[ \t]*\n(?![ \t]*else\b)/.exec(draft.text.slice(brace));
  if (!body) return;
  const from = draft.text.slice(0, brace).trimEnd().length;
  draft.splice(from, brace + body[0].length, `\n${body[1]}`);
}

/** The whole lines of a statement that shares them with no other. */
function ownLines(draft: Draft, { stmt }: Located): { at: number; end: number } {
  const at = draft.lineStart(stmt.at);
  const end = draft.nextLine(stmt.end);
  const around = draft.text.slice(at, stmt.at) + draft.text.slice(stmt.end, end);
  if (around.replace(/\/\*.*?\*\//g, "").trim() !== "") throw new Inapplicable("shares its line");
  return { at, end };
}

/** Length of the blank line that is one too many when whole lines between two are taken away. */
function gapAround(draft: Draft, { at, end }: { at: number; end: number }): number {
  const first = /[\n{][ \t]*\n$/.test(draft.text.slice(0, at));
  return (first && /^[ \t]*\n/.exec(draft.text.slice(end))?.[0].length) || 0;
}

function move(draft: Draft, edit: FixEdit): void {
  const what = place(draft, edit.move ?? "");
  const to = place(draft, edit.before ?? edit.after ?? "");
  splitDeclaration(draft, to);
  splitDeclaration(draft, what);
  const side = edit.before !== undefined ? "before" : "after";
  const target = inBlock(draft.statementAt(draft.mark(to).at));
  let source: Located | null = draft.statementAt(draft.mark(what).at);
  if (edit.plain === true && (source.stmt.k !== "expr" || source.stmt.e.k !== "call"))
    throw new Inapplicable("more than a call");
  // Either both stand in one block, or the moved one is nested: then what holds it moves.
  while (source && source.block !== target.block) source = source.parent;
  let anchor: Located | null = target;
  if (!source) {
    source = inBlock(draft.statementAt(draft.mark(what).at));
    while (anchor && anchor.block !== source.block) anchor = anchor.parent;
  }
  if (!source || !anchor || source.stmt === anchor.stmt || source.stmt.k === "decl")
    throw new Inapplicable("no common block");
  const lines = ownLines(draft, source);
  const text = draft.text.slice(lines.at, lines.end);
  const at = side === "before" ? draft.lineStart(anchor.stmt.at) : draft.nextLine(anchor.stmt.end);
  if (at >= lines.at && at <= lines.end) throw new Inapplicable("is there already");
  const inside = [...draft.marks.values()]
    .filter((m) => m.at >= lines.at && m.at < lines.end)
    .map((mark) => ({ mark, at: mark.at - lines.at, length: mark.end - mark.at }));
  const forward = at > lines.at;
  const gone = { at: lines.at, end: lines.end + gapAround(draft, lines) };
  draft.splice(forward ? at : gone.at, forward ? at : gone.end, forward ? text : "");
  draft.splice(forward ? gone.at : at, forward ? gone.end : at, forward ? "" : text);
  const now = forward ? at - (gone.end - gone.at) : at;
  for (const { mark, at: offset, length } of inside) {
    mark.at = now + offset;
    mark.end = mark.at + length;
  }
}

/** Releases later: behind the use, and on every way out in between. */
function delay(draft: Draft, release: string, behind: string): void {
  const here = draft.statementAt(draft.mark(release).at);
  if (here.stmt.k !== "expr" || here.block === undefined) throw new Inapplicable("no plain release");
  const text = draft.slice(here.stmt);
  const lines = ownLines(draft, here);
  const indent = draft.indentAt(here.stmt.at);
  draft.splice(lines.at, lines.end, "");
  const from = lines.at;
  let use = draft.statementAt(draft.mark(behind).at);
  if (use.stmt.k === "return") {
    hoistReturn(draft, behind);
    use = draft.statementAt(draft.mark(behind).at);
  }
  const outer = inBlock(use);
  if (outer.stmt.at < from || draft.indentAt(outer.stmt.at) !== indent) throw new Inapplicable("not in the same block");
  const span = { at: from, end: outer.stmt.end };
  if (draft.inside(span, "goto").length > 0) throw new Inapplicable("a jump in between");
  const at = draft.nextLine(outer.stmt.end);
  draft.splice(at, at, `${indent}${text}\n`);
  const returns = draft.inside(span, "return").reverse();
  returns.forEach((r, i) => {
    const name = `way out ${i}`;
    draft.marks.set(name, { at: r.stmt.at, end: r.stmt.end });
    insertAt(draft, name, [text], "before");
  });
}

function wrap(draft: Draft, name: string, [before, behind]: readonly [string, string], words: Words): void {
  splitDeclaration(draft, name);
  const open = words.fill(before);
  const close = words.fill(behind);
  if (draft.statementAt(draft.mark(name).at).stmt.k === "return") hoistReturn(draft, name);
  insertAt(draft, name, [open], "before");
  insertAt(draft, name, [close], "after");
}

function section(draft: Draft, name: string, [before, behind]: readonly [string, string], words: Words): void {
  enclose(draft, name, words.fill(before), words.fill(behind));
}
