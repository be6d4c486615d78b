/** Conditions as trees of `&&` and `||`, and what remains of a statement when one operand is taken as decided. */
import type { SourceFile } from "./functions";
import type { Edit } from "./model";
import { deleteStatement, peel } from "./sites";
import type { Stmt } from "./statements";
import { type Span, splitTop } from "./text";

export interface Cond extends Span {
  op: "||" | "&&" | "leaf";
  /** Without `!`, `likely()` and parentheses around it. */
  core: Span;
  negated: boolean;
  parts: Cond[];
  parent?: Cond;
}

export function readCondition(code: string, span: Span, parent?: Cond): Cond {
  const { core, negated } = peel(code, span);
  for (const op of ["||", "&&"] as const) {
    const parts = splitTop(code, core, op);
    if (parts.length < 2) continue;
    const node: Cond = {
      start: span.start,
      end: span.end,
      op,
      core,
      negated,
      parts: [],
      ...(parent ? { parent } : {}),
    };
    node.parts = parts.map((p) => readCondition(code, p, node));
    return node;
  }
  return { start: span.start, end: span.end, op: "leaf", core, negated, parts: [], ...(parent ? { parent } : {}) };
}

export function leavesOf(node: Cond): Cond[] {
  return node.op === "leaf" ? [node] : node.parts.flatMap(leavesOf);
}

/** The edits that turn `stmt` into what it would be if the leaf's core always were `value`. */
export function assume(file: SourceFile, stmt: Stmt, leaf: Cond, value: boolean): Edit[] | undefined {
  let node = leaf;
  let constant = value !== leaf.negated;
  while (node.parent) {
    const chain = node.parent;
    const neutral = chain.op === "&&";
    if (constant === neutral) return [dropOperand(chain, chain.parts.indexOf(node))];
    constant = constant !== chain.negated;
    node = chain;
  }
  if (stmt.kind === "do") return [{ start: node.start, end: node.end, text: constant ? "1" : "0" }];
  if (stmt.kind === "loop")
    return stmt.word === "while" ? [{ start: node.start, end: node.end, text: constant ? "1" : "0" }] : undefined;
  if (stmt.kind !== "if" || !stmt.body) return undefined;
  const kept = constant ? stmt.body : stmt.orElse;
  if (!kept) return [deleteStatement(file, stmt)];
  return [{ start: stmt.start, end: stmt.end, text: file.text.slice(kept.start, kept.end) }];
}

function dropOperand(chain: Cond, index: number): Edit {
  const part = chain.parts[index] as Cond;
  const before = chain.parts[index - 1];
  const after = chain.parts[index + 1] as Cond;
  return before ? { start: before.end, end: part.end, text: "" } : { start: part.start, end: after.start, text: "" };
}

/** The edits that reverse the sense of one leaf. */
export function invert(file: SourceFile, leaf: Cond): Edit[] {
  const text = file.text.slice(leaf.core.start, leaf.core.end);
  const compared = /^([\s\S]*?)\s*(==|!=)\s*([\s\S]*)$/.exec(text);
  if (compared && !/[&|?]/.test(text)) {
    const at =
      leaf.core.start +
      (compared[1] as string).length +
      text.slice((compared[1] as string).length).indexOf(compared[2] as string);
    return [{ start: at, end: at + 2, text: compared[2] === "==" ? "!=" : "==" }];
  }
  const bang = file.code.lastIndexOf("!", leaf.core.start);
  if (leaf.negated && bang >= leaf.start && file.code.slice(bang + 1, leaf.core.start).trim() === "")
    return [{ start: bang, end: leaf.core.start, text: "" }];
  if (leaf.negated) return [{ start: leaf.start, end: leaf.end, text }];
  const simple = /^[\w>.()[\]*&, -]*$/.test(text) && !/[<=]|\s[-&*]\s/.test(text);
  return [{ start: leaf.core.start, end: leaf.core.end, text: simple ? `!${text}` : `!(${text})` }];
}
