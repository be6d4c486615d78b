/**
 * The abstract state on one path (one disjunct): memory, facts, locks, stale pointers, marks and
 * the obligations that rest on what the caller holds. Copy-on-write: `fork()` is cheap.
 */

import { joinFlags, testedFlags, truth } from "./assume";
import { Cells } from "./cells";
import { ANY, type Fact, inherentMask, joinFacts, POSITIVE, sameFact, ZERO } from "./facts";
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
    parts.push(
      `${k}${e.mode}${e.depth}${e.entry ? "e" : ""}${e.dropped ? "d" : ""}${e.checked ? "c" : ""}${e.weak ? "w" : ""}`,
    );
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

/** Flags tested in either value whose state is the same on both paths stay known of the join. */
function joinTestedFlags(t: ValueTable, a: State, b: State, out: State, phi: ValueId, va: ValueId, vb: ValueId): void {
  const left = testedFlags(t, va);
  const right = testedFlags(t, vb);
  if (left.length === 0 && right.length === 0) return;
  for (const name of new Set([...left, ...right])) {
    const flag = t.sym(name);
    const ta = truth(t, a, t.op("&", va, flag));
    const cell = t.op("&", phi, flag);
    if (va === phi && !a.facts.has(cell)) continue;
    const tb = ta === "unknown" ? ta : truth(t, b, t.op("&", vb, flag));
    const want: Fact | undefined =
      ta === "unknown" || ta !== tb ? undefined : { mask: ta === "true" ? ANY & ~ZERO : ZERO };
    if (!sameFact(want, out.facts.get(cell))) out.setFact(cell, want);
  }
}

/** Can the value lie in the classes of `mask` here? */
function agrees(t: ValueTable, s: State, v: ValueId, mask: number): boolean {
  if (mask === ZERO) return truth(t, s, v) !== "true";
  if ((mask & ZERO) === 0 && truth(t, s, v) === "false") return false;
  return (s.mask(t, v) & mask) !== 0;
}

/** What tells a guessed path from the others it joins is kept as a doubt: whoever finds out later is on the guessed path. */
function joinDoubts(t: ValueTable, a: State, b: State, out: State): boolean {
  out.guess = a.guess && b.guess;
  out.hearsay = a.hearsay && b.hearsay;
  let changed = out.guess !== a.guess || out.hearsay !== a.hearsay;
  if (out.guess || (!a.guess && !b.guess && a.doubts.size === 0)) return changed;
  const candidates = new Map<ValueId, boolean>();
  for (const s of [a, b]) {
    for (const [v, d] of s.doubts) candidates.set(v, d.when);
    if (s.guess)
      for (const [v, f] of s.facts) if (f.mask === ZERO || (f.mask & ZERO) === 0) candidates.set(v, f.mask !== ZERO);
  }
  for (const [v, when] of candidates) {
    const facts = join(doubtIn(t, a, v, when), doubtIn(t, b, v, when));
    const old = out.doubts.get(v);
    if (old?.facts === null) continue;
    if (old === undefined ? facts === null : facts !== null && old.when === when && old.facts.length === facts.length)
      continue;
    out.setDoubt(v, { when, facts });
    changed = true;
  }
  return changed;
}

type Facts = NonNullable<Doubt["facts"]>;
type Implied = Facts | "any" | null;

/** What follows in `s` if the condition proves `when`: facts of a guess, anything (it cannot), or nothing known. */
function doubtIn(t: ValueTable, s: State, v: ValueId, when: boolean): Implied {
  if (s.guess) return [...s.facts].map(([w, f]) => [w, f.mask] as const);
  const d = s.doubts.get(v);
  if (d?.when === when) return d.facts;
  return truth(t, s, v) === (when ? "false" : "true") ? "any" : null;
}

function join(a: Implied, b: Implied): Facts | null {
  if (a === null || b === null || (a === "any" && b === "any")) return null;
  if (a === "any") return b as Facts;
  if (b === "any") return a;
  return a.filter(([v, mask]) => b.some(([w, other]) => w === v && other === mask));
}

/** Joins states that differ in locks: what differs becomes unknown. Null if `a` already covers `b`. */
export function joinCoarse(
  t: ValueTable,
  a: State,
  b: State,
  block: number,
  stableFields: ReadonlySet<string>,
): State | null {
  const left = a.fork();
  const right = b.fork();
  let changed = false;
  for (const k of new Set([...a.locks.keys(), ...b.locks.keys()])) {
    const x = a.locks.get(k);
    const y = b.locks.get(k);
    if (x && y && x.mode === y.mode && x.depth === y.depth) continue;
    if (x?.mode === "top") continue;
    const held = [x, y].find((e) => e !== undefined && e.mode !== "free");
    if (held) {
      left.setLock({
        ...held,
        mode: "top",
        depth: 1,
        checked: false,
        dropped: (x?.dropped ?? false) || (y?.dropped ?? false),
      });
      changed = true;
    } else if (x && !y) {
      if (x.dropped || x.entry) left.setLock({ ...x, mode: "top", depth: 1 });
      else left.dropLock(k);
      changed = true;
    } else if (y && (y.dropped || y.entry)) {
      left.setLock({ ...y, mode: "top", depth: 1 });
      changed = true;
    }
  }
  right.locks = left.locks;
  const joined = joinStates(t, left, right, block, stableFields);
  return joined ?? (changed ? left : null);
}

/** Joins `b` into a copy of `a` at the head of `block`; both have the same property key. Null if `a` already covers `b`. */
export function joinStates(
  t: ValueTable,
  a: State,
  b: State,
  block: number,
  stableFields: ReadonlySet<string>,
): State | null {
  const out = a.fork();
  let changed = false;
  const renamed: [ValueId, ValueId, ValueId][] = [];
  const joined = new Set<ValueId>();
  const addresses = a.mem.keys();
  const contents = a.mem.contents();
  const others = b.mem.keys();
  const known = a.facts.keys();
  const facts = a.facts.contents();
  if (a.mem !== b.mem)
    for (let i = 0; i < addresses.length; i++) {
      const addr = addresses[i] as ValueId;
      const va = contents[i] as ValueId;
      let vb = b.mem.getNear(addr, i);
      if (vb === undefined) {
        // A cell of an object that the other path did not compute says nothing about that path.
        if (t.isComputed(addr)) continue;
        vb = defaultContent(t, addr);
      }
      if (va === vb) continue;
      const flags = joinFlags(t, va, vb);
      if (flags !== null && (t.get(va).k !== "sym" || t.get(vb).k !== "sym")) {
        if (flags !== va) {
          out.setMem(addr, flags);
          changed = true;
        }
        continue;
      }
      const phi = t.phi(block, addr);
      const av = t.get(addr);
      if (av.k === "local") t.suggestName(phi, av.name);
      if (va !== phi) {
        out.setMem(addr, phi);
        changed = true;
      }
      renamed.push([phi, va, vb]);
      joined.add(phi);
    }
  if (a.mem !== b.mem)
    for (let i = 0; i < others.length; i++) {
      const addr = others[i] as ValueId;
      if (a.mem.getNear(addr, i) !== undefined) continue;
      const vb = b.mem.getNear(addr, i) as ValueId;
      if (t.isComputed(addr)) {
        out.setMem(addr, vb);
        changed = true;
        continue;
      }
      const va = defaultContent(t, addr);
      if (va === vb) continue;
      const phi = t.phi(block, addr);
      out.setMem(addr, phi);
      changed = true;
      renamed.push([phi, va, vb]);
      joined.add(phi);
    }
  if (a.facts !== b.facts)
    for (let i = 0; i < known.length; i++) {
      const v = known[i] as ValueId;
      const fa = facts[i] as Fact;
      const fb = b.facts.getNear(v, i);
      if (fa === fb && fa.mask !== ANY) continue;
      const j = joinFacts(fa, fb ?? inherentFact(t, v));
      if (!sameFact(j, fa) && !joined.has(v)) out.setFact(v, j);
    }
  for (const [phi, va, vb] of renamed) {
    t.noteJoined(phi, va, vb);
    const j = joinFacts(factOf(t, a, va), factOf(t, b, vb));
    if (!sameFact(j, a.facts.get(phi))) {
      if (va !== phi || a.facts.has(phi)) out.setFact(phi, j);
    }
    joinTestedFlags(t, a, b, out, phi, va, vb);
    const ma = a.marks.get(va);
    if (ma !== undefined && ma === b.marks.get(vb)) {
      if (out.marks.get(phi) !== ma) for (const m of ma.split(",")) out.addMark(phi, m);
    } else if (va === phi && ma !== undefined) {
      for (const m of ma.split(",")) if (!b.hasMark(vb, m)) out.removeMark(phi, m);
    }
    const ga = a.guardians.get(va);
    const gb = b.guardians.get(vb);
    const g = ga && gb ? ga.filter((k) => gb.includes(k)) : undefined;
    if (va !== phi || ga?.length !== g?.length) out.setGuardians(phi, g && g.length > 0 ? g : undefined);
    const stale = a.stale.get(va) ?? b.stale.get(vb);
    if (stale && !out.stale.has(phi)) out.setStale(phi, stale);
    if (va !== phi && (t.fieldsOf(va).length > 0 || t.fieldsOf(vb).length > 0))
      for (const f of sameStableFields(t, a, b, va, vb, stableFields)) out.setMem(t.field(phi, f.field), f.content);
  }
  for (const [k, n] of b.needs) {
    if (!a.needs.has(k)) {
      out.setNeed(k, n);
      changed = true;
    }
  }
  for (const k of a.did.keys()) {
    if (!b.did.has(k)) {
      out.clearDid(k);
      changed = true;
    }
  }
  for (const [v, m] of a.marks) {
    if (joined.has(v)) continue;
    for (const one of m.split(",")) {
      if (!b.hasMark(v, one)) {
        out.removeMark(v, one);
        changed = true;
      }
    }
  }
  for (const [v, s] of b.stale) {
    if (!a.stale.has(v)) {
      out.setStale(v, s);
      changed = true;
    }
  }
  if (joinDoubts(t, a, b, out)) changed = true;
  if (a.locks !== b.locks) {
    for (const [k, e] of a.locks) {
      if (e.mode === "free" && !b.locks.has(k)) {
        out.dropLock(k);
        changed = true;
      }
    }
  }
  if (a.locks !== b.locks)
    for (const [k, e] of b.locks) {
      const mine = out.locks.get(k);
      if (!mine && e.weak) out.setLock(e);
      if (mine && e.rule !== null && mine.rule === null) out.setLock({ ...mine, rule: e.rule });
    }
  for (const [v, k] of b.reads) {
    if (!a.reads.has(v)) {
      out.addRead(v, k);
      changed = true;
    }
  }
  if (!changed && out.facts !== a.facts) changed = !sameFacts(a.facts, out.facts);
  return changed ? out : null;
}

/** Fields that never change and hold the same in both objects. */
function sameStableFields(
  t: ValueTable,
  a: State,
  b: State,
  va: ValueId,
  vb: ValueId,
  stableFields: ReadonlySet<string>,
): { field: string; content: ValueId }[] {
  const contents = (s: State, base: ValueId): Map<string, ValueId> => {
    const out = new Map<string, ValueId>();
    for (const addr of t.fieldsOf(base)) {
      const x = t.get(addr);
      if (x.k !== "field" || !stableFields.has(x.field)) continue;
      const content = s.mem.get(addr) ?? t.existingLoad(addr);
      if (content !== undefined) out.set(x.field, content);
    }
    return out;
  };
  const left = contents(a, va);
  if (left.size === 0) return [];
  const right = contents(b, vb);
  const out: { field: string; content: ValueId }[] = [];
  for (const field of stableFields) {
    const content = left.get(field);
    if (content !== undefined && content === right.get(field)) out.push({ field, content });
  }
  return out;
}

/** What a cell holds when nothing was written: the value it had at entry. */
export function defaultContent(t: ValueTable, addr: ValueId): ValueId {
  return t.load(addr, 0);
}

function factOf(t: ValueTable, s: State, v: ValueId): Fact {
  const f = s.facts.get(v);
  const mask = s.mask(t, v);
  const value = t.get(v);
  const base: Fact = f ? { ...f, mask } : { mask };
  if (base.eq === undefined && (value.k === "num" || value.k === "sym")) base.eq = v;
  return base;
}

function inherentFact(t: ValueTable, v: ValueId): Fact | undefined {
  const mask = inherentMask(t, v);
  return mask === ANY ? undefined : { mask };
}

function sameFacts(a: Cells<Fact>, b: Cells<Fact>): boolean {
  if (a.size !== b.size) return false;
  const ids = a.keys();
  const facts = a.contents();
  return ids.every((v, i) => sameFact(facts[i], b.getNear(v, i)));
}
