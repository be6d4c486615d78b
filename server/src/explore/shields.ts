/**
 * What the others cannot get at while a thread stands still: what lies behind a lock that it holds, or behind waiting for a
 * section that it is in. Steps that only meet those are as independent as if nobody else knew their cells.
 */
import { type Footprints, future, merge } from "./footprint";
import { lockAt } from "./holds";
import { type Layout, pcOf, type State, WRITE_HOLD } from "./layout";
import { type Model, nextPcs, type Op } from "./model";
import { sectionAt } from "./sections";

/** Reads and writes that lie before what stops the thread, per pc. */
interface Masks {
  reads: Uint32Array[];
  writes: Uint32Array[];
}

/** Something that one thread has and the other has to wait for. */
type Barrier = { k: "lock"; lock: number } | { k: "section"; section: number };

export class Shields {
  /** Per pair: what of the one may stop the other. */
  private readonly barriers: Barrier[][];
  /** Per thread and barrier in its two strengths. */
  private readonly known: (Masks | undefined)[] = [];
  private readonly r: Uint32Array;
  private readonly w: Uint32Array;

  constructor(
    private readonly m: Model,
    private readonly l: Layout,
    private readonly foot: Footprints,
  ) {
    this.r = new Uint32Array(foot.words);
    this.w = new Uint32Array(foot.words);
    const n = m.threads.length;
    this.barriers = Array.from({ length: n * n }, (_, i) => barriersOf(m, Math.floor(i / n), i % n));
  }

  /** Does the op of `t` at `pc` touch nothing that `u`, at `at`, may still touch before `t` goes on? */
  cover(s: State, t: number, pc: number, u: number, at: number): boolean {
    const { foot, l, r, w } = this;
    let active = 0;
    for (const barrier of this.barriers[t * l.threads + u]!) {
      const masks = this.masksFor(s, t, u, barrier);
      if (masks === null) continue;
      const reads = masks.reads[at]!;
      const writes = masks.writes[at]!;
      for (let i = 0; i < foot.words; i++) {
        r[i] = active === 0 ? reads[i]! : r[i]! & reads[i]!;
        w[i] = active === 0 ? writes[i]! : w[i]! & writes[i]!;
      }
      active++;
    }
    if (active === 0) return false;
    const mine = foot.reads[t]![pc]!;
    const change = foot.writes[t]![pc]!;
    for (let i = 0; i < foot.words; i++) if (change[i]! & (r[i]! | w[i]!) || mine[i]! & w[i]!) return false;
    return true;
  }

  private masksFor(s: State, t: number, u: number, barrier: Barrier): Masks | null {
    if (barrier.k === "lock") {
      const hold = s[lockAt(this.l, barrier.lock) + 1 + t]!;
      return hold === 0 ? null : this.behindLock(u, barrier.lock, hold === WRITE_HOLD);
    }
    // Who has not been woken yet is given its snapshot by somebody else.
    if (s[sectionAt(this.l, barrier.section, t)] === 0 || pcOf(s, u) >= this.m.threads[u]!.ops.length) return null;
    const waits = s[sectionAt(this.l, barrier.section, u) + 1]! & (1 << t);
    return this.behindSection(u, barrier.section, waits !== 0);
  }

  private behindLock(u: number, lock: number, write: boolean): Masks {
    return this.once(u, lock, write, () => {
      const stops = (op: Op): boolean => acquires(op, lock) && (write || op.mode === "write");
      // A writer that has to wait for a semaphore says so, which others notice.
      const queues = (op: Op): boolean =>
        op.k === "acquire" && op.mode === "write" && this.m.locks[lock]!.kind === "rwsem";
      const { ops } = this.m.threads[u]!;
      const none = new Uint32Array(this.foot.words);
      const before = (all: Uint32Array[]): Uint32Array[] =>
        future(
          ops,
          all.map((x, pc) => (stops(ops[pc]!) && !queues(ops[pc]!) ? none : x)),
          (pc) => stops(ops[pc]!),
        );
      return { reads: before(this.foot.reads[u]!), writes: before(this.foot.writes[u]!) };
    });
  }

  /** `waits`: its snapshot is taken already; else what comes before it is in reach as well. */
  private behindSection(u: number, section: number, waits: boolean): Masks {
    return this.once(u, this.m.locks.length + section, waits, () => {
      const { ops } = this.m.threads[u]!;
      const none = new Uint32Array(this.foot.words);
      const settles = (pc: number): boolean => {
        const op = ops[pc]!;
        return op.k === "settle" && op.section === section && !ops[pc - 1]?.atomic;
      };
      const waiting = (all: Uint32Array[]): Uint32Array[] =>
        future(
          ops,
          all.map((x, pc) => (settles(pc) ? none : x)),
          settles,
        );
      if (waits) return { reads: waiting(this.foot.reads[u]!), writes: waiting(this.foot.writes[u]!) };
      const snapshots = (op: Op): boolean => op.k === "snapshot" && op.section === section;
      const before = (all: Uint32Array[]): Uint32Array[] => {
        const then = waiting(all);
        const now = all.map((x, pc) => {
          if (!snapshots(ops[pc]!)) return x;
          const out = x.slice();
          for (const next of nextPcs(ops[pc]!, pc)) merge(out, then[next]!);
          return out;
        });
        return future(ops, now, (pc) => snapshots(ops[pc]!));
      };
      return { reads: before(this.foot.reads[u]!), writes: before(this.foot.writes[u]!) };
    });
  }

  private once(u: number, barrier: number, strong: boolean, make: () => Masks): Masks {
    const barriers = this.m.locks.length + this.m.sections.length;
    const slot = (u * barriers + barrier) * 2 + (strong ? 1 : 0);
    let masks = this.known[slot];
    if (masks === undefined) {
      masks = make();
      this.known[slot] = masks;
    }
    return masks;
  }
}

function acquires(op: Op, lock: number): op is Op & { k: "acquire" } {
  return op.k === "acquire" && !op.lock.index && op.lock.base === lock;
}

function barriersOf(m: Model, t: number, u: number): Barrier[] {
  if (t === u) return [];
  const mine = m.threads[t]!.ops;
  const theirs = m.threads[u]!.ops;
  const out: Barrier[] = [];
  m.locks.forEach((_, lock) => {
    const takes = mine.some(
      (op) => (op.k === "acquire" || op.k === "try") && op.lock.base <= lock && lock < op.lock.base + op.lock.size,
    );
    if (takes && theirs.some((op) => acquires(op, lock))) out.push({ k: "lock", lock });
  });
  m.sections.forEach((_, section) => {
    const enters = mine.some((op) => op.k === "enter" && op.section === section);
    if (enters && theirs.some((op) => op.k === "settle" && op.section === section)) out.push({ k: "section", section });
  });
  return out;
}
