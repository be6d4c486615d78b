/** Ageing: when an instruction produces its value anew, everything known of the earlier one moves to a summary value. */
import { lockKey, type State } from "./state";
import type { ValueId, ValueTable } from "./values";

/** Renames what depends on `leaf` (a result or phi about to be redefined) to its past instance, and drops what cannot be renamed. */
export function forget(t: ValueTable, s: State, leaf: ValueId): void {
  ageMemory(t, s, leaf);
  ageLocks(t, s, leaf);
  ageRest(t, s, leaf);
}

function ageMemory(t: ValueTable, s: State, leaf: ValueId): void {
  const addresses = s.mem.keys();
  const contents = s.mem.contents();
  for (let i = 0; i < addresses.length; i++) {
    const addr = addresses[i] as ValueId;
    const v = contents[i] as ValueId;
    if (t.dependsOn(addr, leaf)) s.dropMem(addr);
    else if (t.dependsOn(v, leaf)) s.setMem(addr, v === leaf ? t.old(leaf) : t.old(v));
  }
  for (const v of s.facts.keys()) if (t.dependsOn(v, leaf)) s.setFact(v, undefined);
}

function ageLocks(t: ValueTable, s: State, leaf: ValueId): void {
  for (const [k, e] of s.locks) {
    if (!t.dependsOn(e.obj, leaf)) continue;
    s.dropLock(k);
    if (e.mode === "free") continue;
    const obj = t.old(e.obj);
    if (!s.locks.has(lockKey(e.cls, obj))) s.setLock({ ...e, obj, weak: true });
  }
}

function ageRest(t: ValueTable, s: State, leaf: ValueId): void {
  for (const [v, info] of s.stale) {
    if (!t.dependsOn(v, leaf)) continue;
    s.setStale(v, undefined);
    s.setStale(t.old(v), info);
  }
  for (const [v, m] of s.marks) if (t.dependsOn(v, leaf)) for (const one of m.split(",")) s.removeMark(v, one);
  for (const [v, d] of s.doubts)
    if (t.dependsOn(v, leaf)) s.setDoubt(v, undefined);
    else if (d.facts?.some(([w]) => t.dependsOn(w, leaf)))
      s.setDoubt(v, { ...d, facts: d.facts.filter(([w]) => !t.dependsOn(w, leaf)) });
  for (const v of s.guardians.keys()) if (t.dependsOn(v, leaf)) s.setGuardians(v, undefined);
}
