/**
 * The words the normaliser reacts to, as one table: what the C language fixes is listed here, what
 * kernel headers define comes from `rules/macros.yaml`.
 */
import type { MacroTable } from "../rules/model";
import type { MacroClass } from "./normaliseMacros";

export enum Word {
  Plain = 0,
  /** Blanked, with the parentheses after it. */
  Attribute,
  /** Blanked; parentheses after it belong to the code. */
  BareAttribute,
  LockAttribute,
  Cleanup,
  Typeof,
  /** `sizeof (…)` and its relatives: operand not evaluated. */
  Unevaluated,
  Asm,
  /** if, while, for, switch: `)` is followed by a statement. */
  Control,
  Do,
  Else,
  Case,
  Return,
  Goto,
  Static,
  Extern,
  /** First word of a type: an argument that begins with it is a type name. */
  TypeStart,
  /** struct, union, enum: also opens a brace that is no block. */
  Tag,
  Iterator,
  ScopedGuard,
}

const LANGUAGE: [Word, string][] = [
  [Word.Attribute, "__attribute__ __attribute __declspec __no_sanitize"],
  [
    Word.BareAttribute,
    "__extension__ __restrict __restrict__ __const __volatile__ __inline __inline__ __force __user __iomem __percpu __rcu __kernel",
  ],
  [Word.Cleanup, "__free __cleanup"],
  [Word.Typeof, "typeof __typeof__ __typeof typeof_unqual __unqual_scalar_typeof"],
  [
    Word.Unevaluated,
    "sizeof offsetof __builtin_offsetof __alignof__ __alignof alignof _Alignof __builtin_types_compatible_p sizeof_field offsetofend",
  ],
  [Word.Asm, "asm __asm__ __asm asm_volatile_goto asm_goto_output asm_inline"],
  [Word.Control, "if while for switch"],
  [Word.Do, "do"],
  [Word.Else, "else"],
  [Word.Case, "case default"],
  [Word.Return, "return"],
  [Word.Goto, "goto"],
  [Word.Static, "static"],
  [Word.Extern, "extern"],
  [Word.TypeStart, "unsigned signed const volatile long short int char void float double bool _Bool"],
  [Word.Tag, "struct union enum"],
  [Word.ScopedGuard, "scoped_guard scoped_cond_guard"],
];

/** Looks like a type on its own: `gfp_t`, `u64`, `__le32`. */
export function looksLikeType(name: string): boolean {
  return /^(?:\w+_t|(?:__)?[us](?:8|16|32|64|128)|__?[bl]e(?:16|32|64)|bool|size_t|u?int|ulong|ushort|uchar|__wsum|__sum16)$/.test(
    name,
  );
}

export function looksLikeIterator(name: string): boolean {
  return /for_?each/i.test(name);
}

/** Word → class with a bit filter in front, so that most identifiers are never sliced. */
export interface WordTable {
  classes: Map<string, Word>;
  filter: Uint8Array;
  macros: MacroTable;
}

const tables = new WeakMap<MacroTable, WordTable>();

export function wordTable(macros: MacroTable): WordTable {
  const known = tables.get(macros);
  if (known) return known;
  const classes = new Map<string, Word>();
  for (const w of macros.attributes) classes.set(w, Word.Attribute);
  for (const w of macros.lockAttributes) classes.set(w, Word.LockAttribute);
  for (const w of macros.iterators) classes.set(w, Word.Iterator);
  for (const [cls, words] of LANGUAGE) for (const w of words.split(" ")) classes.set(w, cls);
  const filter = new Uint8Array(8192);
  for (const w of classes.keys()) filter[wordHash(w)] = 1;
  for (const w of Object.keys(macros.typeArguments)) filter[wordHash(w)] = 1;
  const table = { classes, filter, macros };
  tables.set(macros, table);
  return table;
}

export function wordHash(word: string): number {
  let h = 0;
  for (let i = 0; i < word.length; i++) h = (h * 31 + word.charCodeAt(i)) | 0;
  return h & 8191;
}

/** Follows aliases (`#define for_each_x(a) for_each_y(a, 0)`) to a class that says something. */
export function resolveClass(
  name: string,
  table: WordTable,
  macroClass: ((name: string) => MacroClass | undefined) | undefined,
): "iterator" | "attribute" | "statement" | undefined {
  let word = name;
  for (let i = 0; i < 8; i++) {
    const own = macroClass?.(word);
    if (own && own.kind !== "alias") return own.kind;
    const fixed = table.classes.get(word);
    if (fixed === Word.Iterator) return "iterator";
    if (fixed === Word.Attribute) return "attribute";
    if (!own) return looksLikeIterator(word) ? "iterator" : undefined;
    word = own.to;
  }
  return undefined;
}
