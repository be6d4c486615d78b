/** The memory that C expressions name, and what loads and stores of it do. */
import type { Expr, Ref } from "../explore/model";
import type { Expr as CExpr } from "../syntax/ast";
import { wordOf } from "./bits";
import type { Lowering } from "./lower";
import { heapField } from "./memory";
import type { Place, Value } from "./place";
import type { Role } from "./scenario";
import { NOTHING, OUTSIDE } from "./values";
import { bare, num, reg, type World } from "./world";

export class Places {
  constructor(private readonly l: Lowering) {}

  private get world(): World {
    return this.l.ctx.world;
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
        return e.op === "*" ? this.target(this.l.values.value(e.e)) : null;
      case "cast":
        return this.place(e.e);
      default:
        return null;
    }
  }

  element(e: CExpr & { k: "idx" }): Place | null {
    if (this.l.frame.code.user) this.l.ctx.sharing?.element(this.l, e);
    if (e.base.k !== "id" || this.l.frame.code.user || this.l.variable(e.base.name, e.base.at)) return null;
    const cell = this.world.cell(e.base.name);
    if (!cell) return null;
    const index = this.l.out.temp(this.l.values.value(e.index).e);
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
      pointer = effects ? this.l.values.value(e.base) : { ...this.quiet(e.base), ...this.l.values.keyOf(e.base) };
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
      if (p?.k === "alias") return { ...this.l.values.unknown(p.type), addr: p };
      if (p) return this.l.values.unknown(p.type);
    }
    if (e.k === "mem") return this.l.values.unknown(this.member(e, false).type);
    return this.l.values.unknown("");
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
        return { ...this.l.values.unknown(place.type), struct: place };
      case "alias":
        return { ...this.l.values.unknown(place.type), addr: place.to };
      case "const":
        return { ...this.l.values.known(place.v), type: place.type };
      case "cell": {
        const r = out.reg();
        out.emit({ k: "load", r, from: place.ref, ...(place.live ? { live: place.live } : {}) });
        return { e: reg(r), type: place.type, key: null, vars: NOTHING };
      }
      case "none": {
        if (place.live) out.emit({ k: "touch", live: place.live });
        // Another lock or list head inside an object: what matters is where it is.
        const { key, vars } = this.l.values.keyOf(e);
        const role = this.world.roleOf(place.type);
        if (role) {
          out.notes.assumptions.add(`${this.l.frame.code.text(e.at, e.end)} is taken as ${role.name}`);
          return { ...this.l.values.known(role.value), type: place.type };
        }
        return this.l.values.unknown(place.type, key, vars);
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
}
