/**
 * The C that later stages see: a small abstract syntax tree, plain data, independent of
 * tree-sitter. `at`/`end` are UTF-16 offsets relative to the start of the function's text, so an
 * edit above a function changes nothing inside it.
 */

export interface Pos {
  at: number;
  end: number;
}

export type Expr =
  | ({ k: "id"; name: string } & Pos)
  | ({ k: "num"; value: number | null; text: string } & Pos)
  | ({ k: "str" } & Pos)
  | ({ k: "call"; fn: Expr; args: Expr[] } & Pos)
  /** `base.field` or `base->field`. */
  | ({ k: "mem"; base: Expr; field: string; arrow: boolean } & Pos)
  | ({ k: "idx"; base: Expr; index: Expr } & Pos)
  | ({ k: "un"; op: "*" | "&" | "!" | "~" | "-" | "+"; e: Expr } & Pos)
  | ({ k: "incdec"; op: "++" | "--"; prefix: boolean; e: Expr } & Pos)
  /** Arithmetic, comparison, `&&`, `||`, bit operators. */
  | ({ k: "bin"; op: string; l: Expr; r: Expr } & Pos)
  /** `=`, `+=`, `|=`, … */
  | ({ k: "assign"; op: string; l: Expr; r: Expr } & Pos)
  /** `c ? t : f`; `t` null for the GNU form `c ?: f`. */
  | ({ k: "cond"; c: Expr; t: Expr | null; f: Expr } & Pos)
  | ({ k: "cast"; type: string; e: Expr } & Pos)
  | ({ k: "comma"; l: Expr; r: Expr } & Pos)
  /** GNU statement expression; its value is that of the last expression statement. */
  | ({ k: "stmtexpr"; body: Stmt[] } & Pos)
  /** Initialiser list or compound literal (`type` set for the latter). */
  | ({ k: "init"; type: string | null; items: { field: string | null; value: Expr }[] } & Pos)
  /** `sizeof`, `offsetof`, `_Alignof`, types as arguments: no run-time effect. */
  | ({ k: "opaque" } & Pos)
  /** Could not be lowered; the sub-expressions that could are kept, evaluated in order. */
  | ({ k: "unknown"; parts: Expr[] } & Pos);

export interface VarDecl extends Pos {
  name: string;
  /** Declared type as written, one space between tokens, without the name: `struct vm_area_struct *`. */
  type: string;
  /** Array declarators carry their suffix in `type`: `struct page * []`. */
  init: Expr | null;
  isStatic: boolean;
  /** `__free(name)` / `__cleanup(fn)`: the name, else null. */
  cleanup: string | null;
}

export type Stmt =
  | ({ k: "block"; body: Stmt[] } & Pos)
  | ({ k: "expr"; e: Expr } & Pos)
  | ({ k: "decl"; vars: VarDecl[] } & Pos)
  | ({ k: "if"; c: Expr; t: Stmt; f: Stmt | null } & Pos)
  /** Also loop macros: `macro` is the macro's name and `c` a call of it with its arguments. */
  | ({ k: "while"; c: Expr; body: Stmt; macro: string | null } & Pos)
  | ({ k: "do"; body: Stmt; c: Expr } & Pos)
  | ({ k: "for"; init: Stmt | null; c: Expr | null; step: Expr | null; body: Stmt } & Pos)
  | ({ k: "switch"; e: Expr; body: Stmt } & Pos)
  /** `case v:`, `case a ... b:` (`to` set) or `default:` (`value` null). Belongs to the enclosing switch. */
  | ({ k: "case"; value: Expr | null; to: Expr | null } & Pos)
  | ({ k: "label"; name: string } & Pos)
  | ({ k: "goto"; label: string } & Pos)
  | ({ k: "return"; e: Expr | null } & Pos)
  | ({ k: "break" } & Pos)
  | ({ k: "continue" } & Pos)
  /** `guard(name)(args);` lasts to the end of the enclosing block; `scoped_guard(name, args) body`. */
  | ({ k: "guard"; name: string; args: Expr[]; body: Stmt | null } & Pos)
  /** `#if` with all its branches, in order; a missing `#else` is a branch with an empty body. */
  | ({ k: "ppif"; branches: { cond: string; body: Stmt[] }[] } & Pos)
  | ({ k: "empty" } & Pos)
  | ({ k: "unknown"; parts: Expr[] } & Pos);

export interface Param {
  name: string;
  type: string;
}

export interface LockAttribute {
  /** `__must_hold`, `__acquires`, `__releases`, `__cond_acquires` … */
  word: string;
  /** Text between the parentheses. */
  args: string;
}

export interface FunctionAst {
  name: string;
  /** `syscall` for SYSCALL_DEFINE*; params are then the named ones. */
  kind: "function" | "syscall";
  returnType: string;
  params: Param[];
  isStatic: boolean;
  isInline: boolean;
  attributes: LockAttribute[];
  body: Stmt[];
  /** Reasons why the body is not fully understood; empty for a clean function. `at` as above. */
  degraded: { reason: string; at: number }[];
}
