/** Expressions in the CFG: atomic conditions, temporaries, statement expressions as blocks. */
import type { Expr, Stmt } from "../syntax/ast";
import type { Instr, Term } from "./cfg";
import { configSymbol } from "./conditions";
import { EFFECT, FLOW, flagsOf } from "./effects";
import type { Graph } from "./graph";
import type { MacroSets } from "./macroSets";

/** What expressions need of the statement builder. */
export interface FlowContext {
  readonly graph: Graph;
  readonly sets: MacroSets;
  readonly labelNames: ReadonlySet<string>;
  /** Block under construction; null: this point is unreachable. */
  current: number | null;
  emit(i: Instr): void;
  finish(term: Term): void;
  jump(to: number): void;
  jumpToLabel(label: string): void;
  block(body: Stmt[], tail?: () => void): void;
}

export class ExprBuilder {
  private temps = 0;

  constructor(private readonly flow: FlowContext) {}

  /** An expression as a statement: only its effects count. */
  effect(e: Expr, at: number, end: number): void {
    switch (e.k) {
      case "comma":
        this.effect(e.l, e.l.at, e.l.end);
        this.effect(e.r, e.r.at, e.r.end);
        return;
      case "stmtexpr":
        this.flow.block(e.body);
        return;
      case "cast":
        if (e.type === "void") {
          this.effect(e.e, at, end);
          return;
        }
        break;
      case "cond":
        if (this.flags(e) & FLOW) {
          this.split(
            e.c,
            () => (e.t ? this.effect(e.t, e.t.at, e.t.end) : undefined),
            () => this.effect(e.f, e.f.at, e.f.end),
          );
          return;
        }
        break;
      case "bin":
        if ((e.op === "&&" || e.op === "||") && this.flags(e) & FLOW) {
          const right = (): void => this.effect(e.r, e.r.at, e.r.end);
          if (e.op === "&&") this.split(e.l, right, () => undefined);
          else this.split(e.l, () => undefined, right);
          return;
        }
        break;
      case "call":
        if (e.fn.k === "id" && this.flow.sets.special.has(e.fn.name)) {
          this.special(e, e.fn.name, at, end);
          return;
        }
        break;
    }
    const v = this.value(e);
    this.flow.emit({ k: "eval", e: v, at, end });
    if (e.k === "call") this.labelArguments(e);
  }

  /** BUG_ON(x), BUG(), WARN_ON(x) as statements. */
  private special(e: Expr & { k: "call" }, name: string, at: number, end: number): void {
    const { flow } = this;
    const first = e.args[0];
    if (flow.sets.noReturn.has(name)) {
      const args = e.args.map((a) => this.value(a));
      flow.emit({ k: "eval", e: { ...e, args }, at, end });
      flow.finish({ k: "stop", at });
      return;
    }
    // A bare WARN_ON(x) says that x cannot be: the path on which it is says nothing about the code.
    if (flow.sets.stopIf.has(name) || (flow.sets.truthOf.has(name) && first)) this.stopWhen(e, at);
  }

  private stopWhen(e: Expr & { k: "call" }, at: number): void {
    const { flow } = this;
    const first = e.args[0];
    if (!first) return;
    const stop = flow.graph.add();
    const on = flow.graph.add();
    this.condition(first, stop, on);
    flow.current = stop;
    flow.finish({ k: "stop", at });
    flow.current = on;
    this.rest(e.args);
  }

  /** Further arguments (a format and its operands): evaluated if that does something. */
  private rest(args: Expr[]): void {
    for (const a of args.slice(1)) {
      if (this.flags(a) & EFFECT) this.flow.emit({ k: "eval", e: this.value(a), at: a.at, end: a.end });
    }
  }

  /** A label as an argument (`unsafe_put_user(x, p, Efault)`): the macro may jump there. */
  private labelArguments(e: Expr & { k: "call" }): void {
    const { flow } = this;
    if (flow.labelNames.size === 0) return;
    for (const a of e.args) {
      if (a.k !== "id" || !flow.labelNames.has(a.name)) continue;
      const away = flow.graph.add();
      const on = flow.graph.add();
      if (flow.current !== null) {
        flow.finish({
          k: "branch",
          cond: { k: "unknown", parts: [], at: a.at, end: a.end },
          t: away,
          f: on,
          at: a.at,
          end: a.end,
        });
      }
      flow.current = away;
      flow.jumpToLabel(a.name);
      flow.current = on;
    }
  }

  private split(c: Expr, then: () => void, otherwise: () => void): void {
    const { flow } = this;
    const t = flow.graph.add();
    const f = flow.graph.add();
    const join = flow.graph.add();
    this.condition(c, t, f);
    flow.current = t;
    then();
    flow.jump(join);
    flow.current = f;
    otherwise();
    flow.jump(join);
    flow.current = join;
  }

  /** Ends the current block with a decision on `e`. */
  condition(e: Expr, t: number, f: number): void {
    const { flow } = this;
    if (flow.current === null) return;
    switch (e.k) {
      case "un":
        if (e.op === "!") {
          this.condition(e.e, f, t);
          return;
        }
        break;
      case "num":
        if (e.value !== null) {
          flow.jump(e.value !== 0 ? t : f);
          return;
        }
        break;
      case "bin":
        if (e.op === "&&" || e.op === "||") {
          const mid = flow.graph.add();
          if (e.op === "&&") this.condition(e.l, mid, f);
          else this.condition(e.l, t, mid);
          flow.current = mid;
          this.condition(e.r, t, f);
          return;
        }
        break;
      case "comma":
        this.effect(e.l, e.l.at, e.l.end);
        this.condition(e.r, t, f);
        return;
      case "cond": {
        const then = e.t === null ? t : flow.graph.add();
        const other = flow.graph.add();
        this.condition(e.c, then, other);
        if (e.t !== null) {
          flow.current = then;
          this.condition(e.t, t, f);
        }
        flow.current = other;
        this.condition(e.f, t, f);
        return;
      }
      case "stmtexpr": {
        const last = e.body[e.body.length - 1];
        if (last?.k !== "expr" || e.body.some(opensCleanup)) break;
        flow.block(e.body.slice(0, -1), () => this.condition(last.e, t, f));
        return;
      }
      case "call":
        if (e.fn.k === "id" && flow.sets.truthOf.has(e.fn.name) && e.args[0]) {
          this.rest(e.args);
          this.condition(e.args[0], t, f);
          return;
        }
        break;
    }
    const symbol = configSymbol(e, flow.sets.configSet);
    if (symbol !== null) {
      flow.finish({ k: "config", symbol, t, f, at: e.at });
      return;
    }
    const v = this.value(e);
    if (v.k === "num" && v.value !== null) {
      flow.jump(v.value !== 0 ? t : f);
      return;
    }
    if (flow.current !== null) flow.finish({ k: "branch", cond: v, t, f, at: e.at, end: e.end });
  }

  /** The expression without control flow inside; what was there has been emitted. */
  value(e: Expr): Expr {
    return this.flags(e) & FLOW ? this.lower(e) : e;
  }

  private flags(e: Expr): number {
    return flagsOf(e, this.flow.sets.special);
  }

  private lower(e: Expr): Expr {
    switch (e.k) {
      case "call": {
        if (e.fn.k === "id" && this.flow.sets.special.has(e.fn.name)) return this.specialValue(e, e.fn.name);
        const fn = this.value(e.fn);
        return { ...e, fn, args: e.args.map((a) => this.value(a)) };
      }
      case "mem":
        return { ...e, base: this.value(e.base) };
      case "idx":
        return { ...e, base: this.value(e.base), index: this.value(e.index) };
      case "un":
      case "cast":
      case "incdec":
        return { ...e, e: this.value(e.e) };
      case "assign":
        return { ...e, l: this.value(e.l), r: this.value(e.r) };
      case "comma":
        this.effect(e.l, e.l.at, e.l.end);
        return this.value(e.r);
      case "init":
        return { ...e, items: e.items.map((i) => ({ field: i.field, value: this.value(i.value) })) };
      case "unknown":
        return { ...e, parts: e.parts.map((p) => this.value(p)) };
      case "bin":
        if (e.op === "&&" || e.op === "||") return this.truth(e);
        return { ...e, l: this.value(e.l), r: this.value(e.r) };
      case "cond":
        return this.choice(e);
      case "stmtexpr":
        return this.statementExpression(e);
      default:
        return e;
    }
  }

  private specialValue(e: Expr & { k: "call" }, name: string): Expr {
    if (this.flow.sets.truthOf.has(name) && e.args[0]) {
      this.rest(e.args);
      return this.value(e.args[0]);
    }
    this.special(e, name, e.at, e.end);
    return { k: "opaque", at: e.at, end: e.end };
  }

  /** `a && f()` as a value: 1 or 0. */
  private truth(e: Expr): Expr {
    const name = this.fresh();
    const set = (value: number) => (): void => {
      const num: Expr = { k: "num", value, text: String(value), at: e.at, end: e.end };
      this.flow.emit({ k: "temp", name, e: num, at: e.at, end: e.end });
    };
    this.split(e, set(1), set(0));
    return { k: "id", name, at: e.at, end: e.end };
  }

  private choice(e: Expr & { k: "cond" }): Expr {
    const name = this.fresh();
    const set = (v: Expr) => (): void => this.flow.emit({ k: "temp", name, e: this.value(v), at: v.at, end: v.end });
    if (e.t === null) {
      // c ?: f evaluates c once.
      const c = this.toTemp(this.value(e.c));
      this.split(c, set(c), set(e.f));
    } else {
      this.split(e.c, set(e.t), set(e.f));
    }
    return { k: "id", name, at: e.at, end: e.end };
  }

  /** The last expression statement gives the value; it is evaluated inside the scope. */
  private statementExpression(e: Expr & { k: "stmtexpr" }): Expr {
    const last = e.body[e.body.length - 1];
    if (last?.k !== "expr") {
      this.flow.block(e.body);
      return { k: "opaque", at: e.at, end: e.end };
    }
    const name = this.fresh();
    this.flow.block(e.body.slice(0, -1), () =>
      this.flow.emit({ k: "temp", name, e: this.value(last.e), at: last.at, end: last.end }),
    );
    return { k: "id", name, at: e.at, end: e.end };
  }

  toTemp(e: Expr): Expr {
    if (e.k === "id" && e.name.startsWith("$t")) return e;
    const name = this.fresh();
    this.flow.emit({ k: "temp", name, e, at: e.at, end: e.end });
    return { k: "id", name, at: e.at, end: e.end };
  }

  private fresh(): string {
    return `$t${++this.temps}`;
  }
}

function opensCleanup(s: Stmt): boolean {
  return s.k === "guard" || s.k === "ppif" || (s.k === "decl" && s.vars.some((v) => v.cleanup !== null));
}
