/** Traces of the replay: an interleaving of source lines, as plain data. */

export interface TraceThread {
  /** `A` is CPU0. */
  cpu: number;
  /** What the thread is in the scenario: `THP collapse`. */
  name: string;
  function: string;
  file: string;
}

/** A function on the way to a step, with the line of its call. */
export interface TraceFrame {
  function: string;
  file: string;
  line: number;
}

export interface TraceLock {
  lock: string;
  mode: "read" | "write";
}

/** The whole model after a step: what viewers and debuggers show beside the row. Reports leave it out. */
export interface StepDetail {
  /** Callers of the step's function, the nearest first. */
  stack: TraceFrame[];
  /** Of every cell, in the order of `Trace.cells`. */
  values: number[];
  /** Held by each CPU. */
  held: TraceLock[][];
}

export interface TraceStep {
  cpu: number;
  function: string;
  file: string;
  line: number;
  text: string;
  /** Calls between the thread's first function and this one. */
  depth: number;
  changed: { cell: string; from: number; to: number }[];
  /** Held by the thread after the step. */
  locks: TraceLock[];
  /** What the step means for the outcome; empty for most. */
  note: string;
  detail?: StepDetail;
}

export interface Trace {
  verdict: "violation" | "clean" | "inconclusive";
  /** Why inconclusive; null otherwise. */
  reason: string | null;
  scenario: string;
  title: string;
  profile: string | null;
  memoryModel: "sc" | "tso";
  bounds: { cpus: number; loops: number; cuts: string[] };
  states: number;
  switches: number;
  threads: TraceThread[];
  /** What matters of the interleaving; the schedule has all of it. */
  steps: TraceStep[];
  /** The shared memory of the model, as it is at first. */
  cells: { cell: string; initial: number }[];
  violated: { invariant: string; text: string } | null;
  bindings: { role: string; object: string }[];
  assumptions: string[];
  /** Conditions nobody knows, with the way the interleaving takes. */
  choices: string[];
  unmodelled: string[];
  /** Lines of the user's code with shared accesses that some explored path executed. */
  coverage: { reached: number; of: number };
  schedule: string;
  /** The function was confined to the finding's path; else all that it may do was explored. */
  onPath: boolean;
  /** Large callees that are taken by their contracts alone: none, those before the finding, or all but the finding itself. */
  contracts: "none" | "before" | "all";
  /** Stable under renaming: hash of the program that was explored. */
  id: string;
}
