/**
 * What a parser hands to the lowering: the named nodes of one tree in pre-order, as flat arrays.
 * The arrays belong to the parser and are reused by its next parse.
 */

export const KINDS = [
  "other",
  "ERROR",
  "identifier",
  "field_identifier",
  "type_identifier",
  "statement_identifier",
  "number_literal",
  "char_literal",
  "string_literal",
  "concatenated_string",
  "true",
  "false",
  "null",
  "call_expression",
  "argument_list",
  "field_expression",
  "subscript_expression",
  "pointer_expression",
  "unary_expression",
  "update_expression",
  "binary_expression",
  "assignment_expression",
  "conditional_expression",
  "cast_expression",
  "comma_expression",
  "parenthesized_expression",
  "compound_literal_expression",
  "initializer_list",
  "initializer_pair",
  "field_designator",
  "subscript_designator",
  "subscript_range_designator",
  "sizeof_expression",
  "alignof_expression",
  "offsetof_expression",
  "generic_expression",
  "gnu_asm_expression",
  "extension_expression",
  "type_descriptor",
  "compound_statement",
  "expression_statement",
  "declaration",
  "type_definition",
  "if_statement",
  "else_clause",
  "while_statement",
  "do_statement",
  "for_statement",
  "switch_statement",
  "case_statement",
  "labeled_statement",
  "goto_statement",
  "return_statement",
  "break_statement",
  "continue_statement",
  "attributed_statement",
  "preproc_if",
  "preproc_else",
  "preproc_elif",
  "storage_class_specifier",
  "type_qualifier",
  "struct_specifier",
  "union_specifier",
  "enum_specifier",
  "macro_type_specifier",
  "sized_type_specifier",
  "primitive_type",
  "init_declarator",
  "pointer_declarator",
  "array_declarator",
  "function_declarator",
  "parenthesized_declarator",
  "attributed_declarator",
  "comment",
  "attribute_specifier",
  "abstract_pointer_declarator",
  "translation_unit",
  "field_declaration_list",
  "enumerator_list",
  "function_definition",
] as const;

export type KindName = (typeof KINDS)[number];

/** Kind name → number in `FlatTree.kind`. */
export const K = Object.fromEntries(KINDS.map((name, i) => [name, i])) as Record<KindName, number>;

export class FlatTree {
  count = 0;
  kind = new Uint8Array(4096);
  start = new Int32Array(4096);
  end = new Int32Array(4096);
  /** Index of the first node after the subtree. */
  next = new Int32Array(4096);
  /** Offsets of ERROR and MISSING nodes. */
  errors: { at: number; missing: boolean }[] = [];

  reset(): void {
    this.count = 0;
    if (this.errors.length > 0) this.errors = [];
  }

  add(kind: number, start: number, end: number): number {
    const i = this.count++;
    if (i >= this.kind.length) this.grow();
    this.kind[i] = kind;
    this.start[i] = start;
    this.end[i] = end;
    this.next[i] = i + 1;
    return i;
  }

  private grow(): void {
    const size = this.kind.length * 2;
    const copy = <T extends Uint8Array | Int32Array>(to: T, from: T): T => {
      to.set(from);
      return to;
    };
    this.kind = copy(new Uint8Array(size), this.kind);
    this.start = copy(new Int32Array(size), this.start);
    this.end = copy(new Int32Array(size), this.end);
    this.next = copy(new Int32Array(size), this.next);
  }
}

export interface CParser {
  readonly backend: "wasm" | "native";
  /** Parses normalised text. The result is valid until the next call. */
  parse(text: string): FlatTree;
  delete(): void;
}

/** The part of a tree cursor that both backends share. */
export interface CursorLike {
  readonly nodeType: string;
  readonly nodeIsNamed: boolean;
  readonly nodeIsMissing: boolean;
  readonly startIndex: number;
  readonly endIndex: number;
  gotoFirstChild(): boolean;
  gotoNextSibling(): boolean;
  gotoParent(): boolean;
}

/** Copies a tree through a cursor: the portable way. */
export function flatten(cursor: CursorLike, out: FlatTree): FlatTree {
  out.reset();
  const parents: number[] = [];
  for (;;) {
    const type = cursor.nodeType;
    let own = -1;
    if (cursor.nodeIsMissing || type === "ERROR") out.errors.push({ at: cursor.startIndex, missing: type !== "ERROR" });
    if (cursor.nodeIsNamed) own = out.add(K[type as KindName] ?? 0, cursor.startIndex, cursor.endIndex);
    if (cursor.gotoFirstChild()) {
      parents.push(own);
      continue;
    }
    while (!cursor.gotoNextSibling()) {
      if (!cursor.gotoParent()) return out;
      const p = parents.pop() ?? -1;
      if (p >= 0) out.next[p] = out.count;
      if (parents.length === 0) return out;
    }
  }
}
