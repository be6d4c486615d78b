/** Which lock a value stands for: its class and the object it belongs to. */
import { structTag } from "../syntax/types";
import type { Machine } from "./machine";
import { canonicalFolio } from "./terms";
import type { ValueId } from "./values";

/** Raw lock calls on a lock that has a class of its own (`down_read(&mm->mmap_lock)`, `spin_lock(vmf->ptl)`) mean that class. */
export function canonicalLock(m: Machine, cls: string, obj: ValueId): { cls: string; obj: ValueId } {
  const c = m.rules.classes.get(cls);
  if (c?.kind === "map") return { cls, obj: withoutArithmetic(m, obj) };
  if (c?.objectType === "folio") return { cls, obj: canonicalFolio(m, obj) };
  if (!c?.generic) return { cls, obj };
  const known = m.lockClass.get(obj);
  if (known !== undefined) return { cls: known, obj };
  const v = m.t.get(obj);
  if (v.k === "field") {
    const tag = structOf(m, v.base);
    const specific = tag === undefined ? undefined : m.rules.fieldClasses.get(`${tag}.${v.field}`);
    if (specific !== undefined) return { cls: specific, obj: v.base };
    const through = throughPointer(m, v.base, v.field);
    if (through) return through;
    // A part of the lock (its lockdep map) stands for the lock.
    if (m.t.get(v.base).k === "field") {
      const whole = canonicalLock(m, cls, v.base);
      if (whole.cls !== cls) return whole;
    }
  } else if (v.k === "load") {
    const a = m.t.get(v.addr);
    if (a.k === "field") {
      const tag = structOf(m, a.base);
      const specific = tag === undefined ? undefined : m.rules.lockFields.get(`${tag}.${a.field}`);
      if (specific !== undefined) return { cls: specific, obj };
    }
  }
  return { cls, obj };
}

/** The lock lives in an object of its own that a field of the owner points to: `vma->vm_lock->lock`. */
function throughPointer(m: Machine, base: ValueId, field: string): { cls: string; obj: ValueId } | null {
  const b = m.t.get(base);
  if (b.k !== "load") return null;
  const a = m.t.get(b.addr);
  if (a.k !== "field") return null;
  const tag = structOf(m, a.base);
  const cls = tag === undefined ? undefined : m.rules.fieldClasses.get(`${tag}.${a.field}->${field}`);
  return cls === undefined ? null : { cls, obj: a.base };
}

/** `pte + n` lies in the table that `pte` maps. */
function withoutArithmetic(m: Machine, v: ValueId): ValueId {
  const x = m.t.get(v);
  if (x.k === "op" && (x.op === "+" || x.op === "-")) {
    const a = m.t.get(x.a);
    return withoutArithmetic(m, a.k === "num" || a.k === "sym" ? x.b : x.a);
  }
  if (x.k === "elem") return withoutArithmetic(m, x.base);
  return v;
}

function structOf(m: Machine, v: ValueId): string | undefined {
  const known = m.structs.get(v);
  if (known !== undefined) return known;
  const x = m.t.get(v);
  if (x.k === "local") return structTag(m.types.get(x.name) ?? "");
  return undefined;
}
