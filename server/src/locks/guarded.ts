/** What ends with a lock: locks that live only as long as it, pointers that only it kept alive. */
import type { Machine } from "./machine";
import { aliasing, isHeld } from "./query";
import { type LockEntry, lockKey, type Site, type State } from "./state";
import type { ValueId } from "./values";

/** Locks that live only as long as the released one (per-VMA write locks) end with it. */
export function endDependents(m: Machine, s: State, e: LockEntry, site: Site): void {
  const dependents = m.rules.until.get(e.cls);
  if (!dependents) return;
  for (const d of s.locks.values()) {
    const c = dependents.find((x) => x.id === d.cls);
    if (!c?.until || !isHeld(d)) continue;
    const owner = m.load(s, m.t.field(d.obj, c.until.via));
    if (aliasing(m.t, owner, e.obj) === "distinct") continue;
    s.setLock({
      ...d,
      mode: "free",
      depth: 0,
      last: { ...site, note: `${site.note}, which ends ${c.label}` },
      dropped: d.dropped || d.entry,
    });
  }
}

/** Pointers that only the released lock kept alive become stale. */
export function loseGuarded(m: Machine, s: State, e: LockEntry, site: Site, rule: string | null): void {
  const key = lockKey(e.cls, e.obj);
  const lose = (v: ValueId): void => {
    if (s.stale.has(v) || s.hasMark(v, "fresh") || s.hasMark(v, "detached")) return;
    s.setStale(v, { site, cls: e.cls, obj: e.obj, relocked: false, rule });
  };
  for (const [v, keys] of s.guardians) {
    if (!keys.includes(key)) continue;
    if (keys.some((k) => k !== key && s.locks.has(k) && isHeld(s.locks.get(k) as LockEntry))) continue;
    if (!keptByOwnLock(m, s, v)) lose(v);
  }
  const own = m.rules.classes.get(e.cls);
  if (own?.kind === "rwsem" && own.objectType !== undefined && m.rules.guarded.has(own.objectType))
    loseUnlessHeld(m, s, e.obj, own.objectType, key, lose);
  for (const [tag, g] of m.rules.guarded) {
    if (g.cls !== e.cls) continue;
    const owner = m.t.get(e.obj);
    // The lock object was reached through the guarded object itself: mm = vma->vm_mm.
    if (owner.k === "load") {
      const a = m.t.get(owner.addr);
      if (a.k === "field" && a.field === g.via) loseUnlessHeld(m, s, a.base, tag, key, lose);
    }
    for (const [addr, v] of s.mem) {
      if (v !== e.obj) continue;
      const a = m.t.get(addr);
      if (a.k === "field" && a.field === g.via && m.t.get(a.base).k !== "local")
        loseUnlessHeld(m, s, a.base, tag, key, lose);
    }
  }
}

function loseUnlessHeld(m: Machine, s: State, v: ValueId, _tag: string, key: string, lose: (v: ValueId) => void): void {
  const guardians = s.guardians.get(v);
  if (guardians && !guardians.includes(key)) return;
  if (guardians?.some((k) => k !== key && s.locks.has(k) && isHeld(s.locks.get(k) as LockEntry))) return;
  if (!keptByOwnLock(m, s, v)) lose(v);
}

/** Is a lock on the very object (a per-object read lock) held? It keeps the object alive, whatever it was found under. */
function keptByOwnLock(m: Machine, s: State, v: ValueId): boolean {
  for (const e of s.locks.values()) if (e.obj === v && isHeld(e) && !m.rules.classes.get(e.cls)?.until) return true;
  return false;
}
