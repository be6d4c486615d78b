/**
 * What the fast scan of one file finds, without parsing expressions: top-level items and names.
 * Offsets are UTF-16 offsets into the file's text.
 */

export interface FunctionItem {
  name: string;
  /** First character of the declaration (`static`, return type, or the defining macro). */
  start: number;
  nameAt: number;
  /** Offset of the opening brace of the body. */
  bodyStart: number;
  /** Offset just after the closing brace. */
  end: number;
  isStatic: boolean;
  isInline: boolean;
  /** `syscall` for SYSCALL_DEFINEn(name, …). */
  kind: "function" | "syscall";
  /** Start of the comment that ends right above the function, or -1. */
  docStart: number;
  /** Conditions of the enclosing `#if`s, outermost first: `CONFIG_X`, `!CONFIG_X`, or the raw text. */
  guards: string[];
  /** Distinct names followed by `(` in the body, in order of first appearance. */
  calls: string[];
  /** Distinct other names in the body that are followed neither by `(` nor preceded by `.`/`->`: possible addresses of functions. */
  mentions: string[];
}

export interface MacroItem {
  name: string;
  /** null for an object-like macro. */
  params: string[] | null;
  start: number;
  /** Body text range (continuation lines included). */
  bodyStart: number;
  end: number;
  guards: string[];
}

/** `.fault = my_fault` in a designated initialiser. */
export interface SlotItem {
  /** Struct tag of the table, if the declaration names it: `vm_operations_struct`. */
  struct: string | null;
  /** Name of the table variable. */
  table: string;
  field: string;
  value: string;
  at: number;
}

export interface StructItem {
  tag: string;
  /** Field → declared type as written (`struct mm_struct *`). Nested anonymous structs are flattened. */
  fields: Map<string, string>;
}

export interface FileScan {
  functions: FunctionItem[];
  macros: MacroItem[];
  /** Distinct identifiers in the bodies of the macros. */
  macroNames: string[];
  slots: SlotItem[];
  structs: StructItem[];
  /** Names in EXPORT_SYMBOL*(). */
  exports: string[];
  /** Quoted or angled include names as written, e.g. `linux/mm.h`, `internal.h`. */
  includes: string[];
  /** Those of `includes` that were written in quotes. */
  quoted: string[];
  /** Names mentioned at file level outside functions and slots (initialisers, arrays): possible addresses. */
  mentions: string[];
  /** Function prototypes (declared, not defined): name → is static / inline. */
  prototypes: string[];
  /** Something unusual that did not stop the scan (unbalanced braces, NUL bytes …). */
  problems: { at: number; message: string }[];
}
