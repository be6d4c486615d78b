/** Plain types that every skin (CLI, LSP, SARIF, client) shares. */
import type { TraceStep, TraceThread } from "./trace";

export type Level = "error" | "warning" | "hint";

export interface PathStep {
  file: string;
  /** 1-based. */
  line: number;
  column: number;
  /** The source line, trimmed. */
  text: string;
  /** Why this step matters: `mmap_lock taken for read here`. */
  note: string;
}

export interface Finding {
  /** Slug of the rule, e.g. `vma-use-after-unlock`. */
  rule: string;
  /** `R07`. */
  alias: string;
  level: Level;
  file: string;
  /** 1-based line and column, columns in UTF-16 units. */
  line: number;
  column: number;
  endLine: number;
  endColumn: number;
  /** The function whose body holds the line. */
  function: string;
  /** One sentence: what is wrong. */
  message: string;
  /** What to do. */
  advice: string;
  /** Stable under line shifts. */
  fingerprint: string;
  path: PathStep[];
  replay: ReplaySummary | null;
}

export interface ReplaySummary {
  verdict: "violation" | "clean" | "inconclusive";
  scenario: string;
  profile: string | null;
  states: number;
  switches: number;
  reason: string | null;
  /** Conditions that the harm depends on and nobody knows; what has any is no proof. */
  choices?: string[];
  memoryModel?: "sc" | "tso";
  bounds?: { cpus: number; loops: number };
  /** Of a violation: who runs, and the interleaving. */
  threads?: TraceThread[];
  steps?: TraceStep[];
}

export interface HeldLock {
  lock: string;
  /** Printed object: `mm`, `vma->vm_mm`. */
  object: string;
  mode: "read" | "write" | "any";
  /** Condition on the return value, inputs or outputs; empty = always. */
  when: string;
}

export interface Contract {
  function: string;
  file: string;
  line: number;
  requires: HeldLock[];
  acquires: HeldLock[];
  releases: HeldLock[];
  /** Dropped and retaken inside. */
  drops: HeldLock[];
  maySleep: boolean | "unknown";
  /** Why: `asserts mmap_lock at mm/x.c:12`, `every caller holds …`. */
  evidence: string[];
}

export interface LockStateAt {
  function: string | null;
  locks: {
    lock: string;
    object: string;
    mode: string;
    since: { line: number; text: string } | null;
    certain: boolean;
  }[];
}

/** `stale`: nothing is reported there any more; `inactive`: the rule does not apply to this tree. */
export type SuppressionState = "used" | "stale" | "no-reason" | "unknown-rule" | "inactive";

/** A comment `lockstep-ignore(rule): reason`. */
export interface Suppression {
  rule: string;
  reason: string;
  /** 1-based line of the comment. */
  line: number;
  state: SuppressionState;
}

export interface Degraded {
  file: string;
  function: string;
  line: number;
  reason: string;
}
