/** Summary of a function (its contract) from the states in which it returns. */

import type { FunctionAnalysis } from "../locks/analyse";
import { constantOf } from "../locks/assume";
import type { Event } from "../locks/events";
import { ANY, ZERO } from "../locks/facts";
import type { Machine } from "../locks/machine";
import type { CallEffect, CallModel, Clause, Outcome, Term } from "../locks/outcomes";
import { given, optionalOuts } from "../locks/outParams";
import { isHeld } from "../locks/query";
import type { State } from "../locks/state";
import type { ValueId } from "../locks/values";
import type { FunctionAst } from "../syntax/ast";
import { isPointer } from "../syntax/types";

import { lookEffects, reachedEffects } from "./actions";
import { needsOf, someNeedsOf } from "./callerNeeds";
import { parameterFacts, promisedFlags, returnClauses, telling } from "./clauses";
import { express } from "./express";

export const MAX_OUTCOMES = 8;

type Exit = Extract<Event, { k: "exit" }>;

/** Effect on the caller of one lock entry at an exit. */
function lockEffects(m: Machine, s: State, ret: ValueId | null): CallEffect[] {
  const out: CallEffect[] = [];
  for (const e of s.locks.values()) {
    const term = express(m, s, e.obj, ret);
    if (!term || e.weak || groundless(term)) continue;
    const atEntry = e.entry || e.dropped;
    const atExit = isHeld(e);
    const mode = e.mode === "read" || e.mode === "down" ? "read" : "write";
    if (e.mode === "top") out.push({ k: "lost", cls: e.cls, term });
    else if (atEntry && atExit) {
      if (e.dropped) out.push({ k: "drop", cls: e.cls, term, mode, site: e.last });
      else if (e.mode === "down") out.push({ k: "downgrade", cls: e.cls, term });
    } else if (atEntry && e.dropped)
      out.push({ k: "release", cls: e.cls, term, mode: e.entryMode, rule: e.rule, site: e.last });
    else if (!atEntry && atExit) {
      out.push({ k: "acquire", cls: e.cls, term, mode, blocking: true, rule: null, site: e.origin });
    }
  }
  return out.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

/** An object reached from a constant: the path was not really taken. */
function groundless(t: Term): boolean {
  if (t.k === "num") return true;
  if (t.k === "field" || t.k === "load" || t.k === "after") return groundless(t.of);
  if (t.k === "pure") return t.args.length > 0 && groundless(t.args[0] as Term);
  return false;
}

const PER_CPU = new Set(["irq", "preempt", "rcu"]);

/**
 * Effects on locks without a class of their own count only if every return agrees. Per-object bit
 * locks wander from owner to owner: where the returns differ, the caller knows nothing of them.
 */
function withoutDoubtfulOnes(m: Machine, lists: CallEffect[][]): CallEffect[][] {
  const kindOf = (e: CallEffect): string | undefined => ("cls" in e ? m.rules.classes.get(e.cls)?.kind : undefined);
  const lost = new Map<string, CallEffect>();
  for (const l of lists) {
    for (const e of l)
      if (kindOf(e) === "bit" && "cls" in e && e.k !== "releaseAll")
        lost.set(e.cls + JSON.stringify(e.term), { k: "lost", cls: e.cls, term: e.term });
  }
  const everywhere = (e: CallEffect): boolean => {
    const key = JSON.stringify({ ...e, site: null });
    return lists.every((l) => l.some((x) => JSON.stringify({ ...x, site: null }) === key));
  };
  const doubtful = (e: CallEffect): boolean =>
    "cls" in e && (m.rules.classes.get(e.cls)?.generic === true || PER_CPU.has(kindOf(e) ?? "") || kindOf(e) === "bit");
  const kept = lists.map((l) =>
    l.flatMap((e): CallEffect[] => {
      if (!doubtful(e) || (e.k !== "lost" && everywhere(e))) return [e];
      return isPassed(m, e) ? [{ ...e, passed: true }] : [];
    }),
  );
  for (const e of kept[0] ?? []) if ("cls" in e && e.k !== "releaseAll") lost.delete(e.cls + JSON.stringify(e.term));
  return kept.map((l) => [...l, ...lost.values()]);
}

/** A lock that came as a pointer: the caller may know its class. */
function isPassed(m: Machine, e: CallEffect): e is Extract<CallEffect, { k: "acquire" | "release" | "lost" }> {
  if (e.k !== "acquire" && e.k !== "release" && e.k !== "lost") return false;
  const c = m.rules.classes.get(e.cls);
  return c?.generic === true && !PER_CPU.has(c.kind) && (e.term.k === "arg" || e.term.k === "load");
}

function signature(effects: CallEffect[]): string {
  return JSON.stringify(effects.map((e) => ({ ...e, site: null })));
}

interface Group {
  /** Effects, which optional out-parameters there are, whether it is all a guess. */
  sig: string;
  effects: CallEffect[];
  exits: Exit[];
  constant: Term | null;
}

/** Cells the caller can see that the function wrote: with their value, or what is known of it, where all exits agree. */
function stores(m: Machine, exits: Exit[]): CallEffect[] {
  const addrs = new Set<ValueId>();
  for (const e of exits) {
    for (const [addr, content] of e.state.mem) {
      const x = m.t.get(addr);
      const visible = x.k === "param" || (x.k === "field" && m.t.get(x.base).k === "param");
      if (visible && content !== m.t.load(addr, 0)) addrs.add(addr);
    }
  }
  const out: CallEffect[] = [];
  const earlier = new Set<string>();
  for (const addr of [...addrs].slice(0, 24)) {
    const cell = express(m, (exits[0] as Exit).state, addr, null);
    if (!cell) continue;
    let value: Term | null | undefined;
    let mask = 0;
    for (const e of exits) {
      const content = e.state.mem.get(addr) ?? m.t.load(addr, 0);
      mask |= e.state.mask(m.t, content);
      let term = express(m, e.state, constantOf(m.t, e.state, content) ?? content, e.ret);
      // What another cell got as well can be told by that one.
      if (term?.k === "after" && !earlier.has(JSON.stringify(term.of))) term = null;
      else if (term && (term.k === "op" || JSON.stringify(term) === JSON.stringify({ k: "load", of: cell })))
        term = null;
      if (value === undefined) value = term;
      else if (JSON.stringify(value) !== JSON.stringify(term)) value = null;
    }
    out.push({ k: "store", cell, value: value ?? null, mask });
    earlier.add(JSON.stringify(cell));
  }
  return out;
}

/** Is an event reached only under a condition on the parameters that the caller decides? */
function underCondition(m: Machine, fn: FunctionAst, s: State): boolean {
  for (const [v, f] of s.facts) {
    const r = m.t.root(v);
    if (r.k !== "param") continue;
    const x = m.t.get(v);
    const pointer = x.k === "param" && isPointer(fn.params[x.index]?.type ?? "");
    if (pointer && f.eq === undefined && (f.mask & ZERO) === 0) continue;
    if (x.k === "load" && (f.mask & ZERO) === 0 && f.eq === undefined) continue;
    if (x.k === "pure") continue;
    return true;
  }
  return false;
}

function sleepsOf(m: Machine, fn: FunctionAst, events: Event[]): Pick<CallModel, "sleeps" | "sleepsThrough"> {
  let conditional = false;
  for (const e of events) {
    if (e.k !== "sleep") continue;
    // Something the caller held may be gone by then; a long chain of calls hides conditions.
    const letGo = [...e.state.locks.values()].some(
      (l) => l.dropped && l.mode === "free" && m.rules.classes.get(l.cls)?.atomic,
    );
    const deep = e.through.includes(",");
    if (e.conditional || letGo || deep || underCondition(m, fn, e.state)) conditional = true;
    else return { sleeps: "yes", sleepsThrough: e.through ? `${e.callee}, ${e.through}` : e.callee };
  }
  return { sleeps: conditional ? "conditional" : "no", sleepsThrough: "" };
}

function takes(m: Machine, fn: FunctionAst, events: Event[], exits: Exit[]): CallEffect[] {
  const out = new Map<string, CallEffect>();
  for (const e of events) {
    if (e.k !== "acquire" || !e.blocking || e.callee !== null) continue;
    const kind = m.rules.classes.get(e.cls)?.kind;
    if (kind === "mark" || kind === "ref" || kind === "map" || kind === "rcu" || kind === "irq" || kind === "preempt")
      continue;
    const before = e.state.locks.get(`${e.cls}@${e.obj}`);
    if (before || underCondition(m, fn, e.state)) continue;
    const term = express(m, e.state, e.obj, null);
    if (
      !term ||
      exits.some(
        (x) => x.state.locks.has(`${e.cls}@${e.obj}`) && isHeld(x.state.locks.get(`${e.cls}@${e.obj}`) as never),
      )
    )
      continue;
    out.set(`${e.cls}${JSON.stringify(term)}${e.mode}`, { k: "takes", cls: e.cls, term, mode: e.mode });
  }
  return [...out.values()].slice(0, 6);
}

/** Builds the summary from the analysis under an unknown entry; `mentions` are names in the body. */
export function summarise(fn: FunctionAst, a: FunctionAnalysis, mentions: readonly string[]): CallModel {
  const m = a.machine;
  const exits = a.events.filter((e): e is Exit => e.k === "exit");
  const groups = new Map<string, Group>();
  const effectsOf = withoutDoubtfulOnes(
    m,
    exits.map((e) => lockEffects(m, e.state, e.ret)),
  );
  const outs = optionalOuts(fn, m.t);
  const needs = needsOf(m, exits);
  for (const [i, e] of exits.entries()) {
    const effects = effectsOf[i] as CallEffect[];
    const sig = signature(effects) + given(m.t, e.state, outs) + (e.state.guess ? "?" : "");
    const c = e.ret === null ? undefined : constantOf(m.t, e.state, e.ret);
    let constant = c === undefined ? null : express(m, e.state, c, null);
    // A function that hands back one of its arguments.
    if (!constant && e.ret !== null && m.t.get(e.ret).k === "param") constant = express(m, e.state, e.ret, null);
    const mask = e.ret === null ? ANY : e.state.mask(m.t, e.ret);
    const key = `${sig}|${constant ? JSON.stringify(constant) : mask}`;
    const g = groups.get(key);
    if (g) g.exits.push(e);
    else groups.set(key, { sig, effects, exits: [e], constant });
  }
  let list = mergeBySignature([...groups.values()]);
  if (overlapping(m, list)) {
    // The result's class alone does not tell the outcomes apart: keep the constants.
    const split = [...groups.values()];
    if (split.length <= MAX_OUTCOMES) list = split;
  }
  if (list.length > MAX_OUTCOMES) list = list.slice(0, MAX_OUTCOMES);
  list = withoutContradictions(m, list);
  if (a.incomplete) list = [doubtful(list)];
  const inner = takes(m, fn, a.events, exits);
  const looks = lookEffects(m, exits);
  const reached = reachedEffects(m, a.events);
  const facts = telling(list.map((g) => parameterFacts(m, g.exits)));
  const outcomes: Outcome[] = list.map((g, i) => ({
    when: [
      ...returnClauses(m, g.exits, g.constant, exits),
      ...(g.constant ? [] : promisedFlags(m, fn, mentions, g.exits, releasedBy(g))),
      ...(facts[i] ?? []),
    ],
    unless: [],
    // Objects named by what cells held at entry come before the cells change.
    effects: [
      ...inner,
      ...reached,
      ...g.effects.filter((e) => !namesAfter(e)),
      ...stores(m, g.exits),
      ...g.effects.filter(namesAfter),
      ...looks,
    ],
    returns: g.constant,
    guess: g.exits.every((e) => e.state.guess),
  }));
  return {
    name: fn.name,
    outcomes: outcomes.length > 0 ? outcomes : [{ when: [], unless: [], effects: [], returns: null }],
    needs,
    someNeeds: someNeedsOf(m, exits, needs),
    ...sleepsOf(m, fn, a.events),
    mustCheck: false,
    failMask: 0,
    surely: [],
    pure: false,
    is: null,
    guardians: guardiansOf(m, exits),
    fields: fieldsOf(m, exits),
    marks: marksOf(m, exits),
    struct: returnStruct(fn),
    lockClasses: lockClassesOf(m, exits),
    derefs: fn.params.map((_, i) => i).filter((i) => m.dereferenced.has(m.t.param(i, ""))),
    writes: [],
    primitive: false,
  };
}

/** Locks whose class every return agrees on, returned or left in a cell that the caller sees. */
function lockClassesOf(m: Machine, exits: Exit[]): CallModel["lockClasses"] {
  const out = new Map<string, CallModel["lockClasses"][number]>();
  if (m.lockClass.size === 0) return [];
  for (const e of exits) {
    const cls = e.ret === null ? undefined : m.lockClass.get(e.ret);
    if (cls !== undefined) out.set("ret", { term: { k: "ret" }, cls });
    for (const [addr, content] of e.state.mem) {
      const found = m.lockClass.get(content);
      if (found === undefined || m.t.root(addr).k !== "param") continue;
      const of = express(m, e.state, addr, null);
      if (of && of.k !== "after") out.set(JSON.stringify(of), { term: { k: "after", of }, cls: found });
    }
  }
  return [...out.values()].slice(0, 4);
}

function releasedBy(g: Group): string[] {
  return g.effects.flatMap((e) => (e.k === "release" ? [e.cls] : []));
}

function namesAfter(e: CallEffect): boolean {
  const inside = (t: Term): boolean =>
    t.k === "after" || ("of" in t && inside(t.of)) || (t.k === "pure" && t.args.some(inside));
  return "term" in e && e.term !== null && inside(e.term);
}

function returnStruct(fn: FunctionAst): string | null {
  return /\bstruct\s+(\w+)\s*\*\s*$/.exec(fn.returnType)?.[1] ?? null;
}

/**
 * The lock state at entry is one fact: where some returns show that the caller holds a lock, paths
 * that would take it without letting go first cannot be real, unless parameters tell them apart.
 */
function withoutContradictions(m: Machine, list: Group[]): Group[] {
  const heldAtEntry = new Set<string>();
  for (const g of list) {
    for (const e of g.effects)
      if (e.k === "release" || e.k === "drop" || e.k === "downgrade") heldAtEntry.add(e.cls + JSON.stringify(e.term));
  }
  if (heldAtEntry.size === 0) return list;
  const contradicts = (g: Group): boolean =>
    g.effects.some((e) => e.k === "acquire" && heldAtEntry.has(e.cls + JSON.stringify(e.term)));
  const bad = list.filter(contradicts);
  if (bad.length === 0 || bad.length === list.length) return list;
  const good = list.filter((g) => !contradicts(g));
  const text = (c: Clause): string => JSON.stringify(c);
  return [
    ...good,
    ...bad.filter((b) => {
      const mine = parameterFacts(m, b.exits).map(text);
      return good.every((g) => {
        const theirs = parameterFacts(m, g.exits);
        return theirs.some((c) => c.k === "mask" && mine.some((x) => x === text({ ...c, mask: ANY & ~c.mask })));
      });
    }),
  ];
}

/** Of a function that was not followed to the end nothing is certain but which locks it touches. */
function doubtful(list: Group[]): Group {
  const effects = new Map<string, CallEffect>();
  for (const g of list) {
    for (const e of g.effects)
      if ("cls" in e && e.k !== "releaseAll")
        effects.set(e.cls + JSON.stringify(e.term), { k: "lost", cls: e.cls, term: e.term });
  }
  return { sig: "", effects: [...effects.values()], exits: list.flatMap((g) => g.exits), constant: null };
}

function overlapping(m: Machine, list: Group[]): boolean {
  let seen = 0;
  for (const g of list) {
    let mask = 0;
    for (const e of g.exits) mask |= e.ret === null ? ANY : e.state.mask(m.t, e.ret);
    if ((seen & mask) !== 0) return true;
    seen |= mask;
  }
  return false;
}

function mergeBySignature(list: Group[]): Group[] {
  const by = new Map<string, Group>();
  for (const g of list) {
    const old = by.get(g.sig);
    if (old) by.set(g.sig, { ...g, exits: [...old.exits, ...g.exits], constant: null });
    else by.set(g.sig, g);
  }
  return [...by.values()];
}

/** A lookup wrapper: the result lives as long as the lock the caller keeps. */
function guardiansOf(m: Machine, exits: Exit[]): CallModel["guardians"] {
  let found: CallModel["guardians"] | null = null;
  for (const e of exits) {
    if (e.ret === null || e.state.mask(m.t, e.ret) === ZERO) continue;
    const keys = e.state.guardians.get(e.ret);
    if (!keys) return [];
    const here = keys.flatMap((k) => {
      const i = k.lastIndexOf("@");
      const term = express(m, e.state, Number(k.slice(i + 1)), e.ret);
      return term ? [{ cls: k.slice(0, i), term }] : [];
    });
    found = found ? found.filter((f) => here.some((h) => JSON.stringify(h) === JSON.stringify(f))) : here;
  }
  return found ?? [];
}

/** Fields of the returned object that never change and that every return agrees on. */
function fieldsOf(m: Machine, exits: Exit[]): CallModel["fields"] {
  const out: CallModel["fields"] = [];
  for (const f of m.rules.stableFields) {
    let found: Term | null | undefined;
    for (const e of exits) {
      if (e.ret === null || e.state.mask(m.t, e.ret) === ZERO || m.t.get(e.ret).k === "num") continue;
      const content = e.state.mem.get(m.t.field(e.ret, f));
      const term = content === undefined ? null : express(m, e.state, content, null);
      if (found === undefined) found = term;
      else if (JSON.stringify(found) !== JSON.stringify(term)) found = null;
    }
    if (found && found.k !== "after") out.push({ field: f, term: found });
  }
  return out;
}

function marksOf(m: Machine, exits: Exit[]): string[] {
  let found: string[] | null = null;
  for (const e of exits) {
    if (e.ret === null || e.state.mask(m.t, e.ret) === ZERO) continue;
    const here = e.state.marks.get(e.ret)?.split(",") ?? [];
    found = found ? found.filter((x) => here.includes(x)) : here;
  }
  return found ?? [];
}
