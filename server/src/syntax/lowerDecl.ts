/** Declarations inside a body: one VarDecl per variable. */
import type { Expr, VarDecl } from "./ast";
import type { LowerContext } from "./lowerContext";
import { type ExprLowerer, spaced } from "./lowerExpr";
import { K } from "./parserTree";

const DECLARATORS = new Set<number>([
  K.init_declarator,
  K.pointer_declarator,
  K.array_declarator,
  K.function_declarator,
  K.parenthesized_declarator,
  K.attributed_declarator,
]);

export function lowerDeclaration(ctx: LowerContext, exprs: ExprLowerer, node: number): VarDecl[] {
  const vars: VarDecl[] = [];
  const from = ctx.start[node] as number;
  let spec: string | null = null;
  let isStatic = false;
  const stop = ctx.next[node] as number;
  for (let c = node + 1; c < stop; c = ctx.next[c] as number) {
    const kind = ctx.kind[c] as number;
    if (kind === K.storage_class_specifier) {
      if (ctx.norm.startsWith("static", ctx.start[c])) isStatic = true;
    } else if (kind === K.ERROR) {
      ctx.unknown(c, "syntax error", exprs.lower);
    } else if (kind === K.identifier || DECLARATORS.has(kind)) {
      // The type is all that stands before the first declarator, `typeof (…)` in its own spelling.
      spec ??= specifierText(ctx, from, ctx.start[c] as number);
      const v = declarator(ctx, exprs, c, spec, isStatic);
      if (v) vars.push(v);
    }
  }
  return vars;
}

function specifierText(ctx: LowerContext, from: number, to: number): string {
  const text = ctx.src.slice(from, to);
  const brace = text.indexOf("{");
  if (brace < 0) return spaced(text);
  return spaced(text.slice(0, brace)) || "struct";
}

function declarator(
  ctx: LowerContext,
  exprs: ExprLowerer,
  node: number,
  spec: string,
  isStatic: boolean,
): VarDecl | null {
  const at = ctx.start[node] as number;
  const end = ctx.end[node] as number;
  let init: Expr | null = null;
  let d = node;
  if (ctx.kind[node] === K.init_declarator) {
    d = node + 1;
    const value = ctx.next[d] as number;
    if (value < (ctx.next[node] as number)) init = exprs.lower(value);
  }
  let stars = "";
  let suffix = "";
  let pointerFunction = false;
  for (;;) {
    const kind = ctx.kind[d];
    if (kind === K.identifier) break;
    if (kind === K.pointer_declarator) {
      stars += " *";
      d = lastDeclarator(ctx, d);
    } else if (kind === K.array_declarator) {
      suffix += " []";
      arraySize(ctx, exprs, d);
      d++;
    } else if (kind === K.function_declarator) {
      if (ctx.kind[d + 1] !== K.parenthesized_declarator) return null;
      pointerFunction = true;
      d++;
    } else if (kind === K.parenthesized_declarator || kind === K.attributed_declarator) {
      d++;
    } else {
      return null;
    }
    if (d >= (ctx.next[node] as number)) return null;
  }
  const name = ctx.text(d);
  const type = pointerFunction ? `${spec} (${stars.trim()})()${suffix}` : spec + stars + suffix;
  return { name, type, init, isStatic, cleanup: cleanupOf(ctx, ctx.end[d] as number), at, end };
}

/** The declarator below `*`, behind qualifiers. */
function lastDeclarator(ctx: LowerContext, d: number): number {
  let c = d + 1;
  while (c < (ctx.next[d] as number) && (ctx.kind[c] === K.type_qualifier || ctx.kind[c] === 0))
    c = ctx.next[c] as number;
  return c;
}

/** The size of a variable-length array is evaluated; only errors in it matter here. */
function arraySize(ctx: LowerContext, exprs: ExprLowerer, d: number): void {
  const size = ctx.after(d + 1, d);
  if (size >= 0 && ctx.kind[size] === K.ERROR) exprs.lower(size);
}

/** `__free(x)` between the name and what follows the declarator. */
function cleanupOf(ctx: LowerContext, nameEnd: number): string | null {
  if (ctx.cleanups.length === 0) return null;
  const stop = ctx.skip(nameEnd);
  for (const c of ctx.cleanups) if (c.at >= nameEnd && c.at < stop) return c.name;
  return null;
}
