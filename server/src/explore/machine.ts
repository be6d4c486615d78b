/** What each op does to a state. Executes in place; knows nothing of searching. */
import { bufferAt, flushStore } from "./buffers";
import { compileExpr, type Eval } from "./expression";
import { invariantsOf } from "./harms";
import { BUFFER_DEPTH, DORMANT, type Layout, layoutOf, pcOf, type State, setPc } from "./layout";
import type { Choice, MemoryModel, Model, Op, Violation } from "./model";
import { sectionAt } from "./sections";
import { compileStep, PRUNES, type Pruned, type Report, type Step, VIOLATES } from "./steps";

export type { Pruned } from "./steps";

export type Outcome = "ok" | "violation" | "pruned";

interface Check {
  e: Eval;
  harm: number;
}

export class Machine {
  readonly layout: Layout;
  readonly memory: MemoryModel;
  private readonly report: Report = {
    violation: { kind: "harm", thread: 0, subject: -1 },
    pruned: { k: "wild", site: -1 },
  };
  private readonly code: Step[][];
  /** Invariants that the op at a pc, with what is tied to it, may break. */
  private readonly checks: Check[][][];
  private readonly all: Check[];
  /** Interrupt handlers by the thread they interrupt. */
  private readonly handlers: number[][];
  /** Neither a handler nor interrupted by one. */
  private readonly plain: boolean[];

  constructor(
    readonly model: Model,
    memory: MemoryModel = "sc",
  ) {
    this.memory = memory;
    const l = layoutOf(model, memory);
    this.layout = l;
    const { report } = this;
    this.code = model.threads.map((thread, t) =>
      thread.ops.map((op, pc) => compileStep(op, pc, { model, layout: l, memory, report, thread: t })),
    );
    this.all = model.invariants.map((x) => ({ e: compileExpr(x.e, l, 0), harm: x.harm }));
    const broken = memory === "tso" ? null : invariantsOf(model);
    this.checks = model.threads.map((thread, t) =>
      thread.ops.map((_, pc) => (broken ? broken[t]![pc]!.map((i) => this.all[i]!) : this.all)),
    );
    this.handlers = model.threads.map((_, host) =>
      model.threads.flatMap((h, n) => (h.interrupts?.host === host ? [n] : [])),
    );
    this.plain = model.threads.map((t, i) => !t.interrupts && this.handlers[i]!.length === 0);
  }

  /** Set after an outcome other than "ok". */
  get violation(): Violation {
    return this.report.violation;
  }

  get pruned(): Pruned {
    return this.report.pruned;
  }

  opAt(s: State, t: number): Op | null {
    const pc = pcOf(s, t);
    return pc >= DORMANT ? null : this.model.threads[t]!.ops[pc]!;
  }

  unfinished(s: State, t: number): boolean {
    return pcOf(s, t) < DORMANT;
  }

  /** In how many ways thread `t` may go on; 0 = it waits or has ended. */
  alternatives(s: State, t: number): number {
    const pc = pcOf(s, t);
    if (pc >= DORMANT) return 0;
    if (!this.plain[t] && this.heldUp(s, t, pc)) return 0;
    const step = this.code[t]![pc]!;
    if (this.memory === "tso" && !this.mayRun(s, t, step.op)) return 0;
    return step.ways === null ? 1 : step.ways(s);
  }

  /** By an interrupt that is being handled, or, a handler, because none can come. */
  private heldUp(s: State, t: number, pc: number): boolean {
    const irq = this.model.threads[t]!.interrupts;
    if (irq && pc === 0 && (s[sectionAt(this.layout, irq.section, irq.host)]! > 0 || pcOf(s, irq.host) === DORMANT))
      return true;
    for (const h of this.handlers[t]!) {
      const at = pcOf(s, h);
      if (at > 0 && at < DORMANT) return true;
    }
    return false;
  }

  /** Under TSO most ops wait until the thread's own buffer is empty; stores need room. */
  private mayRun(s: State, t: number, op: Op): boolean {
    const fill = s[bufferAt(this.layout, t)]!;
    if (fill === 0) return true;
    switch (op.k) {
      case "store":
        return op.atomic !== true && op.live === undefined && fill < BUFFER_DEPTH;
      case "load":
      case "await":
        return op.atomic !== true && op.live === undefined;
      case "set":
      case "jump":
      case "branch":
      case "choose":
      case "assert":
        return true;
      default:
        return false;
    }
  }

  canFlush(s: State, t: number): boolean {
    return this.memory === "tso" && s[bufferAt(this.layout, t)]! > 0;
  }

  /** Executes one choice in place, with the ops tied to it by `atomic`. */
  execute(s: State, choice: Choice): Outcome {
    if (!choice.flush) return this.run(s, choice.thread, choice.alt);
    flushStore(s, this.layout, choice.thread);
    return this.check(s, choice.thread, this.all);
  }

  /** The same for a thread that takes a step of its own. */
  run(s: State, t: number, alt: number): Outcome {
    const code = this.code[t]!;
    const first = pcOf(s, t);
    if (first >= DORMANT) return "ok";
    // A fork inside an atomic sequence takes its first way: builders keep unknowns out of them.
    for (let pc = first, way = alt; ; way = 0) {
      const step = code[pc]!;
      const next = step.run(s, way);
      if (next === VIOLATES) return "violation";
      if (next === PRUNES) return "pruned";
      setPc(s, t, next);
      if (step.op.atomic !== true || next >= DORMANT) break;
      pc = next;
    }
    const checks = this.checks[t]![first]!;
    return checks.length === 0 ? "ok" : this.check(s, t, checks);
  }

  private check(s: State, t: number, checks: readonly Check[]): Outcome {
    for (const i of checks)
      if (i.e(s) === 0) {
        this.report.violation = { kind: "harm", thread: t, subject: i.harm };
        return "violation";
      }
    return "ok";
  }
}
