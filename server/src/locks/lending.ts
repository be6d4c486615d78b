/** Locks that leave the function's hands without a release: with an object that is lent, linked or stored. */
import { canonicalLock } from "./canonical";
import type { HandingOn } from "./context";
import type { Machine } from "./machine";
import type { CallModel } from "./outcomes";
import { isHeld } from "./query";
import { type LockEntry, lockKey, type Site, type State } from "./state";
import { type CallFrame, canonicalFolio } from "./terms";
import type { ValueId } from "./values";

/** A callback that gets an object may unlock it, now or later. */
export function loseBitLocks(m: Machine, s: State, frame: CallFrame, site: Site): void {
  for (const c of m.rules.classes.values()) {
    if (c.kind !== "bit" || c.objectType === undefined) continue;
    for (const v of frame.args) {
      const tag = m.structs.get(v);
      if (tag === c.objectType || tag === "page") loseTrack(m, s, c.id, canonicalFolio(m, v), site);
    }
  }
}

/** A callee without a model that hands a locked object on to a callback, or stores it: others may unlock it. */
export function loseHandedOn(m: Machine, s: State, frame: CallFrame, name: string, site: Site): void {
  for (const l of handedOn(m, s, frame, name, "any")) loseTrack(m, s, l.cls, l.obj, site);
}

/** A callee that keeps a locked object where others find it: they may unlock it. */
export function noteKept(m: Machine, s: State, frame: CallFrame, name: string): void {
  for (const l of handedOn(m, s, frame, name, "store")) s.addMark(l.obj, "escaped");
}

/** Per-object locks that are held, and whose object the callee hands on. */
function handedOn(m: Machine, s: State, frame: CallFrame, name: string, way: HandingOn): LockEntry[] {
  return [...s.locks.values()].filter((l) => {
    if (!isHeld(l) || m.rules.classes.get(l.cls)?.kind !== "bit") return false;
    const index = frame.args.findIndex((v) => v === l.obj || canonicalFolio(m, v) === l.obj);
    return index >= 0 && m.scope.handsOn(name, index, way);
  });
}

/**
 * A macro that is not understood, but takes or releases locks: those of the kind that are held, or that its arguments
 * name, may be in any state now.
 */
export function loseThroughMacro(m: Machine, s: State, frame: CallFrame, name: string, site: Site): void {
  for (const callee of m.scope.macroCalls(name)) {
    for (const x of m.rules.api(callee, -1)?.effects ?? []) {
      const cls = x.acquire ?? x.release ?? x.releaseAll ?? x.downgrade;
      const c = cls === undefined ? undefined : m.rules.classes.get(cls);
      if (!c) continue;
      for (const l of s.locks.values()) {
        const same = l.cls === c.id || (c.generic && m.rules.classes.get(l.cls)?.kind === c.kind);
        if (same && isHeld(l)) loseTrack(m, s, l.cls, l.obj, site);
      }
      if (x.acquire === undefined) continue;
      for (const v of frame.args) {
        const lock = canonicalLock(m, c.id, v);
        if (!m.rules.classes.get(lock.cls)?.generic && m.t.get(v).k !== "num")
          loseTrack(m, s, lock.cls, lock.obj, site);
      }
    }
  }
}

/** A locked object that is linked into something (`&folio->lru`) may be released by whoever finds it there. */
export function noteEscapes(m: Machine, s: State, frame: CallFrame, model: CallModel | null): void {
  if (model?.primitive) return;
  for (const v of frame.args) {
    const x = m.t.get(v);
    if (x.k !== "field") continue;
    for (const e of s.locks.values()) {
      if (e.obj === x.base && m.rules.classes.get(e.cls)?.kind === "bit") s.addMark(e.obj, "escaped");
    }
  }
}

/**
 * A locked object that is stored where others find it may be unlocked by them. Objects go by numbers too
 * (page frame numbers, entries): a computed value put into an array outside may stand for any of them.
 */
export function noteStored(m: Machine, s: State, v: ValueId, addr: ValueId | null = null): void {
  const collected = addr !== null && m.t.get(addr).k === "elem" && m.t.get(v).k !== "num";
  for (const e of s.locks.values()) {
    if (!isHeld(e) || m.rules.classes.get(e.cls)?.kind !== "bit") continue;
    if (collected || e.obj === v || e.obj === canonicalFolio(m, v)) s.addMark(e.obj, "escaped");
  }
}

/** The object in a variable that a callee may replace: its per-object lock went with it. */
export function lendContent(m: Machine, s: State, cell: ValueId, site: Site): void {
  const content = s.mem.get(cell);
  if (content === undefined) return;
  for (const l of s.locks.values()) {
    if (!isHeld(l) || m.rules.classes.get(l.cls)?.kind !== "bit") continue;
    if (l.obj === content || l.obj === canonicalFolio(m, content)) loseTrack(m, s, l.cls, l.obj, site);
  }
}

/** The lock may or may not be held now. */
export function loseTrack(m: Machine, s: State, cls: string, obj: ValueId, site: Site): void {
  const held = s.locks.get(lockKey(cls, obj));
  const base = held ?? {
    cls,
    obj,
    depth: 1,
    origin: site,
    last: null,
    entry: true,
    entryMode: "any" as const,
    dropped: true,
    checked: false,
    rule: null,
    attempt: false,
    weak: false,
  };
  s.setLock({ ...base, mode: "top", depth: 1 });
  if (m.rules.sectionClasses.has(cls)) s.clearReads();
}
