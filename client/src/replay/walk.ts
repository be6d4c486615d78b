/** Walking along a trace. A position counts the steps that have happened: 0 is before the first one. Knows no editor. */
import type { Trace, TraceLock, TraceStep } from "../../../server/src/protocol/trace";

export type Walked = Pick<Trace, "steps" | "cells" | "threads">;

/** `A` for CPU0: colours alone tell nobody anything. */
export function letterOf(cpu: number): string {
  return String.fromCharCode(65 + (cpu % 26));
}

export function clampTo(trace: Walked, at: number): number {
  return Math.max(0, Math.min(trace.steps.length, Math.trunc(at)));
}

/** The step that has just happened. */
export function lastStep(trace: Walked, at: number): TraceStep | undefined {
  return trace.steps[at - 1];
}

/** Positions at which the CPU that goes on is another one than before. */
function switches(trace: Walked): number[] {
  return trace.steps.flatMap((step, n) => (n > 0 && step.cpu !== trace.steps[n - 1]!.cpu ? [n] : []));
}

/** Where the next context switch has just happened and the other CPU did its first step; the end if there is none. */
export function toNextSwitch(trace: Walked, at: number): number {
  return (switches(trace).find((n) => n + 1 > at) ?? trace.steps.length - 1) + 1;
}

export function toPreviousSwitch(trace: Walked, at: number): number {
  const before = switches(trace).filter((n) => n + 1 < at);
  return before.length > 0 ? before[before.length - 1]! + 1 : 0;
}

export interface CellState {
  cell: string;
  from: number;
  to: number;
}

/** Shared memory after the steps so far: what the last one changed, and the rest. Steps that are not shown count for the next one. */
export function memoryAt(trace: Walked, at: number): { changed: CellState[]; rest: CellState[] } {
  const before = valuesAt(trace, at - 1);
  const now = valuesAt(trace, at);
  const all = trace.cells.map(({ cell }, n) => ({ cell, from: before[n]!, to: now[n]! }));
  return { changed: all.filter((c) => c.from !== c.to), rest: all.filter((c) => c.from === c.to) };
}

function valuesAt(trace: Walked, at: number): readonly number[] {
  return trace.steps[at - 1]?.detail?.values ?? trace.cells.map((c) => c.initial);
}

/** Locks that each CPU holds. */
export function locksAt(trace: Walked, at: number): TraceLock[][] {
  const held = trace.steps[at - 1]?.detail?.held;
  return trace.threads.map((_, cpu) => held?.[cpu] ?? []);
}

/** Where a CPU stands: the last line it ran. */
export function placeOf(trace: Walked, at: number, cpu: number): TraceStep | undefined {
  return trace.steps.slice(0, at).findLast((step) => step.cpu === cpu);
}
