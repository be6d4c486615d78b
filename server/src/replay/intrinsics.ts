/** The words that scenario C has beyond C: locks, sections, atomic accesses, waits, holes for the user's code. */
import { type Expr, type Mode, type Ref, UNKNOWN } from "../explore/model";
import type { Expr as CExpr } from "../syntax/ast";
import type { Lowering } from "./lower";
import type { Value } from "./place";
import { noteCounted, raceWord } from "./raceWords";
import { ADDRESS } from "./values";
import { num, reg } from "./world";

const NOTHING: ReadonlySet<string> = new Set();

export function isIntrinsic(name: string): boolean {
  return name.startsWith("lk_");
}

const word = (e: CExpr | undefined): string => (e?.k === "id" ? e.name : "");

/**
 * `lk_acquire(lock, mode)`, `lk_try`, `lk_release(lock)`, `lk_downgrade`; `lk_enter(section)`, `lk_leave`,
 * `lk_snapshot`, `lk_settle`; `lk_add(cell, n)` and `lk_xchg`, `lk_and`, `lk_or`, `lk_get` (not from zero; with a third argument, not from there up either), `lk_cas(cell, old, new)`,
 * all giving the old value; `lk_await(condition on one cell)`; `lk_free(cell)`, `lk_touch(cell)`; `lk_sleep()`;
 * `lk_choose(a, b)`; `lk_unknown()`; `lk_other(pointer, cell)`: it points to another field than those that the cell stands for; `lk_found(pointer)`, which is not NULL; `lk_profile(name)`, `lk_form(name)`: primitives have that form in this tree; `lk_thread()`: number of the thread; `lk_subject()` calls the user's function; `lk_slot(struct, field, args…)`,
 * `lk_has_slot(struct, field)`; `lk_contend()` takes and drops the locks of the user's own structs one by one,
 * `lk_hold_own()` takes them all, `lk_drop_own()` drops them. In races of two functions of the user (raceWords.ts):
 * `lk_drop(cell, p)`, `lk_drop_later`, `lk_look`, `lk_new(cell, gfp)`, `lk_fresh(role)`, `lk_owner(address)`, `lk_call(function, argument)`.
 */
export function intrinsic(l: Lowering, name: string, args: readonly CExpr[]): Value {
  const { out, values, ctx } = l;
  const nothing = values.unknown("");
  const lock = (): Ref | null => (ctx.world.hasLock(word(args[0])) ? ctx.world.lock(word(args[0]), "mutex") : null);
  const section = ctx.world.section(word(args[0]));
  const mode: Mode = word(args[1]) === "read" ? "read" : "write";
  const cell = (e: CExpr | undefined): Ref | null => {
    const place = e ? l.places.place(e) : null;
    if (place) noteCounted(l, name, place, args[1]);
    return place?.k === "cell" ? place.ref : null;
  };
  const result = (r: number): Value => ({ e: reg(r), type: "int", key: null, vars: NOTHING });
  switch (name) {
    case "lk_acquire": {
      const ref = lock();
      if (ref) out.emit({ k: "acquire", lock: ref, mode, sleeps: ctx.world.locks[ref.base]!.kind !== "spin" });
      return nothing;
    }
    case "lk_try": {
      const ref = lock();
      if (!ref) return nothing;
      const r = out.reg();
      out.emit({ k: "try", lock: ref, mode, r });
      return result(r);
    }
    case "lk_release": {
      const ref = lock();
      if (ref) out.emit({ k: "release", lock: ref, mode: "any" });
      return nothing;
    }
    case "lk_downgrade": {
      const ref = lock();
      if (ref) out.emit({ k: "downgrade", lock: ref });
      return nothing;
    }
    case "lk_enter":
    case "lk_leave":
    case "lk_snapshot":
    case "lk_settle":
      if (section >= 0) {
        const k =
          name === "lk_enter"
            ? "enter"
            : name === "lk_leave"
              ? "leave"
              : name === "lk_snapshot"
                ? "snapshot"
                : "settle";
        out.emit({ k, section });
      }
      return nothing;
    case "lk_add":
    case "lk_xchg":
    case "lk_get":
    case "lk_and":
    case "lk_or":
    case "lk_cas": {
      const at = cell(args[0]);
      if (!at) return nothing;
      const r = out.reg();
      let a = args[1] ? out.temp(values.value(args[1]).e) : num(1);
      if (name === "lk_get" && args[2]) {
        // Looked at and changed in one step.
        const limit = out.temp(values.value(args[2]).e);
        const look = out.reg();
        const add = out.reg();
        const free: Expr = { k: "bin", op: "<", l: reg(look), r: limit };
        out.emit({ k: "load", r: look, from: at, atomic: true });
        out.emit({ k: "set", r: add, e: { k: "bin", op: "*", l: free, r: a }, atomic: true });
        a = reg(add);
      }
      if (name === "lk_cas") {
        const b = args[2] ? out.temp(values.value(args[2]).e) : num(0);
        out.emit({ k: "compareSwap", r, at, expect: a, e: b });
      } else {
        const how =
          name === "lk_add"
            ? "add"
            : name === "lk_xchg"
              ? "exchange"
              : name === "lk_and"
                ? "and"
                : name === "lk_or"
                  ? "or"
                  : "addNonZero";
        out.emit({ k: "rmw", how, r, at, e: a });
      }
      return result(r);
    }
    case "lk_await": {
      const found = args[0] ? awaited(l, args[0]) : null;
      if (!found) return nothing;
      out.emit({ k: "await", r: found.r, from: found.from, cond: found.cond });
      return result(found.r);
    }
    case "lk_free": {
      const at = cell(args[0]);
      if (at) out.emit({ k: "free", live: at });
      return nothing;
    }
    case "lk_touch": {
      const at = cell(args[0]);
      if (at) out.emit({ k: "touch", live: at });
      return nothing;
    }
    case "lk_sleep":
      out.emit({ k: "sleep" });
      return nothing;
    case "lk_choose": {
      const r = out.reg();
      const numbers = args.map((a) => values.value(a).e).flatMap(constant);
      out.emit({ k: "choose", r, values: numbers });
      return result(r);
    }
    case "lk_found": {
      // A scenario without page tables has no numbers for what is found in them.
      const found = args[0] ? values.value(args[0]) : nothing;
      return ctx.world.scenario.roles.some((r) => r.deref !== null) ? found : values.known(ADDRESS);
    }
    case "lk_other":
      return values.known(args[0] && isOther(l, args[0], word(args[1])) ? 1 : 0);
    case "lk_profile":
      return values.known(word(args[0]) === (ctx.world.profile ?? "").replaceAll("-", "_") ? 1 : 0);
    case "lk_form":
      return values.known(ctx.forms.has(word(args[0]).replaceAll("_", "-")) ? 1 : 0);
    case "lk_thread":
      return values.known(l.thread);
    case "lk_contend":
      // Others who use the user's own locks, one after the other.
      for (const [n, { name: lockName, kind }] of ctx.world.locks.entries()) {
        if (ctx.world.scenario.locks.has(lockName)) continue;
        out.emit({ k: "acquire", lock: { base: n, size: 1 }, mode: "write", sleeps: kind !== "spin" });
        out.emit({ k: "release", lock: { base: n, size: 1 }, mode: "any" });
      }
      return nothing;
    case "lk_hold_own":
    case "lk_drop_own":
      for (const [n, { name: lockName, kind }] of ctx.world.locks.entries()) {
        if (ctx.world.scenario.locks.has(lockName)) continue;
        const own = { base: n, size: 1 };
        if (name === "lk_hold_own") out.emit({ k: "acquire", lock: own, mode: "write", sleeps: kind !== "spin" });
        else out.emit({ k: "release", lock: own, mode: "any" });
      }
      return nothing;
    case "lk_subject":
      ctx.again(l);
      return nothing;
    case "lk_has_slot":
      return values.known(ctx.user.inSlot(ctx.subjectFile, word(args[0]), word(args[1])) ? 1 : 0);
    case "lk_slot": {
      const code = ctx.user.inSlot(ctx.subjectFile, word(args[0]), word(args[1]));
      const passed = args.slice(2).map((a) => values.value(a));
      if (!code) {
        out.notes.assumptions.add(
          `no function is installed as ${word(args[0])}.${word(args[1])}: the call does nothing`,
        );
        return { ...values.known(0), key: null };
      }
      return l.inline(code, passed, null);
    }
    default:
      return raceWord(l, name, args) ?? { ...nothing, e: num(UNKNOWN) };
  }
}

/** Is a pointer the address of something that is not the cell? Where nothing is known of it, it is not. */
function isOther(l: Lowering, pointer: CExpr, cell: string): boolean {
  const { addr } = l.values.value(pointer);
  const to = addr?.k === "alias" ? addr.to : addr;
  const { world } = l.ctx;
  const last = (name: string): string => name.slice(name.lastIndexOf(".") + 1);
  const fields = [...world.scenario.fields].flatMap(([f, c]) => (c === cell ? [last(f)] : []));
  const field = to && "name" in to && to.name ? last(to.name) : "";
  const other = to?.k === "cell" ? to.ref.base !== world.cell(cell)?.base : field !== "" && !fields.includes(field);
  if (fields.length === 0 || !other) return false;
  l.out.notes.assumptions.add(
    `${field || "another field"} is not the scenario's ${fields.join(", ")} and keeps its value`,
  );
  return true;
}

/** `3` and `-3`. */
function constant(e: Expr): number[] {
  if (e.k === "un" && e.op === "-") return constant(e.e).map((v) => -v);
  return e.k === "num" ? [e.v] : [];
}

/** A condition over one cell: the register that gets the cell's value, and the condition over it. */
function awaited(l: Lowering, e: CExpr): { r: number; from: Ref; cond: Expr } | null {
  const r = l.out.reg();
  let from: Ref | null = null;
  const visit = (x: CExpr): Expr => {
    if (x.k === "bin") {
      const op = x.op as Expr extends { op: infer O } ? O : never;
      return { k: "bin", op, l: visit(x.l), r: visit(x.r) } as Expr;
    }
    if (x.k === "un" && (x.op === "!" || x.op === "-")) return { k: "un", op: x.op, e: visit(x.e) };
    const isCell = (x.k === "id" && !l.variable(x.name, x.at) && l.ctx.world.cell(x.name)) || x.k === "idx";
    const place = isCell || (x.k === "un" && x.op === "*") ? l.places.place(x) : null;
    if (place?.k === "cell") {
      from = place.ref;
      return reg(r);
    }
    return l.out.temp(l.values.value(x).e);
  };
  const cond = visit(e);
  return from === null ? null : { r, from, cond };
}
