/** The ops of one thread while they are built: registers, labels, where each op comes from. */
import { type Expr, type Op, UNKNOWN } from "../explore/model";
import type { Code } from "./code";
import { num } from "./world";

type WithoutSite<T> = T extends Op ? Omit<T, "site"> : never;
export type NewOp = WithoutSite<Op>;

/** A place that trace rows show. Steps inside primitives belong to the call that reached them. */
export interface Site {
  file: string;
  function: string;
  line: number;
  text: string;
  /** Calls between the thread's first function and this one. */
  depth: number;
  user: boolean;
  /** Site of the call that led into the function; absent in a thread's first one. */
  caller?: number;
  /** Of a branch: the condition as people ask it. */
  question?: string;
}

/** What is only known once the whole thread was lowered: gathered in a first pass, used in a second. */
export interface Knowledge {
  /** Conditions nobody knows, with the variables they speak of. */
  memos: Map<string, { vars: Set<string>; text: string }>;
  /** Fields of local structs that are used: `frame.variable.field`. */
  localFields: Set<string>;
  /** Fields of objects that only this thread knows, by register name, with the variables they are reached by. */
  heap: Map<string, { type: string; vars: Set<string> }>;
  /** `struct.field` of the user's structs that is counted up or down, in the order met, with the place. */
  counters: Map<string, number>;
}

export function newKnowledge(): Knowledge {
  return { memos: new Map(), localFields: new Set(), heap: new Map(), counters: new Map() };
}

export interface Notes {
  /** Calls that have a meaning to the model but neither body nor description: paths end there. */
  unmodelled: Set<string>;
  assumptions: Set<string>;
  /** What `cut` ops stand for, by id. */
  cuts: string[];
  /** Ids of the cuts that are bounds, or places where the kernel itself stops: nothing unknown is behind them. */
  bounds: Set<number>;
  /** Those of them that are bounds of loops. */
  loops: Set<number>;
  sites: Site[];
}

export function newNotes(): Notes {
  return { unmodelled: new Set(), assumptions: new Set(), cuts: [], bounds: new Set(), loops: new Set(), sites: [] };
}

/** Ops of one thread before it is trimmed. */
const MAX_OPS = 30_000;

/** A function whose relevant callees are too many to lay out flat. */
export class TooLarge extends Error {}

export class ThreadBuilder {
  readonly ops: Op[] = [];
  registers = 0;
  /** Site of the ops that are emitted. */
  site = 0;
  private readonly labels: number[] = [];
  private readonly memoRegs = new Map<string, number>();
  private readonly questions = new Map<number, string>();
  private readonly named = new Map<string, number>();
  frames = 0;

  constructor(
    readonly notes: Notes,
    readonly knowledge: Knowledge,
    private readonly maxOps = MAX_OPS,
  ) {
    this.site = this.addSite({ file: "", function: "", line: 0, text: "", depth: 0, user: false });
  }

  addSite(site: Site): number {
    this.notes.sites.push(site);
    return this.notes.sites.length - 1;
  }

  siteOf(code: Code, at: number, end: number, depth: number, caller?: number): number {
    return this.addSite({
      ...(caller === undefined ? {} : { caller }),
      file: code.file,
      function: code.name,
      line: code.line(at),
      text: code.text(at, end),
      depth,
      user: code.user,
    });
  }

  reg(): number {
    return this.registers++;
  }

  /** The same register for the same name. */
  regFor(name: string): number {
    let r = this.named.get(name);
    if (r === undefined) {
      r = this.reg();
      this.named.set(name, r);
    }
    return r;
  }

  emit(op: NewOp): void {
    if (this.ops.length >= this.maxOps) throw new TooLarge(`more than ${this.maxOps} steps before trimming`);
    this.ops.push({ ...op, site: this.site } as Op);
  }

  set(r: number, e: Expr): void {
    this.emit({ k: "set", r, e });
  }

  temp(e: Expr): Expr {
    if (e.k === "reg" || e.k === "num") return e;
    const r = this.reg();
    this.set(r, e);
    return { k: "reg", r };
  }

  label(): number {
    this.labels.push(-1);
    return this.labels.length - 1;
  }

  place(label: number): void {
    this.labels[label] = this.ops.length;
  }

  jump(label: number): void {
    this.emit({ k: "jump", to: label });
  }

  branch(cond: Expr, t: number, f: number, memo?: number): void {
    const { site } = this;
    const text = memo === undefined ? undefined : this.questions.get(memo);
    if (text !== undefined) this.site = this.addSite({ ...this.notes.sites[site]!, question: text });
    this.emit({ k: "branch", cond, t, f, ...(memo === undefined ? {} : { memo }) });
    this.site = site;
  }

  /** The path ends here: something is not known, or (`bound`) a limit of the model is reached. */
  cut(text: string, bound: boolean | "loop" = false): void {
    let id = this.notes.cuts.indexOf(text);
    if (id < 0) id = this.notes.cuts.push(text) - 1;
    if (bound !== false) this.notes.bounds.add(id);
    if (bound === "loop") this.notes.loops.add(id);
    this.emit({ k: "cut", id });
  }

  /** Register that remembers the answer to a question, and forgets it when its variables change. */
  memo(key: string, vars: ReadonlySet<string>, text: string): number {
    const known = this.knowledge.memos.get(key);
    if (known) for (const v of vars) known.vars.add(v);
    else this.knowledge.memos.set(key, { vars: new Set(vars), text });
    let r = this.memoRegs.get(key);
    if (r === undefined) {
      r = this.reg();
      this.memoRegs.set(key, r);
    }
    this.questions.set(r, text);
    return r;
  }

  /** A variable got a new value: what was decided about it no longer binds. */
  assigned(variable: string): void {
    for (const [key, memo] of this.knowledge.memos)
      if (memo.vars.has(variable)) this.set(this.memo(key, memo.vars, memo.text), num(0));
    for (const [id, { vars }] of this.knowledge.heap) if (vars.has(variable)) this.set(this.regFor(id), num(UNKNOWN));
  }

  /** Resolves labels. */
  finish(): { ops: Op[]; registers: number } {
    const at = (label: number): number => this.labels[label]!;
    const ops = this.ops.map((op) =>
      op.k === "jump" ? { ...op, to: at(op.to) } : op.k === "branch" ? { ...op, t: at(op.t), f: at(op.f) } : op,
    );
    return { ops: threadJumps(ops), registers: this.registers };
  }
}

/** Jumps to jumps go to where those go. */
function threadJumps(ops: Op[]): Op[] {
  const follow = (pc: number): number => {
    for (let n = 0; n < ops.length; n++) {
      const op = ops[pc];
      if (op?.k !== "jump" || op.to === pc) break;
      pc = op.to;
    }
    return pc;
  };
  return ops.map((op) =>
    op.k === "jump"
      ? { ...op, to: follow(op.to) }
      : op.k === "branch"
        ? { ...op, t: follow(op.t), f: follow(op.f) }
        : op,
  );
}
