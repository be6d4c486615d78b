/** The ops of one thread while they are built: registers, labels, where each op comes from. */
import { type Expr, type Op, UNKNOWN } from "../explore/model";
import { answer, type Bits, type FlagQuestion } from "./bits";
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
  /** Offsets in the function's text. */
  at: number;
  end: number;
  /** Site of the call that led into the function; absent in a thread's first one. */
  caller?: number;
  /** Of a branch: the condition as people ask it. */
  question?: string;
  /** Of a branch: where its condition stands, in which of the inlined calls, and whether "true" means that it is false. */
  cond?: { at: number; end: number; frame: string; negated: boolean };
}

/** A condition nobody knows: the variables it speaks of, and what it asks of a word of flags. */
interface Memo {
  vars: Set<string>;
  text: string;
  flag?: FlagQuestion;
  r: number;
}

/** What is only known once the whole thread was lowered. */
export interface Knowledge {
  memos: Map<string, Memo>;
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
  /** Calls that were taken to be irrelevant after a part of what they lead to was looked at. */
  unlooked: Set<string>;
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
  return {
    unlooked: new Set(),
    unmodelled: new Set(),
    assumptions: new Set(),
    cuts: [],
    bounds: new Set(),
    loops: new Set(),
    sites: [],
  };
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
  /** Assignments that only the end of the lowering can list, in the place of an op each. */
  private readonly later: (() => [number, Expr][])[] = [];
  private readonly assignments: { variable: string; bits: Bits | undefined }[] = [];
  private readonly questions = new Map<number, string>();
  private readonly named = new Map<string, number>();
  /** Once all is laid out: what an assignment to a variable concerns. */
  private concerned: Map<string, Concerned> | undefined;
  frames = 0;

  constructor(
    readonly notes: Notes,
    readonly knowledge: Knowledge,
    private readonly maxOps = MAX_OPS,
  ) {
    this.site = this.addSite({ file: "", function: "", line: 0, text: "", depth: 0, user: false, at: 0, end: 0 });
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
      at,
      end,
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

  /** Most of what a thread may have is laid out: what is open is finished, and no more is begun. */
  isFull(): boolean {
    return this.ops.length > 0.7 * this.maxOps;
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

  branch(cond: Expr, t: number, f: number, memo?: number, at?: Site["cond"]): void {
    const { site } = this;
    const text = memo === undefined ? undefined : this.questions.get(memo);
    if (text !== undefined || at)
      this.site = this.addSite({
        ...this.notes.sites[site]!,
        ...(text === undefined ? {} : { question: text }),
        ...(at ? { cond: at } : {}),
      });
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
  memo(key: string, vars: ReadonlySet<string>, text: string, flag?: FlagQuestion): number {
    let memo = this.knowledge.memos.get(key);
    if (memo) for (const v of vars) memo.vars.add(v);
    else {
      memo = { vars: new Set(vars), text, r: this.reg(), ...(flag ? { flag } : {}) };
      this.knowledge.memos.set(key, memo);
    }
    if (flag) memo.flag ??= flag;
    this.questions.set(memo.r, memo.text);
    return memo.r;
  }

  /** A variable got a new value: what was decided about it no longer binds, unless its flags say so. */
  assigned(variable: string, bits?: Bits): void {
    if (bits) this.assignments.push({ variable, bits });
    this.defer(() => this.afterAssignment(variable, bits));
  }

  /** The fields of a local struct got values: those given, and `rest` for all others. */
  assignedFields(
    struct: string,
    given: ReadonlyMap<string, { e: Expr; bits?: Bits }>,
    rest: { e: Expr; bits?: Bits },
  ): void {
    for (const [field, { bits }] of given) this.assignments.push({ variable: `${struct}.${field}`, bits });
    this.defer(() =>
      [...this.knowledge.localFields].flatMap((field) => {
        if (!field.startsWith(`${struct}.`)) return [];
        const { e, bits } = given.get(field.slice(struct.length + 1)) ?? rest;
        return [[this.regFor(field), e] as [number, Expr], ...this.afterAssignment(field, bits)];
      }),
    );
  }

  /** Leaves a place for assignments that are not known yet. */
  defer(list: () => [number, Expr][]): void {
    this.emit({ k: "set", r: -1 - this.later.length, e: num(0) });
    this.later.push(list);
  }

  private afterAssignment(variable: string, bits: Bits | undefined): [number, Expr][] {
    const out: [number, Expr][] = [];
    this.concerned ??= concernedBy(this.knowledge);
    const { memos = [], heap = [] } = this.concerned.get(variable) ?? {};
    for (const { flag, r } of memos) {
      if (flag?.of === variable) {
        const now = answer(bits, flag.names);
        if (typeof now === "boolean") out.push([r, num(now ? 1 : 2)]);
        else if (now === null) out.push([r, num(0)]);
        else {
          const other = this.knowledge.memos.get(flagKey(now.key, now.names));
          if (other?.r !== r) out.push([r, other ? { k: "reg", r: other.r } : num(0)]);
        }
      } else out.push([r, num(0)]);
    }
    for (const id of heap) out.push([this.regFor(id), num(UNKNOWN)]);
    // What is copied must not be overwritten before.
    return [...out.filter(([, e]) => e.k === "reg"), ...out.filter(([, e]) => e.k !== "reg")];
  }

  /** Questions about words that other words are made of. */
  private askWords(): void {
    const { memos } = this.knowledge;
    const todo = [...memos.values()];
    for (let memo = todo.pop(); memo; memo = todo.pop()) {
      const { flag } = memo;
      if (!flag) continue;
      for (const { variable, bits } of this.assignments) {
        if (variable !== flag.of) continue;
        const from = answer(bits, flag.names);
        if (from === null || typeof from === "boolean") continue;
        const key = flagKey(from.key, from.names);
        if (memos.has(key)) continue;
        this.memo(key, from.vars, memo.text, { of: from.key, names: from.names });
        todo.push(memos.get(key)!);
      }
    }
  }

  /** Puts in what was left out, and resolves labels. */
  finish(): { ops: Op[]; registers: number } {
    this.askWords();
    const start: number[] = [];
    const whole: Op[] = [];
    const lists = this.ops.map((op) => (op.k === "set" && op.r < 0 ? this.later[-1 - op.r]!() : null));
    // A question that another one's answer is copied from has no answer at first.
    const copied = new Set(lists.flatMap((list) => (list ?? []).flatMap(([, e]) => (e.k === "reg" ? [e.r] : []))));
    const memos = new Set([...this.knowledge.memos.values()].map((m) => m.r));
    for (const r of copied) if (memos.has(r)) whole.push({ k: "set", r, e: num(0), site: 0 });
    this.ops.forEach((op, n) => {
      start.push(whole.length);
      const list = lists[n];
      if (list) for (const [r, e] of list) whole.push({ k: "set", r, e, site: op.site });
      else whole.push(op);
    });
    if (whole.length > this.maxOps) throw new TooLarge(`more than ${this.maxOps} steps before trimming`);
    start.push(whole.length);
    const at = (label: number): number => start[this.labels[label]!]!;
    const ops = whole.map((op) =>
      op.k === "jump" ? { ...op, to: at(op.to) } : op.k === "branch" ? { ...op, t: at(op.t), f: at(op.f) } : op,
    );
    return { ops: threadJumps(ops), registers: this.registers };
  }
}

interface Concerned {
  memos: Memo[];
  heap: string[];
}

function concernedBy(knowledge: Knowledge): Map<string, Concerned> {
  const out = new Map<string, Concerned>();
  const of = (variable: string): Concerned => {
    let found = out.get(variable);
    if (!found) {
      found = { memos: [], heap: [] };
      out.set(variable, found);
    }
    return found;
  };
  for (const memo of knowledge.memos.values())
    for (const v of new Set([...memo.vars, ...(memo.flag ? [memo.flag.of] : [])])) of(v).memos.push(memo);
  for (const [id, { vars }] of knowledge.heap) for (const v of vars) of(v).heap.push(id);
  return out;
}

/** Name of the question whether any of a word's flags is set. */
export function flagKey(of: string, names: readonly string[] | null): string {
  return names === null ? of : `(${of}&${names.join("|")})`;
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
