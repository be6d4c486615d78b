/** Under what conditions an outcome is the one: what its exits know of parameters and of the result. */
import { constantOf, flagNames, testedFlags, truth } from "../locks/assume";
import type { Event } from "../locks/events";
import { ANY, inherentMask, joinFacts } from "../locks/facts";
import type { Machine } from "../locks/machine";
import type { Clause, Term } from "../locks/outcomes";
import type { ValueId } from "../locks/values";
import type { FunctionAst } from "../syntax/ast";
import { express } from "./express";

type Exit = Extract<Event, { k: "exit" }>;

/**
 * What some exits know of parameters, fields reached from them and flag tests on these. `unequal`: which constants they are not, too;
 * that outcomes differ in what they are not tells callers little.
 */
export function parameterFacts(m: Machine, exits: Exit[], unequal = false): Clause[] {
  const first = exits[0];
  if (!first) return [];
  const clauses: Clause[] = [];
  for (const [v] of first.state.facts) {
    const x = m.t.get(v);
    const rooted =
      m.t.root(v).k === "param" &&
      (x.k === "param" || x.k === "load" || (x.k === "op" && (x.op === "&" || x.op === "==")));
    if (!rooted) continue;
    let fact = first.state.facts.get(v);
    for (const e of exits.slice(1)) fact = joinFacts(fact, e.state.facts.get(v));
    const inherent = inherentMask(m.t, v);
    if (!fact || ((fact.mask & inherent) === inherent && fact.eq === undefined && !(unequal && fact.ne))) continue;
    const term = express(m, first.state, v, null);
    if (!term || term.k === "after") continue;
    for (const other of (unequal && fact.ne) || []) {
      const to = express(m, first.state, other, null);
      if (to?.k === "sym" || (to?.k === "num" && to.n !== 0)) clauses.push({ k: "equals", term, to, positive: false });
    }
    const eq = fact.eq !== undefined ? express(m, first.state, fact.eq, null) : null;
    if (eq) clauses.push({ k: "equals", term, to: eq, positive: true });
    else if (fact.mask !== ANY) clauses.push({ k: "mask", term, mask: fact.mask });
  }
  return clauses;
}

/** Only what tells the outcomes apart, and not too much of it. */
export function telling(lists: Clause[][]): Clause[][] {
  if (lists.length < 2) return lists.map(() => []);
  const counts = new Map<string, number>();
  for (const l of lists) for (const c of l) counts.set(JSON.stringify(c), (counts.get(JSON.stringify(c)) ?? 0) + 1);
  return lists.map((l) => l.filter((c) => counts.get(JSON.stringify(c)) !== lists.length).slice(0, 8));
}

/** Named flags that every exit's result certainly has, or certainly lacks. */
function returnFlags(m: Machine, exits: Exit[]): Clause[] {
  const verdicts = new Map<string, "true" | "false" | "unknown">();
  for (const e of exits) {
    if (e.ret === null) return [];
    for (const name of testedFlags(m.t, e.ret)) verdicts.set(name, "unknown");
    const c = constantOf(m.t, e.state, e.ret);
    const named = flagNames(m.t, c ?? e.ret) ?? [];
    if (named.some((n) => m.rules.resultFlags.has(n)))
      for (const name of m.rules.resultFlags) verdicts.set(name, "unknown");
  }
  for (const name of verdicts.keys()) {
    const seen = new Set(exits.map((e) => truth(m.t, e.state, m.t.op("&", e.ret as ValueId, m.t.sym(name)))));
    verdicts.set(name, seen.size === 1 ? ([...seen][0] as "true" | "false" | "unknown") : "unknown");
  }
  return [...verdicts]
    .filter(([, v]) => v !== "unknown")
    .map(([name, v]): Clause => ({ k: "flags", term: { k: "ret" }, flags: [name], set: v === "true" }));
}

/**
 * A result of a type that says by a flag that a lock of the caller is gone: where the lock is gone, and the analysis does
 * not know the flags of the result, it has one of those that the function mentions. A function that mentions none may hand on any.
 */
export function promisedFlags(
  m: Machine,
  fn: FunctionAst,
  mentions: readonly string[],
  exits: Exit[],
  released: string[],
): Clause[] {
  const promise = m.rules.resultTypes.get(/(\w+)\s*$/.exec(fn.returnType)?.[1] ?? "");
  if (!promise?.released.some((cls) => released.includes(cls))) return [];
  const named = promise.flags.filter((flag) => mentions.includes(flag));
  const flags = named.length > 0 ? named : promise.flags;
  const any = flags.map((flag) => m.t.sym(flag)).reduce((a, b) => m.t.op("|", a, b));
  const unknown = exits.every((e) => e.ret !== null && truth(m.t, e.state, m.t.op("&", e.ret, any)) !== "false");
  return unknown ? [{ k: "flags", term: { k: "ret" }, flags, set: true }] : [];
}

/** Named constants that the other exits return, where these all return constants that differ from them. */
function excludedResults(m: Machine, exits: Exit[], all: Exit[]): Clause[] {
  const own = new Set<ValueId>();
  for (const e of exits) {
    const constants = constantsOf(m, e);
    if (constants.length === 0) return [];
    for (const c of constants) own.add(c);
  }
  const others = new Map<ValueId, Exit>();
  for (const e of all) for (const c of constantsOf(m, e)) if (m.t.get(c).k === "sym" && !own.has(c)) others.set(c, e);
  return [...others].slice(0, 4).flatMap(([c, e]): Clause[] => {
    const to = express(m, e.state, c, null);
    return to ? [{ k: "equals", term: { k: "ret" }, to, positive: false }] : [];
  });
}

/** The constants of which an exit returns one; empty if it may return anything. */
function constantsOf(m: Machine, e: Exit): readonly ValueId[] {
  if (e.ret === null) return [];
  const c = constantOf(m.t, e.state, e.ret);
  return c !== undefined ? [c] : (e.state.facts.get(e.ret)?.among ?? []);
}

/** What an outcome's exits say of the result, `all` being the exits of all outcomes. */
export function returnClauses(m: Machine, exits: Exit[], constant: Term | null, all: Exit[]): Clause[] {
  if (constant?.k === "arg") return [];
  if (constant) return [{ k: "equals", term: { k: "ret" }, to: constant, positive: true }];
  let mask = 0;
  for (const e of exits) mask |= e.ret === null ? ANY : e.state.mask(m.t, e.ret);
  const flags = returnFlags(m, exits);
  const others = exits.length < all.length ? excludedResults(m, exits, all) : [];
  return mask === ANY ? [...others, ...flags] : [{ k: "mask", term: { k: "ret" }, mask }, ...others, ...flags];
}
