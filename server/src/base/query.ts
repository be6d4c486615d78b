/**
 * Memoised queries with dependency tracking and early cut-off (the algorithm of salsa/adapton): a
 * result is recomputed only if something it read has changed, and counts as changed only if it differs.
 */

interface Node {
  /** The frame that noted it last. */
  frame: Frame | null;
  /** Revision in which the value last changed. */
  changedAt: number;
  /** Makes `changedAt` true of the current revision; false while the node is being computed. */
  refresh(): boolean;
}

/** What one computation has read so far; a node may stand in it more than once. */
type Frame = Node[];

class Input implements Node {
  frame: Frame | null = null;
  changedAt = 0;

  refresh(): boolean {
    return true;
  }
}

/** Revisions, inputs and the stack of running computations. */
export class QueryDb {
  revision = 1;
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
    this.running = true;
    try {
      const { value, deps } = db.track(() => this.query.compute(this.key));
      this.query.computations++;
      if (!this.computed || !this.query.equal(this.value, value)) {
        this.value = value;
        this.changedAt = db.revision;
      }
      this.deps = deps;
      this.verifiedAt = db.revision;
      this.computed = true;
    } finally {
      this.running = false;
    }
    return true;
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
