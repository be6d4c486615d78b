/** balance: every lock taken is released once, in its mode, on every path. */

import { express } from "../interproc/express";
import { covers } from "../interproc/handover";
import { truth } from "../locks/assume";
import { ENTRY_UNKNOWN } from "../locks/effects";
import type { Event } from "../locks/events";
import { ANY, ERRPTR, NEGATIVE, ZERO } from "../locks/facts";
import { optionalOuts } from "../locks/outParams";
import { isHeld } from "../locks/query";
import type { LockEntry, Site, State } from "../locks/state";
import { canonicalFolio } from "../locks/terms";
import type { ValueId } from "../locks/values";
import { isPointer } from "../syntax/types";
import { type Detector, type DetectorContext, label, list, print, type RawFinding, stepsOf } from "./detector";
import { changesOwner, isGivenBack, leftInDoubt, lentSince, releasedAlike } from "./ownership";

type Exit = Extract<Event, { k: "exit" }>;

export const balance: Detector = (ctx, check) => {
  const classes = new Set(list(check.with.locks));
  // A rule of this kind names mistakes with particular calls; the class's own rule finds them.
  if (check.with.onlyNamed === true) return [];
  return [
    ...misuse(ctx, check.id, classes),
    ...leaks(ctx, check.id, classes),
    ...uninitialised(ctx, check.id, classes, check.with.initialised),
    ...usedAfter(ctx, check.id, classes, list(check.with.uses)),
    ...violatedAssertions(ctx, check.id),
  ];
};

/** An object on the stack is acquired before it was initialised. */
function uninitialised(ctx: DetectorContext, rule: string, classes: Set<string>, mark: unknown): RawFinding[] {
  if (typeof mark !== "string") return [];
  const { t } = ctx.analysis.machine;
  const out: RawFinding[] = [];
  for (const e of ctx.analysis.events) {
    if (
      e.k !== "acquire" ||
      !classes.has(e.cls) ||
      e.callee !== null ||
      t.get(e.obj).k !== "local" ||
      e.state.hasMark(e.obj, mark)
    )
      continue;
    const object = print(ctx, e.obj);
    out.push({
      rule,
      at: e.site.at,
      end: e.site.end,
      words: {
        object,
        lock: label(ctx, e.cls),
        call: ctx.text.slice(e.site.at, e.site.end),
        what: "used before it is initialised",
      },
      steps: [{ ...e.site, note: `\`${object}\` is not initialised on this path` }],
      weight: 4,
    });
  }
  return out;
}

/** The mapped object is used after its mapping was given back. */
function usedAfter(ctx: DetectorContext, rule: string, classes: Set<string>, uses: string[]): RawFinding[] {
  if (uses.length === 0) return [];
  const out: RawFinding[] = [];
  for (const e of ctx.analysis.events) {
    if (e.k !== "action" || !uses.includes(e.action)) continue;
    const l = [...e.state.locks.values()].find((x) => x.obj === e.obj && classes.has(x.cls));
    if (l?.mode !== "free" || !l.last || l.attempt) continue;
    out.push({
      rule,
      at: e.site.at,
      end: e.site.end,
      words: {
        object: print(ctx, e.obj),
        lock: label(ctx, l.cls),
        call: ctx.text.slice(e.site.at, e.site.end),
        what: "used after it was unmapped",
      },
      steps: [...stepsOf(l), { ...e.site, note: "used here" }],
      weight: 4,
    });
  }
  return out;
}

/** The function, or one that it calls, asserts the lock where it certainly is not held in that mode. */
function violatedAssertions(ctx: DetectorContext, rule: string): RawFinding[] {
  const out: RawFinding[] = [];
  for (const e of ctx.analysis.events) {
    if (e.k !== "need" || e.need.rule !== rule) continue;
    const lock = label(ctx, e.need.cls);
    const wanted = e.need.mode === "write" ? "held for write" : "held";
    const by = e.callee ? ` by ${e.callee}()` : "";
    const held = e.info !== null && isHeld(e.info);
    out.push({
      rule,
      at: e.need.site.at,
      end: e.need.site.end,
      words: {
        object: print(ctx, e.need.obj),
        lock,
        call: ctx.text.slice(e.need.site.at, e.need.site.end),
        what: `asserted${by} to be ${wanted}, but ${held ? "it is held for read" : "it is not"}`,
      },
      steps: [
        ...stepsOf(e.info),
        ...entryStep(ctx, e.info, lock),
        { ...e.need.site, note: `${lock} asserted${by} to be ${wanted}` },
      ],
      weight: 2,
    });
  }
  return out;
}

function misuse(ctx: DetectorContext, rule: string, classes: Set<string>): RawFinding[] {
  const out: RawFinding[] = [];
  for (const e of ctx.analysis.events) {
    if (e.k !== "release-unheld" && e.k !== "wrong-mode" && e.k !== "double-acquire") continue;
    if (!classes.has(e.cls)) continue;
    const object = print(ctx, e.obj);
    const lock = label(ctx, e.cls);
    const base = { at: e.site.at, end: e.site.end, weight: 4 };
    const by = e.callee ? ` by ${e.callee}()` : "";
    if (e.k === "release-unheld") {
      if (e.info === ENTRY_UNKNOWN) continue;
      const wandering = ctx.analysis.machine.rules.classes.get(e.cls)?.kind === "bit";
      if (wandering && e.info && (e.info.entry || e.info.dropped)) continue;
      // One call that releases two objects which are the same here: the callee compares them.
      if (e.callee && e.info?.last?.at === e.site.at) continue;
      out.push({
        ...base,
        rule: e.rule ?? rule,
        words: {
          object,
          lock,
          call: ctx.text.slice(e.site.at, e.site.end),
          what: `released${by} although it is not held`,
        },
        steps: [
          ...stepsOf(e.info),
          ...entryStep(ctx, e.info, lock),
          { ...e.site, note: `${lock} released${by}, not held` },
        ],
      });
    } else if (e.k === "wrong-mode") {
      const mode = e.info.mode === "down" ? "for read (downgraded)" : `for ${e.info.mode}`;
      out.push({
        ...base,
        rule,
        words: {
          object,
          lock,
          call: ctx.text.slice(e.site.at, e.site.end),
          what: `held ${mode}, but released${by} as a ${e.wanted === "read" ? "reader" : "writer"}`,
        },
        steps: [...stepsOf(e.info), { ...e.site, note: `released as a ${e.wanted === "read" ? "reader" : "writer"}` }],
      });
    } else {
      if (ctx.analysis.machine.rules.classes.get(e.cls)?.kind === "bit" && lentSince(ctx, e)) continue;
      out.push({
        ...base,
        rule,
        words: {
          object,
          lock,
          call: ctx.text.slice(e.site.at, e.site.end),
          what: `taken${by} while already held: this task waits for itself`,
        },
        steps: [...stepsOf(e.info), { ...e.site, note: `${lock} taken again${by}` }],
      });
    }
  }
  return out;
}

function entryStep(ctx: DetectorContext, info: LockEntry | null, lock: string) {
  const { why } = ctx.analysis.machine.entry;
  return info === null && why ? [{ at: 0, end: 1, note: `${why}: ${lock} is not held on entry` }] : [];
}

interface Group {
  entry: LockEntry;
  held: Exit[];
  free: Exit[];
}

function leaks(ctx: DetectorContext, rule: string, classes: Set<string>): RawFinding[] {
  const exits = ctx.analysis.events.filter((e): e is Exit => e.k === "exit");
  const groups = new Map<string, Group>();
  for (const x of exits) {
    for (const l of x.state.locks.values()) {
      if (!classes.has(l.cls) || l.entry || l.dropped || l.weak || l.mode === "top") continue;
      if (isHeld(l) && ctx.analysis.machine.rules.classes.get(l.cls)?.kind === "mark") continue;
      const key = `${l.cls}@${l.obj}`;
      const g = groups.get(key) ?? { entry: l, held: [], free: [] };
      if (isHeld(l)) {
        if (g.held.length === 0) g.entry = l;
        g.held.push(x);
      } else if (l.last && !l.attempt) g.free.push(x);
      groups.set(key, g);
    }
  }
  const out: RawFinding[] = [];
  for (const g of groups.values()) {
    if (g.held.length === 0) continue;
    // Where other paths show that the caller holds it, ownership is shared and a leak cannot be told.
    const shared = exits.some((x) =>
      [...x.state.locks.values()].some((l) => l.cls === g.entry.cls && l.obj === g.entry.obj && (l.entry || l.dropped)),
    );
    if (shared) continue;
    const wandering = ctx.analysis.machine.rules.classes.get(g.entry.cls)?.kind === "bit";
    for (const x of g.held) {
      if (x.state.hearsay || releasedAs(ctx, x.state, g.entry)) continue;
      // Per-object locks change owners: only what this function itself takes, and elsewhere gives back or is done with.
      const doubt = wandering && leftInDoubt(ctx, exits, g.held, x, g.entry.obj);
      const done = (): boolean =>
        doubt || g.free.length > 0 || x.state.hasMark(g.entry.obj, "reference_dropped") || isGivenBack(ctx, g.entry);
      if (wandering && (!done() || changesOwner(ctx, x, g.entry.obj))) continue;
      if (handedOver(ctx, g, x, doubt)) continue;
      const entry = [...x.state.locks.values()].find((l) => l.cls === g.entry.cls && l.obj === g.entry.obj) ?? g.entry;
      const lock = label(ctx, entry.cls);
      const elsewhere = releaseOf(g);
      out.push({
        rule,
        at: x.site.at,
        end: x.site.end,
        words: {
          object: print(ctx, entry.obj),
          lock,
          call: ctx.text.slice(entry.origin.at, entry.origin.end),
          what: "still held when the function returns here",
          ...(elsewhere ? { release: ctx.text.slice(elsewhere.at, elsewhere.end) } : {}),
        },
        steps: [entry.origin, { ...x.site, note: `returns with ${lock} held` }],
        weight: 4,
      });
      // One finding per acquisition: further returns with it held are the same mistake.
      break;
    }
  }
  return out;
}

/** Where a path that is right gives the lock back. */
function releaseOf(g: Group): Site | undefined {
  for (const x of g.free)
    for (const l of x.state.locks.values()) if (l.cls === g.entry.cls && l.obj === g.entry.obj && l.last) return l.last;
  return undefined;
}

/**
 * Was the lock given back through another value that is the same object, or a per-object lock through a value that may be
 * the same: one variable's values before and after two paths met?
 */
function releasedAs(ctx: DetectorContext, s: State, l: LockEntry): boolean {
  const { t, rules } = ctx.analysis.machine;
  const bit = rules.classes.get(l.cls)?.kind === "bit";
  const same = (a: ValueId, b: ValueId): boolean => a === b || truth(t, s, t.op("==", a, b)) === "true";
  for (const e of s.locks.values()) {
    if (e.cls !== l.cls || e.obj === l.obj) continue;
    if (e.mode === "free" && same(e.obj, l.obj)) return true;
    if (!bit || (e.mode !== "free" && e.mode !== "top")) continue;
    const theirs = [...t.originsOf(e.obj)];
    for (const mine of t.originsOf(l.obj)) if (theirs.some((v) => same(v, mine))) return true;
  }
  return false;
}

/** Is returning with the lock held part of what the function is for? */
function handedOver(ctx: DetectorContext, g: Group, x: Exit, doubt: boolean): boolean {
  const { fn } = ctx;
  if (fn.attributes.some((a) => /acquires/.test(a.word))) return true;
  const m = ctx.analysis.machine;
  if (covers(ctx.handovers, m, g.entry.cls, x.state, x.ret)) return true;
  const term = express(m, x.state, g.entry.obj, x.ret);
  if (x.ret !== null && (x.ret === g.entry.obj || canonicalFolio(m, x.ret) === g.entry.obj)) return true;
  const viaOutParameter = term?.k === "after" && term.of.k === "arg";
  if (viaOutParameter && isSuccess(ctx, x.state, x.ret)) return true;
  // Kept where the caller finds it: page locks, and mappings of page tables, which any pointer into the table undoes.
  const kind = m.rules.classes.get(g.entry.cls)?.kind;
  const kept = kind === "bit" || (kind === "map" && term?.k === "after" && term.of.k === "field");
  if (term?.k === "after" && kept && !releasedAlike(ctx, g.free, x)) return true;
  if (flaggedInMemory(ctx, g, x)) return true;
  // Reported through the result: success holds, failure does not.
  const heldMask = maskOf(ctx, g.held);
  const freeMask = maskOf(ctx, g.free);
  const success = isSuccess(ctx, x.state, x.ret);
  if (g.free.length > 0) {
    if (x.ret === null) return false;
    if ((heldMask & freeMask) !== 0 && !constantsDiffer(ctx, g, x)) return false;
    if (!success) return false;
  }
  if (g.free.length === 0 && !success && exitsWithoutLock(ctx, g)) return false;
  // A caller who cannot tell cannot release it, nor one who cannot name the object. Where it is given back on failure, one
  // that returns without it may have been called with it.
  if (doubt && g.free.length === 0) return false;
  if (!term) return false;
  if (term.k === "ret" || term.k === "after" || (term.k === "field" && (term.of.k === "ret" || term.of.k === "after")))
    return true;
  if ((ctx.callers()?.length ?? 0) > 0) return true;
  return SUGGESTIVE.test(fn.name) || ctx.slots.length > 0;
}

/** Does a cell the caller sees (an out-parameter, a field) tell whether the lock is held? */
function flaggedInMemory(ctx: DetectorContext, g: Group, x: Exit): boolean {
  const { t } = ctx.analysis.machine;
  const others = ctx.analysis.events.filter((e): e is Exit => e.k === "exit" && !g.held.includes(e));
  if (others.length === 0) return false;
  // Nor does it tell a caller that does not want to hear of it.
  const unwanted = optionalOuts(ctx.fn, t).some(
    (v) => x.state.mask(t, v) === ZERO && others.every((o) => (o.state.mask(t, v) & ZERO) === 0),
  );
  if (unwanted) return true;
  const cells = new Set([x, ...others].flatMap((e) => [...e.state.mem.keys()]));
  for (const addr of cells) {
    if (t.root(addr).k !== "param" || t.get(addr).k === "local") continue;
    const v = x.state.mem.get(addr) ?? t.load(addr, 0);
    const c = constant(ctx, x.state, v);
    const mask = x.state.mask(t, v);
    if (c === undefined && mask === ANY) continue;
    const differs = others.every((o) => {
      const w = o.state.mem.get(addr) ?? t.load(addr, 0);
      const d = constant(ctx, o.state, w);
      if (c !== undefined && d !== undefined) return d !== c;
      const theirs = o.state.mask(t, w);
      return theirs !== ANY && (theirs & mask) === 0;
    });
    if (differs) return true;
  }
  return false;
}

/** A name may silence, never accuse. */
const SUGGESTIVE = /lock|acquire|begin|start|enter|prepare|get|grab|hold|find|walk|iter|next|map/;

function maskOf(ctx: DetectorContext, exits: Exit[]): number {
  let mask = 0;
  for (const e of exits) mask |= e.ret === null ? ANY : e.state.mask(ctx.analysis.machine.t, e.ret);
  return mask;
}

function constantsDiffer(ctx: DetectorContext, g: Group, x: Exit): boolean {
  const c = constant(ctx, x.state, x.ret);
  if (c === undefined) return false;
  return g.free.every((f) => {
    const d = constant(ctx, f.state, f.ret);
    if (d === undefined) return f.ret !== x.ret && /^\w+_t$/.test(ctx.fn.returnType.trim());
    return d !== c;
  });
}

function constant(ctx: DetectorContext, s: State, v: ValueId | null): ValueId | undefined {
  if (v === null) return undefined;
  const { t } = ctx.analysis.machine;
  const x = t.get(v);
  if (x.k === "num" || x.k === "sym" || (x.k === "un" && x.op === "-")) return v;
  return s.facts.get(v)?.eq;
}

/** Does the result say that the function did what it was asked for? */
function isSuccess(ctx: DetectorContext, s: State, ret: ValueId | null): boolean {
  if (ret === null) return true;
  const mask = s.mask(ctx.analysis.machine.t, ret);
  const type = ctx.fn.returnType;
  if (isPointer(type)) return (mask & ZERO) === 0 && mask !== ERRPTR;
  if (/\bbool\b/.test(type)) return (mask & ZERO) === 0;
  const named = ctx.analysis.machine.t.get(ret);
  if (named.k === "sym" && ctx.analysis.machine.rules.errorNames.has(named.name)) return false;
  // A type of its own: what its values mean is not known, but that they differ says enough.
  if (!/\b(int|long|short|char|unsigned|s32|s64|ssize_t)\b/.test(type)) return true;
  if (ctx.analysis.machine.t.get(ret).k === "sym") return true;
  return (mask & (NEGATIVE | ERRPTR)) === 0;
}

/** Do other exits exist that were reached without the lock having been taken? */
function exitsWithoutLock(ctx: DetectorContext, g: Group): boolean {
  return ctx.analysis.events.some((e) => e.k === "exit" && !g.held.includes(e));
}
