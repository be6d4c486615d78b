/** Statements: from the parser's nodes to the AST. */

import type { MacroTable } from "../rules/model";
import type { Expr, Stmt } from "./ast";
import { isExpression, LowerContext, MAX_DEPTH } from "./lowerContext";
import { lowerDeclaration } from "./lowerDecl";
import { ExprLowerer } from "./lowerExpr";
import type { Normalised } from "./normalise";
import { conditionText, directiveEnd } from "./normaliseText";
import { type FlatTree, K } from "./parserTree";

export interface Lowered {
  body: Stmt[];
  degraded: { reason: string; at: number }[];
}

export function lowerBody(tree: FlatTree, src: string, n: Normalised, macros: MacroTable): Lowered {
  const ctx = new LowerContext(tree, src, n.text, macros, n.cleanups);
  const lowerer = new StmtLowerer(ctx);
  const body = lowerer.root();
  const degraded = [...n.problems, ...ctx.degraded];
  for (const e of tree.errors) degraded.push({ reason: e.missing ? "missing token" : "syntax error", at: e.at });
  return { body, degraded: dedupe(degraded) };
}

function dedupe(list: { reason: string; at: number }[]): { reason: string; at: number }[] {
  const seen = new Set<string>();
  return list
    .sort((a, b) => a.at - b.at)
    .filter((d) => {
      const key = `${d.at} ${d.reason}`;
      return !seen.has(key) && seen.add(key);
    });
}

class StmtLowerer {
  private readonly exprs: ExprLowerer;

  constructor(private readonly ctx: LowerContext) {
    this.exprs = new ExprLowerer(ctx, (i) => this.block(i));
  }

  root(): Stmt[] {
    const ctx = this.ctx;
    const out: Stmt[] = [];
    if (ctx.tree.count === 0) return out;
    for (const c of ctx.children(0)) {
      // The body's own braces; anything beside them is debris of half-typed code.
      if (ctx.kind[c] === K.compound_statement) out.push(...this.block(c));
      else this.into(c, out);
    }
    return out;
  }

  private block(i: number): Stmt[] {
    const out: Stmt[] = [];
    const { next } = this.ctx;
    const stop = next[i] as number;
    for (let c = i + 1; c < stop; c = next[c] as number) this.into(c, out);
    return out;
  }

  /** One statement where the grammar wants one; several (`case x: a; b;`) become a block. */
  private single(i: number): Stmt {
    const out: Stmt[] = [];
    this.into(i, out);
    const only = out[0];
    if (only && out.length === 1) return only;
    const at = this.ctx.start[i] as number;
    const end = this.ctx.end[i] as number;
    return out.length === 0 ? { k: "empty", at, end } : { k: "block", body: out, at, end };
  }

  private into(i: number, out: Stmt[]): void {
    const ctx = this.ctx;
    if (ctx.depth >= MAX_DEPTH) {
      ctx.give("nesting too deep", ctx.start[i] as number);
      out.push({ k: "unknown", parts: [], at: ctx.start[i] as number, end: ctx.end[i] as number });
      return;
    }
    ctx.depth++;
    this.node(i, out);
    ctx.depth--;
  }

  private node(i: number, out: Stmt[]): void {
    const ctx = this.ctx;
    const at = ctx.start[i] as number;
    const end = ctx.end[i] as number;
    const a = i + 1;
    const kind = ctx.kind[i] as number;
    switch (kind) {
      case K.expression_statement:
        this.expression(i, at, end, out);
        break;
      case K.declaration: {
        const vars = lowerDeclaration(ctx, this.exprs, i);
        if (vars.length > 0) out.push({ k: "decl", vars, at, end });
        break;
      }
      case K.if_statement: {
        const then = ctx.next[a] as number;
        const other = ctx.after(then, i);
        const c = this.exprs.lower(a);
        const t = this.single(then);
        const f =
          other < 0 ? null : ctx.kind[other] === K.else_clause && ctx.first(other) >= 0 ? this.single(other + 1) : null;
        const word = ctx.wordAt(at);
        if (word === "if") out.push({ k: "if", c, t, f, at, end });
        else {
          // A macro: with `else` a decision, without (its name was too short for `while`) a loop.
          const call = this.macroCall(at, word, a);
          out.push(f ? { k: "if", c: call, t, f, at, end } : { k: "while", c: call, body: t, macro: word, at, end });
        }
        break;
      }
      case K.while_statement:
        this.loop(i, at, end, out);
        break;
      case K.do_statement: {
        const body = this.single(a);
        const paren = ctx.next[a] as number;
        const keyword = ctx.skip(ctx.end[a] as number);
        const word = ctx.wordAt(keyword);
        const c = word === "while" || word === "" ? this.exprs.lower(paren) : this.macroCall(keyword, word, paren);
        out.push({ k: "do", body, c, at, end });
        break;
      }
      case K.for_statement:
        this.forLoop(i, at, end, out);
        break;
      case K.switch_statement:
        out.push({ k: "switch", e: this.exprs.lower(a), body: this.single(ctx.next[a] as number), at, end });
        break;
      case K.case_statement:
        this.caseLabel(i, at, out);
        break;
      case K.compound_statement:
        out.push({ k: "block", body: this.block(i), at, end });
        break;
      case K.labeled_statement:
        out.push({ k: "label", name: ctx.text(a), at, end: ctx.end[a] as number });
        for (const c of ctx.children(i).slice(1)) this.into(c, out);
        break;
      case K.goto_statement:
        out.push({ k: "goto", label: ctx.text(a), at, end });
        break;
      case K.return_statement: {
        const e = ctx.first(i) < 0 ? null : this.exprs.lower(a);
        if (ctx.src.startsWith("goto", at)) out.push({ k: "unknown", parts: e ? [e] : [], at, end });
        else out.push({ k: "return", e, at, end });
        break;
      }
      case K.break_statement:
        out.push({ k: "break", at, end });
        break;
      case K.continue_statement:
        out.push({ k: "continue", at, end });
        break;
      case K.preproc_if: {
        const branches: { cond: string; body: Stmt[] }[] = [];
        this.conditional(i, branches);
        out.push({ k: "ppif", branches, at, end: this.trimmedEnd(at, end) });
        break;
      }
      case K.attributed_statement:
        for (const c of ctx.children(i)) if (ctx.kind[c] !== 0) this.into(c, out);
        break;
      case K.type_definition:
        break;
      case K.struct_specifier:
      case K.union_specifier:
      case K.enum_specifier:
      case K.primitive_type:
      case K.sized_type_specifier:
      case K.type_identifier:
        break;
      default:
        this.debris(i, at, end, out);
    }
  }

  /** Unparsed text: keep the statements and expressions that were recognised inside it. */
  private debris(i: number, at: number, end: number, out: Stmt[]): void {
    const ctx = this.ctx;
    ctx.give(ctx.kind[i] === K.ERROR ? "syntax error" : "unexpected syntax", at);
    const parts: Expr[] = [];
    for (const c of ctx.children(i)) {
      const kind = ctx.kind[c] as number;
      if (isExpression(kind) && kind !== K.ERROR) parts.push(this.exprs.lower(c));
      else if (STATEMENTS.has(kind)) this.into(c, out);
    }
    out.push({ k: "unknown", parts, at, end });
  }

  private expression(i: number, at: number, end: number, out: Stmt[]): void {
    const ctx = this.ctx;
    const a = ctx.first(i);
    if (a < 0) {
      out.push({ k: "empty", at, end });
      return;
    }
    if (ctx.kind[a] === K.identifier && ctx.next[a] === ctx.next[i]) {
      // The normaliser turned `label:` into `label;`.
      if (ctx.src.charCodeAt(end - 1) === 58) {
        out.push({ k: "label", name: ctx.text(a), at, end });
        return;
      }
      if (ctx.text(a) === "fallthrough") {
        out.push({ k: "empty", at, end });
        return;
      }
    }
    const e = this.exprs.lower(a);
    if (e.k === "call" && e.fn.k === "call" && e.fn.fn.k === "id") {
      const special = this.cleanupStatement(e.fn.fn.name, e.fn.args, e, at, end);
      if (special) {
        out.push(special);
        return;
      }
    }
    out.push({ k: "expr", e, at, end });
  }

  /** `guard(name)(args);` and `CLASS(name, variable)(args);`. */
  private cleanupStatement(
    word: string,
    head: Expr[],
    call: Expr & { k: "call" },
    at: number,
    end: number,
  ): Stmt | null {
    const name = head[0]?.k === "id" ? head[0].name : null;
    if (name === null) return null;
    if (word === "guard") return { k: "guard", name, args: call.args, body: null, at, end };
    const variable = head[1];
    if (word !== "CLASS" || variable?.k !== "id") return null;
    const fn: Expr = { k: "id", name: `class_${name}_constructor`, at: call.fn.at, end: call.fn.end };
    const init: Expr = { ...call, fn };
    const v = { name: variable.name, type: `class_${name}_t`, init, isStatic: false, cleanup: name, at, end: call.end };
    return { k: "decl", vars: [v], at, end };
  }

  private loop(i: number, at: number, end: number, out: Stmt[]): void {
    const ctx = this.ctx;
    const a = i + 1;
    const word = ctx.wordAt(at);
    if (word === "while") {
      const c = this.exprs.lower(a);
      out.push({ k: "while", c, body: this.single(ctx.next[a] as number), macro: null, at, end });
      return;
    }
    const call = this.macroCall(at, word, a);
    const body = this.single(ctx.next[a] as number);
    const name = call.args[0]?.k === "id" ? call.args[0].name : null;
    if (word === "scoped_guard" && name !== null) {
      out.push({ k: "guard", name, args: call.args.slice(1), body, at, end });
    } else if (word === "scoped_cond_guard" && name !== null) {
      this.conditionalGuard(name, call, body, at, end, out);
    } else {
      out.push({ k: "while", c: call, body, macro: word, at, end });
    }
  }

  /** `scoped_cond_guard(name, return -EINTR, args) body`: the second argument runs when the lock is not taken. */
  private conditionalGuard(
    name: string,
    call: Expr & { k: "call" },
    body: Stmt,
    at: number,
    end: number,
    out: Stmt[],
  ): void {
    const failed = call.args[1];
    const guard: Stmt = { k: "guard", name, args: call.args.slice(2), body, at, end };
    if (!failed) {
      out.push(guard);
      return;
    }
    const before = this.ctx.src.slice(call.at, failed.at);
    const exit: Stmt = /\breturn\s*$/.test(before)
      ? { k: "return", e: failed, at: failed.at, end: failed.end }
      : { k: "expr", e: failed, at: failed.at, end: failed.end };
    out.push({ k: "if", c: { k: "unknown", parts: [], at, end: at }, t: exit, f: guard, at, end });
  }

  /** The head of a loop macro, read back as a call: the grammar saw `while (a, b, c)`. */
  private macroCall(at: number, word: string, paren: number): Expr & { k: "call" } {
    const ctx = this.ctx;
    const args: Expr[] = [];
    let n = ctx.first(paren);
    while (n >= 0 && ctx.kind[n] === K.comma_expression) {
      args.push(this.exprs.lower(n + 1));
      n = ctx.next[n + 1] as number;
    }
    // `name()` was given a `0` in place of its parenthesis.
    const empty =
      n >= 0 &&
      args.length === 0 &&
      ctx.src.charCodeAt(ctx.start[n] as number) === 40 &&
      ctx.kind[n] === K.number_literal;
    if (n >= 0 && !empty)
      args.push(ctx.kind[n] === K.compound_statement ? this.exprs.lower(paren) : this.exprs.lower(n));
    return {
      k: "call",
      fn: { k: "id", name: word, at, end: at + word.length },
      args,
      at,
      end: ctx.end[paren] as number,
    };
  }

  private forLoop(i: number, at: number, end: number, out: Stmt[]): void {
    const ctx = this.ctx;
    const parts = ctx.children(i);
    const bodyNode = parts[parts.length - 1];
    let n = 0;
    let p = ctx.skip(at + 3) + 1;
    const take = (): number | null => {
      p = ctx.skip(p);
      const c = parts[n];
      if (c === undefined || n >= parts.length - 1 || (ctx.start[c] as number) > p) return null;
      n++;
      p = ctx.skip(ctx.end[c] as number);
      return c;
    };
    const first = take();
    let init: Stmt | null = null;
    if (first !== null) {
      if (ctx.kind[first] === K.declaration) init = this.single(first);
      else
        init = { k: "expr", e: this.exprs.lower(first), at: ctx.start[first] as number, end: ctx.end[first] as number };
    }
    if (first === null || ctx.kind[first] !== K.declaration) p = ctx.skip(p) + 1;
    const second = take();
    p = ctx.skip(p) + 1;
    const third = take();
    const c = second === null ? null : this.exprs.lower(second);
    const step = third === null ? null : this.exprs.lower(third);
    const body: Stmt = bodyNode === undefined ? { k: "empty", at: end, end } : this.single(bodyNode);
    out.push({ k: "for", init, c, step, body, at, end });
  }

  private caseLabel(i: number, at: number, out: Stmt[]): void {
    const ctx = this.ctx;
    let value: Expr | null = null;
    let to: Expr | null = null;
    let c = ctx.first(i);
    let end = at + 8;
    if (ctx.norm.startsWith("case", at) && c >= 0) {
      value = this.exprs.lower(c);
      end = value.end + 1;
      if (value.k === "bin" && value.op === "||" && ctx.src.slice(value.l.end, value.r.at).includes("...")) {
        to = value.r;
        value = value.l;
      }
      c = ctx.after(c, i);
    }
    out.push({ k: "case", value, to, at, end });
    for (; c >= 0; c = ctx.after(c, i)) this.into(c, out);
  }

  private conditional(i: number, branches: { cond: string; body: Stmt[] }[]): void {
    const ctx = this.ctx;
    const at = ctx.start[i] as number;
    const line = ctx.src.slice(at, directiveEnd(ctx.src, at, ctx.src.length));
    const body: Stmt[] = [];
    branches.push({ cond: ctx.kind[i] === K.preproc_else ? "" : conditionText(line), body });
    let alternative = -1;
    let isCondition = ctx.kind[i] !== K.preproc_else;
    for (const c of ctx.children(i)) {
      if (isCondition) isCondition = false;
      else if (ctx.kind[c] === K.preproc_else || ctx.kind[c] === K.preproc_elif) alternative = c;
      else this.into(c, body);
    }
    if (alternative >= 0) this.conditional(alternative, branches);
    else if (ctx.kind[i] !== K.preproc_else) branches.push({ cond: "", body: [] });
  }

  /** The grammar's conditional ends behind the newline of `#endif`. */
  private trimmedEnd(at: number, end: number): number {
    let e = end;
    while (e > at && /\s/.test(this.ctx.src[e - 1] as string)) e--;
    return e;
  }
}

const STATEMENTS = new Set<number>([
  K.expression_statement,
  K.declaration,
  K.if_statement,
  K.while_statement,
  K.do_statement,
  K.for_statement,
  K.switch_statement,
  K.case_statement,
  K.compound_statement,
  K.labeled_statement,
  K.goto_statement,
  K.return_statement,
  K.break_statement,
  K.continue_statement,
  K.preproc_if,
  K.ERROR,
]);
