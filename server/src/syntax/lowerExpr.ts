/** Expressions: from the parser's nodes to the AST. */
import type { Expr, Stmt } from "./ast";
import { isExpression, type LowerContext, MAX_DEPTH } from "./lowerContext";
import { isWordStart } from "./normaliseText";
import { looksLikeType } from "./normaliseWords";
import { K } from "./parserTree";

/** Lowers the statements below node `i`; passed in, as statements and expressions contain each other. */
export type LowerBlock = (i: number) => Stmt[];

export class ExprLowerer {
  private readonly transparent: Map<string, number>;
  private readonly members: Map<string, number>;

  constructor(
    private readonly ctx: LowerContext,
    private readonly block: LowerBlock,
  ) {
    this.transparent = positionsOf(ctx.macros.transparent);
    this.members = positionsOf(ctx.macros.members);
  }

  readonly lower = (i: number): Expr => {
    const ctx = this.ctx;
    if (ctx.depth >= MAX_DEPTH) {
      ctx.give("nesting too deep", ctx.start[i] as number);
      return { k: "unknown", parts: [], at: ctx.start[i] as number, end: ctx.end[i] as number };
    }
    ctx.depth++;
    const e = this.node(i);
    ctx.depth--;
    return e;
  };

  private node(i: number): Expr {
    const ctx = this.ctx;
    const at = ctx.start[i] as number;
    const end = ctx.end[i] as number;
    const a = i + 1;
    switch (ctx.kind[i]) {
      case K.identifier:
        return { k: "id", name: ctx.src.slice(at, end), at, end };
      case K.number_literal:
        return this.literal(at, end);
      case K.true:
        return { k: "num", value: 1, text: "true", at, end };
      case K.false:
        return { k: "num", value: 0, text: "false", at, end };
      case K.null:
        return { k: "num", value: 0, text: ctx.src.slice(at, end), at, end };
      case K.call_expression:
        return this.call(i, at, end);
      case K.field_expression: {
        const field = ctx.next[a] as number;
        return { k: "mem", base: this.lower(a), field: ctx.text(field), arrow: this.isArrow(a, field), at, end };
      }
      case K.subscript_expression:
        return { k: "idx", base: this.lower(a), index: this.lower(ctx.next[a] as number), at, end };
      case K.pointer_expression:
      case K.unary_expression:
        return { k: "un", op: ctx.norm[at] as "*" | "&" | "!" | "~" | "-" | "+", e: this.lower(a), at, end };
      case K.update_expression: {
        const prefix = (ctx.start[a] as number) > at;
        const op = ctx.norm[prefix ? at : end - 1] === "+" ? "++" : "--";
        const e = this.lower(a);
        // The grammar reads `!p++` as `(!p)++`; in C the postfix operator binds tighter.
        if (!prefix && e.k === "un" && e.at === at) {
          return { ...e, e: { k: "incdec", op, prefix, e: e.e, at: e.e.at, end }, at, end };
        }
        return { k: "incdec", op, prefix, e, at, end };
      }
      case K.binary_expression:
        return this.binary(a, at, end);
      case K.assignment_expression: {
        const r = ctx.next[a] as number;
        return { k: "assign", op: this.operator(a, r), l: this.lower(a), r: this.lower(r), at, end };
      }
      case K.conditional_expression: {
        const b = ctx.next[a] as number;
        const c = ctx.after(b, i);
        const cond = this.lower(a);
        if (c < 0) return { k: "cond", c: cond, t: null, f: this.lower(b), at, end };
        return { k: "cond", c: cond, t: this.lower(b), f: this.lower(c), at, end };
      }
      case K.cast_expression:
        return { k: "cast", type: this.type(a), e: this.lower(ctx.next[a] as number), at, end };
      case K.comma_expression:
        return { k: "comma", l: this.lower(a), r: this.lower(ctx.next[a] as number), at, end };
      case K.parenthesized_expression: {
        if (ctx.first(i) < 0) return { k: "opaque", at, end };
        if (ctx.kind[a] === K.compound_statement) return { k: "stmtexpr", body: this.block(a), at, end };
        return this.lower(a);
      }
      case K.compound_statement:
        return { k: "stmtexpr", body: this.block(i), at, end };
      case K.extension_expression:
        return this.lower(a);
      case K.compound_literal_expression:
        return this.initialiser(ctx.next[a] as number, this.type(a), at, end);
      case K.initializer_list:
        return this.initialiser(i, null, at, end);
      case K.sizeof_expression:
      case K.alignof_expression:
      case K.offsetof_expression:
        return { k: "opaque", at, end };
      case K.string_literal:
      case K.concatenated_string:
        return { k: "str", at, end };
      case K.generic_expression: {
        const parts: Expr[] = [];
        for (const c of ctx.children(i)) if (isExpression(ctx.kind[c] as number)) parts.push(this.lower(c));
        return { k: "unknown", parts, at, end };
      }
      case K.type_descriptor:
        return { k: "opaque", at, end };
      case K.ERROR:
        return ctx.unknown(i, "syntax error", this.lower);
      default:
        return ctx.unknown(i, "unexpected syntax", this.lower);
    }
  }

  /** Numbers, and what the normaliser wrote as digits: strings, characters, types, `sizeof`. */
  private literal(at: number, end: number): Expr {
    const src = this.ctx.src;
    const c = src.charCodeAt(at);
    if ((c >= 48 && c <= 57) || c === 46) {
      const text = src.slice(at, end);
      return { k: "num", value: numberValue(text), text, at, end };
    }
    if ((c === 45 || c === 43) && end > at + 1) {
      // The grammar's numbers may carry a sign.
      return { k: "un", op: c === 45 ? "-" : "+", e: this.literal(at + 1, end), at, end };
    }
    if (c === 34) return { k: "str", at, end };
    if (c === 39) {
      const text = src.slice(at, end);
      return { k: "num", value: characterValue(text), text, at, end };
    }
    return { k: "opaque", at, end };
  }

  private call(i: number, at: number, end: number): Expr {
    const ctx = this.ctx;
    const fnAt = i + 1;
    const list = ctx.next[fnAt] as number;
    if (
      ctx.kind[fnAt] === K.parenthesized_expression &&
      ctx.kind[fnAt + 1] === K.identifier &&
      ctx.next[fnAt] === fnAt + 2
    ) {
      // `(gfp_t)(x)` looks like a call of a parenthesised name.
      const name = ctx.text(fnAt + 1);
      const only = ctx.first(list);
      if (looksLikeType(name) && only >= 0 && ctx.after(only, list) < 0)
        return { k: "cast", type: name, e: this.lower(only), at, end };
    }
    if (ctx.kind[fnAt] === K.identifier) {
      const index = this.transparent.get(ctx.text(fnAt));
      if (index !== undefined) {
        const arg = ctx.children(list)[index];
        if (arg !== undefined) return this.lower(arg);
      }
      const pointer = this.members.get(ctx.text(fnAt));
      const parts = pointer === undefined ? [] : ctx.children(list).slice(pointer, pointer + 2);
      if (parts.length === 2) {
        const [base, field] = parts as [number, number];
        return { k: "mem", base: this.lower(base), field: ctx.text(field), arrow: true, at, end };
      }
    }
    const fn = this.lower(fnAt);
    const args: Expr[] = [];
    const stop = ctx.next[list] as number;
    for (let c = list + 1; c < stop; c = ctx.next[c] as number) args.push(this.lower(c));
    return { k: "call", fn, args, at, end };
  }

  private binary(l: number, at: number, end: number): Expr {
    const ctx = this.ctx;
    const r = ctx.next[l] as number;
    const op = this.operator(l, r);
    if (
      ctx.kind[l] === K.parenthesized_expression &&
      ctx.kind[l + 1] === K.identifier &&
      r === l + 2 &&
      looksLikeType(ctx.text(l + 1))
    ) {
      // `(gfp_t) & x`: a cast of a unary expression.
      if (op === "*" || op === "&" || op === "-" || op === "+") {
        const operand = this.lower(r);
        return {
          k: "cast",
          type: ctx.text(l + 1),
          e: { k: "un", op, e: operand, at: this.operatorAt(l), end },
          at,
          end,
        };
      }
    }
    return { k: "bin", op, l: this.lower(l), r: this.lower(r), at, end };
  }

  private operatorAt(l: number): number {
    return this.ctx.skip(this.ctx.end[l] as number);
  }

  private operator(l: number, r: number): string {
    return this.ctx.norm.slice(this.ctx.end[l], this.ctx.start[r]).trim();
  }

  private isArrow(base: number, field: number): boolean {
    return this.ctx.norm[this.ctx.skip(this.ctx.end[base] as number)] === "-" && field > base;
  }

  type(i: number): string {
    const { src, start, end } = this.ctx;
    return spaced(src.slice(start[i], end[i]));
  }

  private initialiser(list: number, type: string | null, at: number, end: number): Expr {
    const ctx = this.ctx;
    const items: { field: string | null; value: Expr }[] = [];
    for (const c of ctx.children(list)) {
      if (ctx.kind[c] !== K.initializer_pair) {
        items.push({ field: null, value: this.lower(c) });
        continue;
      }
      const parts = ctx.children(c);
      const value = parts[parts.length - 1];
      const names: string[] = [];
      for (const p of parts.slice(0, -1)) {
        if (ctx.kind[p] === K.field_designator) names.push(ctx.text(p).replace(/^\.\s*/, ""));
        else if (ctx.kind[p] === K.field_identifier) names.push(ctx.text(p));
      }
      if (value !== undefined)
        items.push({ field: names.length > 0 ? names.join(".") : null, value: this.lower(value) });
    }
    return { k: "init", type, items, at, end };
  }
}

const positionMaps = new WeakMap<object, Map<string, number>>();

function positionsOf(table: Record<string, number>): Map<string, number> {
  let m = positionMaps.get(table);
  if (!m) positionMaps.set(table, (m = new Map(Object.entries(table))));
  return m;
}

export function numberValue(text: string): number | null {
  if (/^(?:0|[1-9])$/.test(text)) return Number(text);
  const digits = /^0[xX]/.test(text) ? text.replace(/[uUlL]+$/, "") : text.replace(/(?:[uUlL]+|[fFdD])$/, "");
  const value = /^0[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number(digits);
  return Number.isSafeInteger(value) ? value : null;
}

const ESCAPES: Record<string, number> = { n: 10, t: 9, r: 13, a: 7, b: 8, f: 12, v: 11, e: 27 };

function characterValue(text: string): number | null {
  const body = text.slice(1, -1);
  if (body.length === 1) return body.charCodeAt(0);
  if (body[0] !== "\\") return null;
  if (/^\\[0-7]+$/.test(body)) return Number.parseInt(body.slice(1), 8);
  if (/^\\x[0-9a-fA-F]+$/.test(body)) return Number.parseInt(body.slice(2), 16);
  return body.length === 2 ? (ESCAPES[body[1] as string] ?? body.charCodeAt(1)) : null;
}

const TYPE_TOKEN = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|[A-Za-z_]\w*|\d\w*|\S/g;
const NOT_TYPE =
  /^(?:static|extern|register|inline|auto|typedef|__user|__iomem|__percpu|__rcu|__force|__kernel|__maybe_unused|__always_unused)$/;

const spacedCache = new Map<string, string>();

/** One space between tokens, comments, storage classes and address spaces left out. */
export function spaced(text: string): string {
  if (text.length > 120) return spaceOut(text);
  let s = spacedCache.get(text);
  if (s === undefined) {
    if (spacedCache.size > 20000) spacedCache.clear();
    spacedCache.set(text, (s = spaceOut(text)));
  }
  return s;
}

function spaceOut(text: string): string {
  const out: string[] = [];
  for (const m of text.match(TYPE_TOKEN) ?? []) {
    if (m.startsWith("/*") || m.startsWith("//") || (isWordStart(m.charCodeAt(0)) && NOT_TYPE.test(m))) continue;
    out.push(m);
  }
  return out.join(" ");
}
