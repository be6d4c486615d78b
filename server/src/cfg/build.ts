/** AST of a function → control-flow graph. */
import type { MacroTable } from "../rules/model";
import type { Expr, FunctionAst, Stmt, VarDecl } from "../syntax/ast";
import type { Cfg, Instr } from "./cfg";
import { type ConfigCond, parseConfig } from "./conditions";
import { ExprBuilder, type FlowContext } from "./exprs";
import { Graph } from "./graph";
import { type MacroSets, macroSets } from "./macroSets";
import {
  type Cleanup,
  findLabel,
  type LabelDef,
  type LabelScope,
  type PendingGoto,
  pushCleanup,
  type Target,
  unwind,
} from "./scopes";

export function buildCfg(fn: FunctionAst, macros: MacroTable): Cfg {
  return new Builder(fn, macroSets(macros)).build();
}

class Builder implements FlowContext {
  readonly graph = new Graph();
  current: number | null;
  readonly labelNames = new Set<string>();
  private readonly exprs: ExprBuilder;
  private cleanup: Cleanup | null = null;
  private readonly targets: Target[] = [];
  private readonly labels = new Map<string, LabelDef[]>();
  private readonly gotos: PendingGoto[] = [];
  private scope: LabelScope | null = null;

  constructor(
    private readonly fn: FunctionAst,
    readonly sets: MacroSets,
  ) {
    this.current = this.graph.add();
    this.exprs = new ExprBuilder(this);
    collectLabels(fn.body, this.labelNames);
  }

  build(): Cfg {
    this.statements(this.fn.body);
    let end = 0;
    for (const s of this.fn.body) end = Math.max(end, s.end);
    if (this.current !== null) {
      this.leave(null);
      this.finish({ k: "return", e: null, at: end, end });
    }
    this.resolveGotos(end);
    return this.graph.finish(end);
  }

  // ------------------------------------------------------------- primitives

  emit(i: Instr): void {
    if (this.current !== null) this.graph.blocks[this.current]?.instrs.push(i);
  }

  finish(term: NonNullable<Graph["blocks"][number]["term"]>): void {
    const b = this.current === null ? undefined : this.graph.blocks[this.current];
    if (b) b.term = term;
    this.current = null;
  }

  jump(to: number): void {
    if (this.current !== null) this.finish({ k: "goto", to });
  }

  jumpToLabel(label: string): void {
    if (this.current === null) return;
    this.gotos.push({ block: this.current, label, scope: this.scope, cleanup: this.cleanup });
    this.current = null;
  }

  private leave(to: Cleanup | null): void {
    for (const i of unwind(this.cleanup, to)) this.emit(i);
  }

  private resolveGotos(end: number): void {
    for (const g of this.gotos) {
      const block = this.graph.blocks[g.block];
      const def = findLabel(this.labels.get(g.label), g.scope);
      if (!block) continue;
      block.instrs.push(...unwind(g.cleanup, def?.cleanup ?? null));
      // A label that is missing (half-typed code) ends the path.
      block.term = def ? { k: "goto", to: def.block } : { k: "stop", at: end };
    }
  }

  // ------------------------------------------------------------- statements

  /** A scope: what it opened is closed at its end, behind `tail`. */
  block(body: Stmt[], tail?: () => void): void {
    const outer = this.cleanup;
    this.statements(body);
    tail?.();
    this.leave(outer);
    this.cleanup = outer;
  }

  statements(body: Stmt[]): void {
    for (const s of body) this.statement(s);
  }

  private scoped(s: Stmt): void {
    const outer = this.cleanup;
    this.statement(s);
    this.leave(outer);
    this.cleanup = outer;
  }

  private statement(s: Stmt): void {
    switch (s.k) {
      case "block":
        this.block(s.body);
        break;
      case "expr":
        this.exprs.effect(s.e, s.at, s.end);
        break;
      case "decl":
        for (const v of s.vars) this.declare(v);
        break;
      case "if":
        this.branch(s.c, () => this.scoped(s.t), s.f === null ? null : () => this.scoped(s.f as Stmt));
        break;
      case "while":
      case "do":
      case "for":
        this.loop(s);
        break;
      case "switch":
        this.switchOver(s);
        break;
      case "case":
        this.caseLabel(s.value, s.to);
        break;
      case "label": {
        const b = this.graph.add();
        this.jump(b);
        this.current = b;
        const defs = this.labels.get(s.name) ?? [];
        defs.push({ block: b, scope: this.scope, cleanup: this.cleanup });
        this.labels.set(s.name, defs);
        break;
      }
      case "goto":
        this.jumpToLabel(s.label);
        break;
      case "return":
        this.returnFrom(s.e, s.at, s.end);
        break;
      case "break":
      case "continue": {
        const t = this.target(s.k);
        if (!t) this.finish({ k: "stop", at: s.at });
        else {
          this.leave(t.cleanup);
          this.jump((s.k === "break" ? t.breakTo : t.continueTo) as number);
        }
        break;
      }
      case "guard":
        this.guard(s);
        break;
      case "ppif":
        this.conditional(s.branches, 0);
        break;
      case "unknown":
        for (const p of s.parts) this.exprs.effect(p, p.at, p.end);
        break;
    }
  }

  private target(k: "break" | "continue"): Target | undefined {
    for (let i = this.targets.length - 1; i >= 0; i--) {
      const t = this.targets[i] as Target;
      if (k === "break" || t.continueTo !== null) return t;
    }
    return undefined;
  }

  private declare(v: VarDecl): void {
    const init = v.init === null || v.isStatic ? v.init : this.exprs.value(v.init);
    this.emit({ k: "decl", v: init === v.init ? v : { ...v, init }, at: v.at, end: v.end });
    if (v.cleanup !== null) {
      this.cleanup = pushCleanup({ k: "free", name: v.cleanup, variable: v.name, at: v.at, end: v.end }, this.cleanup);
    }
  }

  private guard(s: Stmt & { k: "guard" }): void {
    const outer = this.cleanup;
    const args = s.args.map((a) => this.exprs.value(a));
    // Positions: the call itself, not the guarded body.
    const end = s.body === null ? s.end : Math.min(s.body.at, s.end);
    this.emit({ k: "guard", name: s.name, args, at: s.at, end });
    this.cleanup = pushCleanup({ k: "unguard", name: s.name, args, at: s.at, end }, this.cleanup);
    if (s.body === null) return;
    // The macro is a `for`: `break` and `continue` inside leave the guarded statement.
    const exit = this.graph.add();
    this.targets.push({ breakTo: exit, continueTo: exit, cleanup: outer, cases: null, dflt: null });
    this.statement(s.body);
    this.targets.pop();
    this.leave(outer);
    this.jump(exit);
    this.current = exit;
    this.cleanup = outer;
  }

  private returnFrom(e: Expr | null, at: number, end: number): void {
    let value = e === null ? null : this.exprs.value(e);
    if (this.cleanup !== null) {
      if (value !== null && value.k !== "num") value = this.exprs.toTemp(value);
      this.leave(null);
    }
    if (this.current !== null) this.finish({ k: "return", e: value, at, end });
  }

  /** `c` decides between two continuations that meet again. */
  private branch(c: Expr, then: () => void, otherwise: (() => void) | null): void {
    const t = this.graph.add();
    const join = this.graph.add();
    const f = otherwise ? this.graph.add() : join;
    this.exprs.condition(c, t, f);
    this.current = t;
    then();
    this.jump(join);
    if (otherwise) {
      this.current = f;
      otherwise();
      this.jump(join);
    }
    this.current = join;
  }

  private loop(s: Stmt & { k: "while" | "do" | "for" }): void {
    const outer = this.cleanup;
    if (s.k === "for" && s.init) this.statement(s.init);
    const head = this.graph.add();
    const body = s.k === "do" ? head : this.graph.add();
    const exit = this.graph.add();
    const step = s.k === "while" ? head : this.graph.add();
    this.jump(head);
    if (s.k !== "do") {
      this.current = head;
      this.loopHead(s, body, exit);
    }
    this.targets.push({ breakTo: exit, continueTo: step, cleanup: this.cleanup, cases: null, dflt: null });
    this.current = body;
    this.scoped(s.body);
    this.jump(step);
    this.targets.pop();
    if (s.k === "do") {
      this.current = step;
      this.exprs.condition(s.c, head, exit);
    } else if (s.k === "for") {
      this.current = step;
      if (s.step) this.exprs.effect(s.step, s.step.at, s.step.end);
      this.jump(head);
    }
    this.current = exit;
    this.leave(outer);
    this.cleanup = outer;
  }

  private loopHead(s: Stmt & { k: "while" | "for" }, body: number, exit: number): void {
    if (s.k === "for") {
      if (s.c) this.exprs.condition(s.c, body, exit);
      else this.jump(body);
    } else if (s.macro !== null) {
      const call = this.exprs.value(s.c);
      this.finish({ k: "iterate", macro: s.macro, call, t: body, f: exit, at: s.c.at, end: s.c.end });
    } else {
      this.exprs.condition(s.c, body, exit);
    }
  }

  private switchOver(s: Stmt & { k: "switch" }): void {
    const outer = this.cleanup;
    const e = this.exprs.value(s.e);
    const exit = this.graph.add();
    const dispatch = this.current;
    const target: Target = { breakTo: exit, continueTo: null, cleanup: outer, cases: [], dflt: null };
    this.targets.push(target);
    // What stands before the first case is never reached.
    this.current = this.graph.add();
    this.scoped(s.body);
    this.jump(exit);
    this.targets.pop();
    this.cleanup = outer;
    this.current = dispatch;
    if (dispatch !== null) {
      this.finish({ k: "switch", e, cases: target.cases ?? [], dflt: target.dflt ?? exit, at: s.at, end: s.e.end });
    }
    this.current = exit;
  }

  private caseLabel(value: Expr | null, hi: Expr | null): void {
    const b = this.graph.add();
    this.jump(b);
    this.current = b;
    for (let i = this.targets.length - 1; i >= 0; i--) {
      const t = this.targets[i] as Target;
      if (t.cases === null) continue;
      if (value === null) t.dflt = b;
      else t.cases.push({ value, hi, to: b });
      return;
    }
  }

  private conditional(branches: { cond: string; body: Stmt[] }[], n: number): void {
    const b = branches[n];
    if (!b) return;
    const labels = this.scope;
    const body = (): void => {
      this.scope = { outer: labels };
      // No scope of C: a guard or a declaration lives on behind #endif.
      this.statements(b.body);
      this.scope = labels;
    };
    if (b.cond === "") {
      body();
      return;
    }
    const cond = parseConfig(b.cond, this.sets.configTests);
    const t = this.graph.add();
    const f = this.graph.add();
    const join = this.graph.add();
    const before = this.cleanup;
    this.config(cond, t, f, branchAt(branches, n));
    this.current = t;
    body();
    const after = this.cleanup;
    this.jump(join);
    this.cleanup = before;
    this.current = f;
    this.conditional(branches, n + 1);
    this.jump(join);
    if ((after?.depth ?? 0) > (this.cleanup?.depth ?? 0)) this.cleanup = after;
    this.current = join;
  }

  private config(c: ConfigCond, t: number, f: number, at: number): void {
    switch (c.k) {
      case "const":
        this.jump(c.value ? t : f);
        break;
      case "not":
        this.config(c.e, f, t, at);
        break;
      case "sym":
        if (this.current !== null) this.finish({ k: "config", symbol: c.symbol, t, f, at });
        break;
      default: {
        const mid = this.graph.add();
        if (c.k === "and") this.config(c.l, mid, f, at);
        else this.config(c.l, t, mid, at);
        this.current = mid;
        this.config(c.r, t, f, at);
      }
    }
  }
}

function branchAt(branches: { body: Stmt[] }[], n: number): number {
  for (let i = n; i < branches.length; i++) {
    const first = branches[i]?.body[0];
    if (first) return first.at;
  }
  return 0;
}

function collectLabels(body: Stmt[], into: Set<string>): void {
  for (const s of body) {
    switch (s.k) {
      case "label":
        into.add(s.name);
        break;
      case "block":
        collectLabels(s.body, into);
        break;
      case "if":
        collectLabels(s.f ? [s.t, s.f] : [s.t], into);
        break;
      case "while":
      case "do":
      case "for":
      case "switch":
        collectLabels([s.body], into);
        break;
      case "guard":
        if (s.body) collectLabels([s.body], into);
        break;
      case "ppif":
        for (const b of s.branches) collectLabels(b.body, into);
        break;
    }
  }
}
