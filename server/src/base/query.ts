/**
 * Memoised queries with dependency tracking and early cut-off (the algorithm of salsa/adapton): a
 * result is recomputed only if something it read has changed, and counts as changed only if it differs.
 */

interface Memo {
  value: unknown;
  /** Revision in which the value last changed. */
  changedAt: number;
  /** Revision in which it was last known to be valid. */
  verifiedAt: number;
  deps: Node[];
}

interface Node {
  /** Name of the input, for inputs. */
  input: string | null;
  memo: Memo | null;
  compute: () => unknown;
  equal: (a: unknown, b: unknown) => boolean;
  running: boolean;
}

export class QueryDb {
  private revision = 1;
  private readonly nodes = new Map<string, Node>();
  private readonly inputs = new Map<string, number>();
  private stack: Node[][] = [];

  /** Marks an input as changed. */
  touch(input: string): void {
    this.revision++;
    this.inputs.set(input, this.revision);
  }

  /** Records that the running query read an input. */
  read(input: string): void {
    const key = `input:${input}`;
    let node = this.nodes.get(key);
    if (!node) {
      node = { input, memo: null, compute: () => undefined, equal: () => true, running: false };
      this.nodes.set(key, node);
    }
    const at = this.inputs.get(input) ?? 0;
    node.memo = { value: undefined, changedAt: at, verifiedAt: this.revision, deps: [] };
    this.stack[this.stack.length - 1]?.push(node);
  }

  /** Value of a query; `cycle` is returned if the query is already being computed. */
  get<T>(key: string, compute: () => T, equal: (a: T, b: T) => boolean, cycle: T): T {
    let node = this.nodes.get(key);
    if (!node) {
      node = { input: null, memo: null, compute, equal: equal as Node["equal"], running: false };
      this.nodes.set(key, node);
    } else node.compute = compute;
    this.stack[this.stack.length - 1]?.push(node);
    if (node.running) return cycle;
    this.validate(node);
    return (node.memo as Memo).value as T;
  }

  private validate(node: Node): void {
    const memo = node.memo;
    if (memo && (memo.verifiedAt === this.revision || this.unchanged(memo))) {
      memo.verifiedAt = this.revision;
      return;
    }
    const deps: Node[] = [];
    this.stack.push(deps);
    node.running = true;
    let value: unknown;
    try {
      value = node.compute();
    } finally {
      node.running = false;
      this.stack.pop();
    }
    const same = memo !== null && node.equal(memo.value, value);
    node.memo = {
      value: same ? memo.value : value,
      changedAt: same ? memo.changedAt : this.revision,
      verifiedAt: this.revision,
      deps: [...new Set(deps)],
    };
  }

  private unchanged(memo: Memo): boolean {
    for (const dep of memo.deps) {
      if (dep.running) return false;
      if (dep.input !== null) {
        if ((this.inputs.get(dep.input) ?? 0) > memo.verifiedAt) return false;
        continue;
      }
      if (!dep.memo) return false;
      if (dep.memo.verifiedAt !== this.revision) this.validate(dep);
      if ((dep.memo as Memo).changedAt > memo.verifiedAt) return false;
    }
    return true;
  }
}
