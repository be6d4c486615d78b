/** What the lowering of one function shares: the tree, the source and what went wrong. */
import type { MacroTable } from "../rules/model";
import type { Expr } from "./ast";
import { CHAR, isWordPart } from "./normaliseText";
import { type FlatTree, K } from "./parserTree";

/** Deeper than this, an expression or statement is given up: later stages recurse over the AST. */
export const MAX_DEPTH = 700;

export class LowerContext {
  readonly degraded: { reason: string; at: number }[] = [];
  depth = 0;
  readonly kind: Uint8Array;
  readonly start: Int32Array;
  readonly end: Int32Array;
  readonly next: Int32Array;

  constructor(
    readonly tree: FlatTree,
    readonly src: string,
    readonly norm: string,
    readonly macros: MacroTable,
    readonly cleanups: { at: number; name: string }[],
  ) {
    this.kind = tree.kind;
    this.start = tree.start;
    this.end = tree.end;
    this.next = tree.next;
  }

  /** First child of `i`, or -1. Comments never reach the parser. */
  first(i: number): number {
    return (this.next[i] as number) > i + 1 ? i + 1 : -1;
  }

  /** Sibling after `child` inside `parent`, or -1. */
  after(child: number, parent: number): number {
    const n = this.next[child] as number;
    return n < (this.next[parent] as number) ? n : -1;
  }

  children(i: number): number[] {
    const out: number[] = [];
    const stop = this.next[i] as number;
    for (let c = i + 1; c < stop; c = this.next[c] as number) out.push(c);
    return out;
  }

  text(i: number): string {
    return this.src.slice(this.start[i], this.end[i]);
  }

  /** Offset of the first non-space of the normalised text at or after `at`. */
  skip(at: number): number {
    let i = at;
    for (; i < this.norm.length; i++) {
      const c = this.norm.charCodeAt(i);
      if (c > 127 || ((CHAR[c] as number) & 4) === 0) break;
    }
    return i;
  }

  wordAt(at: number): string {
    let e = at;
    while (e < this.src.length && isWordPart(this.src.charCodeAt(e))) e++;
    return this.src.slice(at, e);
  }

  give(reason: string, at: number): void {
    this.degraded.push({ reason, at });
  }

  /** A node that has no lowering: keep every call below it. */
  unknown(i: number, reason: string, lower: (i: number) => Expr): Expr {
    const at = this.start[i] as number;
    this.give(reason, at);
    const parts: Expr[] = [];
    const stop = this.next[i] as number;
    for (let c = i + 1; c < stop; c = this.next[c] as number)
      if (isExpression(this.kind[c] as number)) parts.push(lower(c));
    return { k: "unknown", parts, at, end: this.end[i] as number };
  }
}

/** Expressions that are lowered without a remark wherever they stand. */
export const PLAIN_EXPRESSIONS: readonly number[] = [
  K.identifier,
  K.number_literal,
  K.string_literal,
  K.concatenated_string,
  K.true,
  K.false,
  K.null,
  K.call_expression,
  K.field_expression,
  K.subscript_expression,
  K.pointer_expression,
  K.unary_expression,
  K.update_expression,
  K.binary_expression,
  K.assignment_expression,
  K.conditional_expression,
  K.cast_expression,
  K.comma_expression,
  K.parenthesized_expression,
  K.compound_literal_expression,
  K.initializer_list,
  K.sizeof_expression,
];

const EXPRESSIONS = new Set<number>([
  ...PLAIN_EXPRESSIONS,
  K.char_literal,
  K.alignof_expression,
  K.offsetof_expression,
  K.generic_expression,
  K.gnu_asm_expression,
  K.extension_expression,
  K.ERROR,
]);

export function isExpression(kind: number): boolean {
  return EXPRESSIONS.has(kind);
}
