/**
 * What a call becomes: a primitive of the scenario, the effects that rules/apis declares, the body of a
 * function in reach if it touches the model, nothing if it does not, the end of the path if nobody knows.
 */
import type { Expr, Mode } from "../explore/model";
import type { ApiEntry, Effect } from "../rules/model";
import type { Expr as CExpr } from "../syntax/ast";
import type { Code } from "./code";
import { intrinsic, isIntrinsic } from "./intrinsics";
import type { Lowering } from "./lower";
import type { Value } from "./values";
import { type LockKind, num, reg } from "./world";

const NOTHING: ReadonlySet<string> = new Set();
/** Small negative result of an attempt that failed; which one does not matter. */
const FAILURE = -11;
const RELEVANCE_DEPTH = 8;

export class Calls {
  private readonly relevance = new Map<string, boolean>();

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
    if (primitive && this.speaks(primitive))
      return this.l.inline(primitive, args, frame.shown ?? this.l.siteAt(at, end));
    const result = this.stable(name, args);
    if (ctx.about.harmless.has(name) || primitive) return result;
    const entry = ctx.user.program.o.compiled.api(name, args.length);
    if (entry) return this.api(entry, argExprs, args, result);
    const body = frame.code.user ? ctx.user.callee(frame.code, name) : undefined;
    if (body) return this.touches(body, RELEVANCE_DEPTH) ? this.l.inline(body, args, null) : result;
    return this.unmodelled(name, result);
  }

  /** Value of a call that does nothing: equal for equal arguments. */
  private stable(name: string, args: readonly Value[]): Value {
    const keys = args.map((a) => (a.addr && a.addr.k === "struct" ? a.addr.id : a.key));
    const vars = new Set(args.flatMap((a) => [...a.vars]));
    return this.l.values.unknown("", keys.includes(null) ? null : `${name}(${keys.join(",")})`, vars);
  }

  private unmodelled(name: string, result: Value): Value {
    this.l.out.notes.unmodelled.add(name);
    this.l.out.cut(`${name}() is not modelled`);
    return result;
  }

  /** Does the primitive work on anything that this scenario has? */
  private speaks(code: Code): boolean {
    const old = this.relevance.get(`primitive ${code.name}`);
    if (old !== undefined) return old;
    this.relevance.set(`primitive ${code.name}`, true);
    const { world, about, primitives } = this.l.ctx;
    const known = new Set(code.ast.params.map((p) => p.name));
    let speaks = true;
    const visit = (x: unknown): void => {
      if (Array.isArray(x)) x.forEach(visit);
      else if (typeof x === "object" && x !== null) {
        const node = x as { k?: string; name?: string; fn?: CExpr; args?: CExpr[]; vars?: { name: string }[] };
        if (node.k === "decl") for (const v of node.vars ?? []) known.add(v.name);
        if (node.k === "call" && node.fn?.k === "id") {
          const inner = primitives.get(node.fn.name);
          if (inner && !this.speaks(inner)) speaks = false;
          if (/^lk_(?:profile|slot)$/.test(node.fn.name)) return;
          visit(node.args);
          return;
        }
        if (node.k === "id" && node.name !== undefined) {
          const n = node.name;
          const found =
            known.has(n) ||
            world.cell(n) !== undefined ||
            world.hasLock(n) ||
            world.section(n) >= 0 ||
            world.scenario.constants.has(n) ||
            about.constants.has(n) ||
            /^(?:NULL|true|false|read|write)$/.test(n);
          if (!found) speaks = false;
        }
        Object.values(x).forEach(visit);
      }
    };
    visit(code.ast.body);
    this.relevance.set(`primitive ${code.name}`, speaks);
    return speaks;
  }

  /** Does a function, or what it calls, do anything that the model has? */
  private touches(code: Code, depth: number): boolean {
    const old = this.relevance.get(code.key);
    if (old !== undefined) return old;
    if (depth === 0) return false;
    this.relevance.set(code.key, false);
    const { ctx } = this.l;
    const fields = [...ctx.world.scenario.fields.keys(), ...ctx.world.cells.map((c) => c.name)].flatMap((f) =>
      f.includes(".") ? [f.slice(f.lastIndexOf(".") + 1)] : [],
    );
    const mentions = fields.some((f) => new RegExp(`(?:->|\\.)\\s*${f}\\b`).test(code.body));
    const found =
      mentions ||
      code.calls.some((name) => {
        const primitive = ctx.primitives.get(name);
        if (primitive) return this.speaks(primitive);
        if (ctx.about.harmless.has(name)) return false;
        const entry = ctx.user.program.o.compiled.api(name, -1) ?? ctx.user.program.o.compiled.api(name, 1);
        if (entry) return entry.effects.some((x) => this.lockKind(x) !== undefined || this.sectionOf(x) >= 0);
        const body = ctx.user.callee(code, name);
        return body !== undefined && this.touches(body, depth - 1);
      });
    this.relevance.set(code.key, found);
    return found;
  }

  // ---- effects declared by rule data ----

  private classOf(x: Effect): string | undefined {
    return x.acquire ?? x.release ?? x.downgrade;
  }

  /** Kind of the lock an effect is about; undefined if it is none that can be waited for. */
  private lockKind(x: Effect): LockKind | undefined {
    const cls = this.classOf(x);
    const found = cls === undefined ? undefined : this.l.ctx.user.program.o.compiled.classes.get(cls);
    if (!found) return undefined;
    return found.kind === "bit"
      ? "mutex"
      : found.kind === "spin" || found.kind === "mutex" || found.kind === "rwsem"
        ? found.kind
        : undefined;
  }

  private sectionOf(x: Effect): number {
    const cls = this.classOf(x);
    return cls === undefined ? -1 : this.l.ctx.world.section(cls);
  }

  private api(entry: ApiEntry, argExprs: readonly CExpr[], args: readonly Value[], result: Value): Value {
    const { out } = this.l;
    const effects = entry.effects.filter((x) => this.lockKind(x) !== undefined || this.sectionOf(x) >= 0);
    const acts = entry.effects.some((x) => x.does !== undefined);
    if (entry.sleeps === true) out.emit({ k: "sleep" });
    const identity = entry.returns?.is === undefined ? null : /^(?:folio\()?arg(\d)\)?$/.exec(entry.returns.is);
    if (identity && args[Number(identity[1])]) return args[Number(identity[1])]!;
    if (effects.length === 0) {
      if (acts) return this.unmodelled(entry.name, result);
      return this.role(entry, result);
    }
    const when = effects.find((x) => x.when !== undefined)?.when;
    if (when === undefined) {
      for (const x of effects) this.effect(x, argExprs, args);
      return this.role(entry, result);
    }
    const positive = /^ret != 0/.test(when);
    if (!positive && !/^ret == 0/.test(when)) return this.unmodelled(entry.name, result);
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
    out.set(r, num(positive ? 0 : FAILURE));
    out.place(end);
    return { e: reg(r), type: pointed ? `struct ${pointed} *` : "int", key: null, vars: NOTHING };
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
    const lock = this.l.ctx.world.lock(name, kind);
    const mode: Mode = x.mode === "read" ? "read" : "write";
    if (x.acquire && attempt !== undefined) out.emit({ k: "try", lock, mode, r: attempt });
    else if (x.acquire) out.emit({ k: "acquire", lock, mode, sleeps: kind !== "spin" });
    else if (x.release) out.emit({ k: "release", lock, mode: "any" });
    else if (x.downgrade) out.emit({ k: "downgrade", lock });
  }

  /** One lock per class of the scenario, and one per field of the user's own structs. */
  private lockName(x: Effect, argExprs: readonly CExpr[], args: readonly Value[]): string | null {
    const { world, user } = this.l.ctx;
    const cls = this.classOf(x)!;
    if (world.hasLock(cls)) return cls;
    const match = /^(&?)(?:folio\()?arg(\d)\)?(?:->(\w+))?/.exec(x.object ?? "");
    const arg = match ? args[Number(match[2])] : undefined;
    const target = arg?.addr?.k === "alias" ? arg.addr.to : arg?.addr;
    const named = target?.k === "none" ? target.name : null;
    // The class that names this field speaks before the general one.
    const special = named === null ? undefined : user.program.o.compiled.fieldClasses.get(named);
    if (special !== undefined) return special;
    if (named !== null) return match?.[3] ? `${named}.${match[3]}` : named;
    const role = arg && world.roleOf(arg.type);
    if (role?.lock) return role.lock;
    if (user.program.o.compiled.classes.get(cls)?.generic !== true) return cls;
    const text = match ? argExprs[Number(match[2])] : undefined;
    const shown = text ? this.l.frame.code.text(text.at, text.end) : cls;
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
