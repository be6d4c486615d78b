/** The abstract machine of one function: evaluates expressions on one state. */
import type { Expr, FunctionAst } from "../syntax/ast";
import { structTag } from "../syntax/types";
import { assume, flagNames, narrow, truth } from "./assume";
import type { PerformedCall } from "./callSites";
import { performCall } from "./calls";
import type { Compiled, EntryContext, Scope } from "./context";
import type { Event, EventSink } from "./events";
import { typeOf } from "./exprTypes";
import { POSITIVE } from "./facts";
import { forget } from "./forget";
import { noteStored } from "./lending";
import { performAction } from "./obligations";
import { Oracle } from "./oracle";
import type { Site, State } from "./state";
import { type ValueId, ValueTable } from "./values";

export class Machine {
  readonly t: ValueTable;
  readonly types = new Map<string, string>();
  readonly oracle = new Oracle();
  /** The outcome being applied was chosen on an argument whose value is not known. */
  speculative = false;
  /** Set when the current path turned out to be infeasible. */
  dead = false;
  sink: EventSink | null = null;
  /** Results of calls that are modelled (by data or summary). */
  readonly modelled = new Set<ValueId>();
  /** Result value → the call model's failure classes and name. */
  readonly fallible = new Map<ValueId, { mask: number; api: string }>();
  /** Value → struct tag it is known to point to. */
  readonly structs = new Map<ValueId, string>();
  /** Spinlock values known to be of a specific class. */
  readonly lockClass = new Map<ValueId, string>();
  readonly dereferenced = new Set<ValueId>();
  /** Calls seen while events are reported. */
  calls: PerformedCall[] = [];
  /** Names used as `case` labels: constants, however they are spelt. */
  readonly labels = new Set<string>();
  /** Actions of the call being applied. */
  readonly lastActions: string[] = [];

  constructor(
    readonly fn: FunctionAst,
    readonly rules: Compiled,
    readonly scope: Scope,
    readonly entry: EntryContext,
  ) {
    this.t = new ValueTable(rules.flags);
    // An array as a parameter is a pointer.
    for (const p of fn.params) this.types.set(p.name, p.type.replace(/^([^[]*?)\s*\[[^\]]*\]$/, "$1 *"));
  }

  emit(e: Event): void {
    this.sink?.(e);
  }

  site(at: number, end: number, note: string): Site {
    return { at, end, note };
  }

  /** Value of a named flag. */
  flag(name: string): ValueId {
    const c = this.scope.constant(name);
    if (c !== null && typeof c !== "number" && c.length > 0)
      return c.map((n) => this.t.sym(n)).reduce((a, b) => this.t.op("|", a, b));
    return this.t.sym(name);
  }

  /** Does an allocation with these flags reclaim, that is, may it sleep? */
  sleepsWith(gfp: ValueId): "yes" | "no" | "unknown" {
    const names = flagNames(this.t, gfp);
    return names ? this.rules.gfpSleeps(names) : "unknown";
  }

  // ---- memory ----

  load(s: State, addr: ValueId): ValueId {
    return s.mem.get(addr) ?? this.t.load(addr, 0);
  }

  store(s: State, addr: ValueId, v: ValueId): void {
    s.setMem(addr, v);
    const a = this.t.get(addr);
    if (a.k === "local") this.t.suggestName(v, a.name);
  }

  isLocal(name: string): boolean {
    return this.types.has(name);
  }

  // ---- types ----

  typeOf(e: Expr): string | undefined {
    return typeOf(this, e);
  }

  // ---- expressions ----

  /** Address of an lvalue, or null if it has none. */
  address(s: State, e: Expr): ValueId | null {
    switch (e.k) {
      case "id":
        return this.isLocal(e.name) ? this.t.local(e.name) : this.t.global(e.name);
      case "mem": {
        const base = e.arrow ? this.eval(s, e.base) : this.address(s, e.base);
        if (base === null) return null;
        if (e.arrow) this.noteStruct(base, this.typeOf(e.base));
        return this.t.field(base, e.field);
      }
      case "un":
        return e.op === "*" ? this.eval(s, e.e) : null;
      case "idx": {
        const base = this.arrayBase(s, e.base);
        return base === null ? null : this.t.elem(base, this.eval(s, e.index));
      }
      case "cast":
        return this.address(s, e.e);
      case "comma":
        this.eval(s, e.l);
        return this.address(s, e.r);
      case "init": {
        const addr = this.t.local(`$init${e.at}`);
        this.initialise(s, addr, e);
        return addr;
      }
      default:
        return null;
    }
  }

  noteStruct(v: ValueId, type: string | undefined): void {
    if (type === undefined || this.structs.has(v)) return;
    const tag = structTag(type);
    if (tag !== undefined) this.structs.set(v, tag);
  }

  private arrayBase(s: State, e: Expr): ValueId | null {
    const type = this.typeOf(e);
    if (type?.includes("[")) return this.address(s, e);
    return this.eval(s, e);
  }

  initialise(s: State, addr: ValueId, e: Extract<Expr, { k: "init" }>): void {
    for (const item of e.items) {
      if (item.value.k === "init" && item.field !== null) {
        this.initialise(s, this.t.field(addr, item.field), item.value);
        continue;
      }
      const v = this.eval(s, item.value);
      if (item.field !== null) this.store(s, this.t.field(addr, item.field), v);
    }
  }

  eval(s: State, e: Expr): ValueId {
    const t = this.t;
    switch (e.k) {
      case "num":
        return e.value === null ? t.sym(e.text) : t.num(e.value);
      case "str":
        return t.str();
      case "id":
        return this.evalName(s, e);
      case "mem": {
        const addr = this.address(s, e);
        if (addr === null) return this.unknown(e);
        this.noteAccess(s, e, addr, false, null);
        const type = this.typeOf(e);
        if (type?.includes("[")) return addr;
        const v = this.load(s, addr);
        this.noteStruct(v, type);
        return v;
      }
      case "idx": {
        const addr = this.address(s, e);
        if (addr === null) return this.unknown(e);
        if (this.typeOf(e)?.includes("[")) return addr;
        return this.load(s, addr);
      }
      case "un":
        return this.evalUnary(s, e);
      case "incdec": {
        const addr = this.address(s, e.e);
        const before = addr === null ? this.unknown(e) : this.load(s, addr);
        const after = t.op(e.op === "++" ? "+" : "-", before, t.one);
        let stored = after;
        if (depthOf(t, after) > 4 || (e.e.k === "id" && isSecondStep(t, before))) {
          const positive = s.mask(t, before) === POSITIVE && e.op === "++";
          stored = this.result(s, e.at, "step");
          if (positive) narrow(t, s, stored, POSITIVE);
        }
        if (addr !== null) {
          if (e.e.k === "mem") this.noteAccess(s, e.e, addr, true, null);
          if (e.e.k === "mem" && this.scope.counters) noteCounter(s, addr, e.op, this.site(e.at, e.end, ""));
          this.store(s, addr, stored);
        }
        return e.prefix ? stored : before;
      }
      case "bin":
        return this.evalBinary(s, e);
      case "assign":
        return this.evalAssign(s, e);
      case "cond": {
        const c = this.eval(s, e.c);
        const now = truth(t, s, c);
        if (now === "true" && e.t) return this.eval(s, e.t);
        if (now === "false") return this.eval(s, e.f);
        const a = e.t ? this.eval(s, e.t) : c;
        const b = this.eval(s, e.f);
        if (a === b) return a;
        if (e.t && isConstant(t, a) && isConstant(t, b)) return this.chooseArm(s, c, a, b);
        return t.pure("?:", [c, a, b]);
      }
      case "cast":
        return this.eval(s, e.e);
      case "comma":
        this.eval(s, e.l);
        return this.eval(s, e.r);
      case "call":
        return performCall(this, s, e);
      case "init": {
        const addr = this.address(s, e);
        return addr ?? this.unknown(e);
      }
      case "stmtexpr":
      case "opaque":
        return t.result(e.at, "opaque");
      case "unknown":
        for (const p of e.parts) this.eval(s, p);
        return this.unknown(e);
    }
  }

  /** `c ? A : B` with constants is two paths: what is known of the condition goes with the value. */
  private chooseArm(s: State, c: ValueId, a: ValueId, b: ValueId): ValueId {
    const first = this.oracle.choose(2) === 0;
    if (!assume(this.t, s, c, first)) this.dead = true;
    return first ? a : b;
  }

  private evalName(s: State, e: Extract<Expr, { k: "id" }>): ValueId {
    const t = this.t;
    if (this.isLocal(e.name)) {
      const addr = t.local(e.name);
      if (this.types.get(e.name)?.includes("[")) return addr;
      const v = this.load(s, addr);
      this.noteStruct(v, this.types.get(e.name));
      return v;
    }
    if (e.name === "NULL" || e.name === "false") return t.zero;
    if (e.name === "true") return t.one;
    if (/^[A-Z_][A-Z0-9_]*$/.test(e.name) || this.labels.has(e.name)) {
      const c = this.scope.constant(e.name);
      if (typeof c === "number") return t.num(c);
      if (c !== null) return c.map((n) => t.sym(n)).reduce((a, b) => t.op("|", a, b));
      return t.sym(e.name);
    }
    return this.load(s, t.global(e.name));
  }

  private evalUnary(s: State, e: Extract<Expr, { k: "un" }>): ValueId {
    const t = this.t;
    if (e.op === "&") {
      const addr = this.address(s, e.e);
      return addr ?? this.eval(s, e.e);
    }
    if (e.op === "*") {
      const addr = this.eval(s, e.e);
      const pointee = this.typeOf(e)?.trim();
      const action = pointee === undefined ? undefined : this.rules.cellReads.get(pointee);
      const v = this.load(s, addr);
      if (action === undefined) {
        this.noteDeref(s, addr, e.at, e.end);
        return v;
      }
      // A page-table cell is shared: each read is a new value.
      this.noteDeref(s, addr, e.at, e.end);
      if (t.root(addr).k === "local" && t.get(addr).k !== "load") return v;
      const read = this.result(s, e.at, "cell");
      performAction(this, s, action, addr, [], this.site(e.at, e.end, ""), "*", true);
      s.addRead(read, action);
      return read;
    }
    return t.un(e.op, this.eval(s, e.e));
  }

  private evalBinary(s: State, e: Extract<Expr, { k: "bin" }>): ValueId {
    const a = this.eval(s, e.l);
    const b = this.eval(s, e.r);
    if (e.op === "+" || e.op === "-") {
      // Pointer arithmetic keeps the object: `pte + 1` is another element of the same table.
      if (depthOf(this.t, a) > 5) return this.result(s, e.at, "arith");
    }
    return this.t.op(e.op, a, b);
  }

  private evalAssign(s: State, e: Extract<Expr, { k: "assign" }>): ValueId {
    const t = this.t;
    if (e.op === "=" && e.r.k === "init" && e.r.type !== null) {
      const addr = this.address(s, e.l);
      if (addr !== null) this.initialise(s, addr, e.r);
      return addr ?? t.zero;
    }
    let v = this.eval(s, e.r);
    const addr = this.address(s, e.l);
    if (addr === null) return v;
    if (e.op !== "=") {
      v = t.op(e.op.slice(0, -1), this.load(s, addr), v);
      if (depthOf(t, v) > 6) v = this.result(s, e.at, "acc");
    }
    if (e.l.k === "mem") this.noteAccess(s, e.l, addr, true, v);
    else if (throughAddress(e.l)) this.noteAccess(s, throughAddress(e.l) as Extract<Expr, { k: "mem" }>, addr, true, v);
    else if (e.l.k === "un" || e.l.k === "idx") {
      const a = t.get(addr);
      if (a.k !== "local") this.noteDeref(s, a.k === "elem" ? a.base : addr, e.l.at, e.l.end);
    }
    this.store(s, addr, v);
    if (s.locks.size > 0 && t.root(addr).k !== "local") noteStored(this, s, v, addr);
    this.noteStruct(v, this.typeOf(e.l) ?? undefined);
    return v;
  }

  unknown(e: Expr): ValueId {
    return this.t.result(e.at, "unknown");
  }

  /** A fresh value produced at a place; what was known of an earlier one from the same place is forgotten. */
  result(s: State, at: number, slot: string): ValueId {
    const before = this.t.existing({ site: at, slot });
    if (before !== undefined) forget(this.t, s, before);
    return before ?? this.t.result(at, slot);
  }

  // ---- accesses ----

  private noteAccess(
    s: State,
    e: Extract<Expr, { k: "mem" }>,
    addr: ValueId,
    write: boolean,
    value: ValueId | null,
  ): void {
    const a = this.t.get(addr);
    if (a.k !== "field") return;
    if (e.arrow) this.noteDeref(s, a.base, e.at, e.end);
    const watchers = this.rules.watched.get(e.field);
    if (!watchers) return;
    const type = this.typeOf(e.base);
    const tag = type === undefined ? undefined : structTag(type);
    if (tag === undefined) return;
    for (const w of watchers) {
      if (w.struct !== tag || (w.access === "write" && !write)) continue;
      const site = this.site(e.at, e.end, "");
      performAction(this, s, `field:${w.rule}`, a.base, [], site, e.field, true);
      this.emit({ k: "field", struct: tag, field: e.field, base: a.base, write, site, state: s.fork(), value });
    }
  }

  noteDeref(s: State, base: ValueId, at: number, end: number): void {
    this.dereferenced.add(base);
    // What is dereferenced is a valid pointer from here on.
    const mask = s.mask(this.t, base);
    if (mask !== POSITIVE && (mask & POSITIVE) !== 0) narrow(this.t, s, base, POSITIVE);
    const stale = s.stale.get(base);
    if (stale && this.sink)
      this.emit({
        k: "stale-use",
        value: base,
        info: stale,
        site: this.site(at, end, ""),
        state: s.fork(),
        callee: null,
      });
    const f = this.fallible.get(base);
    if (f && this.sink) {
      const m = s.mask(this.t, base);
      if ((m & ~f.mask) === 0)
        this.emit({ k: "failed-use", value: base, api: f.api, site: this.site(at, end, ""), state: s.fork() });
    }
  }

  // ---- instructions ----
}

/** A field counted up on this path; counted down, it is even again. */
function noteCounter(s: State, addr: ValueId, op: "++" | "--", site: Site): void {
  if (op === "++") s.setDid(`inc:${addr}`, site);
  else s.clearDid(`inc:${addr}`);
}

/** `*(T *)&x->field`: the field that is really meant. */
function throughAddress(e: Expr): Extract<Expr, { k: "mem" }> | null {
  if (e.k !== "un" || e.op !== "*") return null;
  let inner = e.e;
  while (inner.k === "cast") inner = inner.e;
  return inner.k === "un" && inner.op === "&" && inner.e.k === "mem" ? inner.e : null;
}

function depthOf(t: ValueTable, v: ValueId): number {
  const x = t.get(v);
  if (x.k !== "op") return 0;
  return 1 + Math.max(depthOf(t, x.a), depthOf(t, x.b));
}

/** Counted more than once already: a loop goes on counting, and each number would be a state of its own. */
function isSecondStep(t: ValueTable, before: ValueId): boolean {
  const x = t.get(before);
  if (x.k === "num") return Math.abs(x.n) === 1;
  return x.k === "op" && (x.op === "+" || x.op === "-") && (x.a === t.one || x.b === t.one);
}

function isConstant(t: ValueTable, v: ValueId): boolean {
  const x = t.get(v);
  return x.k === "num" || x.k === "sym" || (x.k === "un" && x.op === "-" && t.get(x.a).k === "sym");
}
