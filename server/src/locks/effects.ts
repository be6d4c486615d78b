/** Transfer of lock operations: acquire, release, downgrade, assert, and what ends with them. */
import { narrow, truth } from "./assume";
import { ANY, POSITIVE, ZERO } from "./facts";
import { endDependents, loseGuarded } from "./guarded";
import type { Machine } from "./machine";
import { ANY_MODE, aliasing, certainlyFree, holds, isHeld } from "./query";
import { type LockEntry, lockKey, type Site, type State } from "./state";
import type { ValueId } from "./values";

export interface LockOp {
  cls: string;
  obj: ValueId;
  site: Site;
  /** Slug naming mistakes with this operation, if not the class's own. */
  rule: string | null;
  /** Set when a callee does it. */
  callee: string | null;
}

function classOf(m: Machine, cls: string) {
  return m.rules.classes.get(cls);
}

function label(m: Machine, cls: string): string {
  return classOf(m, cls)?.label ?? cls;
}

export function acquire(m: Machine, s: State, op: LockOp, mode: "read" | "write", blocking: boolean): void {
  const key = lockKey(op.cls, op.obj);
  const c = classOf(m, op.cls);
  const before = s.locks.get(key);
  if (c?.kind === "spin" && !c.generic && c.field === undefined) isLockPointer(m, s, op);
  // What is locked by a bit of its own is there.
  if (c?.kind === "bit") narrow(m.t, s, pointerOf(m, op.obj), ANY & ~ZERO);
  if (m.sink)
    m.emit({
      k: "acquire",
      cls: op.cls,
      obj: op.obj,
      mode,
      blocking,
      site: op.site,
      state: s.fork(),
      callee: op.callee,
    });
  if (before && isHeld(before) && !before.weak) {
    if (c?.kind === "mark") {
      s.setLock({ ...before, mode: "write" });
      return;
    }
    if (c?.nests) {
      s.setLock({ ...before, depth: Math.min(before.depth + 1, 4) });
      return;
    }
    const selfDeadlock = blocking && before.mode !== "top" && !(before.mode === "read" && mode === "read");
    if (selfDeadlock && m.sink) {
      m.emit({
        k: "double-acquire",
        cls: op.cls,
        obj: op.obj,
        site: op.site,
        info: before,
        mode,
        state: s.fork(),
        callee: op.callee,
      });
    }
    if (!blocking && !(before.mode === "read" && mode === "read") && before.mode !== "top") {
      m.dead = true;
      return;
    }
  }
  if (!before && blocking && c?.nests !== true) lateEvidence(m, s, op);
  for (const [v, info] of s.stale) {
    if (info.cls === op.cls && !info.relocked && aliasing(m.t, info.obj, op.obj) !== "distinct")
      s.setStale(v, { ...info, relocked: true });
  }
  if (m.rules.sectionClasses.has(op.cls)) s.clearReads();
  s.setLock({
    cls: op.cls,
    obj: op.obj,
    mode,
    depth: 1,
    origin: {
      ...op.site,
      note:
        op.site.note ||
        `${label(m, op.cls)} taken${mode === "read" && c?.kind === "rwsem" ? " for read" : mode === "write" && c?.kind === "rwsem" ? " for write" : ""}${op.callee ? ` in ${op.callee}()` : ""}`,
    },
    last: null,
    entry: false,
    entryMode: before?.entryMode ?? "any",
    dropped: before?.dropped ?? false,
    checked: false,
    rule: null,
    attempt: false,
    weak: false,
  });
}

/** The pointer that an object with a lock bit goes by: that of a folio, or of one of its pages. */
function pointerOf(m: Machine, obj: ValueId): ValueId {
  const x = m.t.get(obj);
  return x.k === "pure" && x.args.length === 1 ? x.args[0]! : obj;
}

/** A lock that goes by its own pointer: that pointer is valid, and stays of the class wherever it is passed. */
function isLockPointer(m: Machine, s: State, op: LockOp): void {
  const { k } = m.t.get(op.obj);
  if (k !== "result" && k !== "load" && k !== "phi") return;
  m.lockClass.set(op.obj, op.cls);
  narrow(m.t, s, op.obj, POSITIVE);
}

/** A blocking acquisition shows that the lock was not held before: obligations that hoped for the caller fail. */
function lateEvidence(m: Machine, s: State, op: LockOp): void {
  if (s.guess) return;
  for (const [k, n] of s.needs) {
    if (n.cls !== op.cls || n.obj !== op.obj || n.alternatives) continue;
    if (m.sink) m.emit({ k: "need", need: n, info: null, state: s.fork(), callee: null, late: op.site });
    s.setNeed(k, undefined);
  }
}

export function release(m: Machine, s: State, op: LockOp, mode: "read" | "write" | "any"): void {
  let entry = s.locks.get(lockKey(op.cls, op.obj));
  let obj = op.obj;
  const c = classOf(m, op.cls);
  // A lock that was taken and given back here is known by itself: no guessing which one is meant.
  const known = entry !== undefined && !entry.entry && !entry.attempt && !entry.dropped;
  // Where there is no object, there is another mistake, or the caller knows that there is one.
  const missing = s.mask(m.t, pointerOf(m, obj)) === ZERO;
  if (c?.kind === "bit" && missing) return;
  if (!known && c?.kind !== "bit" && (!entry || !isHeld(entry))) {
    const other = sameLock(m, s, op.cls, op.obj) ?? likelyAlias(m, s, op.cls, op.obj, mode);
    if (other && c?.kind === "map" && missing) return;
    if (other) {
      entry = other;
      obj = other.obj;
    }
  }
  if (entry && isHeld(entry)) {
    if (c?.nests && entry.depth > 1) {
      s.setLock({ ...entry, depth: entry.depth - 1 });
      return;
    }
    const held = entry.mode === "down" ? "read" : entry.mode;
    if (
      mode !== "any" &&
      held !== "top" &&
      held !== "free" &&
      c?.kind === "rwsem" &&
      held !== mode &&
      !(entry.entry && entry.origin.note === ANY_MODE) &&
      m.sink
    ) {
      m.emit({
        k: "wrong-mode",
        cls: op.cls,
        obj,
        site: op.site,
        info: entry,
        wanted: mode,
        state: s.fork(),
        callee: op.callee,
      });
    }
    if (m.sink) m.emit({ k: "release", info: entry, site: op.site, state: s.fork() });
    markReleased(m, s, entry, op);
    return;
  }
  if (m.sink) {
    const derived = m.t.get(obj).k === "pure" && m.lockClass.has(obj);
    const certain = entry !== undefined || derived || certainlyFree(m, s, op.cls, obj);
    m.emit({
      k: "release-unheld",
      cls: op.cls,
      obj,
      site: op.site,
      info: certain ? (entry ?? null) : ENTRY_UNKNOWN,
      rule: op.rule ?? entry?.rule ?? null,
      state: s.fork(),
      callee: op.callee,
    });
  }
  markReleased(
    m,
    s,
    entry ?? {
      cls: op.cls,
      obj,
      mode: mode === "any" ? "write" : mode,
      depth: 1,
      origin: { ...op.site, note: "held by the caller" },
      last: null,
      entry: true,
      entryMode: mode,
      dropped: false,
      checked: false,
      rule: null,
      attempt: false,
      weak: false,
    },
    op,
  );
}

/** Marks `release-unheld` events where the caller may hold the lock. */
export const ENTRY_UNKNOWN: LockEntry = {
  cls: "",
  obj: -1,
  mode: "top",
  depth: 0,
  origin: { at: 0, end: 0, note: "unknown at entry" },
  last: null,
  entry: true,
  entryMode: "any",
  dropped: false,
  checked: false,
  rule: null,
  attempt: false,
  weak: false,
};

/** A held lock that is the one meant: its object is known to be equal, or it was taken by a name that says less. */
function sameLock(m: Machine, s: State, cls: string, obj: ValueId): LockEntry | null {
  const specific = !classOf(m, cls)?.generic;
  for (const e of s.locks.values()) {
    if (!isHeld(e)) continue;
    if (e.obj === obj && e.cls !== cls && specific && classOf(m, e.cls)?.generic) return e;
    if (e.cls === cls && e.obj !== obj && truth(m.t, s, m.t.op("==", e.obj, obj)) === "true") return e;
  }
  return null;
}

function likelyAlias(
  m: Machine,
  s: State,
  cls: string,
  obj: ValueId,
  mode: "read" | "write" | "any",
): LockEntry | null {
  let found: LockEntry | null = null;
  for (const e of s.locks.values()) {
    if (e.cls !== cls || !isHeld(e) || aliasing(m.t, e.obj, obj) !== "maybe") continue;
    if (found && (mode === "any" || e.mode !== mode)) continue;
    found = e;
  }
  return found;
}

function markReleased(m: Machine, s: State, e: LockEntry, op: LockOp): void {
  const site: Site = {
    ...op.site,
    note: op.site.note || `${label(m, e.cls)} released${op.callee ? ` in ${op.callee}()` : ""}`,
  };
  s.setLock({
    ...e,
    mode: "free",
    depth: 0,
    attempt: false,
    last: site,
    dropped: e.dropped || e.entry,
    checked: false,
    rule: op.rule,
  });
  endDependents(m, s, e, site);
  loseGuarded(m, s, e, site, op.rule);
}

export function downgrade(m: Machine, s: State, op: LockOp): void {
  const e = s.locks.get(lockKey(op.cls, op.obj)) ?? likelyAlias(m, s, op.cls, op.obj, "write") ?? undefined;
  const site: Site = { ...op.site, note: `${label(m, op.cls)} downgraded to read` };
  if (e && isHeld(e)) {
    if (e.mode !== "write" && e.mode !== "top" && m.sink && e.origin.note !== ANY_MODE) {
      m.emit({
        k: "wrong-mode",
        cls: op.cls,
        obj: e.obj,
        site: op.site,
        info: e,
        wanted: "write",
        state: s.fork(),
        callee: op.callee,
      });
    }
    s.setLock({ ...e, mode: "down", last: site });
    endDependents(m, s, e, site);
    return;
  }
  if (e && m.sink) {
    m.emit({
      k: "release-unheld",
      cls: op.cls,
      obj: op.obj,
      site: op.site,
      info: e,
      rule: op.rule,
      state: s.fork(),
      callee: op.callee,
    });
  }
  s.setLock({
    cls: op.cls,
    obj: op.obj,
    mode: "down",
    depth: 1,
    origin: { ...op.site, note: "held by the caller" },
    last: site,
    entry: true,
    entryMode: "write",
    dropped: false,
    checked: false,
    rule: null,
    attempt: false,
    weak: false,
  });
  endDependents(m, s, { cls: op.cls, obj: op.obj } as LockEntry, site);
}

function assertion(m: Machine, op: LockOp): Site {
  return { ...op.site, note: `asserted: ${label(m, op.cls)} held` };
}

export function assertHeld(m: Machine, s: State, op: LockOp, mode: "read" | "write" | "any"): void {
  const key = lockKey(op.cls, op.obj);
  const e = s.locks.get(key);
  if (e && isHeld(e)) {
    if (mode === "write" && e.mode === "read" && e.entry && e.origin.note === ANY_MODE)
      s.setLock({ ...e, mode: "write", entryMode: "write", origin: assertion(m, op) });
    else if (mode === "write" && e.mode !== "write") checkAssertion(m, s, op, mode);
    return;
  }
  checkAssertion(m, s, op, mode);
  if (e && e.mode === "free" && !m.entry.unknown) return;
  s.setLock({
    cls: op.cls,
    obj: op.obj,
    mode: mode === "write" ? "write" : "read",
    depth: 1,
    origin: mode === "any" ? { ...op.site, note: ANY_MODE } : assertion(m, op),
    last: null,
    entry: true,
    entryMode: mode,
    dropped: e?.dropped ?? false,
    checked: false,
    rule: null,
    attempt: false,
    weak: false,
  });
}

/** An assertion that certainly fails is a finding of the rule that owns the class. */
function checkAssertion(m: Machine, s: State, op: LockOp, mode: "read" | "write" | "any"): void {
  const rule = m.rules.assertRules.get(op.cls);
  if (rule === undefined || !m.sink) return;
  const r = holds(m, s, op.cls, op.obj, mode);
  if (r.answer !== "no") return;
  const need = { rule, cls: op.cls, mode, obj: op.obj, site: op.site, what: "an assertion" };
  m.emit({ k: "need", need, info: r.info, state: s.fork(), callee: op.callee, late: null });
}

/** Released and taken again by a callee: nothing derived under it is valid any more. */
export function drop(m: Machine, s: State, op: LockOp, mode: "read" | "write" | null): void {
  const e = s.locks.get(lockKey(op.cls, op.obj)) ?? likelyAlias(m, s, op.cls, op.obj, "any") ?? undefined;
  const site: Site = { ...op.site, note: `${label(m, op.cls)} dropped and retaken in ${op.callee ?? "a callee"}()` };
  const held: LockEntry = e ?? {
    cls: op.cls,
    obj: op.obj,
    mode: mode ?? "read",
    depth: 1,
    origin: { ...op.site, note: "held by the caller" },
    last: null,
    entry: true,
    entryMode: "any",
    dropped: true,
    checked: false,
    rule: null,
    attempt: false,
    weak: false,
  };
  endDependents(m, s, held, site);
  loseGuarded(m, s, held, site, op.rule);
  for (const [v, info] of s.stale) if (info.site === site) s.setStale(v, { ...info, relocked: true });
  // A callee that drops it as a reader cannot have met a writer: the mode stays what it was.
  s.setLock({
    ...held,
    mode: mode === null || (mode === "read" && held.mode === "write") ? held.mode : mode,
    dropped: held.dropped || held.entry,
    checked: false,
  });
  if (m.rules.sectionClasses.has(op.cls)) s.clearReads();
}

/** A callee takes and releases the lock: an order edge, a deadlock if we hold it, and proof that we need not hold it. */
export function takeInside(m: Machine, s: State, op: LockOp, mode: "read" | "write"): void {
  const e = s.locks.get(lockKey(op.cls, op.obj));
  if (m.sink) {
    m.emit({
      k: "acquire",
      cls: op.cls,
      obj: op.obj,
      mode,
      blocking: true,
      site: op.site,
      state: s.fork(),
      callee: op.callee,
    });
    const deadlock = e && isHeld(e) && !e.weak && e.mode !== "top" && !classOf(m, op.cls)?.nests;
    if (deadlock && !(e.mode === "read" && mode === "read")) {
      m.emit({
        k: "double-acquire",
        cls: op.cls,
        obj: op.obj,
        site: op.site,
        info: e,
        mode,
        state: s.fork(),
        callee: op.callee,
      });
    }
  }
  if (!e) lateEvidence(m, s, op);
}

/** An attempt to take the lock failed. If nothing else is known, it is not held. */
export function failedAttempt(m: Machine, s: State, op: LockOp, name: string): void {
  const key = lockKey(op.cls, op.obj);
  const e = s.locks.get(key);
  if (e && (isHeld(e) || e.dropped)) return;
  s.setLock({
    cls: op.cls,
    obj: op.obj,
    mode: "free",
    depth: 0,
    origin: { ...op.site, note: `${name}() failed: ${label(m, op.cls)} is not held` },
    last: { ...op.site, note: `${name}() failed: ${label(m, op.cls)} is not held` },
    entry: false,
    entryMode: "any",
    dropped: false,
    checked: false,
    rule: m.rules.failureRules.get(op.cls) ?? null,
    attempt: true,
    weak: false,
  });
}
