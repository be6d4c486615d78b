/** Questions about a state: is this lock held here, may two objects be the same? */
import type { Machine } from "./machine";
import { type LockEntry, lockKey, type State } from "./state";
import type { ValueId, ValueTable } from "./values";

export type Answer = "yes" | "no" | "entry" | "unknown";

/** May two values denote one object? Distinct parameters and distinct locals are taken as distinct objects. */
export function aliasing(t: ValueTable, a: ValueId, b: ValueId): "same" | "distinct" | "maybe" {
  if (a === b) return "same";
  const x = t.get(a);
  const y = t.get(b);
  if (x.k === "old" || y.k === "old") return "maybe";
  if (x.k === "field" && y.k === "field") return x.field !== y.field ? "distinct" : aliasing(t, x.base, y.base);
  if (x.k === "local" || y.k === "local") return "distinct";
  if (x.k === "global" || y.k === "global") return x.k === y.k ? "distinct" : "maybe";
  if (x.k === "param" && y.k === "param") return "distinct";
  if (x.k === "pure" && y.k === "pure" && x.fn === y.fn && x.args.length === y.args.length) {
    const verdicts = x.args.map((arg, i) => aliasing(t, arg, y.args[i] as ValueId));
    if (verdicts.some((v) => v === "distinct")) return "distinct";
  }
  return "maybe";
}

export function isHeld(e: LockEntry): boolean {
  return e.mode === "read" || e.mode === "write" || e.mode === "down" || e.mode === "top";
}

function modeAnswer(e: LockEntry, mode: "read" | "write" | "any"): Answer {
  if (e.mode === "free") return "no";
  if (e.mode === "top") return "unknown";
  if (mode === "write")
    return e.mode === "write" ? "yes" : e.entry && e.mode === "read" && e.origin.note === ANY_MODE ? "entry" : "no";
  return "yes";
}

/** Note of an entry-held lock whose mode is not known beyond "some". */
export const ANY_MODE = "held in some mode";

/** Is an instance of the class on `obj` (null: any instance) held in at least `mode`? The entry decides the answer, if one does. */
export function holds(
  m: Machine,
  s: State,
  cls: string,
  obj: ValueId | null,
  mode: "read" | "write" | "any",
): { answer: Answer; info: LockEntry | null } {
  if (obj === null) return holdsAny(m, s, cls, mode);
  const exact = s.locks.get(lockKey(cls, obj));
  if (exact && isHeld(exact)) return { answer: modeAnswer(exact, mode), info: exact };
  let other: LockEntry | null = null;
  for (const e of s.locks.values()) {
    if (e.cls !== cls || !isHeld(e) || e === exact) continue;
    if (aliasing(m.t, e.obj, obj) === "maybe") other = e;
  }
  if (exact?.attempt) return { answer: knownOrigin(m, obj) ? "entry" : "unknown", info: exact };
  if (exact) return other ? { answer: "unknown", info: exact } : { answer: "no", info: exact };
  if (other) return { answer: "unknown", info: other };
  if (certainlyFree(m, s, cls, obj)) return { answer: "no", info: null };
  return { answer: knownOrigin(m, obj) ? "entry" : "unknown", info: null };
}

function holdsAny(
  m: Machine,
  s: State,
  cls: string,
  mode: "read" | "write" | "any",
): { answer: Answer; info: LockEntry | null } {
  let freed: LockEntry | null = null;
  let weak: LockEntry | null = null;
  for (const e of s.locks.values()) {
    if (e.cls !== cls) continue;
    if (isHeld(e)) {
      const a = modeAnswer(e, mode);
      if (a === "yes" || a === "unknown" || a === "entry") return { answer: a, info: e };
      weak = e;
    } else freed = e;
  }
  if (m.entry.some.has(cls)) return { answer: weak ? "no" : "yes", info: weak };
  if (weak) return { answer: "no", info: weak };
  if (m.entry.free.has(cls)) return { answer: "no", info: freed };
  if (freed) return { answer: freed.entry ? "no" : "entry", info: freed };
  return { answer: "entry", info: null };
}

/** Absent from the state: is it certain that nobody up the stack holds it for us? */
export function certainlyFree(m: Machine, s: State, cls: string, obj: ValueId): boolean {
  const v = m.t.get(obj);
  const root = m.t.root(obj);
  const kind = m.rules.classes.get(cls)?.kind;
  if (root.k === "local" && v.k !== "load" && kind !== "bit") return true;
  const other = replacingLock(m, s, cls, obj);
  const held = other && s.locks.get(lockKey(other.cls, other.obj));
  if (held && isHeld(held) && held.mode !== "top") return true;
  if (m.entry.free.has(cls) && (kind !== "bit" || root.k === "param")) return true;
  return v.k === "result" && kind !== "bit" && kind !== "ref" && m.modelled.has(obj);
}

/** Is the lock, by all that is known, free? */
export function certainlyNotHeld(m: Machine, s: State, cls: string, obj: ValueId): boolean {
  return holds(m, s, cls, obj, "any").answer === "no";
}

/** Is a lock held, perhaps the very one, whose holder has no use for this lock? */
export function maybeReplaced(m: Machine, s: State, cls: string, obj: ValueId): boolean {
  const own = s.locks.get(lockKey(cls, obj));
  if (own && isHeld(own)) return false;
  const other = replacingLock(m, s, cls, obj);
  if (!other) return false;
  for (const e of s.locks.values())
    if (e.cls === other.cls && isHeld(e) && e.mode !== "top" && aliasing(m.t, e.obj, other.obj) !== "distinct")
      return true;
  return false;
}

/** The lock whose holder has no use for this one, if there is such a lock. */
function replacingLock(m: Machine, s: State, cls: string, obj: ValueId): { cls: string; obj: ValueId } | undefined {
  const other = m.rules.classes.get(cls)?.insteadOf;
  return other && { cls: other.lock, obj: m.load(s, m.t.field(obj, other.via)) };
}

/** Can the caller name the object? Then what it holds decides. */
export function knownOrigin(m: Machine, obj: ValueId): boolean {
  const r = m.t.root(obj);
  return r.k === "param" || r.k === "global";
}
