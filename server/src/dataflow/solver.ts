/**
 * Worklist fixpoint over bounded disjunctive states: at each block a set of states, one per
 * property key, joined when keys agree (property simulation). Knows nothing of locks.
 */
import type { Cfg } from "../cfg/cfg";

export interface Domain<S> {
  /** Which disjunct of a block a state belongs to. */
  key(s: S, block: number): string;
  /** Prepares a state that enters a block (drops what is dead there). */
  enter(s: S, block: number): S;
  /** `a` joined with `b`, or null if `a` already covers `b`. */
  join(a: S, b: S, block: number): S | null;
  /** Runs a block; calls `flow` for each successor state. */
  transfer(s: S, block: number, flow: (to: number, s: S) => void): void;
  /**
   * Called when a block has too many disjuncts: picks one of them and returns a state that covers
   * it and `s`, or null if it covers `s` already.
   */
  coarsen(states: ReadonlyMap<string, S>, s: S, block: number): { key: string; state: S | null };
}

export interface Solution<S> {
  /** Per block: states at entry, by property key. */
  states: Map<string, S>[];
  /** False when the steps ran out: the result is not a fixpoint. */
  complete: boolean;
  /** Block transfers made. */
  steps: number;
}

export interface Budget {
  /** Disjuncts per block. */
  disjuncts: number;
  /** Block transfers in total. */
  steps: number;
}

/** Computes the fixpoint; visits blocks in reverse post-order. */
export function solve<S>(cfg: Cfg, initial: S, domain: Domain<S>, budget: Budget): Solution<S> {
  const states: Map<string, S>[] = cfg.blocks.map(() => new Map());
  const rank: number[] = [];
  cfg.order.forEach((id, i) => {
    rank[id] = i;
  });
  const dirty: Set<string>[] = cfg.blocks.map(() => new Set());
  const pending = new Set<number>();
  const arrive = (to: number, s0: S): void => {
    const s = domain.enter(s0, to);
    const key = domain.key(s, to);
    const here = states[to] as Map<string, S>;
    const old = here.get(key);
    if (old === undefined) {
      if (here.size >= budget.disjuncts) {
        const merged = domain.coarsen(here, s, to);
        if (merged.state === null) return;
        here.delete(merged.key);
        (dirty[to] as Set<string>).delete(merged.key);
        const newKey = domain.key(merged.state, to);
        const there = here.get(newKey);
        here.set(newKey, there ? (domain.join(there, merged.state, to) ?? there) : merged.state);
        (dirty[to] as Set<string>).add(newKey);
        pending.add(to);
        return;
      }
      here.set(key, s);
    } else {
      const joined = domain.join(old, s, to);
      if (joined === null) return;
      here.set(key, joined);
    }
    (dirty[to] as Set<string>).add(key);
    pending.add(to);
  };
  arrive(0, initial);
  let steps = 0;
  while (pending.size > 0) {
    let block = -1;
    for (const b of pending) if (block < 0 || (rank[b] as number) < (rank[block] as number)) block = b;
    const work = dirty[block] as Set<string>;
    const key = work.values().next().value as string;
    work.delete(key);
    if (work.size === 0) pending.delete(block);
    const s = (states[block] as Map<string, S>).get(key);
    if (s === undefined) continue;
    if (++steps > budget.steps) return { states, complete: false, steps };
    domain.transfer(s, block, arrive);
  }
  return { states, complete: true, steps };
}
