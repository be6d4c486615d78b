/** What each op does to a state. Executes in place; knows nothing of searching. */
import { type Compiled, compileOp } from "./compiled";
import { grantable, lockAt, ownConflict, take } from "./holds";
import {
  BUFFER_DEPTH,
  compileExpr,
  DORMANT,
  type Eval,
  FINISHED,
  type Layout,
  layoutOf,
  OVERFLOW,
  pcOf,
  type State,
  setPc,
  signed,
  WRITE_HOLD,
} from "./layout";
import {
  type Choice,
  type MemoryModel,
  type Model,
  type Op,
  type Ref,
  UNKNOWN,
  type Violation,
  type ViolationKind,
} from "./model";

/** Why a path is not followed further. */
export type Pruned = { k: "overflow"; site: number } | { k: "wild"; site: number } | { k: "cut"; id: number };

export type Outcome = "ok" | "violation" | "pruned";

export class Machine {
  readonly layout: Layout;
  readonly memory: MemoryModel;
  /** Set after an outcome other than "ok". */
  violation: Violation = { kind: "harm", thread: 0, subject: -1 };
  pruned: Pruned = { k: "wild", site: -1 };
  private readonly code: Compiled[][];
  private readonly invariants: { e: Eval; harm: number }[];
  /** Interrupt handlers by the thread they interrupt. */
  private readonly handlers: number[][];

  constructor(
    readonly model: Model,
    memory: MemoryModel = "sc",
  ) {
    this.memory = memory;
    const l = layoutOf(model, memory);
    this.layout = l;
    this.code = model.threads.map((t, i) => {
      const regs = l.regs[i]!;
      return t.ops.map((op) => compileOp(op, l, regs));
    });
    this.invariants = model.invariants.map((x) => ({ e: compileExpr(x.e, l, 0), harm: x.harm }));
    this.handlers = model.threads.map((_, host) =>
      model.threads.flatMap((h, n) => (h.interrupts?.host === host ? [n] : [])),
    );
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
    const thread = this.model.threads[t]!;
    const irq = thread.interrupts;
    if (irq && pc === 0 && (s[this.sectionAt(irq.section, irq.host)]! > 0 || pcOf(s, irq.host) === DORMANT)) return 0;
    for (const h of this.handlers[t]!) {
      const at = pcOf(s, h);
      if (at > 0 && at < DORMANT) return 0;
    }
    const c = this.code[t]![pc]!;
    if (this.memory === "tso" && !this.mayRun(s, t, c)) return 0;
    return this.ways(s, t, c);
  }

  private ways(s: State, t: number, c: Compiled): number {
    const op = c.op;
    switch (op.k) {
      case "await": {
        const cell = this.resolve(s, op.from, c.index);
        if (cell < 0) return 1;
        // The condition looks at the register that will hold the value.
        const at = c.regs + op.r;
        const old = s[at]!;
        s[at] = this.read(s, t, cell);
        const ok = c.e!(s);
        s[at] = old;
        return ok === 0 ? 0 : 1;
      }
      case "branch":
        if (op.assume !== undefined) return 1;
        return c.e!(s) === UNKNOWN && (op.memo === undefined || s[c.regs + op.memo] === 0) ? 2 : 1;
      case "choose":
        return op.values.length;
      case "acquire": {
        const lock = this.resolve(s, op.lock, c.index);
        if (lock < 0 || ownConflict(s, this.layout, t, lock, op.mode)) return 1;
        if (grantable(s, this.layout, t, lock, op.mode)) return 1;
        const waits = s[lockAt(this.layout, lock)]!;
        const queues = op.mode === "write" && this.model.locks[lock]!.kind === "rwsem";
        return queues && !(waits & (1 << t)) ? 1 : 0;
      }
      case "settle":
        return s[this.sectionAt(op.section, t) + 1] === 0 ? 1 : 0;
      default:
        return 1;
    }
  }

  /** Under TSO most ops wait until the thread's own buffer is empty; stores need room. */
  private mayRun(s: State, t: number, c: Compiled): boolean {
    const op = c.op;
    const fill = s[this.layout.buffers + t * this.layout.bufferStride]!;
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
    return this.memory === "tso" && s[this.layout.buffers + t * this.layout.bufferStride]! > 0;
  }

  /** Executes one choice in place, with the ops tied to it by `atomic`. */
  execute(s: State, choice: Choice): Outcome {
    if (choice.flush) {
      this.flush(s, choice.thread);
      return this.check(s, choice.thread);
    }
    let alt = choice.alt;
    for (;;) {
      const op = this.opAt(s, choice.thread);
      if (op === null) return "ok";
      const outcome = this.one(s, choice.thread, alt);
      if (outcome !== "ok" || op.atomic !== true) return outcome === "ok" ? this.check(s, choice.thread) : outcome;
      // A fork inside an atomic sequence takes its first way: builders keep unknowns out of them.
      alt = 0;
    }
  }

  private check(s: State, t: number): Outcome {
    for (const i of this.invariants) if (i.e(s) === 0) return this.fail("harm", t, i.harm);
    return "ok";
  }

  private one(s: State, t: number, alt: number): Outcome {
    const pc = pcOf(s, t);
    const c = this.code[t]![pc]!;
    const op = c.op;
    let next = pc + 1;
    switch (op.k) {
      case "set": {
        const v = c.e!(s);
        if (v === OVERFLOW) return this.overflow(op);
        s[c.regs + op.r] = v;
        break;
      }
      case "load":
      case "await": {
        const cell = this.resolve(s, op.from, c.index);
        if (cell < 0) return this.wild(op);
        const dead = this.dead(s, t, op, c);
        if (dead) return dead;
        s[c.regs + op.r] = this.read(s, t, cell);
        break;
      }
      case "store": {
        const cell = this.resolve(s, op.to, c.index);
        if (cell < 0) return this.wild(op);
        const dead = this.dead(s, t, op, c);
        if (dead) return dead;
        const v = c.e!(s);
        if (v === OVERFLOW) return this.overflow(op);
        if (this.memory === "tso" && op.atomic !== true && op.live === undefined) this.push(s, t, cell, v);
        else s[this.layout.cells + cell] = v;
        break;
      }
      case "rmw":
      case "compareSwap": {
        const outcome = this.readModifyWrite(s, t, op, c);
        if (outcome !== "ok") return outcome;
        break;
      }
      case "touch": {
        const dead = this.dead(s, t, op, c);
        if (dead) return dead;
        break;
      }
      case "free": {
        const cell = this.resolve(s, op.live, c.liveIndex);
        if (cell < 0) return this.wild(op);
        const at = this.layout.cells + cell;
        if (s[at] === 0) return this.fail("double-free", t, cell);
        s[at] = 0;
        break;
      }
      case "jump":
        next = op.to;
        break;
      case "branch": {
        let v = c.e!(s);
        if (v === OVERFLOW) return this.overflow(op);
        if (v === UNKNOWN) {
          const kept = op.memo === undefined ? 0 : s[c.regs + op.memo]!;
          v = kept === 0 ? Number(op.assume ?? alt === 0) : kept === 1 ? 1 : 0;
          if (op.memo !== undefined) s[c.regs + op.memo] = v ? 1 : 2;
        }
        next = v !== 0 ? op.t : op.f;
        break;
      }
      case "choose":
        s[c.regs + op.r] = op.values[alt]!;
        break;
      case "assert": {
        const v = c.e!(s);
        if (v === 0) return this.fail("harm", t, op.harm);
        if (v === OVERFLOW) return this.overflow(op);
        break;
      }
      case "acquire":
      case "try":
      case "release":
      case "downgrade": {
        const outcome = this.lockOp(s, t, op, c);
        if (outcome === "wait") return "ok";
        if (outcome !== "ok") return outcome;
        break;
      }
      case "enter":
        s[this.sectionAt(op.section, t)]!++;
        break;
      case "leave": {
        const at = this.sectionAt(op.section, t);
        if (s[at] === 0) return this.fail("not-held", t, -1);
        s[at]!--;
        if (s[at] === 0) this.clearPending(s, op.section, t);
        break;
      }
      case "snapshot":
        s[this.sectionAt(op.section, t) + 1] = this.inside(s, op.section, t);
        break;
      case "settle":
        if (this.inAtomic(s, t)) return this.fail("sleep-in-atomic", t, -1);
        break;
      case "spawn":
        if (pcOf(s, op.thread) !== DORMANT) return this.wild(op);
        setPc(s, op.thread, 0);
        if (op.section !== undefined)
          s[this.sectionAt(op.section, op.thread) + 1] = this.inside(s, op.section, op.thread);
        break;
      case "sleep":
        if (this.inAtomic(s, t)) return this.fail("sleep-in-atomic", t, -1);
        break;
      case "cut":
        this.pruned = { k: "cut", id: op.id };
        return "pruned";
      case "stop":
        return this.stop(s, t);
    }
    setPc(s, t, next);
    return "ok";
  }

  private stop(s: State, t: number): Outcome {
    const keeps = this.model.threads[t]!.keeps ?? [];
    for (let lock = 0; lock < this.model.locks.length; lock++) {
      if (s[lockAt(this.layout, lock) + 1 + t] !== 0 && !keeps.includes(lock))
        return this.fail("held-at-exit", t, lock);
    }
    setPc(s, t, FINISHED);
    return "ok";
  }

  private readModifyWrite(s: State, t: number, op: Op & { k: "rmw" | "compareSwap" }, c: Compiled): Outcome {
    const cell = this.resolve(s, op.at, c.index);
    if (cell < 0) return this.wild(op);
    const dead = this.dead(s, t, op, c);
    if (dead) return dead;
    const at = this.layout.cells + cell;
    const old = signed(s[at]!);
    const v = c.e!(s);
    let value: number;
    if (op.k === "compareSwap") {
      const expected = c.e2!(s);
      if (expected === UNKNOWN || old === UNKNOWN) return this.wild(op);
      value = old === expected ? v : old;
    } else if (op.how === "exchange") value = v;
    else if (old === UNKNOWN || v === UNKNOWN) value = UNKNOWN;
    else if (op.how === "or") value = old | v;
    else if (op.how === "and") value = old & v;
    else value = op.how === "addNonZero" && old === 0 ? 0 : old + v;
    if (v === OVERFLOW || (value !== UNKNOWN && (value > 127 || value < -127))) return this.overflow(op);
    s[at] = value;
    if (op.r !== null) s[c.regs + op.r] = old;
    return "ok";
  }

  // ---- locks ----

  private lockOp(
    s: State,
    t: number,
    op: Op & { k: "acquire" | "try" | "release" | "downgrade" },
    c: Compiled,
  ): Outcome | "wait" {
    const lock = this.resolve(s, op.lock, c.index);
    if (lock < 0) return this.wild(op);
    const at = lockAt(this.layout, lock);
    const mine = at + 1 + t;
    switch (op.k) {
      case "try": {
        const got = !ownConflict(s, this.layout, t, lock, op.mode) && grantable(s, this.layout, t, lock, op.mode);
        if (got) take(s, this.layout, t, lock, op.mode);
        s[c.regs + op.r] = got ? 1 : 0;
        return "ok";
      }
      case "acquire":
        if (op.sleeps && this.inAtomic(s, t)) return this.fail("sleep-in-atomic", t, lock);
        if (ownConflict(s, this.layout, t, lock, op.mode)) return this.fail("self-deadlock", t, lock);
        if (!grantable(s, this.layout, t, lock, op.mode)) {
          s[at]! |= 1 << t;
          return "wait";
        }
        take(s, this.layout, t, lock, op.mode);
        return "ok";
      case "downgrade":
        if (s[mine] !== WRITE_HOLD) return this.fail("not-held", t, lock);
        s[mine] = 1;
        return "ok";
      case "release": {
        const hold = s[mine]!;
        const write = hold === WRITE_HOLD;
        if (hold === 0 && op.mode === "ifHeld") return "ok";
        if (hold === 0 || (op.mode === "write" && !write) || (op.mode === "read" && write))
          return this.fail("not-held", t, lock);
        s[mine] = write ? 0 : hold - 1;
        return "ok";
      }
    }
  }

  private inAtomic(s: State, t: number): boolean {
    for (let k = 0; k < this.model.sections.length; k++)
      if (this.model.sections[k]!.atomic && s[this.sectionAt(k, t)]! > 0) return true;
    for (let lock = 0; lock < this.model.locks.length; lock++)
      if (this.model.locks[lock]!.kind === "spin" && s[lockAt(this.layout, lock) + 1 + t] !== 0) return true;
    return false;
  }

  // ---- sections ----

  private sectionAt(section: number, t: number): number {
    return this.layout.sections + (section * this.layout.threads + t) * 2;
  }

  /** Mask of the other threads that are inside. */
  private inside(s: State, section: number, except: number): number {
    let mask = 0;
    for (let u = 0; u < this.layout.threads; u++)
      if (u !== except && s[this.sectionAt(section, u)]! > 0) mask |= 1 << u;
    return mask;
  }

  private clearPending(s: State, section: number, t: number): void {
    for (let u = 0; u < this.layout.threads; u++) s[this.sectionAt(section, u) + 1]! &= ~(1 << t);
  }

  // ---- memory ----

  private resolve(s: State, ref: Ref, index: Eval | null): number {
    if (index === null) return ref.base;
    const n = index(s);
    return n >= 0 && n < ref.size ? ref.base + n : -1;
  }

  private dead(s: State, t: number, op: Op & { live?: Ref }, c: Compiled): Outcome | null {
    if (op.live === undefined) return null;
    const cell = this.resolve(s, op.live, c.liveIndex);
    if (cell < 0) return this.wild(op);
    return s[this.layout.cells + cell] === 0 ? this.fail("use-after-free", t, cell) : null;
  }

  /** The newest own store if it is still buffered, else memory. */
  private read(s: State, t: number, cell: number): number {
    if (this.memory === "tso") {
      const at = this.layout.buffers + t * this.layout.bufferStride;
      for (let n = s[at]! - 1; n >= 0; n--) if (s[at + 1 + 2 * n] === cell) return s[at + 2 + 2 * n]!;
    }
    return s[this.layout.cells + cell]!;
  }

  private push(s: State, t: number, cell: number, v: number): void {
    const at = this.layout.buffers + t * this.layout.bufferStride;
    const n = s[at]!;
    s[at + 1 + 2 * n] = cell;
    s[at + 2 + 2 * n] = v;
    s[at] = n + 1;
  }

  private flush(s: State, t: number): void {
    const at = this.layout.buffers + t * this.layout.bufferStride;
    const n = s[at]!;
    s[this.layout.cells + s[at + 1]!] = s[at + 2]!;
    for (let i = 1; i <= 2 * (n - 1); i++) s[at + i] = s[at + i + 2]!;
    s[at + 2 * n - 1] = 0;
    s[at + 2 * n] = 0;
    s[at] = n - 1;
  }

  // ---- results ----

  private fail(kind: ViolationKind, thread: number, subject: number): Outcome {
    this.violation = { kind, thread, subject };
    return "violation";
  }

  private wild(op: Op): Outcome {
    this.pruned = { k: "wild", site: op.site };
    return "pruned";
  }

  private overflow(op: Op): Outcome {
    this.pruned = { k: "overflow", site: op.site };
    return "pruned";
  }
}
