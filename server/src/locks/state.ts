/**
 * The abstract state on one path (one disjunct): memory, facts, locks, stale pointers, marks and
 * the obligations that rest on what the caller holds. Copy-on-write: `fork()` is cheap.
 */

import { truth } from "./assume";
import { Cells } from "./cells";
import { ANY, type Fact, inherentMask, POSITIVE, ZERO } from "./facts";
import type { ValueId, ValueTable } from "./values";

/** A place in the function's text, relative to its start. */
export interface Site {
  at: number;
  end: number;
  /** What happened there, for the path shown to the reader. */
  note: string;
}

export type LockMode = "free" | "read" | "write" | "down" | "top";

/** State of one lock instance. Absent from the map = as at entry. */
export interface LockEntry {
  cls: string;
  obj: ValueId;
  mode: LockMode;
  depth: number;
  /** Where it was taken, or where the evidence for holding it since entry is. */
  origin: Site;
  /** Where it was released or downgraded last. */
  last: Site | null;
  /** Held since entry (asserted, annotated, required): the function did not take it. */
  entry: boolean;
  /** Mode it had at entry, where `entry` or `dropped`. */
  entryMode: "read" | "write" | "any";
  /** An entry-held lock was let go of at least once. */
  dropped: boolean;
  /** In this critical section the protected value was looked at and branched upon. */
  checked: boolean;
  /** Rule that names a mistake with this state. */
  rule: string | null;
  /** Not held because an attempt to take it failed; whether the caller holds it is open. */
  attempt: boolean;
  /** May stand for several instances (taken in a loop). */
  weak: boolean;
}

export interface StaleInfo {
  site: Site;
  cls: string;
  /** The lock object that protected it. */
  obj: ValueId;
  /** The lock was taken again since. */
  relocked: boolean;
  rule: string | null;
}

/** An obligation met only if the caller holds the lock. */
export interface PendingNeed {
  rule: string;
  cls: string;
  mode: "read" | "write" | "any";
  obj: ValueId;
  site: Site;
  what: string;
  /** Other locks would do as well: too little to ask of a caller. */
  alternatives?: boolean;
}

/** Paths that were joined: if the condition proves `when`, it is the guessed one of them, and its facts hold. */
export interface Doubt {
  when: boolean;
  /** Null where further joins left nothing of it; it does not come back. */
  facts: readonly (readonly [ValueId, number])[] | null;
}

export function lockKey(cls: string, obj: ValueId): string {
  return `${cls}@${obj}`;
}

/** Property keys by the classes that count, valid for these very maps. */
interface Keys {
  locks: Map<string, LockEntry>;
  did: Map<string, Site>;
  by: Map<(cls: string) => boolean, string>;
}

type Maps = "locks" | "stale" | "needs" | "marks" | "guardians" | "reads" | "did" | "doubts";

export class State {
  mem: Cells<ValueId>;
  facts: Cells<Fact>;
  locks: Map<string, LockEntry>;
  stale: Map<ValueId, StaleInfo>;
  needs: Map<string, PendingNeed>;
  marks: Map<ValueId, string>;
  /** Value → lock keys any of which keeps it alive. */
  guardians: Map<ValueId, readonly string[]>;
  /** Results of reads and comparisons made since the last critical section began. */
  reads: Map<ValueId, string>;
  /** Actions performed on this path. */
  did: Map<string, Site>;
  /** The path rests on an outcome chosen by an argument whose value is not known. */
  guess: boolean;
  /** The guess was made inside a callee: there is nothing here to show for it. */
  hearsay: boolean;
  /** Conditions that, once settled, show that the path rests on such a guess. */
  doubts: Map<ValueId, Doubt>;
  private owned: number;
  private keys: Keys | null;

  constructor(from: State | null = null) {
    this.mem = from ? from.mem : new Cells();
    this.facts = from ? from.facts : new Cells();
    this.locks = from ? from.locks : new Map();
    this.stale = from ? from.stale : new Map();
    this.needs = from ? from.needs : new Map();
    this.marks = from ? from.marks : new Map();
    this.guardians = from ? from.guardians : new Map();
    this.reads = from ? from.reads : new Map();
    this.did = from ? from.did : new Map();
    this.guess = from ? from.guess : false;
    this.hearsay = from ? from.hearsay : false;
    this.doubts = from ? from.doubts : new Map();
    this.owned = from ? 0 : 0x3ff;
    this.keys = from ? from.keys : null;
  }

  fork(): State {
    this.owned = 0;
    return new State(this);
  }

  private own<K extends Maps>(which: K, bit: number): State[K] {
    if ((this.owned & bit) === 0) {
      // biome-ignore lint/suspicious/noExplicitAny: the eight maps differ only in their type arguments
      (this as any)[which] = new Map(this[which] as any);
      this.owned |= bit;
    }
    return this[which];
  }

  /** The property key found earlier for these locks and actions, with no stale pointers about. */
  knownKey(counts: (cls: string) => boolean): string | undefined {
    const { keys } = this;
    if (keys === null || keys.locks !== this.locks || keys.did !== this.did) return undefined;
    return this.stale.size > 0 ? undefined : keys.by.get(counts);
  }
  rememberKey(counts: (cls: string) => boolean, key: string): void {
    // Maps that this state owns may still change in place.
    if ((this.owned & (4 | 256)) !== 0 || this.stale.size > 0) return;
    if (this.keys === null || this.keys.locks !== this.locks || this.keys.did !== this.did)
      this.keys = { locks: this.locks, did: this.did, by: new Map() };
    this.keys.by.set(counts, key);
  }

  private ownMem(): Cells<ValueId> {
    if ((this.owned & 1) === 0) {
      this.mem = this.mem.copy();
      this.owned |= 1;
    }
    return this.mem;
  }
  private ownFacts(): Cells<Fact> {
    if ((this.owned & 2) === 0) {
      this.facts = this.facts.copy();
      this.owned |= 2;
    }
    return this.facts;
  }

  setMem(addr: ValueId, v: ValueId): void {
    if (this.mem.get(addr) !== v) this.ownMem().set(addr, v);
  }
  /** Forgets the cells for which `dead` says so. */
  dropMemWhere(dead: (addr: ValueId) => boolean): void {
    const kept = this.mem.filter((addr) => !dead(addr));
    if (kept === this.mem) return;
    this.mem = kept;
    this.owned |= 1;
  }
  dropMem(addr: ValueId): void {
    if (this.mem.has(addr)) this.ownMem().delete(addr);
  }
  setFact(v: ValueId, f: Fact | undefined): void {
    if (f === undefined) {
      if (this.facts.has(v)) this.ownFacts().delete(v);
    } else this.ownFacts().set(v, f);
  }
  setLock(e: LockEntry): void {
    this.own("locks", 4).set(lockKey(e.cls, e.obj), e);
  }
  dropLock(key: string): void {
    if (this.locks.has(key)) this.own("locks", 4).delete(key);
  }
  setStale(v: ValueId, s: StaleInfo | undefined): void {
    if (s) this.own("stale", 8).set(v, s);
    else if (this.stale.has(v)) this.own("stale", 8).delete(v);
  }
  setNeed(key: string, n: PendingNeed | undefined): void {
    if (n) {
      if (!this.needs.has(key)) this.own("needs", 16).set(key, n);
    } else if (this.needs.has(key)) this.own("needs", 16).delete(key);
  }
  addMark(v: ValueId, mark: string): void {
    const old = this.marks.get(v);
    if (old === undefined) this.own("marks", 32).set(v, mark);
    else if (!old.split(",").includes(mark)) this.own("marks", 32).set(v, [...old.split(","), mark].sort().join(","));
  }
  removeMark(v: ValueId, mark: string): void {
    const old = this.marks.get(v);
    if (!old?.split(",").includes(mark)) return;
    const rest = old.split(",").filter((m) => m !== mark);
    if (rest.length > 0) this.own("marks", 32).set(v, rest.join(","));
    else this.own("marks", 32).delete(v);
  }
  hasMark(v: ValueId, mark: string): boolean {
    return this.marks.get(v)?.split(",").includes(mark) ?? false;
  }
  setGuardians(v: ValueId, keys: readonly string[] | undefined): void {
    if (keys) this.own("guardians", 64).set(v, keys);
    else if (this.guardians.has(v)) this.own("guardians", 64).delete(v);
  }
  addRead(v: ValueId, action: string): void {
    if (this.reads.get(v) !== action) this.own("reads", 128).set(v, action);
  }
  clearReads(): void {
    if (this.reads.size > 0) {
      this.reads = new Map();
      this.owned |= 128;
    }
  }
  setDid(action: string, site: Site): void {
    if (!this.did.has(action)) this.own("did", 256).set(action, site);
  }
  clearDid(action: string): void {
    if (this.did.has(action)) this.own("did", 256).delete(action);
  }
  setDoubt(v: ValueId, d: Doubt | undefined): void {
    if (d !== undefined) this.own("doubts", 512).set(v, d);
    else if (this.doubts.has(v)) this.own("doubts", 512).delete(v);
  }

  /** After new facts: draws the conclusions of doubts that hold now; false if the path cannot be. */
  settleDoubts(t: ValueTable): boolean {
    for (const [v, d] of this.doubts) {
      if (d.facts === null || truth(t, this, v) !== (d.when ? "true" : "false")) continue;
      this.guess = true;
      for (const [w, mask] of d.facts) if (!agrees(t, this, w, mask)) return false;
    }
    return true;
  }

  /** Classes the value can be in, from its form and the path's facts. */
  mask(t: ValueTable, v: ValueId): number {
    const m = inherentMask(t, v);
    const f = this.facts.get(v);
    const u = t.get(v);
    if (u.k === "un" && (u.op === "!" || u.op === "bool")) {
      const inner = this.mask(t, u.a);
      const truth = inner === ZERO ? ZERO : (inner & ZERO) === 0 ? POSITIVE : m;
      const own = u.op === "bool" || truth === m ? truth : truth === ZERO ? POSITIVE : ZERO;
      return f ? own & f.mask || own : own;
    }
    if (m === ANY) {
      // A valid pointer or positive number stays one when something positive is added.
      const x = t.get(v);
      if (x.k === "op" && x.op === "+" && this.mask(t, x.a) === POSITIVE && this.mask(t, x.b) === POSITIVE)
        return f ? f.mask & POSITIVE : POSITIVE;
    }
    return f ? m & f.mask : m;
  }
}

/**
 * The property by which disjuncts are kept apart (property simulation: Das, Lerner, Seigle, PLDI
 * 2002): lock modes, which variables hold stale pointers, and actions that rules ask about.
 */
export function propertyKey(
  s: State,
  splitActions: ReadonlySet<string>,
  counts: (cls: string) => boolean = ALL_CLASSES,
): string {
  const known = s.knownKey(counts);
  if (known !== undefined) return known;
  const parts: string[] = [];
  for (const [k, e] of s.locks) {
    // Taken and given back here: no reason to keep paths apart.
    if (!counts(e.cls)) continue;
    if (e.weak || (e.mode === "free" && !e.entry && !e.dropped)) continue;
    // Nothing is known of it: how that came about is no reason either.
    if (e.mode === "top") parts.push(`${k}top`);
    else parts.push(`${k}${e.mode}${e.depth}${e.entry ? "e" : ""}${e.dropped ? "d" : ""}${e.checked ? "c" : ""}`);
  }
  if (s.stale.size > 0) {
    for (const [addr, v] of s.mem) if (s.stale.has(v)) parts.push(`!${addr}`);
  }
  if (splitActions.size > 0)
    for (const a of s.did.keys()) if (splitActions.has(a) || a.startsWith("inc:")) parts.push(`+${a}`);
  if (parts.length > 1) parts.sort();
  const key = parts.join(" ");
  s.rememberKey(counts, key);
  return key;
}

const ALL_CLASSES = (): boolean => true;

/** Can the value lie in the classes of `mask` here? */
export function agrees(t: ValueTable, s: State, v: ValueId, mask: number): boolean {
  if (mask === ZERO) return truth(t, s, v) !== "true";
  if ((mask & ZERO) === 0 && truth(t, s, v) === "false") return false;
  return (s.mask(t, v) & mask) !== 0;
}
