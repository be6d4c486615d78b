/**
 * What a call becomes: a primitive of the scenario, the effects that rules/apis declares, the body of a
 * function in reach if it touches the model, nothing if it does not, the end of the path if nobody knows.
 */
import type { Expr, Mode } from "../explore/model";
import type { ApiEntry, Effect } from "../rules/model";
import type { Expr as CExpr } from "../syntax/ast";
import { byContract, byModel, isAbridged, isBeside } from "./byContract";
import type { Located } from "./code";
import { intrinsic, isIntrinsic } from "./intrinsics";
import type { Lowering } from "./lower";
import { forget } from "./memory";
import type { Value } from "./place";
import { isHarmless, lockKindOf } from "./relevance";
import { FAILED, type LockKind, num, reg } from "./world";

/** Length of a body that is worth evaluating for its value alone. */
const SHORT = 700;
const NOTHING: ReadonlySet<string> = new Set();

/** Does an effect depend on nothing but whether the call succeeds? */
const isPlain = (x: Effect): boolean => x.when === undefined || /^ret [!=]= 0$/.test(x.when);

export class Calls {
  constructor(private readonly l: Lowering) {}

  call(e: CExpr & { k: "call" }): Value {
    const { out, frame } = this.l;
    if (e.fn.k !== "id") {
      this.l.values.value(e.fn);
      for (const a of e.args) this.l.values.value(a);
      out.notes.assumptions.add(`the callback ${frame.code.text(e.fn.at, e.fn.end)}() touches nothing of the model`);
      return this.l.values.unknown("");
    }
    const site = out.site;
    if (frame.shown === null) out.site = this.l.siteAt(e.at, e.end);
    const result = this.named(e.fn.name, e.args, e.at, e.end);
    out.site = site;
    return result;
  }

  named(name: string, argExprs: readonly CExpr[], at: number, end: number): Value {
    const { ctx, frame, values } = this.l;
    if (!frame.code.user && isIntrinsic(name)) return intrinsic(this.l, name, argExprs);
    const through = ctx.macros.transparent[name];
    if (through !== undefined && argExprs[through]) return values.value(argExprs[through]);
    const local = frame.code.user ? undefined : ctx.scenario.get(name);
    const args = argExprs.map((a) => values.value(a));
    if (local) return this.l.inline(local, args, null);
    const primitive = ctx.primitives.get(name);
    if (primitive && ctx.relevance.speaks(primitive))
      return this.l.inline(primitive, args, frame.shown ?? this.l.siteAt(at, end));
    if (primitive || isHarmless(ctx.about, name)) return this.stable(name, args, "");
    const { compiled } = ctx.user.program.o;
    const entry = compiled.api(name, args.length);
    if (!frame.code.user) return entry ? this.api(entry, argExprs, args) : this.unmodelled(name, args);
    // Data wins over bodies where it speaks of locks; what else a body does to entries, the body says.
    const locks = entry?.effects.filter((x) => ctx.relevance.onOurs(x)) ?? [];
    // Where the data makes it depend on arguments, a short body says it better.
    const plain = locks.every((x) => isPlain(x));
    const told = plain || !this.isShort(ctx.user.bodies(frame.code.file, name));
    if (entry && entry.opaque !== false && locks.length > 0 && told) return this.api(entry, argExprs, args);
    // A body of which parts are unknown would let results and locks fall apart.
    const known = entry?.opaque === false && !plain && isBeside(this.l, at, end) ? this.byData(entry, args) : null;
    if (known) return known;
    if (compiled.isAccessor(name)) return this.stable(name, args, "");
    const matters = ctx.relevance.matters(frame.code.file, name);
    const bodies = ctx.user.bodies(frame.code.file, name);
    const computes = !matters && this.computes(bodies, args);
    if (entry && entry.opaque !== false && !matters && !computes) return this.api(entry, argExprs, args);
    if (!matters && !computes && bodies.length > 0) return this.irrelevant(name, args, this.returnType(name));
    const body = matters || computes ? ctx.user.callee(frame.code, name) : undefined;
    if (body && body.ast.degraded.length === 0) {
      if (body.macro) return this.l.macro(body, argExprs, frame.shown ?? this.l.siteAt(at, end));
      const abridged = isAbridged(this.l, name, at, end) ? byContract(this.l, body, args) : null;
      if (abridged) return abridged;
      return this.l.inline(body, args, null);
    }
    if (entry) return this.api(entry, argExprs, args);
    return this.unmodelled(name, args);
  }

  /** A short function that only computes, of something whose value the model knows. */
  private computes(bodies: readonly Located[], args: readonly Value[]): boolean {
    const { world } = this.l.ctx;
    if (!args.some((a) => world.valueRole(a.type) && !a.addr)) return false;
    return this.isShort(bodies) && bodies.every((b) => !/\bvoid\b[^(]*$/.test(b.text.slice(0, b.text.indexOf("("))));
  }

  private isShort(bodies: readonly Located[]): boolean {
    return bodies.length > 0 && bodies.every((b) => b.text.length < SHORT);
  }

  private returnType(name: string): string {
    const found = this.l.ctx.user.bodies(this.l.frame.code.file, name)[0];
    if (!found) return "";
    const head = found.text.slice(0, found.text.search(new RegExp(`\\b${name}\\s*\\(`)));
    const type = head.replace(/\b(?:static|inline|extern|__\w+|noinline\w*)\b/g, " ").trim();
    return /[*]|^\w+$/.test(type) ? type : "";
  }

  /** Value of a call that does nothing: equal for equal arguments. */
  private stable(name: string, args: readonly Value[], type: string): Value {
    const keys = args.map((a) => (a.addr && a.addr.k === "struct" ? a.addr.id : a.key));
    const vars = new Set(args.flatMap((a) => [...a.vars]));
    return this.l.values.unknown(type, keys.includes(null) ? null : `${name}(${keys.join(",")})`, vars);
  }

  /** Nobody knows what it does. If it gets none of the scenario's objects, it is assumed to leave them alone. */
  private unmodelled(name: string, args: readonly Value[]): Value {
    const { notes } = this.l.out;
    const { world } = this.l.ctx;
    const given = args.some((a) => world.roleOf(a.type) || (a.addr && world.roleOf(`${a.addr.type} *`)));
    if (!given && this.l.frame.code.user)
      notes.assumptions.add(`${name}(), of unknown body, touches nothing of the model`);
    else {
      notes.unmodelled.add(name);
      this.l.out.cut(`${name}() is not modelled`);
    }
    return this.stable(name, args, "");
  }

  /**
   * A call that does nothing the model has. What it is given may still be looked at: an object that was freed must not be.
   * Equal arguments give an equal result.
   */
  private irrelevant(name: string, args: readonly Value[], type = ""): Value {
    const { world } = this.l.ctx;
    args.forEach((a, i) => {
      const role = a.addr ? undefined : world.roleOf(a.type);
      if (!role?.live || !this.l.frame.code.user) return;
      if (this.l.ctx.relevance.looksInto(this.l.frame.code.file, name, i)) this.l.places.touch(role, a);
    });
    for (const a of args) forget(this.l, a);
    const role = world.roleOf(type);
    if (!role || !this.l.frame.code.user) return this.stable(name, args, type);
    const { out } = this.l;
    const bodies = this.l.ctx.user.bodies(this.l.frame.code.file, name);
    // A body that neither names NULL nor hands on what another call returns has an object to give.
    const sure = bodies.length > 0 && bodies.every((b) => !/\bNULL\b|\bERR_PTR\b|return\s+\w+\s*\(/.test(b.text));
    const what = role.fresh === null ? role.name : `a new ${role.name}`;
    if (sure && role.fresh === null) {
      out.notes.assumptions.add(`what ${name}() returns is ${what}`);
      return { ...this.l.values.known(role.value), type };
    }
    out.notes.assumptions.add(`what ${name}() returns is ${what}, or NULL`);
    const r = out.reg();
    out.emit({ k: "choose", r, values: [role.fresh ?? role.value, 0] });
    return { e: reg(r), type, key: null, vars: NOTHING };
  }

  // ---- effects declared by rule data ----

  private classOf(x: Effect): string | undefined {
    return x.acquire ?? x.release ?? x.downgrade;
  }

  /** Kind of the lock an effect is about; undefined if it is none that can be waited for. */
  private lockKind(x: Effect): LockKind | undefined {
    const cls = this.classOf(x);
    const found = cls === undefined ? undefined : this.l.ctx.user.program.o.compiled.classes.get(cls);
    return found && lockKindOf(found.kind);
  }

  private sectionOf(x: Effect): number {
    const cls = this.classOf(x);
    return cls === undefined ? -1 : this.l.ctx.world.section(cls);
  }

  private api(entry: ApiEntry, argExprs: readonly CExpr[], args: readonly Value[]): Value {
    const { out } = this.l;
    const { world, relevance } = this.l.ctx;
    const effects = entry.effects.filter(
      (x) => relevance.onOurs(x) && (this.lockKind(x) !== undefined || this.sectionOf(x) >= 0),
    );
    // An action on an entry of a page table that no model describes.
    const acts =
      entry.effects.some((x) => x.does !== undefined) && args.some((a) => world.roleOf(a.type)?.deref != null);
    const result = this.irrelevant(entry.name, args);
    if (entry.sleeps === true && world.scenario.sleeps) out.emit({ k: "sleep" });
    const identity = entry.returns?.is === undefined ? null : /^(?:folio\()?arg(\d)\)?$/.exec(entry.returns.is);
    if (identity && args[Number(identity[1])]) {
      if (entry.returns?.fails) out.notes.assumptions.add(`${entry.name}() does not fail`);
      return args[Number(identity[1])]!;
    }
    if (effects.length === 0) {
      if (acts) return this.unmodelled(entry.name, args);
      return this.role(entry, result);
    }
    const when = effects.find((x) => x.when !== undefined)?.when;
    if (when === undefined) {
      for (const x of effects) this.effect(x, argExprs, args);
      return this.role(entry, result);
    }
    const positive = /^ret != 0/.test(when);
    if ((!positive && !/^ret == 0/.test(when)) || (this.l.around && !effects.every((x) => isPlain(x))))
      return (this.l.around && this.byData(entry, args)) ?? this.unmodelled(entry.name, args);
    const r = out.reg();
    const got = out.label();
    const not = out.label();
    const end = out.label();
    const attempt = effects.find((x) => x.try === true);
    if (attempt) this.effect(attempt, argExprs, args, r);
    else out.emit({ k: "choose", r, values: [1, 0] });
    out.branch(reg(r), got, not);
    out.place(got);
    for (const x of effects) if (x !== attempt) this.effect(x, argExprs, args);
    const pointed = entry.returns?.struct;
    const role = pointed ? this.l.ctx.world.roleOf(`struct ${pointed} *`) : undefined;
    out.set(r, num(positive ? (role?.value ?? 1) : 0));
    out.jump(end);
    out.place(not);
    out.set(r, num(positive ? 0 : FAILED));
    out.place(end);
    return { e: reg(r), type: pointed ? `struct ${pointed} *` : "int", key: null, vars: NOTHING };
  }

  /** Effects that depend on more than success: each of the outcomes that the data has. */
  private byData(entry: ApiEntry, args: readonly Value[]): Value | null {
    const model = this.l.ctx.user.program.api(entry.name, args.length);
    return model && byModel(this.l, model, this.l.frame.code.file, this.returnType(entry.name), args);
  }

  /** A pointer to one of the scenario's objects, or NULL if the call may fail. */
  private role(entry: ApiEntry, result: Value): Value {
    const pointed = entry.returns?.struct;
    const role = pointed ? this.l.ctx.world.roleOf(`struct ${pointed} *`) : undefined;
    if (!role) return result;
    const { out } = this.l;
    out.notes.assumptions.add(`what ${entry.name}() returns is ${role.name}`);
    if (!entry.returns?.fails) return { ...this.l.values.known(role.value), type: `struct ${pointed} *` };
    const r = out.reg();
    out.emit({ k: "choose", r, values: [role.value, 0] });
    return { e: reg(r), type: `struct ${pointed} *`, key: null, vars: NOTHING };
  }

  private effect(x: Effect, argExprs: readonly CExpr[], args: readonly Value[], attempt?: number): void {
    const { out } = this.l;
    const section = this.sectionOf(x);
    if (section >= 0) {
      if (x.acquire) out.emit({ k: "enter", section });
      else if (x.release) out.emit({ k: "leave", section });
      return;
    }
    const kind = this.lockKind(x);
    const name = this.lockName(x, argExprs, args);
    if (kind === undefined || name === null) return;
    if (!this.l.ctx.world.hasLock(name) && !this.l.takesOwn()) return;
    const { world } = this.l.ctx;
    const lock = world.lock(name, kind);
    this.l.ctx.sharing?.noteLock(name);
    const mode: Mode = x.mode === "read" ? "read" : "write";
    if (x.acquire && attempt !== undefined) out.emit({ k: "try", lock, mode, r: attempt });
    else if (x.acquire) out.emit({ k: "acquire", lock, mode, sleeps: kind !== "spin" });
    else if (x.release) {
      if (this.l.beforeRelease && this.l.frame.code.user && !world.scenario.locks.has(name))
        this.l.inline(this.l.beforeRelease, [], null);
      out.emit({ k: "release", lock, mode: "any" });
    } else if (x.downgrade) out.emit({ k: "downgrade", lock });
  }

  /** One lock per class of the scenario, and one per field of the user's own structs. */
  private lockName(x: Effect, argExprs: readonly CExpr[], args: readonly Value[]): string | null {
    const { world, user } = this.l.ctx;
    const cls = this.classOf(x)!;
    if (world.hasLock(cls)) return cls;
    const match = /^(&?)(?:folio\()?arg(\d)\)?(?:->(\w+))?/.exec(x.object ?? "");
    const arg = match ? args[Number(match[2])] : undefined;
    const target = arg?.addr?.k === "alias" ? arg.addr.to : arg?.addr;
    const ours = this.l.ctx.sharing?.lockName(target);
    if (target && "live" in target && target.live) this.l.out.emit({ k: "touch", live: target.live });
    if (ours != null)
      return user.program.o.compiled.fieldClasses.get(ours) ?? (match?.[3] ? `${ours}.${match[3]}` : ours);
    const named = target && "name" in target ? (target.name ?? null) : null;
    // The class that names this field speaks before the general one.
    const special = named === null ? undefined : user.program.o.compiled.fieldClasses.get(named);
    if (special !== undefined) return special;
    if (named !== null) return match?.[3] ? `${named}.${match[3]}` : named;
    const role = arg && world.roleOf(arg.type);
    if (role?.lock) return role.lock;
    if (user.program.o.compiled.classes.get(cls)?.generic !== true) return cls;
    const text = match ? argExprs[Number(match[2])] : undefined;
    if (text?.k === "un" && text.op === "&" && text.e.k === "id") return text.e.name;
    const shown = text ? this.l.frame.code.text(text.at, text.end) : cls;
    if (!this.l.takesOwn()) return null;
    this.l.out.notes.unmodelled.add(`lock ${shown}`);
    this.l.out.cut(`which lock ${shown} is, is not known`);
    return null;
  }

  /** For intrinsics: the truth of an attempt as a value. */
  flag(r: number): Value {
    const e: Expr = reg(r);
    return { e, type: "int", key: null, vars: NOTHING };
  }
}
