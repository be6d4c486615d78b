/** Each op as a function of the state: in how many ways it can go on, and what it does. */
import { pushStore, readThrough } from "./buffers";
import { compileExpr, type Eval, OVERFLOW } from "./expression";
import { grantable, lockAt, ownConflict, take } from "./holds";
import { DORMANT, FINISHED, type Layout, pcOf, type State, setPc, signed, WRITE_HOLD } from "./layout";
import {
  type MemoryModel,
  type Model,
  narrow,
  type Op,
  type Ref,
  UNKNOWN,
  type Violation,
  type ViolationKind,
} from "./model";
import { atomicContext, clearPending, inside, sectionAt } from "./sections";

/** Why a path is not followed further. */
export type Pruned = { k: "overflow"; site: number } | { k: "wild"; site: number } | { k: "cut"; id: number };

/** Where steps say why they did not end well. */
export interface Report {
  violation: Violation;
  pruned: Pruned;
}

/** Returned instead of the next program counter. */
export const VIOLATES = -1;
export const PRUNES = -2;

type Ways = (s: State) => number;
/** Changes the state in place; the next program counter, FINISHED, VIOLATES or PRUNES. */
type Run = (s: State, alt: number) => number;

export interface Step {
  op: Op;
  /** Null: always one. */
  ways: Ways | null;
  run: Run;
}

/** What the steps of one thread have in common. */
export interface StepContext {
  model: Model;
  layout: Layout;
  memory: MemoryModel;
  report: Report;
  thread: number;
}

type Of<K extends Op["k"]> = Extract<Op, { k: K }>;

export function compileStep(op: Op, pc: number, c: StepContext): Step {
  return new Compiler(op, pc, c).step();
}

class Compiler {
  private readonly t: number;
  private readonly l: Layout;
  private readonly regs: number;
  private readonly next: number;
  private readonly dead: ((s: State) => number) | null;

  constructor(
    private readonly op: Op,
    private readonly pc: number,
    private readonly c: StepContext,
  ) {
    this.t = c.thread;
    this.l = c.layout;
    this.regs = c.layout.regs[c.thread]!;
    this.next = pc + 1;
    this.dead = "live" in op && op.live && op.k !== "free" ? this.liveness(op.live) : null;
  }

  step(): Step {
    const { op } = this;
    return { op, ways: this.ways(), run: this.run() };
  }

  private ways(): Ways | null {
    const { op, regs } = this;
    switch (op.k) {
      case "await": {
        const cell = this.at(op.from);
        const read = this.reader();
        const holds = this.expr(op.cond);
        const at = regs + op.r;
        return (s) => {
          const n = cell(s);
          if (n < 0) return 1;
          // The condition looks at the register that will hold the value.
          const old = s[at]!;
          s[at] = read(s, n);
          const ok = holds(s);
          s[at] = old;
          return ok === 0 ? 0 : 1;
        };
      }
      case "branch": {
        if (op.assume !== undefined) return null;
        const cond = this.expr(op.cond);
        const memo = op.memo === undefined ? -1 : regs + op.memo;
        return (s) => (cond(s) === UNKNOWN && (memo < 0 || s[memo] === 0) ? 2 : 1);
      }
      case "choose": {
        const n = op.values.length;
        return () => n;
      }
      case "acquire": {
        const { t, l } = this;
        const lock = this.at(op.lock);
        const rwsem = this.c.model.locks.map((x) => op.mode === "write" && x.kind === "rwsem");
        return (s) => {
          const n = lock(s);
          if (n < 0 || ownConflict(s, l, t, n, op.mode) || grantable(s, l, t, n, op.mode)) return 1;
          return rwsem[n] && !(s[lockAt(l, n)]! & (1 << t)) ? 1 : 0;
        };
      }
      case "settle": {
        const at = sectionAt(this.l, op.section, this.t) + 1;
        return (s) => (s[at] === 0 ? 1 : 0);
      }
      default:
        return null;
    }
  }

  private run(): Run {
    const { op, l, t, regs, next, dead } = this;
    switch (op.k) {
      case "set": {
        const e = this.expr(op.e);
        const at = regs + op.r;
        return (s) => {
          const v = e(s);
          if (v === OVERFLOW) return this.overflow();
          s[at] = v;
          return next;
        };
      }
      case "load":
      case "await": {
        const cell = this.at(op.from);
        const at = regs + op.r;
        const read = this.reader();
        const place = narrow(op.from);
        if (!dead && !place.index && this.c.memory === "sc") {
          const from = l.cells + place.base;
          return (s) => {
            s[at] = s[from]!;
            return next;
          };
        }
        return (s) => {
          const n = cell(s);
          if (n < 0) return this.wild();
          const bad = dead ? dead(s) : 0;
          if (bad < 0) return bad;
          s[at] = read(s, n);
          return next;
        };
      }
      case "store":
        return this.store(op);
      case "rmw":
      case "compareSwap":
        return this.readModifyWrite(op);
      case "touch":
        return (s) => (dead && dead(s) < 0 ? dead(s) : next);
      case "free": {
        const cell = this.at(op.live);
        return (s) => {
          const n = cell(s);
          if (n < 0) return this.wild();
          if (s[l.cells + n] === 0) return this.fail("double-free", n);
          s[l.cells + n] = 0;
          return next;
        };
      }
      case "jump": {
        const { to } = op;
        return () => to;
      }
      case "branch":
        return this.branch(op);
      case "choose": {
        const at = regs + op.r;
        const { values } = op;
        return (s, alt) => {
          s[at] = values[alt]!;
          return next;
        };
      }
      case "assert": {
        const e = this.expr(op.e);
        const { harm } = op;
        return (s) => {
          const v = e(s);
          return v === 0 ? this.fail("harm", harm) : v === OVERFLOW ? this.overflow() : next;
        };
      }
      case "try":
      case "acquire":
      case "release":
      case "downgrade":
        return this.lock(op);
      case "spawn":
        return (s) => {
          if (pcOf(s, op.thread) !== DORMANT) return this.wild();
          setPc(s, op.thread, 0);
          if (op.section !== undefined)
            s[sectionAt(l, op.section, op.thread) + 1] = inside(s, l, op.section, op.thread);
          return next;
        };
      case "enter":
      case "leave":
      case "snapshot":
        return this.section(op);
      case "settle":
      case "sleep": {
        const atomic = atomicContext(this.c.model, l, t);
        return (s) => (atomic(s) ? this.fail("sleep-in-atomic", -1) : next);
      }
      case "cut":
        return () => {
          this.c.report.pruned = { k: "cut", id: op.id };
          return PRUNES;
        };
      case "stop": {
        const thread = this.c.model.threads[t]!;
        const given = this.c.model.locks.flatMap((_, n) => (thread.keeps?.includes(n) ? [] : [n]));
        return (s) => {
          for (const n of given) if (s[lockAt(l, n) + 1 + t] !== 0) return this.fail("held-at-exit", n);
          return FINISHED;
        };
      }
    }
  }

  private branch(op: Of<"branch">): Run {
    const cond = this.expr(op.cond);
    const memo = op.memo === undefined ? -1 : this.regs + op.memo;
    const { t: yes, f: no, assume } = op;
    return (s, alt) => {
      let v = cond(s);
      if (v === OVERFLOW) return this.overflow();
      if (v === UNKNOWN) {
        const kept = memo < 0 ? 0 : s[memo]!;
        v = kept === 0 ? Number(assume ?? alt === 0) : kept === 1 ? 1 : 0;
        if (memo >= 0) s[memo] = v ? 1 : 2;
      }
      return v !== 0 ? yes : no;
    };
  }

  // ---- memory ----

  private store(op: Of<"store">): Run {
    const { l, t, next, dead } = this;
    const e = this.expr(op.e);
    const place = narrow(op.to);
    if (!dead && !place.index && this.c.memory === "sc") {
      const to = l.cells + place.base;
      return (s) => {
        const v = e(s);
        if (v === OVERFLOW) return this.overflow();
        s[to] = v;
        return next;
      };
    }
    const cell = this.at(op.to);
    const buffered = this.c.memory === "tso" && op.atomic !== true && op.live === undefined;
    return (s) => {
      const n = cell(s);
      if (n < 0) return this.wild();
      const bad = dead ? dead(s) : 0;
      if (bad < 0) return bad;
      const v = e(s);
      if (v === OVERFLOW) return this.overflow();
      if (buffered) pushStore(s, l, t, n, v);
      else s[l.cells + n] = v;
      return next;
    };
  }

  private readModifyWrite(op: Of<"rmw" | "compareSwap">): Run {
    const { l, regs, next, dead } = this;
    const cell = this.at(op.at);
    const e = this.expr(op.e);
    const expect = op.k === "compareSwap" ? this.expr(op.expect) : null;
    return (s) => {
      const n = cell(s);
      if (n < 0) return this.wild();
      const bad = dead ? dead(s) : 0;
      if (bad < 0) return bad;
      const at = l.cells + n;
      const old = signed(s[at]!);
      const v = e(s);
      let value: number;
      if (op.k === "compareSwap") {
        const expected = expect!(s);
        if (expected === UNKNOWN || old === UNKNOWN) return this.wild();
        value = old === expected ? v : old;
      } else if (op.how === "exchange") value = v;
      else if (old === UNKNOWN || v === UNKNOWN) value = UNKNOWN;
      else if (op.how === "or") value = old | v;
      else if (op.how === "and") value = old & v;
      else value = op.how === "addNonZero" && old === 0 ? 0 : old + v;
      if (v === OVERFLOW || (value !== UNKNOWN && (value > 127 || value < -127))) return this.overflow();
      s[at] = value;
      if (op.r !== null) s[regs + op.r] = old;
      return next;
    };
  }

  /** Negative, with the reason reported, if the object is freed or nobody knows which one it is. */
  private liveness(ref: Ref): (s: State) => number {
    const cell = this.at(ref);
    const { cells } = this.l;
    return (s) => {
      const n = cell(s);
      if (n < 0) return this.wild();
      return s[cells + n] === 0 ? this.fail("use-after-free", n) : 0;
    };
  }

  private reader(): (s: State, cell: number) => number {
    const { l, t } = this;
    return this.c.memory === "tso" ? (s, n) => readThrough(s, l, t, n) : (s, n) => s[l.cells + n]!;
  }

  /** Number of the cell or lock; negative if there is none. */
  private at(ref: Ref): Eval {
    const { base, size, index: e } = narrow(ref);
    if (!e) return () => base;
    const index = this.expr(e);
    return (s) => {
      const n = index(s);
      return n >= 0 && n < size ? base + n : -1;
    };
  }

  // ---- locks and sections ----

  private lock(op: Of<"acquire" | "try" | "release" | "downgrade">): Run {
    const { l, t, pc, next, regs } = this;
    const lock = this.at(op.lock);
    const atomic = atomicContext(this.c.model, l, t);
    switch (op.k) {
      case "try":
        return (s) => {
          const n = lock(s);
          if (n < 0) return this.wild();
          const got = !ownConflict(s, l, t, n, op.mode) && grantable(s, l, t, n, op.mode);
          if (got) take(s, l, t, n, op.mode);
          s[regs + op.r] = got ? 1 : 0;
          return next;
        };
      case "acquire":
        return (s) => {
          const n = lock(s);
          if (n < 0) return this.wild();
          if (op.sleeps && atomic(s)) return this.fail("sleep-in-atomic", n);
          if (ownConflict(s, l, t, n, op.mode)) return this.fail("self-deadlock", n);
          if (!grantable(s, l, t, n, op.mode)) {
            s[lockAt(l, n)]! |= 1 << t;
            return pc;
          }
          take(s, l, t, n, op.mode);
          return next;
        };
      case "downgrade":
        return (s) => {
          const n = lock(s);
          if (n < 0) return this.wild();
          const mine = lockAt(l, n) + 1 + t;
          if (s[mine] !== WRITE_HOLD) return this.fail("not-held", n);
          s[mine] = 1;
          return next;
        };
      case "release":
        return (s) => {
          const n = lock(s);
          if (n < 0) return this.wild();
          const mine = lockAt(l, n) + 1 + t;
          const hold = s[mine]!;
          const write = hold === WRITE_HOLD;
          if (hold === 0 && op.mode === "ifHeld") return next;
          if (hold === 0 || (op.mode === "write" && !write) || (op.mode === "read" && write))
            return this.fail("not-held", n);
          s[mine] = write ? 0 : hold - 1;
          return next;
        };
    }
  }

  private section(op: Of<"enter" | "leave" | "snapshot">): Run {
    const { l, t, next } = this;
    const { section } = op;
    const at = sectionAt(l, section, t);
    switch (op.k) {
      case "enter":
        return (s) => {
          s[at]!++;
          return next;
        };
      case "leave":
        return (s) => {
          if (s[at] === 0) return this.fail("not-held", -1);
          s[at]!--;
          if (s[at] === 0) clearPending(s, l, section, t);
          return next;
        };
      case "snapshot":
        return (s) => {
          s[at + 1] = inside(s, l, section, t);
          return next;
        };
    }
  }

  // ---- results ----

  private expr(e: Parameters<typeof compileExpr>[0]): Eval {
    return compileExpr(e, this.l, this.regs);
  }

  private fail(kind: ViolationKind, subject: number): number {
    this.c.report.violation = { kind, thread: this.t, subject };
    return VIOLATES;
  }

  private wild(): number {
    this.c.report.pruned = { k: "wild", site: this.op.site };
    return PRUNES;
  }

  private overflow(): number {
    this.c.report.pruned = { k: "overflow", site: this.op.site };
    return PRUNES;
  }
}
