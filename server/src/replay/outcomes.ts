/** The outcomes of a call's contract as ways through a model: what the call returns, and what its arguments must be. */
import { UNKNOWN } from "../explore/model";
import { negate } from "../locks/apiModel";
import { ANY, ERRPTR, NEGATIVE, POSITIVE, ZERO } from "../locks/facts";
import type { CallEffect, Clause, Outcome, Term } from "../locks/outcomes";
import { type Bits, clearBits, combine, questionOf, wordOf } from "./bits";
import type { Lowering } from "./lower";
import type { Place, Value } from "./place";
import { flagKey } from "./thread";
import { FAILED, num, reg } from "./world";

export interface Way {
  effects: readonly CallEffect[];
  result: number;
  bits: Bits | undefined;
  /** What must hold of the arguments. */
  when: readonly Clause[];
}

/** What stands for a result that is positive. */
const DONE = 1;
const NONE: ReadonlySet<string> = new Set();
/** Ways that one contract is told apart into, at most. */
const MAX_WAYS = 24;

/** Each outcome by the kinds of result it may have. Guesses that leave open what was written do not count. Null: too many. */
export function waysOf(l: Lowering, outcomes: readonly Outcome[]): Way[] | null {
  const ways = outcomes
    .filter((o) => !isVague(l, o))
    .flatMap((o) => conditionsOf(o).flatMap((when) => byResult(l, o, when)));
  return ways.length > MAX_WAYS ? null : ways;
}

/** A guess that leaves open what it wrote: what the caller reads there need not fit the locks. */
function isVague(l: Lowering, { guess, effects }: Outcome): boolean {
  return guess === true && effects.some((e) => e.k === "store" && (!e.value || numberOf(l, e.value) === null));
}

/** The conditions of an outcome with one clause of each group that excludes it turned round. */
function conditionsOf(o: Outcome): Clause[][] {
  let all: Clause[][] = [o.when.map(plainClause)];
  for (const group of o.unless)
    all = all.flatMap((list) => group.map((c, n) => [...list, ...group.slice(0, n), negate(c)].map(plainClause)));
  return all;
}

function byResult(l: Lowering, { effects, returns }: Outcome, clauses: readonly Clause[]): Way[] {
  const when = clauses.filter((c) => c.term.k !== "ret");
  const known = returns && numberOf(l, returns);
  const on: string[][] = [];
  const off = new Set<string>();
  let mask = ANY;
  for (const c of clauses) {
    if (c.term.k !== "ret") continue;
    if (c.k === "mask") mask &= c.mask;
    else if (c.k === "equals") {
      const n = numberOf(l, c.to);
      if (n !== null && c.positive) return [{ effects, when, result: n, bits: n === 0 ? clearBits : undefined }];
    } else if (c.set) on.push(c.flags);
    else for (const f of c.flags) off.add(f);
  }
  if (known !== null) return [{ effects, when, result: known, bits: known === 0 ? clearBits : undefined }];
  if (on.length > 0)
    // One of each list of flags.
    return on
      .reduce<string[][]>((sets, flags) => sets.flatMap((s) => flags.map((f) => [...s, f])), [[]])
      .filter((set) => !set.some((f) => off.has(f)))
      .map((set) => ({
        effects,
        when,
        result: UNKNOWN,
        bits: { on: new Set(set), off: new Set(off), keep: null, rest: "unknown" as const },
      }));
  if (off.size > 0 && mask & POSITIVE)
    return [{ effects, when, result: UNKNOWN, bits: { on: NONE, off, keep: null, rest: "unknown" } }];
  if (mask === ANY) return [{ effects, when, result: UNKNOWN, bits: undefined }];
  const results: [number, number][] = [
    [ZERO, 0],
    [POSITIVE, DONE],
    [NEGATIVE | ERRPTR, FAILED],
  ];
  return results.flatMap(([m, result]) =>
    mask & m ? [{ effects, when, result, bits: m === ZERO ? clearBits : undefined }] : [],
  );
}

/** A clause in the form that summaries have. */
function plainClause(c: Clause): Clause {
  return { ...c, term: plain(c.term) };
}

/** A term of rule data in the form that summaries have. */
export function plain(t: Term): Term {
  if (t.k !== "path") return t;
  const { root, fields, deref, address } = t.path;
  if (root.k === "ret" && fields.length === 0) return { k: "ret" };
  if (root.k !== "arg") return t;
  let of: Term = { k: "arg", index: root.index };
  fields.forEach(({ name }, n) => {
    of = { k: "field", of, field: name };
    if (n < fields.length - 1 || !address) of = { k: "load", of };
  });
  return deref ? { k: "load", of } : of;
}

/** A constant, as the model writes it. */
export function numberOf(l: Lowering, t: Term): number | null {
  if (t.k === "un" && t.op === "-") {
    const n = numberOf(l, t.a);
    return n === null ? null : -n;
  }
  const { ctx, frame } = l;
  const named = (name: string): number | null =>
    ctx.world.scenario.constants.get(name) ??
    ctx.about.constants.get(name) ??
    (frame.code.user ? ctx.user.number(frame.code.file, name) : null);
  const n = t.k === "num" ? t.n : t.k === "sym" ? named(t.name) : null;
  return n !== null && Math.abs(n) <= 127 ? n : null;
}

/** A number for a value of which only its class is known. */
export function representative(mask: number): number {
  if (mask === ZERO) return 0;
  if (mask === POSITIVE) return DONE;
  return mask !== 0 && (mask & (ZERO | POSITIVE)) === 0 ? FAILED : UNKNOWN;
}

/** The cell of the caller that an address names, if it is in the caller's own memory. */
export function cellOf(l: Lowering, args: readonly Value[], address: Term): (Place & { k: "reg" }) | null {
  const place = placeOf(l, args, address);
  return place?.k === "reg" ? place : null;
}

function placeOf(l: Lowering, args: readonly Value[], address: Term): Place | null {
  if (address.k === "arg") {
    const addr = args[address.index]?.addr;
    return addr?.k === "alias" ? addr.to : (addr ?? null);
  }
  if (address.k !== "field") return null;
  const whole = placeOf(l, args, address.of);
  if (whole?.k !== "struct") return null;
  const id = `${whole.id}.${address.field}`;
  l.out.knowledge.localFields.add(id);
  return { k: "reg", r: l.out.regFor(id), type: "", id };
}

function valueAt(l: Lowering, args: readonly Value[], t: Term): Value | null {
  if (t.k === "arg") return args[t.index] ?? null;
  if (t.k === "op" && t.op === "&") {
    const [a, flags] = t.b.k === "sym" ? [t.a, t.b] : [t.b, t.a];
    const word = valueAt(l, args, a);
    if (flags.k !== "sym" || !word) return null;
    const bits = combine("&", word.bits, { ...clearBits, on: new Set([flags.name]) });
    return bits ? { ...l.values.unknown("int"), bits } : null;
  }
  if (t.k !== "load") return null;
  const cell = cellOf(l, args, t.of);
  if (!cell) return null;
  const vars = new Set([cell.id]);
  return { e: reg(cell.r), type: cell.type, key: cell.id, vars, bits: wordOf(cell.id, vars) };
}

/** Goes to `no` if an argument is not what a clause says. What cannot be told is taken to hold. */
export function require(l: Lowering, args: readonly Value[], c: Clause, no: number): void {
  const value = c.k === "equals" ? null : valueAt(l, args, c.term);
  if (!value) return;
  const { out } = l;
  const yes = out.label();
  if (c.k === "flags") {
    const flag = questionOf(combine("&", value.bits, { ...clearBits, on: new Set(c.flags) }));
    if (!flag) return;
    const key = flagKey(flag.of, flag.names);
    const memo = out.memo(key, value.vars, c.flags.join("|"), flag);
    out.branch(num(UNKNOWN), c.set ? yes : no, c.set ? no : yes, memo);
  } else if (c.k === "mask") {
    const nonzero = (c.mask & ~ZERO) !== 0;
    if (nonzero === ((c.mask & ZERO) !== 0)) return;
    const flag = questionOf(value.bits);
    const key = flag ? flagKey(flag.of, flag.names) : value.key;
    const memo = key === null ? undefined : out.memo(key, value.vars, key, flag);
    const e = value.addr ? num(DONE) : value.e;
    out.branch(e, nonzero ? yes : no, nonzero ? no : yes, memo);
  } else return;
  out.place(yes);
}
