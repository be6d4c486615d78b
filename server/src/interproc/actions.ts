/** Actions of a function that its callers want to hear of. */
import type { Event } from "../locks/events";
import type { Machine } from "../locks/machine";
import type { CallEffect } from "../locks/outcomes";
import { isHeld } from "../locks/query";
import type { State } from "../locks/state";

type Exit = Extract<Event, { k: "exit" }>;

/** Within a write section of a sequence counter the action is settled. */
function inSection(m: Machine, s: State): boolean {
  return [...s.locks.values()].some((l) => isHeld(l) && m.rules.classes.get(l.cls)?.kind === "seq");
}

/** Actions performed on some path, of those that callers want to hear of. */
export function reachedEffects(m: Machine, events: Event[]): CallEffect[] {
  const out = new Set<string>();
  if (m.rules.reachActions.size > 0)
    for (const e of events)
      if (e.k === "action" && m.rules.reachActions.has(e.action) && !inSection(m, e.state)) out.add(e.action);
  return [...out].map(someObject);
}

/** Actions that every return has behind it, for rules that look for them in the caller. */
export function lookEffects(m: Machine, exits: Exit[]): CallEffect[] {
  const first = exits[0];
  if (!first) return [];
  const out: CallEffect[] = [];
  for (const a of first.state.did.keys()) {
    const wanted = m.rules.lookActions.has(a) || (m.rules.splitActions.has(a) && !m.rules.reachActions.has(a));
    if (wanted && (m.rules.lookActions.has(a) || exits.every((e) => e.state.did.has(a)))) out.push(someObject(a));
  }
  return out;
}

function someObject(action: string): CallEffect {
  return { k: "action", action, term: { k: "num", n: 0 }, with: [], direct: false };
}
