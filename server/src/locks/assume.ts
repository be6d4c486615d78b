/** Truth of conditions on a path, and what assuming one of them adds to the path's facts. */
import { ANY, ERRPTR, type Fact, NEGATIVE, POSITIVE, RELATIONS, ZERO } from "./facts";
import type { State } from "./state";
import type { ValueId, ValueTable } from "./values";

export type Truth = "true" | "false" | "unknown";

/** Is the value, used as a condition, certainly true or false here? */
export function truth(t: ValueTable, s: State, v: ValueId, depth = 6): Truth {
  const m = s.mask(t, v);
  if (m === ZERO) return "false";
  if ((m & ZERO) === 0) return "true";
  if (depth === 0) return "unknown";
  const x = t.get(v);
  if (x.k === "un" && x.op === "!") return flip(truth(t, s, x.a, depth - 1));
  if (x.k === "un" && x.op === "bool") return truth(t, s, x.a, depth - 1);
  if (x.k === "op") {
    if (x.op === "&&" || x.op === "||") {
      const a = truth(t, s, x.a, depth - 1);
      const b = truth(t, s, x.b, depth - 1);
      if (x.op === "&&")
        return a === "false" || b === "false" ? "false" : a === "true" && b === "true" ? "true" : "unknown";
      return a === "true" || b === "true" ? "true" : a === "false" && b === "false" ? "false" : "unknown";
    }
    if (RELATIONS.has(x.op)) return relation(t, s, x.op, x.a, x.b);
    if (x.op === "&") return bits(t, s, x.a, x.b);
  }
  return "unknown";
}

function flip(x: Truth): Truth {
  return x === "true" ? "false" : x === "false" ? "true" : "unknown";
}

/** The constant a value is known to equal on this path. */
export function constantOf(t: ValueTable, s: State, v: ValueId): ValueId | undefined {
  const x = t.get(v);
  if (x.k === "num" || x.k === "sym") return v;
  if (x.k === "un" && x.op === "-" && t.get(x.a).k === "sym") return v;
  const f = s.facts.get(v);
  if (f?.eq !== undefined) return f.eq;
  if (s.mask(t, v) === ZERO) return t.zero;
  return undefined;
}

function relation(t: ValueTable, s: State, op: string, a: ValueId, b: ValueId): Truth {
  if (a === b) return op === "==" || op === "<=" || op === ">=" ? "true" : "false";
  const ca = constantOf(t, s, a);
  const cb = constantOf(t, s, b);
  if (op === "==" || op === "!=") {
    const eq = equality(t, s, a, b, ca, cb);
    return op === "==" ? eq : flip(eq);
  }
  if (ca !== undefined && cb !== undefined) {
    const x = t.get(t.op(op, ca, cb));
    if (x.k === "num") return x.n !== 0 ? "true" : "false";
  }
  // a < b with a constant on one side; other orders were turned into this one.
  const na = numberOf(t, ca);
  const nb = numberOf(t, cb);
  if (nb !== undefined) {
    const m = s.mask(t, a);
    if (nb === 0) return within(m, NEGATIVE | ERRPTR) ? "true" : within(m, ZERO | POSITIVE) ? "false" : "unknown";
    if (nb > 0 && within(m, ZERO | NEGATIVE)) return "true";
  }
  if (na !== undefined) {
    const m = s.mask(t, b);
    if (na === 0) return within(m, POSITIVE) ? "true" : within(m, ZERO | NEGATIVE) ? "false" : "unknown";
    if (na > 0 && within(m, ZERO | NEGATIVE)) return "false";
  }
  return "unknown";
}

function numberOf(t: ValueTable, v: ValueId | undefined): number | undefined {
  const x = v === undefined ? undefined : t.get(v);
  return x?.k === "num" ? x.n : undefined;
}

function within(mask: number, set: number): boolean {
  return (mask & ~set) === 0;
}

function equality(
  t: ValueTable,
  s: State,
  a: ValueId,
  b: ValueId,
  ca: ValueId | undefined,
  cb: ValueId | undefined,
): Truth {
  if (ca !== undefined && cb !== undefined) {
    if (ca === cb) return "true";
    const x = t.get(ca);
    const y = t.get(cb);
    if (x.k === "num" && y.k === "num") return "false";
    // Two differently named constants are two enumerators or flags, unless one may be zero under another name.
    if (x.k === "sym" && y.k === "sym") return "false";
    if (x.k === "un" && y.k === "un") return "false";
  }
  if ((s.mask(t, a) & s.mask(t, b)) === 0) return "false";
  const fa = s.facts.get(a);
  if (fa?.ne && cb !== undefined && fa.ne.includes(cb)) return "false";
  if (fa?.among && cb !== undefined && !fa.among.includes(cb) && distinctFrom(t, fa.among, cb)) return "false";
  const fb = s.facts.get(b);
  if (fb?.among && ca !== undefined && !fb.among.includes(ca) && distinctFrom(t, fb.among, ca)) return "false";
  if (fb?.ne && ca !== undefined && fb.ne.includes(ca)) return "false";
  return "unknown";
}

/** Is every one of the constants certainly another one? */
function distinctFrom(t: ValueTable, among: readonly ValueId[], c: ValueId): boolean {
  const kind = t.get(c).k;
  return among.every((x) => x !== c && t.get(x).k === kind);
}

/** Splits an or of named constants into names; null if anything else is in it. */
export function flagNames(t: ValueTable, v: ValueId): readonly string[] | null {
  return t.derived("flagNames", v, splitFlags);
}

function splitFlags(t: ValueTable, v: ValueId): readonly string[] | null {
  const x = t.get(v);
  if (x.k === "sym") return [x.name];
  if (x.k === "num") return x.n === 0 ? [] : [`#${x.n}`];
  if (x.k === "op" && x.op === "|") {
    const a = flagNames(t, x.a);
    const b = flagNames(t, x.b);
    return a && b ? [...a, ...b] : null;
  }
  return null;
}

const NO_NAMES: readonly string[] = [];

/** Flags that some condition tests in the value or in what it is or-ed from. */
export function testedFlags(t: ValueTable, v: ValueId): readonly string[] {
  const form = t.get(v);
  if (form.k !== "sym" && !(form.k === "op" && form.op === "|") && t.masksOf(v).length === 0) return NO_NAMES;
  const out = new Set<string>();
  t.walk(v, (id, x) => {
    for (const mask of t.masksOf(id)) {
      const y = t.get(mask);
      if (y.k === "op") for (const n of flagNames(t, y.a === id ? y.b : y.a) ?? []) out.add(n);
    }
    if (x.k === "sym") out.add(x.name);
    return x.k === "op" && x.op === "|";
  });
  return [...out].filter((n) => !n.startsWith("#")).slice(0, 24);
}

/** The join of two flag values: what both have for certain, what either has perhaps. Null if they are not made of named flags. */
export function joinFlags(t: ValueTable, a: ValueId, b: ValueId): ValueId | null {
  if (!isFlagValue(t, a) || !isFlagValue(t, b)) return null;
  const x = knownFlags(t, a);
  const y = knownFlags(t, b);
  if (!x.exact || !y.exact) return null;
  const sure = [...x.set].filter((n) => y.set.has(n)).sort();
  const maybe = new Set([...x.possible, ...y.possible, ...x.set, ...y.set]);
  for (const n of sure) maybe.delete(n);
  if (maybe.size > 24) return null;
  const or = (names: string[]): ValueId => names.map((n) => t.sym(n)).reduce((p, q) => t.op("|", p, q));
  const some = maybe.size > 0 ? t.un("some", or([...maybe].sort())) : t.zero;
  return sure.length > 0 ? t.op("|", or(sure), some) : some;
}

/** Made of two or more named flags, or of flags and zero: not just two enumerators. */
function isFlagValue(t: ValueTable, v: ValueId, depth = 8): boolean {
  const x = t.get(v);
  if (x.k === "num") return x.n === 0;
  if (x.k === "sym") return !x.name.startsWith("config:");
  if (x.k === "un") return x.op === "some";
  return depth > 0 && x.k === "op" && x.op === "|" && isFlagValue(t, x.a, depth - 1) && isFlagValue(t, x.b, depth - 1);
}

/** Names certainly set in a flags value (`x | A`), and whether nothing else can be set. */
interface KnownFlags {
  readonly set: ReadonlySet<string>;
  readonly clear: ReadonlySet<string>;
  /** Nothing but `set` and `possible` can be set. */
  readonly exact: boolean;
  readonly possible: ReadonlySet<string>;
  readonly rest: readonly ValueId[];
}

function knownFlags(t: ValueTable, v: ValueId): KnownFlags {
  return t.derived("knownFlags", v, flagsOf);
}

function flagsOf(t: ValueTable, v: ValueId, depth = 8): KnownFlags {
  const x = t.get(v);
  const possible = new Set<string>();
  if (x.k === "un" && x.op === "some")
    return { set: new Set(), clear: new Set(), exact: true, possible: new Set(flagNames(t, x.a) ?? []), rest: [] };
  if (x.k === "sym") return { set: new Set([x.name]), clear: new Set(), exact: true, possible, rest: [] };
  if (x.k === "num" && x.n === 0) return { set: new Set(), clear: new Set(), exact: true, possible, rest: [] };
  if (depth > 0 && x.k === "op" && x.op === "|") {
    const a = flagsOf(t, x.a, depth - 1);
    const b = flagsOf(t, x.b, depth - 1);
    const set = new Set([...a.set, ...b.set]);
    const clear = new Set([...a.clear].filter((c) => b.exact && !b.set.has(c) && !b.possible.has(c)));
    for (const c of b.clear) if (a.exact && !a.set.has(c) && !a.possible.has(c)) clear.add(c);
    return {
      set,
      clear,
      exact: a.exact && b.exact,
      possible: new Set([...a.possible, ...b.possible]),
      rest: [...a.rest, ...b.rest],
    };
  }
  if (depth > 0 && x.k === "op" && x.op === "&") {
    for (const [value, other] of [
      [x.a, x.b],
      [x.b, x.a],
    ] as const) {
      const m = t.get(other);
      if (m.k === "un" && m.op === "~") {
        const off = flagNames(t, m.a);
        if (off) {
          const { set, clear, exact, possible, rest } = flagsOf(t, value, depth - 1);
          const without = (names: ReadonlySet<string>) => new Set([...names].filter((n) => !off.includes(n)));
          return { set: without(set), clear: new Set([...clear, ...off]), exact, possible: without(possible), rest };
        }
      }
    }
  }
  return { set: new Set(), clear: new Set(), exact: false, possible, rest: [v] };
}

function bits(t: ValueTable, s: State, a: ValueId, b: ValueId): Truth {
  let value = a;
  let names = flagNames(t, b);
  if (!names) {
    names = flagNames(t, a);
    value = b;
  }
  if (!names || names.length === 0) return "unknown";
  const known = knownFlags(t, constantOf(t, s, value) ?? value);
  if (names.some((n) => known.set.has(n))) return "true";
  const open = names.filter((n) => !known.clear.has(n));
  const left = known.exact ? open.filter((n) => known.possible.has(n)) : open;
  if (left.length === 0) return "false";
  // Facts on other masks of the same value: (x & (A|B)) == 0 implies (x & A) == 0, and so on.
  const cleared: (readonly string[])[] = [];
  for (const rest of known.exact ? [...known.rest, constantOf(t, s, value) ?? value] : known.rest) {
    let zero: readonly string[] = [];
    const some: (readonly string[])[] = [];
    for (const id of t.masksOf(rest)) {
      const f = s.facts.get(id);
      if (!f) continue;
      const x = t.get(id);
      if (x.k !== "op") continue;
      const m = flagNames(t, x.a === rest ? x.b : x.a);
      if (!m) continue;
      if (f.mask === ZERO) zero = zero.concat(m);
      else if ((f.mask & ZERO) === 0) some.push(m);
    }
    if (s.mask(t, rest) === ZERO) zero = left;
    for (const group of some) {
      const open = group.filter((n) => !zero.includes(n));
      if (open.length > 0 && open.every((n) => left.includes(n) && !known.clear.has(n))) return "true";
    }
    cleared.push(zero);
  }
  return left.every((n) => cleared.every((zero) => zero.includes(n))) ? "false" : "unknown";
}

/** Narrows the state to where `v` is true (or false). False if that cannot be. The state must be owned by the caller. */
export function assume(t: ValueTable, s: State, v: ValueId, positive: boolean, depth = 6): boolean {
  const now = truth(t, s, v);
  if (now === (positive ? "true" : "false")) return true;
  if (now !== "unknown") return false;
  const x = t.get(v);
  if (depth > 0) {
    if (x.k === "un" && x.op === "!") return assume(t, s, x.a, !positive, depth - 1);
    if (x.k === "un" && x.op === "bool") return assume(t, s, x.a, positive, depth - 1);
    if (x.k === "op") {
      if ((x.op === "&&" && positive) || (x.op === "||" && !positive)) {
        return assume(t, s, x.a, positive, depth - 1) && assume(t, s, x.b, positive, depth - 1);
      }
      if (x.op === "&" && positive) {
        for (const part of [x.a, x.b])
          if (flagNames(t, part) === null && s.mask(t, part) !== ZERO) narrow(t, s, part, ANY & ~ZERO);
      }
      if (RELATIONS.has(x.op) && x.op !== "&&" && x.op !== "||")
        return assumeRelation(t, s, v, x.op, x.a, x.b, positive);
    }
  }
  return narrow(t, s, v, positive ? ANY & ~ZERO : ZERO);
}

/** Intersects the classes of a value; false if nothing remains. */
export function narrow(t: ValueTable, s: State, v: ValueId, mask: number): boolean {
  const m = s.mask(t, v) & mask;
  if (m === 0) return false;
  const f = s.facts.get(v);
  s.setFact(v, f ? { ...f, mask: m } : { mask: m });
  return true;
}

function assumeRelation(
  t: ValueTable,
  s: State,
  whole: ValueId,
  op: string,
  a: ValueId,
  b: ValueId,
  positive: boolean,
): boolean {
  s.setFact(whole, { mask: positive ? POSITIVE : ZERO });
  if (op === "==") return positive ? assumeEqual(t, s, a, b) : assumeDifferent(t, s, a, b);
  const na = numberOf(t, constantOf(t, s, a));
  const nb = numberOf(t, constantOf(t, s, b));
  if (nb === 0) return narrow(t, s, a, positive ? NEGATIVE | ERRPTR : ZERO | POSITIVE);
  if (nb !== undefined && nb > 0 && !positive) return narrow(t, s, a, POSITIVE);
  if (na === 0) return narrow(t, s, b, positive ? POSITIVE : ZERO | NEGATIVE);
  return true;
}

function assumeEqual(t: ValueTable, s: State, a: ValueId, b: ValueId): boolean {
  const m = s.mask(t, a) & s.mask(t, b);
  if (m === 0) return false;
  const ca = constantOf(t, s, a);
  const cb = constantOf(t, s, b);
  setEqual(t, s, a, m, cb);
  setEqual(t, s, b, m, ca);
  return true;
}

function assumeDifferent(t: ValueTable, s: State, a: ValueId, b: ValueId): boolean {
  for (const [v, other] of [
    [a, b],
    [b, a],
  ] as const) {
    const c = constantOf(t, s, other);
    if (c === undefined || constantOf(t, s, v) !== undefined) continue;
    if (numberOf(t, c) === 0) return narrow(t, s, v, ANY & ~ZERO);
    const f: Fact = s.facts.get(v) ?? { mask: s.mask(t, v) };
    if (f.among?.includes(c)) {
      const rest = f.among.filter((x) => x !== c);
      if (rest.length === 1) s.setFact(v, { mask: f.mask, eq: rest[0] as ValueId });
      else s.setFact(v, { ...f, among: rest });
      if (rest.length === 0) return false;
      continue;
    }
    if ((f.ne?.length ?? 0) < 6) s.setFact(v, { ...f, ne: [...(f.ne ?? []), c] });
  }
  return true;
}

function setEqual(t: ValueTable, s: State, v: ValueId, mask: number, constant: ValueId | undefined): void {
  const x = t.get(v);
  if (x.k === "num" || x.k === "sym") return;
  const f: Fact = { ...(s.facts.get(v) ?? { mask }), mask };
  if (constant !== undefined) f.eq = constant;
  s.setFact(v, f);
}
