/** Joins of states: what is known after paths meet. */

import { joinFlags, testedFlags, truth } from "./assume";
import type { Cells } from "./cells";
import { ANY, type Fact, inherentMask, joinFacts, sameFact, ZERO } from "./facts";
import type { Doubt, State } from "./state";
import type { ValueId, ValueTable } from "./values";

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

/** What tells a guessed path from the others it joins is kept as a doubt: whoever finds out later is on the guessed path. */
function joinDoubts(t: ValueTable, a: State, b: State, out: State): boolean {
  out.guess = a.guess && b.guess;
  out.hearsay = a.hearsay && b.hearsay;
  let changed = out.guess !== a.guess || out.hearsay !== a.hearsay;
  if (out.guess || (!a.guess && !b.guess && a.doubts.size === 0)) return changed;
  // Of two paths that know the same doubts, and rest on no guess, the join knows no others.
  if (!a.guess && !b.guess && a.doubts === b.doubts) return changed;
  const candidates = new Map<ValueId, boolean>();
  for (const s of [a, b]) {
    for (const [v, d] of s.doubts) candidates.set(v, d.when);
    if (!s.guess) continue;
    const contents = s.facts.contents();
    s.facts.keys().forEach((v, i) => {
      const { mask } = contents[i] as Fact;
      if (mask === ZERO || (mask & ZERO) === 0) candidates.set(v, mask !== ZERO);
    });
  }
  const ofA = a.guess ? factsOf(a) : null;
  const ofB = b.guess ? factsOf(b) : null;
  for (const [v, when] of candidates) {
    const old = out.doubts.get(v);
    if (old?.facts === null) continue;
    const facts = join(ofA ?? doubtIn(t, a, v, when), ofB ?? doubtIn(t, b, v, when));
    if (old === undefined ? facts === null : facts !== null && old.when === when && old.facts.length === facts.length)
      continue;
    out.setDoubt(v, { when, facts });
    changed = true;
  }
  return changed;
}

type Facts = NonNullable<Doubt["facts"]>;
type Implied = Facts | "any" | null;

/** What is known on a guessed path. */
function factsOf(s: State): Facts {
  const contents = s.facts.contents();
  return s.facts.keys().map((v, i) => [v, (contents[i] as Fact).mask] as const);
}

/** What follows in `s`, no guess, if the condition proves `when`: facts, anything (it cannot), or nothing known. */
function doubtIn(t: ValueTable, s: State, v: ValueId, when: boolean): Implied {
  const d = s.doubts.get(v);
  if (d?.when === when) return d.facts;
  return truth(t, s, v) === (when ? "false" : "true") ? "any" : null;
}

function join(a: Implied, b: Implied): Facts | null {
  if (a === null || b === null || (a === "any" && b === "any")) return null;
  if (a === "any") return b as Facts;
  if (b === "any") return a;
  if (a === b) return a;
  // Both come from the order of the path's facts: most stand at the same place.
  return a.filter(([v, mask], i) => {
    const near = b[i];
    if (near?.[0] === v) return near[1] === mask;
    return b.some(([w, other]) => w === v && other === mask);
  });
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

/**
 * Joins `b` into a copy of `a` at the head of `block`; both have the same property key. Null if `a` already covers `b`.
 * In steps that are compiled one by one: as a single function it takes the optimising compiler longer than anything else.
 */
export function joinStates(
  t: ValueTable,
  a: State,
  b: State,
  block: number,
  stableFields: ReadonlySet<string>,
): State | null {
  const out = a.fork();
  const renamed: Renamed[] = [];
  let changed = a.mem !== b.mem && joinMemory(t, a, b, block, out, renamed);
  if (a.facts !== b.facts) joinKnownFacts(t, a, b, out, renamed);
  for (const one of renamed) joinRenamed(t, a, b, out, one, stableFields);
  if (joinHistory(a, b, out, renamed)) changed = true;
  if (joinDoubts(t, a, b, out)) changed = true;
  if (a.locks !== b.locks && joinLocks(a, b, out)) changed = true;
  for (const [v, k] of b.reads) {
    if (!a.reads.has(v)) {
      out.addRead(v, k);
      changed = true;
    }
  }
  if (!changed && out.facts !== a.facts) changed = !sameFacts(a.facts, out.facts);
  return changed ? out : null;
}

/** A value of the join, and what it is on either path. */
interface Renamed {
  phi: ValueId;
  va: ValueId;
  vb: ValueId;
}

/** Joins the contents of cells; those that differ get a value of the join. */
function joinMemory(t: ValueTable, a: State, b: State, block: number, out: State, renamed: Renamed[]): boolean {
  let changed = false;
  const addresses = a.mem.keys();
  const contents = a.mem.contents();
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
    if (mergeCell(t, block, out, addr, va, vb, renamed)) changed = true;
  }
  const others = b.mem.keys();
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
    if (va !== vb && mergeCell(t, block, out, addr, va, vb, renamed)) changed = true;
  }
  return changed;
}

function mergeCell(
  t: ValueTable,
  block: number,
  out: State,
  addr: ValueId,
  va: ValueId,
  vb: ValueId,
  renamed: Renamed[],
): boolean {
  const phi = t.phi(block, addr);
  const cell = t.get(addr);
  if (cell.k === "local") t.suggestName(phi, cell.name);
  renamed.push({ phi, va, vb });
  if (va === phi) return false;
  out.setMem(addr, phi);
  return true;
}

const isJoined = (renamed: readonly Renamed[], v: ValueId): boolean => {
  for (let i = 0; i < renamed.length; i++) if ((renamed[i] as Renamed).phi === v) return true;
  return false;
};

/** Joins what is known of values that are the same on both paths. */
function joinKnownFacts(t: ValueTable, a: State, b: State, out: State, renamed: readonly Renamed[]): void {
  const known = a.facts.keys();
  const facts = a.facts.contents();
  for (let i = 0; i < known.length; i++) {
    const v = known[i] as ValueId;
    const fa = facts[i] as Fact;
    const fb = b.facts.getNear(v, i);
    if (fa === fb && fa.mask !== ANY) continue;
    const j = joinFacts(fa, fb ?? impliedFact(t, b, v));
    if (!sameFact(j, fa) && !isJoined(renamed, v)) out.setFact(v, j);
  }
}

/** Gives a value of the join what is known of it on both paths. */
function joinRenamed(
  t: ValueTable,
  a: State,
  b: State,
  out: State,
  { phi, va, vb }: Renamed,
  stableFields: ReadonlySet<string>,
): void {
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

/** Joins needs, actions, marks and stale pointers: what the paths did and met. */
function joinHistory(a: State, b: State, out: State, renamed: readonly Renamed[]): boolean {
  let changed = false;
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
    if (isJoined(renamed, v)) continue;
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
  return changed;
}

function joinLocks(a: State, b: State, out: State): boolean {
  let changed = false;
  for (const [k, e] of a.locks) {
    if (e.mode === "free" && !b.locks.has(k)) {
      out.dropLock(k);
      changed = true;
    }
  }
  for (const [k, e] of b.locks) {
    const mine = out.locks.get(k);
    if (!mine && e.weak) out.setLock(e);
    if (mine && e.rule !== null && mine.rule === null) out.setLock({ ...mine, rule: e.rule });
  }
  return changed;
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

/** What a path knows of a value without having noted it: from its form, or of a flag from what else is known. */
function impliedFact(t: ValueTable, s: State, v: ValueId): Fact | undefined {
  const x = t.get(v);
  if (x.k === "op" && x.op === "&") {
    const now = truth(t, s, v);
    if (now !== "unknown") return { mask: now === "true" ? ANY & ~ZERO : ZERO };
  }
  const mask = inherentMask(t, v);
  return mask === ANY ? undefined : { mask };
}

function sameFacts(a: Cells<Fact>, b: Cells<Fact>): boolean {
  if (a.size !== b.size) return false;
  const ids = a.keys();
  const facts = a.contents();
  return ids.every((v, i) => sameFact(facts[i], b.getNear(v, i)));
}
