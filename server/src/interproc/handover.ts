/** Locks that pass between a callback and its caller: returned with on purpose, or taken over with the call. */

import { folderOf } from "../base/path";
import { clause } from "../locks/apiModel";
import { clauseTruth } from "../locks/clauseTruth";
import type { Machine } from "../locks/machine";
import type { CallEffect, CallModel } from "../locks/outcomes";
import type { State } from "../locks/state";
import type { ValueId } from "../locks/values";
import { parseCond, parsePath } from "../rules/expressions";
import type { SlotContext } from "../rules/model";
import type { FunctionAst } from "../syntax/ast";
import type { FunctionRef } from "./callGraph";
import { type Program, type Slot, slotName } from "./program";

export type Handover = SlotContext["handsOver"][number];

/** What the function may return with because of the slots it is installed in. */
export function handoversOf<V>(p: Program<V>, ref: FunctionRef): Handover[] {
  const out: Handover[] = [];
  for (const slot of p.slots(ref)) {
    for (const h of p.o.contexts.get(slotName(slot))?.handsOver ?? []) {
      if (h.to === undefined) out.push(h);
      else {
        const released = releasedBy(p, slot, h.to);
        if (released === null) out.push(h);
        else if (h.lock !== "*") out.push(...(released.has(h.lock) ? [h] : []));
        else out.push(...[...released].map((lock) => ({ ...h, lock })));
      }
    }
  }
  return out;
}

/** Classes that the function in another field of the same table lets go of; null if that function is out of reach. */
function releasedBy<V>(p: Program<V>, slot: Slot, field: string): Set<string> | null {
  const target = p.sibling(slot, field);
  if (!target) return null;
  const out = new Set<string>();
  for (const o of p.summary(target, folderOf(target.file))?.outcomes ?? [])
    for (const e of o.effects) if (e.k === "release" || e.k === "releaseAll" || e.k === "lost") out.add(e.cls);
  return out;
}

/** Does one of the handovers cover returning with a lock of this class here? */
export function covers(list: readonly Handover[], m: Machine, cls: string, s: State, ret: ValueId | null): boolean {
  return list.some((h) => {
    if (h.lock !== "*" && h.lock !== cls) return false;
    if (h.when === undefined || ret === null) return true;
    const frame = { args: [], lvalues: [], ret };
    return parseCond(h.when).every((c) => clauseTruth(m, s, clause(c), frame) !== "false");
  });
}

/** Adds to a summary what every call of a function in its slots means: the callee owns the lock from then on. */
export function withConsumed<V>(p: Program<V>, ref: FunctionRef, fn: FunctionAst, model: CallModel): CallModel {
  const possible = [...p.o.contexts.values()].filter((c) => c.consumes.some((x) => fits(p, fn, x)));
  if (possible.length === 0) return model;
  const slots = new Set(p.slots(ref).map(slotName));
  const effects: CallEffect[] = possible
    .filter((c) => slots.has(c.slot))
    .flatMap((c) => c.consumes)
    .map((c) => ({ k: "releaseAll", cls: c.lock, term: { k: "path", path: parsePath(c.object) } }));
  if (effects.length === 0) return model;
  const consumed = new Set(effects.map((e) => ("cls" in e ? e.cls : "")));
  const outcomes = model.outcomes.map((o) => ({
    ...o,
    effects: [...o.effects.filter((e) => !("cls" in e) || !consumed.has(e.cls)), ...effects],
  }));
  return { ...model, outcomes };
}

/** May the parameter be the lock's object? */
function fits<V>(p: Program<V>, fn: FunctionAst, c: SlotContext["consumes"][number]): boolean {
  const path = parsePath(c.object);
  if (path.root.k !== "arg") return false;
  const type = fn.params[path.root.index]?.type;
  const object = p.o.compiled.classes.get(c.lock)?.objectType;
  return type !== undefined && (object === undefined || path.folio || type.includes(object));
}
