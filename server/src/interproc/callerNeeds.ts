/** What a function leaves to its callers: locks that all of its paths need, and those that some need. */
import type { Event } from "../locks/events";
import type { Machine } from "../locks/machine";
import type { CallNeed, SomeNeed, Term } from "../locks/outcomes";
import { type LockEntry, lockKey, type PendingNeed } from "../locks/state";
import { parameterFacts } from "./clauses";
import { express } from "./express";

type Exit = Extract<Event, { k: "exit" }>;

/** What every return needs. */
export function needsOf(m: Machine, exits: Exit[]): CallNeed[] {
  const out = new Map<string, CallNeed>();
  const first = exits[0];
  if (!first) return [];
  for (const [key, n] of first.state.needs) {
    const same = (e: Exit): boolean =>
      e.state.needs.has(key) ||
      [...e.state.needs.values()].some(
        (o) => o.rule === n.rule && o.cls === n.cls && o.obj === n.obj && o.mode === n.mode,
      );
    if (n.alternatives || !exits.every(same)) continue;
    const term: Term | null = n.obj < 0 ? { k: "any" } : express(m, first.state, n.obj, null);
    if (!term || term.k === "after" || term.k === "ret") continue;
    out.set(`${n.rule}${n.cls}${n.mode}${JSON.stringify(term)}`, {
      rule: n.rule,
      cls: n.cls,
      mode: n.mode,
      term,
      what: n.what,
    });
  }
  for (const l of first.state.locks.values()) {
    const rule = m.rules.assertRules.get(l.cls);
    if (rule === undefined || !isAsserted(l) || l.obj < 0) continue;
    if (!exits.every((e) => isAsserted(e.state.locks.get(lockKey(l.cls, l.obj))))) continue;
    const term = express(m, first.state, l.obj, null);
    if (term && term.k !== "after" && term.k !== "ret")
      out.set(`assert${l.cls}${JSON.stringify(term)}`, {
        rule,
        cls: l.cls,
        mode: l.entryMode,
        term,
        what: "it asserts that",
      });
  }
  return [...out.values()];
}

const isAsserted = (l: LockEntry | undefined): boolean => l?.origin.note.startsWith("asserted") === true;

/** Marks on an object end with its lock: they are not taken on behalf of a callee. */
const comesAndGoes = (m: Machine, cls: string): boolean => m.rules.classes.get(cls)?.kind === "mark";

/** What a return asserted on its way. */
function asserted(m: Machine, e: Exit): PendingNeed[] {
  return [...e.state.locks.values()].flatMap((l) => {
    const rule = m.rules.assertRules.get(l.cls);
    if (rule === undefined || !isAsserted(l) || comesAndGoes(m, l.cls)) return [];
    return [{ rule, cls: l.cls, mode: l.entryMode, obj: l.obj, site: l.origin, what: "it asserts that" }];
  });
}

/** What only some returns need, of rules that ask for that too, or asserted; guesses do not count. */
export function someNeedsOf(m: Machine, exits: Exit[], always: readonly CallNeed[]): SomeNeed[] {
  const asserts = new Set([...m.rules.assertRules].flatMap(([cls, rule]) => (comesAndGoes(m, cls) ? [] : [rule])));
  const found = new Map<string, { need: CallNeed; exits: Exit[] }>();
  const keyOf = (n: CallNeed): string => `${n.rule}${n.cls}${n.mode}${JSON.stringify(n.term)}`;
  const known = new Set(always.map(keyOf));
  for (const e of exits) {
    if (e.state.guess) continue;
    for (const { rule, cls, mode, obj, what, alternatives } of [...e.state.needs.values(), ...asserted(m, e)]) {
      if ((!m.rules.someNeeds.has(rule) && !asserts.has(rule)) || alternatives || obj < 0) continue;
      const term = express(m, e.state, obj, null);
      if (!term || term.k === "after" || term.k === "ret") continue;
      const need = { rule, cls, mode, term, what };
      const key = keyOf(need);
      const old = found.get(key);
      if (old) old.exits.push(e);
      else if (!known.has(key)) found.set(key, { need, exits: [e] });
    }
  }
  return [...found.values()]
    .slice(0, 4)
    .map(({ need, exits: some }) => ({ ...need, when: parameterFacts(m, some, true) }));
}
