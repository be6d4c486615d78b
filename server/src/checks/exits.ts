/** Questions about the returns of a function that several detectors ask. */
import { constantOf } from "../locks/assume";
import type { Event } from "../locks/events";
import { ERRPTR, NEGATIVE, POSITIVE, ZERO } from "../locks/facts";
import type { Site, State } from "../locks/state";
import type { ValueId } from "../locks/values";
import { isPointer } from "../syntax/types";
import type { DetectorContext } from "./detector";

export type Exit = Extract<Event, { k: "exit" }>;
export type Action = Extract<Event, { k: "action" }>;

export function exitsOf(ctx: DetectorContext): Exit[] {
  return ctx.analysis.events.filter((e): e is Exit => e.k === "exit");
}

export function actionsOf(ctx: DetectorContext, action: unknown): Action[] {
  return ctx.analysis.events.filter((e): e is Action => e.k === "action" && e.action === action);
}

/** Result of the call at a place, if the function has computed it. */
export function resultAt(ctx: DetectorContext, e: { site: Site; callee: string }): ValueId | undefined {
  return ctx.analysis.machine.t.existing({ site: e.site.at, slot: `call:${e.callee}` });
}

/** Is zero what the function returns for success: does some return say "not zero, maybe negative"? */
export function zeroSucceeds(ctx: DetectorContext): boolean {
  const { t } = ctx.analysis.machine;
  return exitsOf(ctx).some((x) => x.ret !== null && (x.state.mask(t, x.ret) & (ZERO | NEGATIVE)) === NEGATIVE);
}

/** Names of results that speak of failure. A name may silence, never accuse. */
const UNSUCCESSFUL =
  /(?:^|_)(?:RETRY|AGAIN|FAIL|FAILED|FAILURE|ERR|ERROR|BUSY|ABORT|ABORTED|CANCEL|INVALID|WAIT)(?:_|$)/;

/** Is the result one of named constants which all speak of failure? */
function namedFailure(ctx: DetectorContext, x: Exit): boolean {
  const { t } = ctx.analysis.machine;
  if (x.ret === null) return false;
  const c = constantOf(t, x.state, x.ret);
  const values = c === undefined ? (x.state.facts.get(x.ret)?.among ?? []) : [c];
  return (
    values.length > 0 &&
    values.every((v) => {
      const one = t.get(v);
      return one.k === "sym" && UNSUCCESSFUL.test(one.name);
    })
  );
}

/** May this return say that the function did what it was asked for? */
export function maySucceed(ctx: DetectorContext, x: Exit): boolean {
  if (x.ret === null) return true;
  if (namedFailure(ctx, x)) return false;
  const mask = x.state.mask(ctx.analysis.machine.t, x.ret);
  if (isPointer(ctx.fn.returnType)) return (mask & ~(ZERO | ERRPTR)) !== 0;
  return zeroSucceeds(ctx) ? (mask & ZERO) !== 0 || mask === POSITIVE : (mask & POSITIVE) !== 0;
}

/** Can somebody outside see the value: returned, or kept in memory that is not the function's own? */
export function leavesFunction(ctx: DetectorContext, v: ValueId): boolean {
  const { t } = ctx.analysis.machine;
  for (const x of exitsOf(ctx)) {
    if (x.ret !== null && t.mentions(x.ret, v)) return true;
    for (const [addr, content] of x.state.mem) {
      const root = t.root(addr);
      if (root.k !== "local" && (content === v || t.mentions(content, v))) return true;
    }
  }
  for (const list of ctx.analysis.calls.values()) {
    for (const c of list) if (c.args.some((a) => a === v || holdsValue(ctx, c.state, a, v))) return true;
  }
  return false;
}

/** Is the argument the address of a local object that holds the value? */
function holdsValue(ctx: DetectorContext, s: State, addr: ValueId, v: ValueId): boolean {
  const { t } = ctx.analysis.machine;
  if (t.root(addr).k !== "local") return false;
  for (const [cell, content] of s.mem) if (content === v && (cell === addr || t.mentions(cell, addr))) return true;
  return false;
}

/** APIs whose call performs the action, by the rule data. */
export function performs(ctx: DetectorContext, api: string, action: unknown): boolean {
  return ctx.analysis.machine.rules.api(api, -1)?.effects.some((x) => x.does === action) ?? false;
}
