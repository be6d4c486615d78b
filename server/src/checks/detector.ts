/** What a detector gets and gives. Detectors know events and rule parameters, never a kernel name. */
import type { Handover } from "../interproc/handover";
import type { FunctionAnalysis } from "../locks/analyse";
import type { LockEntry, Site, State } from "../locks/state";
import { printValue, type ValueId } from "../locks/values";
import type { CheckRule } from "../rules/model";
import type { FunctionAst } from "../syntax/ast";

export interface RawFinding {
  rule: string;
  at: number;
  end: number;
  /** Values for the placeholders of the rule's message: call, object, lock, what, held. */
  words: Record<string, string>;
  /** Steps of the path, in the function's own offsets, in order. */
  steps: Site[];
  /** Higher wins where several findings share a place. */
  weight: number;
  /** Class of the lock that is not held there. */
  missing?: string;
}

export interface DetectorContext {
  fn: FunctionAst;
  analysis: FunctionAnalysis;
  /** Slots the function is installed in: `mmu_interval_notifier_ops.invalidate`. */
  slots: string[];
  /** Locks it may return with because of these slots. */
  handovers: readonly Handover[];
  /** Names of the callers; null if they are not all known. */
  callers(): readonly string[] | null;
  /** Does some known caller hold on to (and release) what this function returns with? */
  calleeOf(name: string): boolean;
  /** Functions of the same folder that call an API performing the action, with the API's name. */
  unitCalls(action: string): { api: string; text: string }[];
  /** Text of the function. */
  text: string;
  checks: CheckRule[];
}

export type Detector = (ctx: DetectorContext, check: CheckRule) => RawFinding[];

export function label(ctx: DetectorContext, cls: string): string {
  return ctx.analysis.machine.rules.classes.get(cls)?.label ?? cls;
}

export function print(ctx: DetectorContext, v: ValueId): string {
  if (v < 0) return "";
  return printValue(ctx.analysis.machine.t, v).replace(/^&/, "");
}

/** Makes findings of one weight: what is wrong at a place, and how it came to be. */
export function findingsOf(weight: number) {
  return (
    ctx: DetectorContext,
    check: CheckRule,
    site: Site,
    what: string,
    steps: Site[],
    object = "",
  ): RawFinding => ({
    rule: check.id,
    at: site.at,
    end: site.end,
    words: { call: sourceAt(ctx, site), what, object, lock: "", function: ctx.fn.name },
    steps,
    weight,
  });
}

/** Source text of a place, one line. */
export function sourceAt(ctx: DetectorContext, s: Site): string {
  const text = ctx.text.slice(s.at, Math.min(s.end, s.at + 120)).replace(/\s+/g, " ");
  return text.length >= 100 ? `${text.slice(0, 97)}…` : text;
}

export function stepsOf(info: LockEntry | null): Site[] {
  if (!info) return [];
  const steps: Site[] = [];
  if (info.origin.end > 0) steps.push(info.origin);
  if (info.last && info.last.at !== info.origin.at) steps.push(info.last);
  return steps;
}

export const list = (v: unknown): string[] =>
  Array.isArray(v) ? v.filter((x): x is string => typeof x === "string") : typeof v === "string" ? [v] : [];

/** Locks held in a state, printed: `mmap_lock (read) of mm`. */
export function heldText(ctx: DetectorContext, s: State): string {
  const parts: string[] = [];
  for (const e of s.locks.values()) {
    if (e.mode !== "read" && e.mode !== "write" && e.mode !== "down") continue;
    parts.push(`${label(ctx, e.cls)} (${e.mode === "down" ? "downgraded" : e.mode})`);
  }
  return parts.join(", ");
}
