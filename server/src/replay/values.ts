/** C expressions → values over registers, with the loads and stores they make. */
import { type BinaryOp, type Expr, type Ref, UNKNOWN } from "../explore/model";
import type { Expr as CExpr } from "../syntax/ast";
import { type Bits, clear, clearBits, combine, constantBits, wordOf } from "./bits";
import { type Key, keyOf } from "./keys";
import type { Lowering } from "./lower";
import { heapField, sameObject } from "./memory";
import type { Place, Value } from "./place";
import type { Role } from "./scenario";
import { bare, num, reg, type World } from "./world";

const NOTHING: ReadonlySet<string> = new Set();
/** `p + 1` of a pointer into a page table: the model has one entry. */
const OUTSIDE = 100;
/** The address of something that the model does not number: not NULL, and no object. */
export const ADDRESS = 99;
const OPERATORS = new Set("+ - * & | ^ << >> == != < <= > >= && ||".split(" "));

export class Values {
  constructor(private readonly l: Lowering) {}

  private get world(): World {
    return this.l.ctx.world;
  }

  unknown(type: string, key: string | null = null, vars: ReadonlySet<string> = NOTHING): Value {
    return { e: num(UNKNOWN), type, key, vars };
  }

  known(v: number, type = "int"): Value {
    return { e: num(v), type, key: String(v), vars: NOTHING };
  }

  keyOf(e: CExpr): Key {
    return keyOf(this.l, e);
  }

  value(e: CExpr): Value {
    switch (e.k) {
      case "num":
        if (e.value === null || Math.abs(e.value) > 127) return this.unknown("int", e.text);
        return e.value === 0 ? { ...this.known(0), bits: clearBits } : this.known(e.value);
      case "str":
      case "opaque":
        return this.unknown("", `opaque${e.at}`);
      case "id":
        return this.identifier(e);
      case "mem":
        return this.read(this.member(e, true), e);
      case "idx": {
        const place = this.element(e);
        if (place) return this.read(place, e);
        this.value(e.base);
        this.value(e.index);
        return this.unknown("");
      }
      case "un":
        return this.unary(e);
      case "bin":
        return e.op === "&&" || e.op === "||" ? this.decided(e) : this.binary(e);
      case "cond":
        return this.either(e);
      case "cast": {
        const v = this.value(e.e);
        return { ...v, type: e.type };
      }
      case "comma":
        this.value(e.l);
        return this.value(e.r);
      case "assign":
        return this.assign(e);
      case "incdec":
        return this.step(e);
      case "call":
        return this.l.calls.call(e);
      case "init":
        for (const item of e.items) this.value(item.value);
        return this.unknown("");
      case "unknown":
        for (const part of e.parts) this.value(part);
        return this.unknown("");
      case "stmtexpr":
        // With effects it is control flow by now.
        return this.unknown("");
    }
  }

  /** `a && b` as a value: the right side is looked at only if it must be. */
  private decided(e: CExpr): Value {
    const { out } = this.l;
    const [yes, no, end, r] = [out.label(), out.label(), out.label(), out.reg()];
    this.l.truth(e, yes, no);
    out.place(yes);
    out.set(r, num(1));
    out.jump(end);
    out.place(no);
    out.set(r, num(0));
    out.place(end);
    return { e: reg(r), type: "int", key: null, vars: NOTHING };
  }

  private either(e: CExpr & { k: "cond" }): Value {
    const { out } = this.l;
    const [yes, no, end, r] = [out.label(), out.label(), out.label(), out.reg()];
    this.l.truth(e.c, yes, no);
    out.place(yes);
    const a = e.t === null ? this.known(1) : this.value(e.t);
    out.set(r, a.e);
    out.jump(end);
    out.place(no);
    const b = this.value(e.f);
    out.set(r, b.e);
    out.place(end);
    return { e: reg(r), type: a.type || b.type, key: null, vars: NOTHING };
  }

  private identifier(e: CExpr & { k: "id" }): Value {
    const { frame, ctx } = this.l;
    const place = this.l.variable(e.name, e.at);
    if (place) return this.read(place, e);
    if (e.name === "NULL" || e.name === "false") return this.known(0, e.name === "NULL" ? "void *" : "int");
    if (e.name === "true") return this.known(1);
    if (!frame.code.user && this.world.cell(e.name))
      return this.read({ k: "cell", ref: this.world.cell(e.name)!, type: "int" }, e);
    const constant = this.world.scenario.constants.get(e.name) ?? ctx.about.constants.get(e.name);
    if (constant !== undefined) return this.known(constant);
    const bits = constantBits(this.l, e.name);
    if (bits === clearBits) return { ...this.known(0), bits };
    const enumerator = frame.code.user ? ctx.user.number(frame.code.file, e.name) : null;
    if (enumerator !== null && Math.abs(enumerator) <= 127) return this.known(enumerator);
    const global = frame.code.user ? ctx.sharing?.global(this.l, e.name) : undefined;
    if (global) return this.read(global, e);
    return { ...this.unknown("", e.name), ...(bits ? { bits } : {}) };
  }

  /** The memory an expression names. */
  place(e: CExpr): Place | null {
    switch (e.k) {
      case "id": {
        const p = this.l.variable(e.name, e.at);
        if (p) return p;
        if (this.l.frame.code.user) return this.l.ctx.sharing?.global(this.l, e.name) ?? null;
        const cell = this.world.cell(e.name);
        return cell ? { k: "cell", ref: cell, type: "int" } : null;
      }
      case "mem":
        return this.member(e, true);
      case "idx":
        return this.element(e);
      case "un":
        return e.op === "*" ? this.target(this.value(e.e)) : null;
      case "cast":
        return this.place(e.e);
      default:
        return null;
    }
  }

  private element(e: CExpr & { k: "idx" }): Place | null {
    if (this.l.frame.code.user) this.l.ctx.sharing?.element(this.l, e);
    if (e.base.k !== "id" || this.l.frame.code.user || this.l.variable(e.base.name, e.base.at)) return null;
    const cell = this.world.cell(e.base.name);
    if (!cell) return null;
    const index = this.l.out.temp(this.value(e.index).e);
    return { k: "cell", ref: { ...cell, index }, type: "int" };
  }

  /** What a pointer points to. */
  target(v: Value): Place {
    if (v.addr) return v.addr.k === "alias" ? v.addr.to : v.addr;
    const role = this.world.roleOf(v.type);
    if (this.l.frame.code.user) this.l.ctx.sharing?.use(this.l, v, "touch");
    const type = v.type.replace(/\s*\*\s*$/, "");
    const cell = role?.deref ? this.world.cell(role.deref) : undefined;
    if (!cell) {
      if (role?.leads && this.l.frame.code.user) this.stayOnPage(v);
      return { k: "none", type, name: type, base: v };
    }
    const alive = role?.live ? this.world.cell(role.live) : undefined;
    const live = alive ? { live: this.liveOf(alive, v, true) } : {};
    return { k: "cell", ref: this.indexed(cell, v, cell.size > 1), type, ...live };
  }

  /** Cells of objects: instance n stands at index n - 1. A pointer past the modelled page ends the path. */
  private indexed(cell: Ref, v: Value, always: boolean): Ref {
    if (v.e.k === "num" && v.e.v > 0 && v.e.v <= cell.size) return { base: cell.base + v.e.v - 1, size: 1 };
    const e = this.stayOnPage(v);
    return always || cell.size === 1 ? { ...cell, index: { k: "bin", op: "-", l: e, r: num(1) } } : cell;
  }

  /** A pointer to an entry beside the modelled one ends the path. */
  private stayOnPage(v: Value): Expr {
    const { out } = this.l;
    const e = out.temp(v.e);
    const past = out.label();
    const on = out.label();
    out.branch({ k: "bin", op: "==", l: e, r: num(OUTSIDE) }, past, on);
    out.place(past);
    out.cut("one page: entries beside it are not followed", true);
    out.place(on);
    return e;
  }

  member(e: CExpr & { k: "mem" }, effects: boolean): Place {
    const { frame } = this.l;
    let base: Place | null = null;
    let pointer: Value | null = null;
    if (!e.arrow) base = effects ? this.place(e.base) : this.quietPlace(e.base);
    else {
      pointer = effects ? this.value(e.base) : { ...this.quiet(e.base), ...this.keyOf(e.base) };
      base = pointer.addr ? this.target(pointer) : null;
    }
    if (base?.k === "alias") base = base.to;
    const type = base ? base.type : (pointer?.type ?? "");
    const tag = bare(type);
    const fieldType = this.l.ctx.user.fieldType(frame.code, tag, e.field);
    if (base?.k === "struct") {
      const id = `${base.id}.${e.field}`;
      if (this.l.isStruct(fieldType)) return { k: "struct", id, type: fieldType };
      this.l.out.knowledge.localFields.add(id);
      return { k: "reg", r: this.l.out.regFor(id), type: fieldType, id };
    }
    const shared = this.l.ctx.sharing?.member(this.l, { base, pointer, tag, field: e.field, type: fieldType, effects });
    if (shared) return shared;
    const role = this.world.scenario.roles.find((r) => r.types.includes(tag));
    const liveCell = role?.live ? this.world.cell(role.live) : undefined;
    const live = liveCell && pointer ? this.liveOf(liveCell, pointer, effects) : undefined;
    const found = this.world.field(tag, e.field);
    if (typeof found === "number") return { k: "const", v: found, type: fieldType };
    if (found) {
      const stored = frame.code.user ? this.world.scenario.stored.get(`${tag}.${e.field}`) : undefined;
      const as = stored === undefined ? {} : { stored };
      return { k: "cell", ref: found, type: fieldType, ...(live ? { live } : {}), ...as };
    }
    const name = `${tag}.${e.field}`;
    if (!role && pointer?.key != null && this.ownsHeap()) return heapField(this.l, pointer, name, e.field, fieldType);
    return { k: "none", type: fieldType, name, base: pointer, ...(live ? { live } : {}) };
  }

  /** Fields that no racing thread knows belong to the thread, one object per pointer; else they are what others count. */
  private ownsHeap(): boolean {
    return this.l.frame.code.user && this.world.scenario.counters === null;
  }

  /** The object that a pointer means is looked at. */
  touch(role: Role, pointer: Value): void {
    const cell = role.live ? this.world.cell(role.live) : undefined;
    if (cell) this.l.out.emit({ k: "touch", live: this.liveOf(cell, pointer, true) });
  }

  private liveOf(cell: Ref, pointer: Value, effects: boolean): Ref {
    return cell.size === 1 ? cell : effects ? this.indexed(cell, pointer, true) : cell;
  }

  /** Type and identity of a variable without emitting anything. */
  quiet(e: CExpr): Value {
    if (e.k === "id") {
      const p = this.l.variable(e.name, e.at);
      if (p?.k === "alias") return { ...this.unknown(p.type), addr: p };
      if (p) return this.unknown(p.type);
    }
    if (e.k === "mem") return this.unknown(this.member(e, false).type);
    return this.unknown("");
  }

  private quietPlace(e: CExpr): Place | null {
    if (e.k === "id") return this.l.variable(e.name, e.at) ?? null;
    return e.k === "mem" ? this.member(e, false) : null;
  }

  /** The value in a place. `e` gives unknown memory its key. */
  read(place: Place, e: CExpr): Value {
    const { out } = this.l;
    this.l.ctx.sharing?.note(place, "read");
    switch (place.k) {
      case "reg": {
        const key = place.key ?? place.id;
        const vars = place.vars ?? new Set([place.id]);
        return { e: reg(place.r), type: place.type, key, vars, bits: wordOf(key, vars) };
      }
      case "struct":
        return { ...this.unknown(place.type), struct: place };
      case "alias":
        return { ...this.unknown(place.type), addr: place.to };
      case "const":
        return { ...this.known(place.v), type: place.type };
      case "cell": {
        const r = out.reg();
        out.emit({ k: "load", r, from: place.ref, ...(place.live ? { live: place.live } : {}) });
        return { e: reg(r), type: place.type, key: null, vars: NOTHING };
      }
      case "none": {
        if (place.live) out.emit({ k: "touch", live: place.live });
        // Another lock or list head inside an object: what matters is where it is.
        const { key, vars } = this.keyOf(e);
        const role = this.world.roleOf(place.type);
        if (role) {
          out.notes.assumptions.add(`${this.l.frame.code.text(e.at, e.end)} is taken as ${role.name}`);
          return { ...this.known(role.value), type: place.type };
        }
        return this.unknown(place.type, key, vars);
      }
    }
  }

  write(place: Place | null, v: Value): void {
    const { out } = this.l;
    if (place === null) return;
    this.l.ctx.sharing?.note(place, "write");
    switch (place.k) {
      case "reg":
        out.set(place.r, v.e);
        out.assigned(place.id, v.bits);
        return;
      case "cell":
        out.emit({
          k: "store",
          to: place.ref,
          e: place.stored === undefined ? v.e : num(place.stored),
          ...(place.live ? { live: place.live } : {}),
        });
        return;
      case "none":
        if (place.live) out.emit({ k: "touch", live: place.live });
        return;
      case "alias":
        // `p = …` where p held the address of a local: no longer known.
        out.cut("a pointer to a local variable is changed");
        return;
    }
  }

  private unary(e: CExpr & { k: "un" }): Value {
    if (e.op === "*") return this.read(this.target(this.value(e.e)), e);
    if (e.op === "&") {
      // `&*p` is p.
      if (e.e.k === "un" && e.e.op === "*") return this.value(e.e.e);
      const whole = sameObject(this.l, e.e);
      if (whole) return whole;
      const place = this.place(e.e);
      const type = place ? `${place.type} *` : "";
      const { key, vars } = this.keyOf(e);
      return {
        ...this.unknown(type, key, vars),
        e: num(ADDRESS),
        ...(place ? { addr: place.k === "alias" ? place.to : place } : {}),
      };
    }
    if (e.op === "+") return this.value(e.e);
    const v = this.value(e.e);
    // A number with another sign is none if it was none.
    const bits = e.op === "-" && v.bits?.rest === "clear" ? { bits: v.bits } : {};
    return {
      e: { k: "un", op: e.op, e: v.e },
      type: "int",
      key: v.key === null ? null : `${e.op}(${v.key})`,
      vars: v.vars,
      ...bits,
    };
  }

  private binary(e: CExpr & { k: "bin" }): Value {
    const a = this.value(e.l);
    const b = this.value(e.r);
    const vars = new Set([...a.vars, ...b.vars]);
    const { key } = this.keyOf(e);
    const whole = a.key === null || b.key === null ? null : key;
    if (!OPERATORS.has(e.op)) return this.unknown("int", whole, vars);
    if ((e.op === "+" || e.op === "-") && this.l.frame.code.user && this.world.roleOf(a.type))
      return { e: num(OUTSIDE), type: a.type, key: null, vars };
    // One name stands for one value.
    if ((e.op === "==" || e.op === "!=") && a.key !== null && a.key === b.key) return this.known(Number(e.op === "=="));
    // Addresses of locals are never NULL and differ from all else.
    if ((a.addr || b.addr) && (e.op === "==" || e.op === "!=")) {
      const equal = a.addr && b.addr ? a.addr === b.addr : false;
      return this.known(Number(equal === (e.op === "==")));
    }
    const bits = this.masked(e.op, a, e.r) ?? combine(e.op, a.bits, b.bits);
    const both = { k: "bin", op: e.op as BinaryOp, l: a.e, r: b.e } as const;
    return { e: both, type: "int", key: whole, vars, ...(bits ? { bits } : {}) };
  }

  /** Bits of `a & ~FLAG`. */
  private masked(op: string, a: Value, right: CExpr): Bits | undefined {
    if (op !== "&" || right.k !== "un" || right.op !== "~") return undefined;
    const named = (e: CExpr): Bits | undefined =>
      e.k === "id" ? constantBits(this.l, e.name) : e.k === "bin" ? combine(e.op, named(e.l), named(e.r)) : undefined;
    return clear(a.bits, named(right.e));
  }

  private assign(e: CExpr & { k: "assign" }): Value {
    const op = e.op.slice(0, -1);
    if (op === "") {
      const v = this.value(e.r);
      const place = this.place(e.l);
      if (place === null) this.value(e.l);
      if (place?.k === "struct" && v.struct) return v;
      this.rebind(e.l, v);
      this.write(place, v);
      return v;
    }
    const right = this.value(e.r);
    const place = this.place(e.l);
    if (place === null) return this.unknown("");
    this.counted(place, e);
    const old = this.read(place, e.l);
    const moved = (op === "+" || op === "-") && this.l.frame.code.user && this.world.roleOf(old.type);
    const now: Value = moved
      ? { e: num(OUTSIDE), type: old.type, key: null, vars: NOTHING }
      : OPERATORS.has(op)
        ? { e: { k: "bin", op: op as BinaryOp, l: old.e, r: right.e }, type: old.type, key: null, vars: NOTHING }
        : this.unknown(old.type);
    const bits = this.masked(op, old, e.r) ?? combine(op, old.bits, right.bits);
    if (bits) now.bits = bits;
    this.write(place, now);
    return now;
  }

  /** A local pointer that got the address of something: later uses mean that. */
  private rebind(target: CExpr, v: Value): void {
    if (target.k !== "id" || !v.addr) return;
    const old = this.l.variable(target.name, target.at);
    if (old?.k === "reg" && v.addr.k === "none")
      this.l.out.notes.assumptions.add(`${target.name} points to ${v.addr.name}`);
  }

  private step(e: CExpr & { k: "incdec" }): Value {
    const place = this.place(e.e);
    if (place === null) return this.unknown("");
    this.counted(place, e);
    const old = this.read(place, e.e);
    const kept = this.l.out.reg();
    this.l.out.set(kept, old.e);
    const pointer = this.l.frame.code.user && this.world.roleOf(old.type);
    const now: Value = {
      e: pointer ? num(OUTSIDE) : { k: "bin", op: e.op === "++" ? "+" : "-", l: reg(kept), r: num(1) },
      type: old.type,
      key: null,
      vars: NOTHING,
    };
    this.write(place, now);
    return e.prefix ? now : { e: reg(kept), type: old.type, key: null, vars: NOTHING };
  }

  /** A field of the user's own object that is counted. */
  private counted(place: Place, e: CExpr): void {
    const { counters } = this.l.out.knowledge;
    if (
      place.k === "none" &&
      this.l.frame.code.user &&
      place.base &&
      !this.world.roleOf(place.base.type) &&
      !counters.has(place.name)
    )
      counters.set(place.name, this.l.frame.code.line(e.at));
  }
}
