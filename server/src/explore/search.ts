/**
 * Explicit-state search in the order of context switches, then steps. An empty queue is a proof
 * within the bounds; the first violation taken has the fewest switches.
 */
import { type Footprints, footprints } from "./footprint";
import { initialState, pcOf, type State } from "./layout";
import { Machine, type Pruned } from "./machine";
import type { Choice, MemoryModel, Model, Violation } from "./model";
import { CostQueue, Nodes } from "./nodes";
import { Reduction } from "./reduction";
import { StateStore } from "./store";

export interface SearchOptions {
  /** Leave out interleavings that cannot matter. Default true; off only to check that they do not. */
  reduce?: boolean;
  memory?: MemoryModel;
  /** Paths with more context switches are not followed; the result says if there were any. */
  switchBound?: number;
  /** Default 200,000. A search that reaches it proves nothing. */
  maxStates?: number;
  /** Sites whose execution is to be noted. */
  watch?: ReadonlySet<number>;
  /** Only violations count where the first thread stands at one of these sites, or has ended. */
  counts?: ReadonlySet<number>;
  /** Of a model that differs in nothing but what is assumed. */
  footprints?: Footprints;
}

export interface SearchResult {
  violation: Violation | null;
  /** Of the counterexample, else 0. */
  switches: number;
  steps: number;
  schedule: Choice[];
  states: number;
  transitions: number;
  /** What kept the search from being complete, in the order met. */
  overflow: boolean;
  wild: boolean;
  /** Sites of the steps that were given up for these two. */
  lost: Set<number>;
  cuts: number[];
  capped: boolean;
  bounded: boolean;
  /** Watched sites that some explored path executed. */
  seen: Set<number>;
  /** Threads that some explored path brought to their end. */
  ended: Set<number>;
}

/** The result of a search that has not looked at anything. */
export function nothingFound(): SearchResult {
  return {
    violation: null,
    switches: 0,
    steps: 0,
    schedule: [],
    states: 0,
    transitions: 0,
    overflow: false,
    wild: false,
    lost: new Set(),
    cuts: [],
    capped: false,
    bounded: false,
    seen: new Set(),
    ended: new Set(),
  };
}

/** A state to work on, as bytes and as the words that it is stored in. */
interface Scratch {
  s: State;
  words: Int32Array;
}

/** A state on the way of a chain: ways taken since the first step, which stands first. */
interface Pending {
  at: Scratch;
  alts: number[];
  forks: number;
  /** A step that others notice is still to come. */
  owes: boolean;
}

/** What was found at the least cost so far: how to get there from a stored state. */
interface Best {
  switches: number;
  steps: number;
  parent: number;
  first: number;
  alts: number[];
}

/** Chains of fused steps end after this many, so that a thread that loops alone starves nobody. */
const MAX_CHAIN = 200;
/** A chain forks at most so often: what it leads to grows with the power of two. */
const MAX_FORKS = 5;

/** A choice as a number. */
const FLUSH = 8;
const codeOf = (thread: number, alt: number): number => thread | (alt << 4);
const choiceOf = (code: number): Choice => ({ thread: code & 7, alt: code >> 4, flush: (code & FLUSH) !== 0 });

/** A search that can be advanced in slices. */
export class Search {
  readonly machine: Machine;
  readonly foot: Footprints;
  private readonly store: StateStore;
  private readonly nodes = new Nodes();
  private readonly queue = new CostQueue();
  /** Null: every interleaving is looked at. */
  private readonly reduction: Reduction | null;
  private readonly o: Required<Pick<SearchOptions, "switchBound" | "maxStates">> &
    Pick<SearchOptions, "watch" | "counts">;
  private readonly out: SearchResult;
  private best: Best | null = null;
  private finished = false;
  private readonly spare: Scratch[] = [];
  private readonly pending: Pending[] = [];
  private readonly from: Scratch;
  private readonly key: Scratch;
  // Of the state that is being expanded.
  private parent = -1;
  private switches = 0;
  private steps = 0;

  constructor(model: Model, options: SearchOptions = {}) {
    this.machine = new Machine(model, options.memory ?? "sc");
    this.foot = options.footprints ?? footprints(model);
    // Store buffers give every store a life of its own; no reduction is claimed for them.
    const reduce = (options.reduce ?? true) && this.machine.memory === "sc";
    this.reduction = reduce ? new Reduction(this.machine, this.foot) : null;
    this.o = {
      switchBound: options.switchBound ?? Number.POSITIVE_INFINITY,
      maxStates: options.maxStates ?? 200_000,
      watch: options.watch,
      counts: options.counts,
    };
    this.from = this.take();
    this.key = this.take();
    this.store = new StateStore(this.key.words.length);
    this.out = nothingFound();
    this.from.s.set(initialState(model, this.machine.layout));
    this.add(this.from, -1, 0, 0, -1);
  }

  /** Expands up to `count` states; true when the search is over. */
  step(count: number): boolean {
    for (let n = 0; n < count && !this.finished; n++) this.advance();
    return this.finished;
  }

  run(): SearchResult {
    while (!this.step(1 << 20));
    return this.result();
  }

  result(): SearchResult {
    return this.out;
  }

  private advance(): void {
    const id = this.out.capped ? -1 : this.queue.pop();
    const { switches, steps } = this.queue;
    const { best, nodes } = this;
    // Nothing left, or nothing cheaper than the violation at hand.
    if (id < 0 || (best && (best.switches < switches || (best.switches === switches && best.steps <= steps)))) {
      this.finish();
      return;
    }
    // A cheaper way was found meanwhile, or it was the cheaper one.
    if (nodes.expanded(id) || nodes.switches(id) !== switches || nodes.steps(id) !== steps) return;
    nodes.expand(id);
    this.expand(id, switches, steps);
  }

  private expand(id: number, cost: number, steps: number): void {
    const { machine, from } = this;
    this.store.read(id, from.words);
    const { s } = from;
    const last = s[machine.layout.size]! - 1;
    this.parent = id;
    this.steps = steps;
    let enabled = false;
    let waiting = -1;
    for (let t = 0; t < machine.layout.threads; t++) {
      this.switches = cost;
      if (machine.canFlush(s, t)) {
        enabled = true;
        this.drain(t, last);
      }
      const ways = machine.alternatives(s, t);
      if (ways === 0) {
        if (machine.unfinished(s, t) && !this.idle(s, t)) waiting = t;
        continue;
      }
      enabled = true;
      if (last >= 0 && last !== t) this.switches++;
      if (this.switches > this.o.switchBound) {
        this.out.bounded = true;
        continue;
      }
      const owes = this.owes(s, t);
      const start: Pending = { at: from, alts: [], forks: 0, owes };
      for (let alt = 0; alt < ways; alt++) {
        this.go(start, t, alt, false);
        this.follow(t);
      }
    }
    this.switches = cost;
    if (!enabled && waiting >= 0) this.violate({ kind: "deadlock", thread: waiting, subject: -1 }, s, 0, []);
  }

  /** A handler whose interrupt has not come is not stuck. */
  private idle(s: State, t: number): boolean {
    return this.machine.model.threads[t]!.interrupts !== undefined && pcOf(s, t) === 0;
  }

  /** A thread that does only what nobody notices need not have been switched to: it can do that when it goes on. */
  private owes(s: State, t: number): boolean {
    return this.reduction !== null && !(this.o.counts && t === 0) && this.reduction.independent(s, t);
  }

  /** The oldest store of a buffer reaches memory. */
  private drain(t: number, last: number): void {
    const at = this.copy(this.from);
    this.out.transitions++;
    const outcome = this.machine.execute(at.s, { thread: t, alt: 0, flush: true });
    if (outcome === "violation") this.violate(this.machine.violation, at.s, codeOf(t, 0) | FLUSH, [0]);
    else this.add(at, this.parent, codeOf(t, 0) | FLUSH, this.steps + 1, last);
    this.spare.push(at);
  }

  /** What may be fused to the first step; forks are followed one by one. */
  private follow(t: number): void {
    for (let p = this.pending.pop(); p; p = this.pending.pop()) {
      const ways = this.straight(p, t);
      if (ways === 0) {
        this.land(p.at, t, p.alts);
        this.spare.push(p.at);
      } else if (ways > 0) {
        if (ways > 1) p.forks++;
        for (let alt = 0; alt < ways; alt++) this.go(p, t, alt, alt === ways - 1);
      }
    }
  }

  /**
   * Goes on while there is one way only. Returns in how many ways the next step is to be taken, 0: the chain ends here,
   * -1: it is over.
   */
  private straight(p: Pending, t: number): number {
    const { machine, reduction, out } = this;
    const { watch } = this.o;
    const { s } = p.at;
    for (;;) {
      const ways = machine.alternatives(s, t);
      if (ways === 0 || reduction === null || p.alts.length >= MAX_CHAIN || (ways > 1 && p.forks >= MAX_FORKS))
        return 0;
      if (!reduction.independent(s, t)) {
        if (!p.owes) return 0;
        p.owes = false;
      }
      const op = machine.opAt(s, t)!;
      if (ways > 1 || op.atomic === true || op.k === "stop") return ways;
      out.transitions++;
      if (watch?.has(op.site)) out.seen.add(op.site);
      const outcome = machine.run(s, t, 0);
      if (outcome === "ok") p.alts.push(0);
      else {
        this.failed(p, p.at, t, 0, outcome);
        this.spare.push(p.at);
        return -1;
      }
    }
  }

  /** One step. `own`: nobody else needs what it starts from. */
  private go(p: Pending, t: number, alt: number, own: boolean): void {
    const { machine, out } = this;
    out.transitions++;
    const op = machine.opAt(p.at.s, t)!;
    const at = this.copy(p.at);
    const outcome = machine.run(at.s, t, alt);
    if (this.o.watch?.has(op.site)) out.seen.add(op.site);
    if (outcome === "ok") {
      if (op.k === "stop") out.ended.add(t);
      this.pending.push({ at, alts: [...p.alts, alt], forks: p.forks, owes: p.owes });
    } else {
      this.failed(p, at, t, alt, outcome);
      this.spare.push(at);
    }
    if (own) this.spare.push(p.at);
  }

  /** A step of a chain that ended badly, and the state it left. */
  private failed(p: Pending, at: Scratch, t: number, alt: number, outcome: "violation" | "pruned"): void {
    const { machine } = this;
    if (outcome === "violation") {
      const alts = [...p.alts, alt];
      this.violate(machine.violation, at.s, codeOf(t, alts[0]!), alts);
    } else {
      this.prune(machine.pruned);
      // The path ends here for this thread's sake; the others may still go on from the state before, which a single op
      // that is given up leaves as it was.
      if (p.alts.length > 0) this.land(p.at, t, p.alts);
    }
  }

  private land(at: Scratch, t: number, alts: readonly number[]): void {
    this.add(at, this.parent, codeOf(t, alts[0]!), this.steps + alts.length, t);
  }

  private prune(p: Pruned): void {
    if (p.k !== "cut") this.out.lost.add(p.site);
    if (p.k === "overflow") this.out.overflow = true;
    else if (p.k === "wild") this.out.wild = true;
    else if (!this.out.cuts.includes(p.id)) this.out.cuts.push(p.id);
  }

  /** `alts`: since the stored state, the way of the first choice included. */
  private violate(v: Violation, s: State, first: number, alts: number[]): void {
    if (this.o.counts) {
      const op = this.machine.opAt(s, 0);
      if (op && !this.o.counts.has(op.site)) return;
    }
    const old = this.best;
    const { switches, parent } = this;
    const steps = this.steps + alts.length;
    if (old && (old.switches < switches || (old.switches === switches && old.steps <= steps))) return;
    this.best = { switches, steps, parent, first, alts };
    this.out.violation = { ...v };
  }

  private add(at: Scratch, parent: number, first: number, steps: number, last: number): void {
    const { key, nodes, store, switches } = this;
    for (let i = 0; i < key.words.length; i++) key.words[i] = at.words[i]!;
    if (this.reduction && last >= 0) this.reduction.forget(key.s, last);
    key.s[this.machine.layout.size] = last + 1;
    const id = store.insert(key.words);
    if (store.added) {
      if (store.count > this.o.maxStates) this.out.capped = true;
    } else {
      const old = nodes.switches(id);
      // Costs are taken in order, so a state that was expanded had its least cost already.
      if (old < switches || (old === switches && nodes.steps(id) <= steps) || nodes.expanded(id)) return;
    }
    nodes.set(id, parent, first, switches, steps);
    this.queue.push(id, switches, steps);
  }

  private take(): Scratch {
    const known = this.spare.pop();
    if (known) return known;
    // One byte more than the state: who ran last.
    const words = new Int32Array((this.machine.layout.size + 4) >> 2);
    return { words, s: new Uint8Array(words.buffer) };
  }

  private copy(from: Scratch): Scratch {
    const to = this.take();
    const a = from.words;
    const b = to.words;
    for (let i = 0; i < a.length; i++) b[i] = a[i]!;
    return to;
  }

  private finish(): void {
    this.finished = true;
    const { out, best } = this;
    out.states = this.store.count;
    if (!best) return;
    out.switches = best.switches;
    out.steps = best.steps;
    const { thread } = choiceOf(best.first);
    const rest = best.alts.slice(1).map((alt): Choice => ({ thread, alt, flush: false }));
    out.schedule = [...this.pathTo(best.parent), ...(best.alts.length > 0 ? [choiceOf(best.first)] : []), ...rest];
  }

  /** Runs the chains again from the start, each to the state that its node stands for. */
  private pathTo(id: number): Choice[] {
    const line: number[] = [];
    for (let n = id; n >= 0; n = this.nodes.parent(n)) line.push(n);
    line.reverse();
    const out: Choice[] = [];
    for (let i = 1; i < line.length; i++) out.push(...this.link(line[i - 1]!, line[i]!));
    return out;
  }

  private link(parent: number, child: number): Choice[] {
    const { machine, nodes } = this;
    const { size } = machine.layout;
    const steps = nodes.steps(child) - nodes.steps(parent);
    const first = choiceOf(nodes.first(child));
    const load = (id: number): State => {
      const at = this.take();
      this.store.read(id, at.words);
      return at.s.slice(0, size);
    };
    const goal = load(child);
    const stack: { s: State; path: Choice[]; forks: number }[] = [{ s: load(parent), path: [], forks: 0 }];
    for (let p = stack.pop(); p; p = stack.pop()) {
      const { s, path } = p;
      if (path.length === steps) {
        if (!first.flush) this.reduction?.forget(s, first.thread);
        if (s.every((byte, i) => byte === goal[i])) return path;
        continue;
      }
      const ways = path.length === 0 ? 1 : machine.alternatives(s, first.thread);
      const forks = p.forks + (ways > 1 ? 1 : 0);
      if (forks > MAX_FORKS) continue;
      for (let alt = ways - 1; alt >= 0; alt--) {
        const choice = path.length === 0 ? first : { thread: first.thread, alt, flush: false };
        const next = s.slice();
        if (machine.execute(next, choice) === "ok") stack.push({ s: next, path: [...path, choice], forks });
      }
    }
    throw new Error("a path of the search cannot be run again");
  }
}

export function search(model: Model, options: SearchOptions = {}): SearchResult {
  return new Search(model, options).run();
}
