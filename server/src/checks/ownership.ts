/** Who is to release a per-object lock: such locks change hands with the object. */
import type { Event } from "../locks/events";
import { type LockEntry, lockKey, type State } from "../locks/state";
import { canonicalFolio } from "../locks/terms";
import type { ValueId } from "../locks/values";
import { isPointer } from "../syntax/types";
import type { DetectorContext } from "./detector";
import type { Exit } from "./exits";

type DoubleAcquire = Extract<Event, { k: "double-acquire" }>;

/** Has the object been handed to others when the function returns: linked, stored where they find it, or returned as a part? */
export function changesOwner(ctx: DetectorContext, x: Exit, obj: ValueId): boolean {
  const { t } = ctx.analysis.machine;
  if (x.state.hasMark(obj, "escaped") || stored(ctx, x.state, obj)) return true;
  return x.ret !== null && x.ret !== obj && t.get(x.ret).k === "pure" && t.mentions(x.ret, obj);
}

/**
 * Does another return look just like this one to the caller, and is without the lock? Then no caller can know whether
 * there is something to release.
 */
export function leftInDoubt(ctx: DetectorContext, exits: Exit[], held: Exit[], x: Exit, obj: ValueId): boolean {
  if (!isHandedIn(ctx, obj)) return false;
  return exits.some((y) => !held.includes(y) && sameResult(ctx, x, y) && !canTell(ctx, x, y));
}

/**
 * Does the function give back what it takes at this place, and not collect it: is it of another object in each turn of a loop, and
 * does no turn begin with that of the last?
 */
export function isGivenBack(ctx: DetectorContext, lock: LockEntry): boolean {
  const taken = (l: LockEntry): boolean =>
    l.cls === lock.cls && l.origin.at === lock.origin.at && !l.entry && !l.attempt && l.mode !== "free";
  const { events } = ctx.analysis;
  return (
    events.some((e) => e.k === "release" && taken(e.info) && e.info.mode !== "top") &&
    !events.some((e) => e.k === "acquire" && e.site.at === lock.origin.at && [...e.state.locks.values()].some(taken))
  );
}

/** Does a return that gave the lock back look just like this one to the caller? */
export function releasedAlike(ctx: DetectorContext, free: Exit[], x: Exit): boolean {
  return free.some((y) => sameResult(ctx, x, y) && !canTell(ctx, x, y));
}

/** Is it an argument, or the folio of one: an object that the caller goes on having? */
function isHandedIn(ctx: DetectorContext, obj: ValueId): boolean {
  const { t } = ctx.analysis.machine;
  const x = t.get(obj);
  return x.k === "param" || (x.k === "pure" && x.args.every((a) => t.get(a).k === "param"));
}

function sameResult(ctx: DetectorContext, x: Exit, y: Exit): boolean {
  const { t } = ctx.analysis.machine;
  if (x.ret === null || y.ret === null) return x.ret === y.ret;
  if (isPointer(ctx.fn.returnType)) return false;
  const mine = constants(ctx, x.ret);
  const theirs = constants(ctx, y.ret);
  if (mine && theirs && !mine.some((v) => theirs.includes(v))) return false;
  return (x.state.mask(t, x.ret) & y.state.mask(t, y.ret)) !== 0;
}

/** The constants that the value may be, where paths met too; null if it may be something else. */
function constants(ctx: DetectorContext, v: ValueId): ValueId[] | null {
  const { t } = ctx.analysis.machine;
  const origins = [...t.originsOf(v)].filter((o) => t.get(o).k !== "phi");
  const named = (o: ValueId): boolean => ["num", "sym", "un"].includes(t.get(o).k);
  return origins.length > 0 && origins.every(named) ? origins : null;
}

/** Do the two paths differ in something that the caller knows: an argument, a field of one? */
function canTell(ctx: DetectorContext, x: Exit, y: Exit): boolean {
  const { t } = ctx.analysis.machine;
  for (const [v, f] of x.state.facts) {
    const form = t.get(v);
    const known = form.k === "op" ? [form.a, form.b] : [v];
    if (!known.every((k) => t.root(k).k === "param" || t.get(k).k === "num" || t.get(k).k === "sym")) continue;
    const g = y.state.facts.get(v);
    if (g && (f.mask & g.mask) === 0) return true;
    if (g?.eq !== undefined && f.eq !== undefined && g.eq !== f.eq) return true;
  }
  return false;
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
