/** Changes made on a branch where a comparison has just shown that the entry is no longer the one decided on. */
import { ZERO } from "../locks/facts";
import type { Site } from "../locks/state";
import type { ValueId } from "../locks/values";
import { type DetectorContext, print } from "./detector";
import { type Action, actionsOf, resultAt } from "./exits";

/** Entry reads and comparisons of one function. */
export interface Looks {
  /** Value read → cell it was read from. */
  cellOf: ReadonlyMap<ValueId, ValueId>;
  /** Names of the comparisons. */
  compares: ReadonlyMap<string, Site>;
}

/** What the function reads (`read`) and compares (`compare`), by action. */
export function looksOf(ctx: DetectorContext, read: string[], compare: string[]): Looks {
  const { t } = ctx.analysis.machine;
  const cellOf = new Map<ValueId, ValueId>();
  for (const r of read.flatMap((a) => actionsOf(ctx, a))) {
    if (!r.direct) continue;
    const v = resultAt(ctx, r) ?? t.existing({ site: r.site.at, slot: "cell" });
    if (v !== undefined) cellOf.set(v, r.obj);
  }
  const compares = new Map<string, Site>();
  for (const c of compare.flatMap((a) => actionsOf(ctx, a))) compares.set(c.callee, c.site);
  return { cellOf, compares };
}

/**
 * Is the cell that `e` changes known to differ from an older value of it? Returns the two values compared: what was
 * read since `since` (an offset), and the other, from before.
 */
export function contradicted(
  ctx: DetectorContext,
  looks: Looks,
  e: Action,
  since: number,
): { fresh: ValueId; old: ValueId } | undefined {
  const { t } = ctx.analysis.machine;
  for (const [v, fact] of e.state.facts) {
    if (fact.mask !== ZERO) continue;
    const pair = compared(ctx, looks, v);
    if (!pair) continue;
    for (const [fresh, old] of [
      [pair.a, pair.b],
      [pair.b, pair.a],
    ] as const) {
      const cell = looks.cellOf.get(fresh);
      const x = t.get(fresh);
      if (cell === undefined || x.k !== "result" || x.site < since) continue;
      // Back above the read: a retry that takes the new value for what it decides on.
      if (e.site.at < x.site) continue;
      if (!isEarlier(ctx, looks, old, since) || !changes(ctx, e, cell)) continue;
      return { fresh, old };
    }
  }
  return undefined;
}

/** Does the value come from before: read then, or handed to the function? */
function isEarlier(ctx: DetectorContext, looks: Looks, v: ValueId, since: number): boolean {
  const x = ctx.analysis.machine.t.get(v);
  if (x.k === "result") return x.site < since && looks.cellOf.has(v);
  return x.k === "param" || x.k === "load";
}

/** Does the call change the cell: itself, or somewhere below with a pointer to it or to what holds one? */
function changes(ctx: DetectorContext, e: Action, cell: ValueId): boolean {
  if (e.obj === cell) return true;
  if (e.direct) return false;
  const { t } = ctx.analysis.machine;
  return argumentsAt(ctx, e.site.at).some(
    (a) =>
      a === cell ||
      [...e.state.mem].some(([addr, v]) => v === cell && t.get(addr).k === "field" && t.mentions(addr, a)),
  );
}

function argumentsAt(ctx: DetectorContext, at: number): ValueId[] {
  const out: ValueId[] = [];
  for (const list of ctx.analysis.calls.values()) for (const c of list) if (c.at === at) out.push(...c.args);
  return out;
}

/** Two entries, and the API that compares them or makes them comparable. */
export interface Comparison {
  a: ValueId;
  b: ValueId;
  by: string;
}

/** What is compared, if the value says whether two entries are equal. */
export function compared(ctx: DetectorContext, looks: Looks, v: ValueId): Comparison | undefined {
  const { t } = ctx.analysis.machine;
  const x = t.get(v);
  if (x.k === "pure" && looks.compares.has(x.fn) && x.args.length >= 2)
    return { a: x.args[0] as ValueId, b: x.args[1] as ValueId, by: x.fn };
  if (x.k !== "op" || x.op !== "==") return undefined;
  const a = t.get(x.a);
  const b = t.get(x.b);
  if (a.k !== "pure" || b.k !== "pure" || a.fn !== b.fn || !looks.compares.has(a.fn)) return undefined;
  return { a: a.args[0] as ValueId, b: b.args[0] as ValueId, by: a.fn };
}

/** Does the call that performs the action get the value: is it what the entry is set to? */
export function isGiven(ctx: DetectorContext, e: Action, v: ValueId): boolean {
  const { t } = ctx.analysis.machine;
  if (argumentsAt(ctx, e.site.at).some((a) => a === v || t.mentions(a, v))) return true;
  // Calls of primitives are not recorded with their arguments.
  return ctx.text.slice(e.site.at, e.site.end).includes(print(ctx, v));
}
