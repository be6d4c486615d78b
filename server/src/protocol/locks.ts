/** Where locks are held in a function: what inlay hints and decorations are drawn from. */

export interface LockName {
  /** As messages name it: `mmap_lock`, `page-table lock`. */
  lock: string;
  /** Printed object: `mm`, `vma->vm_mm`; empty for per-CPU state. */
  object: string;
  mode: "read" | "write" | "any";
}

/** A place where what is held changes. Offsets are into the file. */
export interface LockChange {
  at: number;
  end: number;
  taken: LockName[];
  released: (LockName & { takenAtLine: number | null })[];
  /** Held on every path right after this place. */
  held: LockName[];
  /** It depends on the result of the call whether anything changed. */
  conditional: boolean;
}

export interface FunctionLocks {
  function: string;
  /** Offset of the name, and just behind the declarator: where the text before the body ends. */
  nameAt: number;
  headEnd: number;
  bodyStart: number;
  end: number;
  /** 1-based lines of the body. */
  firstLine: number;
  lastLine: number;
  /** What callers hold, by all that is known. */
  entry: LockName[];
  changes: LockChange[];
  /** 1-based line → locks held while it runs, on every path that reaches it. Lines with none are absent. */
  lines: { line: number; held: LockName[] }[];
}
