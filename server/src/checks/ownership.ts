/** Who is to release a per-object lock: such locks change hands with the object. */
import type { Event } from "../locks/events";
import { lockKey, type State } from "../locks/state";
import { canonicalFolio } from "../locks/terms";
import type { ValueId } from "../locks/values";
import type { DetectorContext } from "./detector";
import type { Exit } from "./exits";

type DoubleAcquire = Extract<Event, { k: "double-acquire" }>;

/** Has the object been handed to others when the function returns: linked, stored where they find it, or returned as a part? */
export function changesOwner(ctx: DetectorContext, x: Exit, obj: ValueId): boolean {
  const { t } = ctx.analysis.machine;
  if (x.state.hasMark(obj, "escaped") || stored(ctx, x.state, obj)) return true;
  return x.ret !== null && x.ret !== obj && t.get(x.ret).k === "pure" && t.mentions(x.ret, obj);
}

/** Was the object, or the address of a part of it, written to memory that is not the function's own? */
function stored(ctx: DetectorContext, s: State, obj: ValueId): boolean {
  const { t } = ctx.analysis.machine;
  const whole = t.get(obj);
  const page = whole.k === "pure" ? whole.args[0] : undefined;
  for (const [addr, content] of s.mem) {
    if (t.root(addr).k === "local" || content === t.load(addr, 0)) continue;
    if (content === obj || content === page || partOf(ctx, content, obj)) return true;
  }
  return false;
}

function partOf(ctx: DetectorContext, content: ValueId, obj: ValueId): boolean {
  const { t } = ctx.analysis.machine;
  const v = t.get(content);
  if (v.k === "field") return v.base === obj || partOf(ctx, v.base, obj);
  return v.k === "pure" && v.args.some((a) => a === obj || partOf(ctx, a, obj));
}

/** Between the two acquisitions the object was lent to a function, or stored: it may have been unlocked there. */
export function lentSince(ctx: DetectorContext, e: DoubleAcquire): boolean {
  const m = ctx.analysis.machine;
  if (stored(ctx, e.state, e.obj)) return true;
  const key = lockKey(e.cls, e.obj);
  for (const calls of ctx.analysis.calls.values()) {
    for (const c of calls) {
      if (c.at === e.site.at || c.state.locks.get(key)?.origin.at !== e.info.origin.at) continue;
      if (c.args.some((a) => a === e.obj || canonicalFolio(m, a) === e.obj)) return true;
    }
  }
  return false;
}
