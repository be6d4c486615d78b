/**
 * Explicit-state search in the order of context switches, then steps. An empty queue is a proof
 * within the bounds; the first violation taken has the fewest switches.
 */
import { type Footprints, footprints } from "./footprint";
import { DORMANT, FINISHED, initialState, pcOf, type State } from "./layout";
import { Machine, type Pruned } from "./machine";
import type { Choice, MemoryModel, Model, Violation } from "./model";
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

interface Node {
  parent: number;
  actor: Choice | null;
  switches: number;
  steps: number;
  last: number;
  expanded: boolean;
}

/** The choices of a chain, the last one first. */
interface Path {
  choice: Choice;
  before: Path | null;
  length: number;
}

/** A state on the way of a chain. */
interface Pending {
  s: State;
  path: Path | null;
  forks: number;
}

const lengthOf = (path: Path | null): number => path?.length ?? 0;

function choicesOf(path: Path | null): Choice[] {
  const out: Choice[] = [];
  for (let p = path; p; p = p.before) out.push(p.choice);
  return out.reverse();
}

/** Chains of fused steps end after this many, so that a thread that loops alone starves nobody. */
const MAX_CHAIN = 200;
/** A chain forks at most so often: what it leads to grows with the power of two. */
const MAX_FORKS = 5;

/** A search that can be advanced in slices. */
export class Search {
  readonly machine: Machine;
  readonly foot: Footprints;
  private readonly store: StateStore;
  private readonly nodes: Node[] = [];
  private readonly queue: number[][][] = [];
  private readonly reduce: boolean;
  private readonly o: Required<Pick<SearchOptions, "switchBound" | "maxStates">> &
    Pick<SearchOptions, "watch" | "counts">;
  private readonly out: SearchResult;
  private best: { switches: number; steps: number; parent: number; path: Path | null } | null = null;
  private bucket = 0;
  /** Steps below which nothing waits in the bucket. */
  private row = 0;
  private finished = false;
  private readonly key: State;

  constructor(model: Model, options: SearchOptions = {}) {
    this.machine = new Machine(model, options.memory ?? "sc");
    // Store buffers give every store a life of its own; no reduction is claimed for them.
    this.reduce = (options.reduce ?? true) && this.machine.memory === "sc";
    this.foot = options.footprints ?? footprints(model);
    this.o = {
      switchBound: options.switchBound ?? Number.POSITIVE_INFINITY,
      maxStates: options.maxStates ?? 200_000,
      watch: options.watch,
      counts: options.counts,
    };
    const size = this.machine.layout.size;
    this.store = new StateStore(size + 1);
    this.key = new Uint8Array(size + 1);
    this.out = nothingFound();
    const first = initialState(model, this.machine.layout);
    this.add(first, { parent: -1, actor: null, switches: 0, steps: 0, last: -1, expanded: false });
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
    const id = this.pop();
    if (id < 0 || this.out.capped) {
      this.finish();
      return;
    }
    const node = this.nodes[id]!;
    if (node.expanded) return;
    node.expanded = true;
    this.expand(id, node);
  }

  /** The cheapest waiting node, or -1: nothing left, or nothing cheaper than the violation at hand. */
  private pop(): number {
    for (; this.bucket < this.queue.length; this.bucket++, this.row = 0) {
      const rows = this.queue[this.bucket] ?? [];
      // What is added while a row is worked off costs no fewer steps.
      for (let steps = this.row; steps < rows.length; steps++) {
        this.row = steps;
        const row = rows[steps];
        if (!row || row.length === 0) continue;
        if (
          this.best &&
          (this.best.switches < this.bucket || (this.best.switches === this.bucket && this.best.steps <= steps))
        )
          return -1;
        const id = row.pop()!;
        const node = this.nodes[id]!;
        // A cheaper way was found meanwhile.
        if (node.switches === this.bucket && node.steps === steps && !node.expanded) return id;
        steps--;
      }
    }
    return -1;
  }

  private expand(id: number, node: Node): void {
    const n = this.machine.layout.threads;
    const from = this.load(id);
    let enabled = false;
    let waiting = -1;
    for (let t = 0; t < n; t++) {
      const switches = node.switches + (node.last >= 0 && node.last !== t ? 1 : 0);
      if (this.machine.canFlush(from, t)) {
        enabled = true;
        this.chain(from, { thread: t, alt: 0, flush: true }, id, { ...node, switches: node.switches });
      }
      const ways = this.machine.alternatives(from, t);
      if (ways === 0) {
        if (this.machine.unfinished(from, t) && !this.idle(from, t)) waiting = t;
        continue;
      }
      enabled = true;
      if (switches > this.o.switchBound) {
        this.out.bounded = true;
        continue;
      }
      for (let alt = 0; alt < ways; alt++)
        this.chain(from, { thread: t, alt, flush: false }, id, { ...node, switches });
    }
    if (!enabled && waiting >= 0)
      this.violate({ kind: "deadlock", thread: waiting, subject: -1 }, from, node.switches, node.steps, id, null);
  }

  /** A handler whose interrupt has not come is not stuck. */
  private idle(s: State, t: number): boolean {
    return this.machine.model.threads[t]!.interrupts !== undefined && pcOf(s, t) === 0;
  }

  private load(id: number): State {
    const s = new Uint8Array(this.machine.layout.size);
    this.store.read(id, this.key);
    s.set(this.key.subarray(0, s.length));
    return s;
  }

  /** One step and what may be fused to it; forks of fused steps are followed one by one. */
  private chain(from: State, first: Choice, parent: number, at: Node): void {
    const pending: Pending[] = [];
    this.run1({ s: from, path: null, forks: 0 }, first, parent, at, pending, false);
    for (let p = pending.pop(); p; p = pending.pop()) {
      const t = first.thread;
      const ways = this.machine.alternatives(p.s, t);
      if (first.flush || ways === 0 || !this.reduce || this.longEnough(p, ways) || !this.independent(p.s, t)) {
        this.land(p.s, lengthOf(p.path), parent, at, first);
        continue;
      }
      const forked = { ...p, forks: p.forks + (ways > 1 ? 1 : 0) };
      for (let alt = 0; alt < ways; alt++)
        this.run1(forked, { thread: t, alt, flush: false }, parent, at, pending, alt === ways - 1);
    }
  }

  private longEnough(p: Pending, ways: number): boolean {
    return lengthOf(p.path) >= MAX_CHAIN || (ways > 1 && p.forks >= MAX_FORKS);
  }

  /** `own`: nobody else needs the state that the step starts from. */
  private run1(from: Pending, choice: Choice, parent: number, at: Node, pending: Pending[], own: boolean): void {
    const { path } = from;
    this.out.transitions++;
    const op = choice.flush ? null : this.machine.opAt(from.s, choice.thread);
    const s = own && op?.atomic !== true ? from.s : from.s.slice();
    const outcome = this.machine.execute(s, choice);
    const longer: Path = { choice, before: path, length: lengthOf(path) + 1 };
    if (op && this.o.watch?.has(op.site)) this.out.seen.add(op.site);
    if (outcome === "violation")
      this.violate(this.machine.violation, s, at.switches, at.steps + longer.length, parent, longer);
    else if (outcome === "ok") {
      if (op?.k === "stop") this.out.ended.add(choice.thread);
      pending.push({ s, path: longer, forks: from.forks });
    } else {
      this.prune(this.machine.pruned);
      // The path ends here for this thread's sake; the others may still go on from the state before, which a single op
      // that is given up leaves as it was.
      if (path) this.land(from.s, path.length, parent, at, choicesOf(path)[0]!);
    }
  }

  private land(s: State, steps: number, parent: number, at: Node, first: Choice): void {
    const last = first.flush ? at.last : first.thread;
    this.add(s, {
      parent,
      actor: first,
      switches: at.switches,
      steps: at.steps + steps,
      last,
      expanded: false,
    });
  }

  private prune(p: Pruned): void {
    if (p.k !== "cut") this.out.lost.add(p.site);
    if (p.k === "overflow") this.out.overflow = true;
    else if (p.k === "wild") this.out.wild = true;
    else if (!this.out.cuts.includes(p.id)) this.out.cuts.push(p.id);
  }

  private violate(v: Violation, s: State, switches: number, steps: number, parent: number, path: Path | null): void {
    if (this.o.counts) {
      const op = this.machine.opAt(s, 0);
      if (op && !this.o.counts.has(op.site)) return;
    }
    const old = this.best;
    if (old && (old.switches < switches || (old.switches === switches && old.steps <= steps))) return;
    this.best = { switches, steps, parent, path };
    this.out.violation = { ...v };
  }

  private add(s: State, node: Node): void {
    this.key.set(s);
    if (this.reduce) this.clearDead(this.key);
    this.key[s.length] = node.last + 1;
    const id = this.store.insert(this.key);
    if (this.store.added) {
      if (this.store.count > this.o.maxStates) this.out.capped = true;
      this.nodes.push(node);
    } else {
      const old = this.nodes[id]!;
      if (old.switches < node.switches || (old.switches === node.switches && old.steps <= node.steps)) return;
      // Costs are taken in order, so a node that was expanded had its least cost already.
      if (old.expanded) return;
      this.nodes[id] = node;
    }
    this.queue[node.switches] ??= [];
    const row = this.queue[node.switches]!;
    row[node.steps] ??= [];
    row[node.steps]!.push(id);
  }

  private clearDead(s: State): void {
    const { layout } = this.machine;
    for (let t = 0; t < layout.threads; t++) {
      const pc = pcOf(s, t);
      const regs = layout.regs[t]!;
      if (pc >= DORMANT) s.fill(0, regs, regs + this.machine.model.threads[t]!.registers);
      else for (const r of this.foot.dead[t]![pc]!) s[regs + r] = 0;
    }
  }

  /** May the next op of `t` come before or after anything the others may still do? */
  private independent(s: State, t: number): boolean {
    const pc = pcOf(s, t);
    const { words, reads, writes, futureReads, futureWrites } = this.foot;
    const r = reads[t]![pc]!;
    const w = writes[t]![pc]!;
    for (let u = 0; u < this.machine.layout.threads; u++) {
      if (u === t) continue;
      let at = pcOf(s, u);
      if (at === FINISHED) continue;
      if (at === DORMANT) at = 0;
      const fr = futureReads[u]![at]!;
      const fw = futureWrites[u]![at]!;
      for (let i = 0; i < words; i++) if (w[i]! & (fr[i]! | fw[i]!) || r[i]! & fw[i]!) return false;
    }
    return true;
  }

  private finish(): void {
    this.finished = true;
    const { out, best } = this;
    out.states = this.store.count;
    if (!best) return;
    out.switches = best.switches;
    out.steps = best.steps;
    out.schedule = [...this.pathTo(best.parent), ...choicesOf(best.path)];
  }

  /** Runs the chains again from the start, each to the state that its node stands for. */
  private pathTo(id: number): Choice[] {
    const line: number[] = [];
    for (let n = id; n >= 0; n = this.nodes[n]!.parent) line.push(n);
    line.reverse();
    const out: Choice[] = [];
    for (let i = 1; i < line.length; i++) out.push(...this.link(line[i - 1]!, line[i]!));
    return out;
  }

  private link(parent: number, child: number): Choice[] {
    const node = this.nodes[child]!;
    const steps = node.steps - this.nodes[parent]!.steps;
    this.store.read(child, this.key);
    const goal = this.key.slice(0, this.machine.layout.size);
    const first = node.actor!;
    const stack: Pending[] = [{ s: this.load(parent), path: null, forks: 0 }];
    for (let p = stack.pop(); p; p = stack.pop()) {
      const { path } = p;
      if (lengthOf(path) === steps) {
        const shown = p.s.slice();
        if (this.reduce) this.clearDead(shown);
        if (shown.every((byte, i) => byte === goal[i])) return choicesOf(path);
        continue;
      }
      const ways = first.flush ? 1 : this.machine.alternatives(p.s, first.thread);
      if (path && this.longEnough(p, ways)) continue;
      const forks = p.forks + (path && ways > 1 ? 1 : 0);
      for (let alt = ways - 1; alt >= 0; alt--) {
        const choice = path === null ? first : { thread: first.thread, alt, flush: false };
        const s = p.s.slice();
        if (this.machine.execute(s, choice) === "ok")
          stack.push({ s, path: { choice, before: path, length: lengthOf(path) + 1 }, forks });
        if (path === null) break;
      }
    }
    throw new Error("a path of the search cannot be run again");
  }
}

export function search(model: Model, options: SearchOptions = {}): SearchResult {
  return new Search(model, options).run();
}
