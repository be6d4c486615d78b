/**
 * A light statement tree of one function body, good enough to place mutations: no expressions, no
 * types. A body it cannot read (a conditional splits a statement) yields undefined and is left out.
 */
import { matchBracket, type Span, skipSpace, trimSpan } from "./text";

export type StmtKind = "block" | "if" | "loop" | "do" | "switch" | "label" | "jump" | "decl" | "expr" | "empty";

export interface Stmt extends Span {
  kind: StmtKind;
  /** Condition or loop head, without its parentheses. */
  cond?: Span;
  /** Then-branch or loop body. */
  body?: Stmt;
  orElse?: Stmt;
  /** Statements of a block. */
  list?: Stmt[];
  /** `return`, `goto`, `break`, `continue`; the label's name; the iterator macro's name. */
  word?: string;
  parent?: Stmt;
  /** Position in the parent's `list`. */
  index: number;
}

class Unreadable extends Error {}

const typeWord =
  /^(?:(?:static|const|volatile|register|unsigned|signed|__maybe_unused)\s+)*(?:struct\s+\w+|union\s+\w+|enum\s+\w+|unsigned|signed|\w+_t|int|long|short|char|bool|void|float|u8|u16|u32|u64|s8|s16|s32|s64|__u8|__u16|__u32|__u64)\b(?:\s+(?:const|int|long|short|char|__user|__rcu|__iomem|__maybe_unused))*[\s*]+(?:__maybe_unused\s+)?\w+\s*(?:=|;|,|\[|__)/;

/** Parse the body whose braces are `code[open]` … `code[close - 1]`. */
export function parseBody(code: string, open: number, close: number): Stmt | undefined {
  const matched = matchBracket(code, open, close);
  if (matched !== close) return undefined;
  try {
    return new Reader(code, close).block(open, 0, undefined);
  } catch (error) {
    if (error instanceof Unreadable) return undefined;
    throw error;
  }
}

class Reader {
  constructor(
    private readonly code: string,
    private readonly limit: number,
  ) {}

  block(open: number, index: number, parent: Stmt | undefined): Stmt {
    const end = matchBracket(this.code, open, this.limit);
    if (end < 0) throw new Unreadable();
    const node: Stmt = { kind: "block", start: open, end, list: [], index, ...(parent ? { parent } : {}) };
    let i = skipSpace(this.code, open + 1);
    while (i < end - 1) {
      const child = this.statement(i, (node.list as Stmt[]).length, node);
      if (child.end > end - 1 || child.end <= i) throw new Unreadable();
      (node.list as Stmt[]).push(child);
      i = skipSpace(this.code, child.end);
    }
    return node;
  }

  private statement(at: number, index: number, parent: Stmt): Stmt {
    const start = skipSpace(this.code, at);
    const c = this.code[start];
    if (c === "{") return this.block(start, index, parent);
    if (c === ";") return { kind: "empty", start, end: start + 1, index, parent };
    const word = /^[A-Za-z_]\w*/.exec(this.code.slice(start, start + 80))?.[0] ?? "";
    const node: Stmt = { kind: "expr", start, end: start, index, parent };
    switch (word) {
      case "if":
        return this.conditional(node, start + 2);
      case "for":
      case "while":
        node.word = word;
        return this.withBody(node, "loop", start + word.length);
      case "switch":
        return this.withBody(node, "switch", start + word.length);
      case "do":
        return this.doLoop(node, start + 2);
      case "case":
      case "default": {
        const colon = this.code.indexOf(":", start);
        if (colon < 0 || colon > this.limit) throw new Unreadable();
        return Object.assign(node, { kind: "label", word, end: colon + 1 });
      }
      case "return":
      case "goto":
      case "break":
      case "continue":
        return Object.assign(node, { kind: "jump", word, end: this.semicolon(start) });
      case "else":
        throw new Unreadable();
    }
    const after = skipSpace(this.code, start + word.length);
    if (word && this.code[after] === ":" && this.code[after + 1] !== ":")
      return Object.assign(node, { kind: "label", word, end: after + 1 });
    if (word && this.code[after] === "(") {
      const close = matchBracket(this.code, after, this.limit);
      if (close < 0) throw new Unreadable();
      const next = this.code[skipSpace(this.code, close)] as string;
      if (next === "{" || /[A-Za-z_]/.test(next)) {
        node.word = word;
        return this.withBody(node, "loop", start + word.length);
      }
    }
    node.end = this.semicolon(start);
    if (typeWord.test(this.code.slice(start, node.end))) node.kind = "decl";
    return node;
  }

  private paren(at: number): Span {
    const open = skipSpace(this.code, at);
    if (this.code[open] !== "(") throw new Unreadable();
    const end = matchBracket(this.code, open, this.limit);
    if (end < 0) throw new Unreadable();
    return { start: open, end };
  }

  private withBody(node: Stmt, kind: StmtKind, at: number): Stmt {
    const head = this.paren(at);
    node.kind = kind;
    node.cond = trimSpan(this.code, { start: head.start + 1, end: head.end - 1 });
    node.body = this.statement(head.end, 0, node);
    node.end = node.body.end;
    return node;
  }

  private conditional(node: Stmt, at: number): Stmt {
    this.withBody(node, "if", at);
    const next = skipSpace(this.code, node.end);
    if (/^else\b/.test(this.code.slice(next, next + 6))) {
      node.orElse = this.statement(next + 4, 1, node);
      node.end = node.orElse.end;
    }
    return node;
  }

  private doLoop(node: Stmt, at: number): Stmt {
    node.kind = "do";
    node.body = this.statement(at, 0, node);
    const w = skipSpace(this.code, node.body.end);
    if (!this.code.startsWith("while", w)) throw new Unreadable();
    const head = this.paren(w + 5);
    node.cond = trimSpan(this.code, { start: head.start + 1, end: head.end - 1 });
    node.end = this.semicolon(head.end);
    return node;
  }

  /** Just past the `;` that ends the simple statement at `from`. */
  private semicolon(from: number): number {
    for (let i = from; i < this.limit; i++) {
      const c = this.code[i] as string;
      if (c === "(" || c === "[" || c === "{") {
        const end = matchBracket(this.code, i, this.limit);
        if (end < 0) throw new Unreadable();
        i = end - 1;
      } else if (c === ";") return i + 1;
      else if (c === "}") throw new Unreadable();
    }
    throw new Unreadable();
  }
}

/** The statement and everything in it, outer first, in text order. */
export function* walk(node: Stmt): Generator<Stmt> {
  yield node;
  for (const child of node.list ?? []) yield* walk(child);
  if (node.body) yield* walk(node.body);
  if (node.orElse) yield* walk(node.orElse);
}

/** The following statements of the same block. */
export function nextSiblings(node: Stmt): Stmt[] {
  return node.parent?.list ? node.parent.list.slice(node.index + 1) : [];
}

export function previousSibling(node: Stmt): Stmt | undefined {
  return node.parent?.list?.[node.index - 1];
}

/** Does control never run off the end of this statement? */
export function leaves(node: Stmt | undefined): boolean {
  if (!node) return false;
  if (node.kind === "jump") return true;
  if (node.kind === "block") return leaves(node.list?.[node.list.length - 1]);
  if (node.kind === "if") return leaves(node.body) && leaves(node.orElse);
  return false;
}
