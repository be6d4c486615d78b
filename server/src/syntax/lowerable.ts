/** Tells, without building an AST, that the lowering of a tree would report nothing. */
import { MAX_DEPTH, PLAIN_EXPRESSIONS } from "./lowerContext";
import { type FlatTree, K } from "./parserTree";

/**
 * Kinds that are lowered, or passed over, wherever the grammar can put them. All others are suspicious: the grammar may
 * put them where the lowering knows no meaning.
 */
const UNDERSTOOD = flags([
  ...PLAIN_EXPRESSIONS,
  K.field_identifier,
  K.type_identifier,
  K.statement_identifier,
  K.argument_list,
  K.initializer_pair,
  K.field_designator,
  K.subscript_designator,
  K.subscript_range_designator,
  K.type_descriptor,
  K.compound_statement,
  K.expression_statement,
  K.declaration,
  K.if_statement,
  K.else_clause,
  K.while_statement,
  K.do_statement,
  K.for_statement,
  K.switch_statement,
  K.case_statement,
  K.labeled_statement,
  K.goto_statement,
  K.return_statement,
  K.break_statement,
  K.continue_statement,
  K.preproc_if,
  K.preproc_else,
  K.preproc_elif,
  K.storage_class_specifier,
  K.type_qualifier,
  K.struct_specifier,
  K.union_specifier,
  K.enum_specifier,
  K.sized_type_specifier,
  K.primitive_type,
  K.init_declarator,
  K.pointer_declarator,
  K.array_declarator,
  K.abstract_pointer_declarator,
  K.translation_unit,
]);

/** True if lowering the tree would certainly report nothing; false says nothing. */
export function isLowerable(tree: FlatTree): boolean {
  if (tree.errors.length > 0) return false;
  const { kind, next, count } = tree;
  const ends: number[] = [];
  for (let i = 0; i < count; i++) {
    if (UNDERSTOOD[kind[i] as number] === 0) return false;
    while (ends.length > 0 && (ends[ends.length - 1] as number) <= i) ends.pop();
    if (ends.length >= MAX_DEPTH) return false;
    if ((next[i] as number) > i + 1) ends.push(next[i] as number);
  }
  return true;
}

function flags(kinds: readonly number[]): Uint8Array {
  const out = new Uint8Array(256);
  for (const kind of kinds) out[kind] = 1;
  return out;
}
