/** C expressions → values over registers, with the loads and stores they make. */
import { type BinaryOp, UNKNOWN } from "../explore/model";
import type { Expr as CExpr } from "../syntax/ast";
import { type Bits, clear, clearBits, combine, constantBits } from "./bits";
import { type Key, keyOf } from "./keys";
import type { Lowering } from "./lower";
import { sameObject } from "./memory";
import type { Place, Value } from "./place";
import { num, reg, type World } from "./world";

export const NOTHING: ReadonlySet<string> = new Set();
/** `p + 1` of a pointer into a page table: the model has one entry. */
export const OUTSIDE = 100;
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
        return this.l.places.read(this.l.places.member(e, true), e);
      case "idx": {
        const place = this.l.places.element(e);
        if (place) return this.l.places.read(place, e);
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
    if (place) return this.l.places.read(place, e);
    if (e.name === "NULL" || e.name === "false") return this.known(0, e.name === "NULL" ? "void *" : "int");
    if (e.name === "true") return this.known(1);
    if (!frame.code.user && this.world.cell(e.name))
      return this.l.places.read({ k: "cell", ref: this.world.cell(e.name)!, type: "int" }, e);
    const constant = this.world.scenario.constants.get(e.name) ?? ctx.about.constants.get(e.name);
    if (constant !== undefined) return this.known(constant);
    const bits = constantBits(this.l, e.name);
    if (bits === clearBits) return { ...this.known(0), bits };
    const enumerator = frame.code.user ? ctx.user.number(frame.code.file, e.name) : null;
    if (enumerator !== null && Math.abs(enumerator) <= 127) return this.known(enumerator);
    const global = frame.code.user ? ctx.sharing?.global(this.l, e.name) : undefined;
    if (global) return this.l.places.read(global, e);
    return { ...this.unknown("", e.name), ...(bits ? { bits } : {}) };
  }

  private unary(e: CExpr & { k: "un" }): Value {
    if (e.op === "*") return this.l.places.read(this.l.places.target(this.value(e.e)), e);
    if (e.op === "&") {
      // `&*p` is p.
      if (e.e.k === "un" && e.e.op === "*") return this.value(e.e.e);
      const whole = sameObject(this.l, e.e);
      if (whole) return whole;
      const place = this.l.places.place(e.e);
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
      const place = this.l.places.place(e.l);
      if (place === null) this.value(e.l);
      if (place?.k === "struct" && v.struct) return v;
      this.rebind(e.l, v);
      this.l.places.write(place, v);
      return v;
    }
    const right = this.value(e.r);
    const place = this.l.places.place(e.l);
    if (place === null) return this.unknown("");
    this.counted(place, e);
    const old = this.l.places.read(place, e.l);
    const moved = (op === "+" || op === "-") && this.l.frame.code.user && this.world.roleOf(old.type);
    const now: Value = moved
      ? { e: num(OUTSIDE), type: old.type, key: null, vars: NOTHING }
      : OPERATORS.has(op)
        ? { e: { k: "bin", op: op as BinaryOp, l: old.e, r: right.e }, type: old.type, key: null, vars: NOTHING }
        : this.unknown(old.type);
    const bits = this.masked(op, old, e.r) ?? combine(op, old.bits, right.bits);
    if (bits) now.bits = bits;
    this.l.places.write(place, now);
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
    const place = this.l.places.place(e.e);
    if (place === null) return this.unknown("");
    this.counted(place, e);
    const old = this.l.places.read(place, e.e);
    const kept = this.l.out.reg();
    this.l.out.set(kept, old.e);
    const pointer = this.l.frame.code.user && this.world.roleOf(old.type);
    const now: Value = {
      e: pointer ? num(OUTSIDE) : { k: "bin", op: e.op === "++" ? "+" : "-", l: reg(kept), r: num(1) },
      type: old.type,
      key: null,
      vars: NOTHING,
    };
    this.l.places.write(place, now);
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
