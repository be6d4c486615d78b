/** What a mutant is, and the data the operators run on. */
import type { Fn, SourceFile } from "./functions";
import type { Span } from "./text";

export interface Edit extends Span {
  text: string;
}

export interface Mutant {
  /** Stable hash of operator, family, file, function and site; the same in every tree that has the site. */
  id: string;
  operator: string;
  family: string;
  file: string;
  function: string;
  /** 1-based, in the unmodified file. */
  line: number;
  description: string;
  edits: Edit[];
  /** Rules that name this bug; empty for harmless changes. */
  expect: string[];
}

/** What an operator finds: a mutant before it gets its identity. */
export interface Seed {
  family: string;
  at: number;
  description: string;
  edits: Edit[];
  expect?: string[];
}

export type Taken = "zero" | "nonzero" | "nonnull" | "noerr";

export interface LockCall {
  call: string;
  arg: number | "ret";
  /** Where the lock itself goes when `arg` is the mapped entry. */
  lockArg?: number;
  mode?: "read" | "write";
  taken?: Taken;
  /** It can fail only in trees that have this symbol. */
  failsWith?: string;
  try?: boolean;
  /** The same call without the lock; `$n` is argument n. Needs the symbol `needs` in the tree. */
  unlocked?: string;
  needs?: string;
  unlockedBefore?: string;
  unlockedElse?: string;
}

export interface Family {
  id: string;
  objectType: string;
  objectMatch?: string;
  onlyFiles?: string[];
  onlyWith?: string;
  acquire: LockCall[];
  release: LockCall[];
  weaker?: Record<string, string>;
  downgrade?: { call: string; release: string };
  /** Type of the pointers that die with the lock. */
  protects: string;
}

export interface OperatorSpec {
  id: string;
  title: string;
  /** Family → rules that name the bug. Only these families are mutated. */
  expect: Record<string, string[]>;
  /** Free-form lists of API names the operator acts on. */
  apis?: Record<string, unknown>;
}

/** Mutants that are no bug, or none of this catalogue's rules. */
export interface Equivalent {
  operators: string[];
  file: string;
  function: string;
  /** Regular expression over the description; every site of the function if absent. */
  match?: string;
  reason: string;
}

export interface MutationData {
  scope: string[];
  exclude: string[];
  primitives: string[];
  families: Family[];
  seeding: OperatorSpec[];
  harmless: OperatorSpec[];
  equivalents: Equivalent[];
}

export interface Context {
  file: SourceFile;
  data: MutationData;
  spec: OperatorSpec;
  /** Does the tree define this symbol? */
  has(symbol: string): boolean;
}

export type Operator = (fn: Fn, cx: Context) => Seed[];

export function applyEdits(text: string, edits: readonly Edit[]): string {
  const sorted = [...edits].sort((a, b) => a.start - b.start || a.end - b.end);
  let out = "";
  let at = 0;
  for (const e of sorted) {
    if (e.start < at) throw new Error(`overlapping edits at ${e.start}`);
    out += text.slice(at, e.start) + e.text;
    at = e.end;
  }
  return out + text.slice(at);
}
