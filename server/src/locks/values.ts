/**
 * Symbolic values of one function, hash-consed: equal structure, equal number. An address is a
 * value too, so a load is `sel(address, epoch)` and an access path is only how a value is printed.
 */

import { PairTable } from "./pairTable";

export type ValueId = number;

export type Value =
  | { k: "num"; n: number }
  /** Named constant: enumerator or object-like macro that has no simpler value. */
  | { k: "sym"; name: string }
  | { k: "str" }
  | { k: "param"; index: number; name: string }
  /** Address of a local variable. */
  | { k: "local"; name: string }
  /** Address of a global variable (or a function). */
  | { k: "global"; name: string }
  /** Address of a field of the object at `base`. */
  | { k: "field"; base: ValueId; field: string }
  /** Address of an array element. */
  | { k: "elem"; base: ValueId; index: ValueId }
  /** What was in memory at `addr`; a new epoch after something may have written it. */
  | { k: "load"; addr: ValueId; epoch: number }
  /** Result `slot` of the instruction at `site` (call results, out-parameters, loop variables). */
  | { k: "result"; site: number; slot: string }
  /** Join of different values of `addr` at the head of a block. */
  | { k: "phi"; block: number; addr: ValueId }
  /** An earlier instance of a value that was computed again in a loop. */
  | { k: "old"; of: ValueId }
  | { k: "pure"; fn: string; args: readonly ValueId[] }
  | { k: "op"; op: string; a: ValueId; b: ValueId }
  | { k: "un"; op: string; a: ValueId };

export class ValueTable {
  private readonly values: Value[] = [];
  private readonly ids = new Map<string, ValueId>();
  /** Values of two parts by kind (or operator) and both parts. */
  private readonly pairs = new PairTable();
  /** Field addresses by their base. */
  private readonly fields = new Map<ValueId, ValueId[]>();
  private readonly words = new Map<string, number>();
  private readonly phis = new Map<number, [ValueId, ValueId][]>();
  private readonly joinedFrom = new Map<ValueId, Set<ValueId>>();
  private readonly names = new Map<ValueId, string>();
  /** Per value: the results and phis it is built from (values that change when an instruction runs again). */
  private readonly leaves: (readonly ValueId[])[] = [];
  /** Per value: the `x & MASK` values built on it. */
  private readonly known = new Map<string, Map<ValueId, unknown>>();
  private readonly masked = new Map<ValueId, ValueId[]>();
  readonly zero: ValueId;
  readonly one: ValueId;

  /** @param flags names known to be bits, hence not zero */
  constructor(private readonly flags: ReadonlySet<string> = new Set()) {
    this.zero = this.num(0);
    this.one = this.num(1);
  }

  isFlag(name: string): boolean {
    return this.flags.has(name);
  }

  get size(): number {
    return this.values.length;
  }

  get(id: ValueId): Value {
    return this.values[id] as Value;
  }

  /** Remembers the first variable a value was assigned to, for printing only. */
  suggestName(id: ValueId, name: string): void {
    if (!name.startsWith("$") && !this.names.has(id)) this.names.set(id, name);
  }

  suggestedName(id: ValueId): string | undefined {
    return this.names.get(id);
  }

  private intern(key: string, make: () => Value): ValueId {
    const found = this.ids.get(key);
    if (found !== undefined) return found;
    const id = this.add(make());
    this.ids.set(key, id);
    return id;
  }

  private addPair(kind: number, a: number, b: number, v: Value): ValueId {
    const id = this.add(v);
    this.pairs.set(kind, a, b, id);
    return id;
  }

  private word(text: string): number {
    let w = this.words.get(text);
    if (w === undefined) {
      w = this.words.size;
      this.words.set(text, w);
    }
    return w;
  }

  private add(v: Value): ValueId {
    const id = this.values.length;
    this.values.push(v);
    this.leaves.push(this.leavesOf(id, v));
    if (v.k === "op" && v.op === "&") {
      for (const part of [v.a, v.b]) {
        const list = this.masked.get(part);
        if (list) list.push(id);
        else this.masked.set(part, [id]);
      }
    }
    return id;
  }

  private leavesOf(id: ValueId, v: Value): readonly ValueId[] {
    if (v.k === "result" || v.k === "phi") return [id];
    if (v.k === "old") return NONE;
    const parts = this.parts(v);
    if (parts.length === 0) return NONE;
    if (parts.length === 1) return this.leaves[parts[0] as ValueId] ?? NONE;
    const all = new Set<ValueId>();
    for (const p of parts) for (const l of this.leaves[p] ?? NONE) all.add(l);
    return all.size === 0 ? NONE : [...all];
  }

  /** Something that follows from the form of a value alone: computed once, and not to be changed by anyone. */
  derived<T>(what: string, id: ValueId, compute: (t: ValueTable, id: ValueId) => T): T {
    let known = this.known.get(what);
    if (known === undefined) {
      known = new Map();
      this.known.set(what, known);
    }
    if (!known.has(id)) known.set(id, compute(this, id));
    return known.get(id) as T;
  }

  /** Is `leaf` (a result or phi) part of `id`? */
  dependsOn(id: ValueId, leaf: ValueId): boolean {
    return (this.leaves[id] as readonly ValueId[]).includes(leaf);
  }

  /** Is the value built on the result of an instruction? */
  isComputed(id: ValueId): boolean {
    return (this.leaves[id] as readonly ValueId[]).length > 0;
  }

  /** Existing values of the form `x & MASK` (either side) for `x`. */
  masksOf(x: ValueId): readonly ValueId[] {
    return this.masked.get(x) ?? NONE;
  }

  /** The id of a result if that instruction was ever evaluated. */
  existing(key: { site: number; slot: string }): ValueId | undefined {
    return this.pairs.get(RESULT, key.site, this.word(key.slot));
  }

  /** Existing field addresses of an object. */
  fieldsOf(base: ValueId): readonly ValueId[] {
    return this.fields.get(base) ?? NONE;
  }

  /** The value a cell had at entry, if anything ever looked at it. */
  existingLoad(addr: ValueId): ValueId | undefined {
    return this.pairs.get(LOAD, addr, 0);
  }

  /** Join values of a block so far: pairs of address and value. */
  phisOf(block: number): readonly [ValueId, ValueId][] {
    return this.phis.get(block) ?? NO_PHIS;
  }

  num(n: number): ValueId {
    return this.intern(`n${n}`, () => ({ k: "num", n }));
  }
  sym(name: string): ValueId {
    return this.intern(`s${name}`, () => ({ k: "sym", name }));
  }
  str(): ValueId {
    return this.intern("str", () => ({ k: "str" }));
  }
  param(index: number, name: string): ValueId {
    return this.intern(`p${index}`, () => ({ k: "param", index, name }));
  }
  local(name: string): ValueId {
    return this.intern(`l${name}`, () => ({ k: "local", name }));
  }
  global(name: string): ValueId {
    return this.intern(`g${name}`, () => ({ k: "global", name }));
  }
  field(base: ValueId, field: string): ValueId {
    const w = this.word(field);
    const old = this.pairs.get(FIELD, base, w);
    if (old !== undefined) return old;
    const id = this.addPair(FIELD, base, w, { k: "field", base, field });
    const list = this.fields.get(base);
    if (list) list.push(id);
    else this.fields.set(base, [id]);
    return id;
  }
  elem(base: ValueId, index: ValueId): ValueId {
    return this.pairs.get(ELEM, base, index) ?? this.addPair(ELEM, base, index, { k: "elem", base, index });
  }
  load(addr: ValueId, epoch: number): ValueId {
    return this.pairs.get(LOAD, addr, epoch) ?? this.addPair(LOAD, addr, epoch, { k: "load", addr, epoch });
  }
  result(site: number, slot: string): ValueId {
    const w = this.word(slot);
    return this.pairs.get(RESULT, site, w) ?? this.addPair(RESULT, site, w, { k: "result", site, slot });
  }
  phi(block: number, addr: ValueId): ValueId {
    const old = this.pairs.get(PHI, block, addr);
    if (old !== undefined) return old;
    const id = this.addPair(PHI, block, addr, { k: "phi", block, addr });
    const list = this.phis.get(block);
    if (list) list.push([addr, id]);
    else this.phis.set(block, [[addr, id]]);
    return id;
  }
  /** Takes note that a join gave `phi` for these values. */
  noteJoined(phi: ValueId, a: ValueId, b: ValueId): void {
    const there = this.joinedFrom.get(phi) ?? new Set();
    for (const v of [a, b]) if (v !== phi) there.add(v);
    this.joinedFrom.set(phi, there);
  }
  /** The value and those that joins made it of, on some path. */
  originsOf(v: ValueId): Set<ValueId> {
    const out = new Set([v]);
    for (const one of out) for (const from of this.joinedFrom.get(one) ?? []) out.add(from);
    return out;
  }
  old(of: ValueId): ValueId {
    if (this.get(of).k === "old") return of;
    return this.intern(`o${of}`, () => ({ k: "old", of }));
  }
  pure(fn: string, args: readonly ValueId[]): ValueId {
    return this.intern(`c${fn}(${args.join(",")})`, () => ({ k: "pure", fn, args }));
  }
  un(op: string, a: ValueId): ValueId {
    const v = this.get(a);
    if (op === "some" && v.k === "num") return a;
    if (v.k === "num") {
      if (op === "-") return this.num(-v.n);
      if (op === "!") return this.num(v.n === 0 ? 1 : 0);
      if (op === "+") return a;
    }
    if (op === "!" && v.k === "un" && v.op === "!") return this.un("bool", v.a);
    return this.intern(`u${op}${a}`, () => ({ k: "un", op, a }));
  }
  op(op: string, a: ValueId, b: ValueId): ValueId {
    const va = this.get(a);
    const vb = this.get(b);
    if (va.k === "num" && vb.k === "num") {
      const n = arithmetic(op, va.n, vb.n);
      if (n !== undefined) return this.num(n);
    }
    if (op === "!=") return this.un("!", this.op("==", a, b));
    if (op === ">") return this.op("<", b, a);
    if (op === "<=") return this.un("!", this.op("<", b, a));
    if (op === ">=") return this.un("!", this.op("<", a, b));
    if ((op === "|" || op === "+" || op === "^") && vb.k === "num" && vb.n === 0) return a;
    if ((op === "|" || op === "+") && va.k === "num" && va.n === 0) return b;
    if (op === "&" && ((va.k === "num" && va.n === 0) || (vb.k === "num" && vb.n === 0))) return this.zero;
    const kind = operatorKind(op);
    if (COMMUTES.has(op) && a > b)
      return this.pairs.get(kind, b, a) ?? this.addPair(kind, b, a, { k: "op", op, a: b, b: a });
    return this.pairs.get(kind, a, b) ?? this.addPair(kind, a, b, { k: "op", op, a, b });
  }

  /** Calls `visit` for the value and everything it is built from; stops below where `visit` returns false. */
  walk(id: ValueId, visit: (id: ValueId, v: Value) => boolean | undefined, depth = 12): void {
    if (depth === 0) return;
    const v = this.get(id);
    if (visit(id, v) === false) return;
    for (const part of this.parts(v)) this.walk(part, visit, depth - 1);
  }

  parts(v: Value): readonly ValueId[] {
    switch (v.k) {
      case "field":
        return [v.base];
      case "elem":
        return [v.base, v.index];
      case "load":
        return [v.addr];
      case "old":
        return [v.of];
      case "pure":
        return v.args;
      case "op":
        return [v.a, v.b];
      case "un":
        return [v.a];
      default:
        return [];
    }
  }

  /** Does `id` contain `part`? */
  mentions(id: ValueId, part: ValueId): boolean {
    let found = false;
    this.walk(id, (x) => {
      if (x === part) found = true;
      return !found;
    });
    return found;
  }

  /** The parameter, global or local at the root of an address or load chain. */
  root(id: ValueId): Value {
    let v = this.get(id);
    for (;;) {
      if (v.k === "field" || v.k === "elem") v = this.get(v.base);
      else if (v.k === "load") v = this.get(v.addr);
      else if (v.k === "pure" && v.args.length > 0) v = this.get(v.args[0] as ValueId);
      else if (v.k === "op") v = this.get(v.a);
      else if (v.k === "old") v = this.get(v.of);
      else return v;
    }
  }
}

const FIELD = 0;
const ELEM = 1;
const LOAD = 2;
const RESULT = 3;
const PHI = 4;

const operatorKinds = new Map<string, number>();

function operatorKind(op: string): number {
  let kind = operatorKinds.get(op);
  if (kind === undefined) {
    kind = PHI + 1 + operatorKinds.size;
    operatorKinds.set(op, kind);
  }
  return kind;
}

const NONE: readonly ValueId[] = [];
const NO_PHIS: readonly [ValueId, ValueId][] = [];

const COMMUTES = new Set(["==", "!=", "|", "&", "+", "*", "^"]);

function arithmetic(op: string, a: number, b: number): number | undefined {
  switch (op) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "|":
      return inInt(a, b) ? a | b : undefined;
    case "&":
      return inInt(a, b) ? a & b : undefined;
    case "^":
      return inInt(a, b) ? a ^ b : undefined;
    case "==":
      return a === b ? 1 : 0;
    case "!=":
      return a !== b ? 1 : 0;
    case "<":
      return a < b ? 1 : 0;
    case ">":
      return a > b ? 1 : 0;
    case "<=":
      return a <= b ? 1 : 0;
    case ">=":
      return a >= b ? 1 : 0;
    default:
      return undefined;
  }
}

function inInt(a: number, b: number): boolean {
  return Math.abs(a) < 2 ** 31 && Math.abs(b) < 2 ** 31;
}

/** Renders values as the access paths a reader would write. */
export function printValue(t: ValueTable, id: ValueId, depth = 8): string {
  if (depth === 0) return "…";
  const v = t.get(id);
  const p = (x: ValueId): string => printValue(t, x, depth - 1);
  switch (v.k) {
    case "num":
      return String(v.n);
    case "sym":
      return v.name;
    case "str":
      return '"…"';
    case "param":
      return v.name;
    case "local":
      return `&${v.name}`;
    case "global":
      return `&${v.name}`;
    case "field": {
      const b = t.get(v.base);
      return b.k === "local" || b.k === "global" ? `&${b.name}.${v.field}` : `&${p(v.base)}->${v.field}`;
    }
    case "elem":
      return `&${p(v.base)}[${p(v.index)}]`;
    case "load": {
      const a = t.get(v.addr);
      if (a.k === "field") {
        const b = t.get(a.base);
        if (b.k === "local" || b.k === "global") return `${b.name}.${a.field}`;
        if (b.k === "field") return `${p(a.base).replace(/^&/, "")}.${a.field}`;
        return `${p(a.base)}->${a.field}`;
      }
      if (a.k === "local" || a.k === "global") return a.name;
      if (a.k === "elem") return `${p(a.base)}[${p(a.index)}]`;
      return `*${p(v.addr)}`;
    }
    case "result":
      if (v.slot.startsWith("after:")) return p(t.load(Number(v.slot.slice(6)), 0));
      return t.suggestedName(id) ?? (v.slot.startsWith("call:") ? `${v.slot.slice(5)}()` : v.slot);
    case "phi": {
      const a = t.get(v.addr);
      return a.k === "local" ? a.name : p(t.load(v.addr, 0));
    }
    case "old":
      return p(v.of);
    case "pure":
      return t.suggestedName(id) ?? `${v.fn}(${v.args.map(p).join(", ")})`;
    case "op":
      return `${p(v.a)} ${v.op} ${p(v.b)}`;
    case "un":
      return v.op === "bool" ? p(v.a) : `${v.op}${p(v.a)}`;
  }
}
