/** Entry context of a function: callback slot, syscall, annotations, or the meet over all its callers. */

import { folderOf } from "../base/path";
import type { FunctionAnalysis } from "../locks/analyse";
import { performedCalls } from "../locks/callSites";
import type { Compiled, EntryContext } from "../locks/context";
import { UNKNOWN_ENTRY } from "../locks/context";
import type { Machine } from "../locks/machine";
import type { Term } from "../locks/outcomes";
import { ANY_MODE, isHeld } from "../locks/query";
import type { State } from "../locks/state";
import type { ValueId } from "../locks/values";
import { parsePath } from "../rules/expressions";
import type { SlotContext } from "../rules/model";
import { type FunctionRef, refKey } from "./callGraph";
import type { Folder } from "./folder";
import { slotName } from "./program";

/** Could knowing the caller change anything this analysis says? */
export function entryMatters(a: FunctionAnalysis): boolean {
  for (const e of a.events) {
    if (e.k === "exit") {
      if (e.state.needs.size > 0) return true;
      for (const l of e.state.locks.values()) if (l.entry || l.dropped) return true;
    } else if (e.k === "release-unheld") return true;
    else if (e.k === "acquire" && a.machine.rules.classes.get(e.cls)?.kind === "seq") return true;
    else if (e.k === "stale-use" || e.k === "sleep" || e.k === "acquire") {
      // A lock the caller holds makes sleeping or ordering matter; judged at the call site instead.
    }
  }
  return false;
}

/** What is held when the function is entered, as seen from a folder. */
export function entryContext<V>(folder: Folder<V>, ref: FunctionRef): EntryContext {
  const { program } = folder;
  program.readText(refKey(ref));
  const slots = slotsOf(folder, ref);
  if (slots.length > 0) {
    const contexts = slots.map((s) => program.o.contexts.get(s));
    if (contexts.every((c): c is SlotContext => c !== undefined)) return fromSlots(program.o.compiled, contexts);
    return UNKNOWN_ENTRY;
  }
  const sites = knownCallers(folder, ref);
  return sites ? fromCallers(folder, ref, sites) : UNKNOWN_ENTRY;
}

/** Does the entry follow from what the callers hold, so that they have to be judged before? */
export function hangsOnCallers<V>(folder: Folder<V>, ref: FunctionRef): boolean {
  return slotsOf(folder, ref).length === 0 && knownCallers(folder, ref) !== null;
}

function slotsOf<V>(folder: Folder<V>, ref: FunctionRef): string[] {
  return ref.item.kind === "syscall" ? ["syscall"] : folder.program.slots(ref).map(slotName);
}

/** All calls of the function, if they are known and in the folder. */
function knownCallers<V>(folder: Folder<V>, ref: FunctionRef): { file: string; fn: string }[] | null {
  const { complete, sites } = folder.program.callers(ref);
  return complete && sites.length > 0 && sites.every((c) => folderOf(c.file) === folder.dir) ? sites : null;
}

function fromSlots(compiled: Compiled, contexts: SlotContext[]): EntryContext {
  const first = contexts[0] as SlotContext;
  if (contexts.some((c) => JSON.stringify([c.holds, c.free]) !== JSON.stringify([first.holds, first.free])))
    return UNKNOWN_ENTRY;
  const all = [...compiled.classes.values()].filter((c) => !c.generic).map((c) => c.id);
  const alternatives = first.holds.flatMap((h) => (h.or ? [h.lock, h.or] : []));
  const free = new Set(first.free.includes("*") ? all : first.free);
  const some = new Set<string>();
  const held: EntryContext["held"] = [];
  for (const h of first.holds) {
    free.delete(h.lock);
    if (h.or) free.delete(h.or);
    if (h.object === "any") some.add(h.lock);
    else if (!h.or)
      held.push({
        cls: h.lock,
        term: { k: "path", path: parsePath(h.object) },
        mode: h.mode,
        why: `${first.slot} is called with it held`,
      });
  }
  for (const a of alternatives) free.delete(a);
  const marks = Object.entries(first.marks).flatMap(([path, list]) => {
    const root = parsePath(path).root;
    return root.k === "arg" ? list.map((mark) => ({ index: root.index, mark })) : [];
  });
  return {
    held,
    free,
    some,
    marks,
    why: `entered as ${first.slot}`,
    unknown: held.length === 0 && free.size === 0 && some.size === 0 && marks.length === 0,
  };
}

/** What is known at all calls of a function looked at so far. */
export interface Meet {
  held: Map<string, EntryContext["held"][number]>;
  free: Set<string>;
  some: Set<string>;
  fresh: Set<number>;
}

/** What holds at every call of the wanted callees, by name. */
export function contextsAtCalls(a: FunctionAnalysis, wanted: (name: string) => boolean): Map<string, Meet> {
  const out = new Map<string, Meet>();
  for (const name of a.calls.keys()) {
    const meet = wanted(name) ? contextOf(a, name) : null;
    if (meet) out.set(name, meet);
  }
  return out;
}

function contextOf(a: FunctionAnalysis, name: string): Meet | null {
  let meet: Meet | null = null;
  for (const { state, args } of performedCalls(a, name)) {
    const here = atCall(a, state, args);
    meet = meet ? intersect(meet, here) : here;
  }
  return meet;
}

function fromCallers<V>(folder: Folder<V>, ref: FunctionRef, sites: { file: string; fn: string }[]): EntryContext {
  const key = refKey(ref);
  const { name } = ref.item;
  let meet: Meet | null = null;
  const names: string[] = [];
  // Those of its own file are looked at anyway; where they have nothing in common, nobody else need be asked.
  const own = sites.filter((site) => site.file === ref.file);
  for (const site of [...own, ...sites.filter((site) => site.file !== ref.file)]) {
    if (meet && saysNothing(meet)) return UNKNOWN_ENTRY;
    for (const caller of folder.program.named(site.file, site.fn)) {
      const from = refKey(caller);
      if (from === key) continue;
      if (folder.inOneCircle(from, key)) return UNKNOWN_ENTRY;
      const checked = folder.verdict(from);
      if (!checked) return UNKNOWN_ENTRY;
      let here = checked.contexts.get(name) ?? null;
      if (!here && checked.names.has(name)) {
        const a = folder.checkedAnalysis(from);
        here = a && contextOf(a, name);
      }
      if (!here) continue;
      meet = meet ? intersect(meet, here) : here;
      names.push(site.fn);
    }
  }
  if (!meet) return UNKNOWN_ENTRY;
  const held = [...meet.held.values()].map((h) => ({
    ...h,
    why: h.mode === "free" ? `not held by ${list(names)}` : `held by every caller (${list(names)})`,
  }));
  const marks = [...meet.fresh].map((index) => ({ index, mark: "fresh" }));
  return {
    held,
    free: meet.free,
    some: meet.some,
    marks,
    why: `called only from ${list(names)}`,
    unknown: saysNothing(meet),
  };
}

function saysNothing({ held, free, some, fresh }: Meet): boolean {
  return held.size === 0 && free.size === 0 && some.size === 0 && fresh.size === 0;
}

function list(names: string[]): string {
  const unique = [...new Set(names)];
  return unique.slice(0, 3).join(", ") + (unique.length > 3 ? " …" : "");
}

/**
 * Locks of which a task holds one at a time, and that the function waits for somewhere with none in sight: it is not
 * called with one.
 */
function takenByItself(a: FunctionAnalysis): ReadonlySet<string> {
  const known = ownLocks.get(a);
  if (known) return known;
  const out = new Set<string>();
  const { rules } = a.machine;
  for (const e of a.events) {
    if (e.k !== "acquire" || !e.blocking || !rules.until.has(e.cls) || e.state.guess) continue;
    if (![...e.state.locks.values()].some((l) => l.cls === e.cls)) out.add(e.cls);
  }
  ownLocks.set(a, out);
  return out;
}

const ownLocks = new WeakMap<FunctionAnalysis, ReadonlySet<string>>();

function atCall(a: FunctionAnalysis, s: State, args: ValueId[]): Meet {
  const m = a.machine;
  const held: Meet["held"] = new Map();
  const some = new Set(m.entry.some);
  const unclear = new Set<string>();
  const freed = new Set<string>();
  for (const e of s.locks.values()) {
    const terms = termsInArguments(m, s, e.obj, args);
    const note = (mode: "read" | "write" | "any" | "free"): void => {
      for (const term of terms) held.set(e.cls + JSON.stringify(term), { cls: e.cls, term, mode, why: "" });
    };
    if (isHeld(e)) {
      some.add(e.cls);
      unclear.add(e.cls);
      const anyMode = e.entry && e.origin.note === ANY_MODE;
      if (e.mode !== "top") note(e.mode === "write" ? "write" : anyMode ? "any" : "read");
    } else {
      freed.add(e.cls);
      note("free");
    }
  }
  const free = new Set<string>();
  for (const cls of [...m.entry.free, ...takenByItself(a)]) if (!unclear.has(cls) && !some.has(cls)) free.add(cls);
  const fresh = new Set<number>();
  args.forEach((a, i) => {
    if (s.hasMark(a, "fresh")) fresh.add(i);
  });
  return { held, free, some, fresh };
}

function intersect(a: Meet, b: Meet): Meet {
  const held: Meet["held"] = new Map();
  for (const [k, x] of a.held) {
    const y = b.held.get(k);
    if (!y || (x.mode === "free") !== (y.mode === "free")) continue;
    // In which mode is for those callers to be told that hold it in the wrong one.
    held.set(k, x.mode === y.mode ? x : { ...x, mode: "any" });
  }
  const both = <T>(x: Set<T>, y: Set<T>): Set<T> => new Set([...x].filter((v) => y.has(v)));
  return { held, free: both(a.free, b.free), some: both(a.some, b.some), fresh: both(a.fresh, b.fresh) };
}

/** By what all functions know (`current`), and by the arguments too: `vma->vm_mm` of an argument may be the same. */
function termsInArguments(m: Machine, s: State, v: ValueId, args: ValueId[]): Term[] {
  const first = inArguments(m, s, v, args);
  const through: Term[] = [];
  for (const [addr, content] of s.mem) {
    if (content !== v || m.t.get(addr).k !== "field") continue;
    const of = inArguments(m, s, addr, args);
    if (of) through.push({ k: "load", of });
  }
  const all = [...(first ? [first] : []), ...through];
  return all.filter((x, i) => all.findIndex((y) => JSON.stringify(y) === JSON.stringify(x)) === i).slice(0, 4);
}

/** Expresses an object by the arguments of a call: an argument, or fields reached from one. */
export function inArguments(m: Machine, s: State, v: ValueId, args: ValueId[], depth = 4): Term | null {
  const i = args.indexOf(v);
  if (i >= 0) return { k: "arg", index: i };
  if (depth === 0) return null;
  const x = m.t.get(v);
  if (x.k === "global") return { k: "global", name: x.name };
  if (x.k === "sym") return { k: "sym", name: x.name };
  if (x.k === "field") {
    const of = inArguments(m, s, x.base, args, depth - 1);
    return of && { k: "field", of, field: x.field };
  }
  if (x.k === "pure") {
    const parts = x.args.map((a) => inArguments(m, s, a, args, depth - 1));
    return parts.every((a) => a !== null) ? { k: "pure", fn: x.fn, args: parts as Term[] } : null;
  }
  if (x.k === "load") {
    const of = inArguments(m, s, x.addr, args, depth - 1);
    if (of) return { k: "load", of };
  }
  for (const [addr, content] of s.mem) {
    if (content !== v || m.t.get(addr).k === "local") continue;
    const of = inArguments(m, s, addr, args, depth - 1);
    if (of) return { k: "load", of };
  }
  return null;
}
