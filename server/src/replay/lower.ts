/** CFG of a function → ops of a thread. Calls that matter are inlined by calls.ts. */
import type { Instr, Term } from "../cfg/cfg";
import { UNKNOWN } from "../explore/model";
import type { MacroTable } from "../rules/model";
import type { Expr as CExpr } from "../syntax/ast";
import { walk } from "../syntax/walk";
import { answer, questionOf, wordOf } from "./bits";
import type { Around } from "./byContract";
import { Calls } from "./calls";
import { type Code, TYPE_OF_ARGUMENT, type UserCode } from "./code";
import { declare } from "./memory";
import { OFF_PATH } from "./path";
import type { Place, Value } from "./place";
import { Places } from "./places";
import type { Relevance } from "./relevance";
import type { Primitives } from "./scenario";
import { resolveName } from "./scopes";
import type { Sharing } from "./sharing";
import { flagKey, type ThreadBuilder } from "./thread";
import { Values } from "./values";
import { bare, num, reg, same, type World } from "./world";

export interface LowerContext {
  world: World;
  user: UserCode;
  macros: MacroTable;
  /** Functions of the scenario and of the primitives, by name. */
  scenario: ReadonlyMap<string, Code>;
  primitives: ReadonlyMap<string, Code>;
  about: Primitives;
  /** Forms of primitives that hold in the tree. */
  forms: ReadonlySet<string>;
  relevance: Relevance;
  /** Locks of the user's structs are part of the model. */
  ownLocks: boolean;
  loopBound: number;
  /** File in whose ops tables holes of racing threads are looked up. */
  subjectFile: string;
  /** Lays out the user's function as another thread calls it. */
  again(lowering: Lowering): void;
  /** In a race of two functions of the user: what they share. */
  sharing?: Sharing;
}

/** One inlined function. */
export interface Frame {
  id: string;
  code: Code;
  vars: Map<string, Place>;
  /** Register of the returned value. */
  ret: number;
  end: number;
  depth: number;
  /** Site of the call; absent in the thread's first function. */
  calledAt: number | undefined;
  /** Site of the user's call that led into primitives; their steps are shown there. */
  shown: number | null;
  chain: readonly string[];
  /** The caller's frame. */
  outer?: Frame | undefined;
}

const MAX_DEPTH = 16;

export class Lowering {
  readonly values: Values;
  readonly places: Places;
  readonly calls: Calls;
  frame!: Frame;
  /** The scenario's function that runs before the user's code drops one of its own locks. */
  beforeRelease: Code | null = null;
  /** Of a function, only these blocks; the others are ways that the finding's path does not go. */
  only: { code: Code; blocks: ReadonlySet<number> } | null = null;
  /** The finding, where calls around it are taken by their contracts. */
  around: Around | null = null;

  constructor(
    readonly ctx: LowerContext,
    readonly out: ThreadBuilder,
    readonly thread: number,
  ) {
    this.values = new Values(this);
    this.places = new Places(this);
    this.calls = new Calls(this);
  }

  /** Lowers a call of `code`; the register of its value. */
  inline(code: Code, args: readonly Value[], shown: number | null, places: readonly (Place | null)[] = []): Value {
    const outer: Frame | undefined = this.frame;
    const type = code.ast.returnType;
    if (code.user && !code.macro && this.out.isFull()) {
      this.out.notes.unmodelled.add(code.name);
      this.out.cut(`${code.name}() is not modelled: the function calls too much that matters`);
      return this.values.unknown(type);
    }
    if ((outer?.chain.length ?? 0) >= MAX_DEPTH || outer?.chain.includes(code.key)) {
      this.out.cut(`${code.name}() calls deeper than ${MAX_DEPTH} or itself`);
      return this.values.unknown(type);
    }
    const frame: Frame = {
      id: `${outer?.id ?? ""}/${this.out.frames++}`,
      code,
      vars: new Map(),
      ret: this.out.reg(),
      end: this.out.label(),
      depth: (outer?.depth ?? -1) + (shown === null ? 1 : 0),
      calledAt: outer && this.out.site,
      shown,
      chain: [...(outer?.chain ?? []), code.key],
      outer,
    };
    const site = this.out.site;
    code.ast.params.forEach((p, i) => {
      const arg = args[i];
      const type = p.type === TYPE_OF_ARGUMENT ? (arg?.type ?? "") : p.type;
      if (places[i]) frame.vars.set(p.name, places[i]);
      else if (arg?.addr && !assigns(code, p.name)) frame.vars.set(p.name, { k: "alias", to: arg.addr, type });
      else if (arg?.struct) frame.vars.set(p.name, arg.struct);
      else {
        const r = this.out.reg();
        this.out.set(r, arg ? arg.e : num(-128));
        this.out.assigned(`${frame.id}:${p.name}`, arg?.bits);
        const stable = arg && arg.key !== null && !assigns(code, p.name);
        frame.vars.set(p.name, {
          k: "reg",
          r,
          type,
          id: `${frame.id}:${p.name}`,
          ...(stable ? { key: arg.key!, vars: arg.vars } : {}),
        });
      }
    });
    this.out.set(frame.ret, num(-128));
    this.out.assigned(frame.id);
    this.frame = frame;
    this.body(code);
    this.out.place(frame.end);
    this.frame = outer as Frame;
    this.out.site = site;
    // A call's value is a fact of its own; its name is no key, it may differ next time.
    const vars = new Set([frame.id]);
    return { e: reg(frame.ret), type, key: null, vars: new Set(), bits: wordOf(frame.id, vars) };
  }

  /** A function-like macro: its parameters are the arguments themselves, so that it may assign to them. */
  macro(code: Code, argExprs: readonly CExpr[], shown: number): Value {
    const places = argExprs.map((a) => (a.k === "id" ? (this.variable(a.name, a.at) ?? null) : null));
    return this.inline(
      code,
      argExprs.map((a) => this.values.value(a)),
      shown,
      places,
    );
  }

  /** Are locks that the scenario does not name part of the model here? Those of the user's own file may be. */
  takesOwn(): boolean {
    const { sharing, ownLocks, subjectFile } = this.ctx;
    return sharing !== undefined || (ownLocks && (!this.frame.code.user || this.frame.code.file === subjectFile));
  }

  /** The functions being laid out, the innermost first. */
  *callers(): Generator<Code> {
    for (let f: Frame | undefined = this.frame; f; f = f.outer) yield f.code;
  }

  /** The variable that a name means at an offset. */
  variable(name: string, at: number): Place | undefined {
    return this.frame.vars.get(resolveName(this.frame.code.ast, name, at));
  }

  private body(code: Code): void {
    const { cfg } = code;
    const labels = cfg.blocks.map(() => this.out.label());
    const position = new Map(cfg.order.map((id, n) => [id, n]));
    const counters = new Map([...cfg.loopHeads].map((id) => [id, this.out.reg()]));
    for (const id of cfg.order) {
      const block = cfg.blocks[id]!;
      this.out.place(labels[id]!);
      if (this.only?.code === code && !this.only.blocks.has(id)) {
        this.out.cut(OFF_PATH, true);
        continue;
      }
      const counter = counters.get(id);
      if (counter !== undefined && block.term.k !== "iterate") this.bound(code, block.term, counter);
      for (const i of block.instrs) this.instr(i);
      const to = (target: number): number => {
        // Entering a loop from outside starts its count.
        const c = counters.get(target);
        if (c === undefined || position.get(target)! <= position.get(id)!) return labels[target]!;
        return this.detour(() => this.out.set(c, num(0)), labels[target]!);
      };
      this.term(block.term, to, counter);
    }
    this.flushDetours();
  }

  private bound(code: Code, term: Term, counter: number): void {
    const { out } = this;
    out.site = this.siteAt("at" in term ? term.at : 0, "end" in term ? term.end : 0);
    out.set(counter, { k: "bin", op: "+", l: reg(counter), r: num(1) });
    const over = out.label();
    const on = out.label();
    out.branch({ k: "bin", op: ">", l: reg(counter), r: num(this.ctx.loopBound + 1) }, over, on);
    out.place(over);
    out.cut(`loop of ${code.name}() more than ${this.ctx.loopBound} times`, "loop");
    out.place(on);
  }

  private readonly detours: { label: number; f: () => void; to: number }[] = [];

  /** A label at which `f` runs before the jump to `to`. */
  private detour(f: () => void, to: number): number {
    const label = this.out.label();
    this.detours.push({ label, f, to });
    return label;
  }

  private flushDetours(): void {
    for (const d of this.detours.splice(0)) {
      this.out.place(d.label);
      d.f();
      this.out.jump(d.to);
    }
  }

  siteAt(at: number, end: number): number {
    const { frame } = this;
    return frame.shown ?? this.out.siteOf(frame.code, at, end, frame.depth, frame.calledAt);
  }

  private instr(i: Instr): void {
    this.out.site = this.siteAt(i.at, i.end);
    switch (i.k) {
      case "eval":
        this.values.value(i.e);
        break;
      case "decl":
        declare(this, i.v);
        break;
      case "temp": {
        const v = this.values.value(i.e);
        const id = `${this.frame.id}:${i.name}`;
        const r = this.out.regFor(id);
        this.out.set(r, v.e);
        this.frame.vars.set(i.name, { k: "reg", r, type: v.type, id });
        this.out.assigned(id, v.bits);
        break;
      }
      case "guard":
      case "unguard": {
        const macro = this.ctx.macros.guards[i.name];
        const name = (i.k === "guard" ? i.acquire : i.release) ?? macro?.[i.k === "guard" ? "acquire" : "release"];
        if (name) this.calls.named(name, i.args, i.at, i.end);
        break;
      }
      case "free": {
        const name = this.ctx.macros.frees[i.name];
        if (name) this.calls.named(name, [{ k: "id", name: i.variable, at: i.at, end: i.end }], i.at, i.end);
        break;
      }
    }
  }

  private term(t: Term, to: (target: number) => number, counter: number | undefined): void {
    const { out } = this;
    if ("at" in t) out.site = this.siteAt(t.at, "end" in t ? t.end : t.at);
    switch (t.k) {
      case "goto":
        out.jump(to(t.to));
        break;
      case "branch":
        this.decide(t.cond, to(t.t), to(t.f));
        break;
      case "config": {
        const memo = out.memo(`config ${t.symbol}`, new Set(), t.symbol);
        const where = { at: t.at, end: t.at, frame: this.frame.id, negated: false };
        out.branch(num(-128), to(t.t), to(t.f), memo, where);
        break;
      }
      case "iterate": {
        // One object of each kind: the body runs once or not at all.
        const again = out.label();
        const first = out.label();
        const enter = out.label();
        const leave = out.label();
        if (t.call.k === "call") for (const a of t.call.args) this.values.value(a);
        out.branch(same(reg(counter!), num(0)), first, again);
        out.place(first);
        out.branch(num(-128), enter, leave, undefined, { at: t.at, end: t.end, frame: this.frame.id, negated: false });
        out.place(enter);
        out.set(counter!, num(1));
        out.jump(to(t.t));
        out.place(again);
        out.set(counter!, num(0));
        out.place(leave);
        out.jump(to(t.f));
        break;
      }
      case "switch": {
        const v = this.values.value(t.e);
        const e = out.temp(v.e);
        for (const c of t.cases) {
          const next = out.label();
          const low = this.values.value(c.value);
          const cond = c.hi
            ? ({
                k: "bin",
                op: "&&",
                l: { k: "bin", op: ">=", l: e, r: low.e },
                r: { k: "bin", op: "<=", l: e, r: this.values.value(c.hi).e },
              } as const)
            : same(e, low.e);
          const key = v.key === null || low.key === null ? null : `${v.key}==${low.key}`;
          const memo = key === null ? undefined : out.memo(key, v.vars, key);
          out.branch(cond, to(c.to), next, memo);
          out.place(next);
        }
        out.jump(to(t.dflt));
        break;
      }
      case "return": {
        if (t.e) {
          const v = this.values.value(t.e);
          out.set(this.frame.ret, v.e);
          out.assigned(this.frame.id, v.bits);
        }
        out.jump(this.frame.end);
        break;
      }
      case "stop":
        out.cut("the kernel stops (BUG, panic)", true);
        break;
    }
  }

  /** A condition with connectives. */
  truth(e: CExpr, t: number, f: number): void {
    if (e.k === "un" && e.op === "!") this.truth(e.e, f, t);
    else if (e.k === "bin" && (e.op === "&&" || e.op === "||")) {
      const mid = this.out.label();
      if (e.op === "&&") this.truth(e.l, mid, f);
      else this.truth(e.l, t, mid);
      this.out.place(mid);
      this.truth(e.r, t, f);
    } else this.decide(e, t, f);
  }

  /** A condition; an unknown one is remembered by its text as long as its variables keep their values. */
  decide(cond: CExpr, t: number, f: number): void {
    let [yes, no] = [t, f];
    let asked = cond;
    let v: Value;
    let key: string | null;
    const zero = (x: CExpr): boolean => (x.k === "num" && x.value === 0) || (x.k === "id" && x.name === "NULL");
    const compares = cond.k === "bin" && (cond.op === "==" || cond.op === "!=") ? cond : null;
    const subject = compares && (zero(compares.r) ? compares.l : zero(compares.l) ? compares.r : null);
    if (compares && subject) {
      // `x == 0`, `x != 0` and `x` ask one question.
      v = this.values.value(subject);
      key = v.key === null ? null : this.values.keyOf(subject).key;
      asked = subject;
      // Addresses are never NULL.
      if (v.addr) v = { ...v, e: num(1) };
      if (compares.op === "==") [yes, no] = [f, t];
    } else {
      v = this.values.value(cond);
      key = v.key;
      if (compares?.op === "!=") {
        [yes, no] = [f, t];
        v = { ...v, e: { k: "un", op: "!", e: v.e } };
        key = key === null ? null : this.values.keyOf({ ...compares, op: "==" }).key;
      }
    }
    const { code } = this.frame;
    let text = code.text(asked.at, asked.end);
    if (!subject && compares?.op === "!=") text = text.replace("!=", "==");
    const flag = questionOf(v.bits);
    const known = v.bits && !flag ? answer(v.bits, null) : null;
    let vars = v.vars;
    if (flag && v.bits && typeof v.bits.rest === "object") {
      key = flagKey(flag.of, flag.names);
      vars = v.bits.rest.vars;
    }
    if (typeof known === "boolean" && v.e.k === "num" && v.e.v === UNKNOWN) v = { ...v, e: num(known ? 1 : 0) };
    const memo = key === null ? undefined : this.out.memo(key, vars, text, flag);
    const { at, end } = cond;
    // Inside primitives it is the call's outcome that is decided, which the user's code looks at afterwards.
    const where = this.frame.shown === null ? { at, end, frame: this.frame.id, negated: yes !== t } : undefined;
    this.out.branch(v.e, yes, no, memo, where);
  }

  isStruct(type: string): boolean {
    return /\bstruct\b|\bunion\b/.test(type) && !type.includes("*") && bare(type) !== "";
  }
}

const assigned = new WeakMap<object, Set<string>>();

/** Is a parameter written, or its address taken, anywhere in the function? */
function assigns(code: Code, name: string): boolean {
  let names = assigned.get(code.ast);
  if (!names) {
    names = new Set();
    const found = names;
    walk(code.ast.body, (n) => {
      const target = n.k === "assign" ? n.l : n.k === "incdec" || (n.k === "un" && n.op === "&") ? n.e : undefined;
      if (target?.k === "id") found.add(target.name);
    });
    assigned.set(code.ast, names);
  }
  return names.has(name);
}
