/**
 * Memoised queries with dependency tracking and early cut-off (the algorithm of salsa/adapton): a
 * result is recomputed only if something it read has changed, and counts as changed only if it differs.
 * Each result remembers the one before it as well: who undoes an edit gets back what was known.
 */

interface Node {
  /** The frame that noted it last. */
  frame: Frame | null;
  /** Revision in which the value last changed. */
  changedAt: number;
  /** Stands for the value: equal values in a row, or with one other value between them, have the same stamp. */
  stamp: number;
  /** The stamp of the value it had in a revision; -1 if that is forgotten. */
  stampAt(revision: number): number;
  /** Makes `changedAt` true of the current revision; false while the node is being computed. */
  refresh(): boolean;
}

/** What one computation has read so far; a node may stand in it more than once. */
type Frame = Node[];

class Input implements Node {
  frame: Frame | null = null;
  changedAt = 0;

  /** A change is a change: what an input was before is not compared. */
  get stamp(): number {
    return this.changedAt;
  }

  stampAt(revision: number): number {
    return this.changedAt <= revision ? this.changedAt : -1;
  }

  refresh(): boolean {
    return true;
  }
}

/** A value that was replaced, and what it was drawn from. */
interface Former<T> {
  value: T;
  stamp: number;
  /** Revision in which it became the value. */
  since: number;
  deps: Node[];
  /** Stamps of what was read. */
  stamps: number[];
}

/** Revisions, inputs and the stack of running computations. */
export class QueryDb {
  revision = 1;
  /** Number of the last value that was new. */
  stamps = 0;
  private readonly inputs = new Map<string, Input>();
  private readonly frames: Frame[] = [];

  /** No computation is running. */
  get idle(): boolean {
    return this.frames.length === 0;
  }

  /** Marks an input as changed. Between computations only. */
  touch(input: string): void {
    const node = this.inputs.get(input);
    // What nothing has read cannot make anything stale.
    if (node) node.changedAt = ++this.revision;
  }

  /** Records that the running computation read an input. */
  read(input: string): void {
    if (this.frames.length === 0) return;
    let node = this.inputs.get(input);
    if (!node) {
      node = new Input();
      this.inputs.set(input, node);
    }
    this.note(node);
  }

  /** Runs something whose reads are none of the running computation's business. */
  detached<T>(f: () => T): T {
    this.frames.push([]);
    try {
      return f();
    } finally {
      this.frames.pop();
    }
  }

  note(node: Node): void {
    const frame = this.frames[this.frames.length - 1];
    if (frame === undefined || node.frame === frame) return;
    node.frame = frame;
    frame.push(node);
  }

  /** Value of a computation and what it read. */
  track<T>(compute: () => T): { value: T; deps: Node[] } {
    const deps: Frame = [];
    this.frames.push(deps);
    try {
      return { value: compute(), deps };
    } finally {
      this.frames.pop();
    }
  }
}

class Memo<T> implements Node {
  frame: Frame | null = null;
  changedAt = 0;
  stamp = 0;
  private former: Former<T> | null = null;
  private verifiedAt = 0;
  private computed = false;
  private running = false;
  private deps: Node[] = [];
  value: T;

  constructor(
    private readonly query: Query<T>,
    private readonly key: string,
    cycle: T,
  ) {
    this.value = cycle;
  }

  refresh(): boolean {
    if (this.running) return false;
    const { db } = this.query;
    if (this.computed && (this.verifiedAt === db.revision || this.unchanged())) {
      this.verifiedAt = db.revision;
      return true;
    }
    if (!this.recall()) this.compute();
    this.verifiedAt = db.revision;
    return true;
  }

  stampAt(revision: number): number {
    if (this.changedAt <= revision) return this.stamp;
    const { former } = this;
    return former && former.since <= revision ? former.stamp : -1;
  }

  private compute(): void {
    const { db, equal } = this.query;
    this.running = true;
    try {
      const { value, deps } = db.track(() => this.query.compute(this.key));
      this.query.computations++;
      if (!this.computed) {
        this.value = value;
        this.stamp = ++db.stamps;
        this.changedAt = db.revision;
        this.computed = true;
      } else if (!equal(this.value, value)) {
        const { former } = this;
        if (former && equal(former.value, value)) this.replace(former.value, former.stamp);
        else this.replace(value, ++db.stamps);
      }
      this.deps = deps;
    } finally {
      this.running = false;
    }
  }

  /** Goes back to the former value if all it was drawn from is as it was. */
  private recall(): boolean {
    const { former } = this;
    if (!former?.deps.every((dep, i) => dep.refresh() && dep.stamp === former.stamps[i])) return false;
    this.replace(former.value, former.stamp);
    this.deps = former.deps;
    return true;
  }

  private replace(value: T, stamp: number): void {
    const { value: old, stamp: oldStamp, changedAt: since, deps, verifiedAt } = this;
    this.former = { value: old, stamp: oldStamp, since, deps, stamps: deps.map((dep) => dep.stampAt(verifiedAt)) };
    this.value = value;
    this.stamp = stamp;
    this.changedAt = this.query.db.revision;
  }

  private unchanged(): boolean {
    const at = this.verifiedAt;
    for (const dep of this.deps) if (!dep.refresh() || dep.changedAt > at) return false;
    return true;
  }
}

/** A family of memoised results, one per key. Dropping the object drops them all. */
export class Query<T> {
  private readonly memos = new Map<string, Memo<T>>();
  /** How often a value was computed, ever. */
  computations = 0;

  /** @param cycle the value seen by a computation that asks for itself */
  constructor(
    readonly db: QueryDb,
    readonly compute: (key: string) => T,
    readonly equal: (a: T, b: T) => boolean,
    private readonly cycle: T,
  ) {}

  get(key: string): T {
    let memo = this.memos.get(key);
    if (!memo) {
      memo = new Memo(this, key, this.cycle);
      this.memos.set(key, memo);
    }
    this.db.note(memo);
    return memo.refresh() ? memo.value : this.cycle;
  }
}
