/** What a search knows of each stored state, and in which order the states wait. */

/** How a state was reached, and at what cost. Grows; numbers are those of the states. */
export class Nodes {
  private parents = new Int32Array(256);
  private firsts = new Int32Array(256);
  private costs = new Int32Array(512);
  private done = new Uint8Array(256);

  /** `first`: the choice that the chain from the parent began with, as a number. */
  set(id: number, parent: number, first: number, switches: number, steps: number): void {
    if (id >= this.parents.length) this.grow();
    this.parents[id] = parent;
    this.firsts[id] = first;
    this.costs[2 * id] = switches;
    this.costs[2 * id + 1] = steps;
  }

  parent(id: number): number {
    return this.parents[id]!;
  }

  first(id: number): number {
    return this.firsts[id]!;
  }

  switches(id: number): number {
    return this.costs[2 * id]!;
  }

  steps(id: number): number {
    return this.costs[2 * id + 1]!;
  }

  expanded(id: number): boolean {
    return this.done[id] === 1;
  }

  expand(id: number): void {
    this.done[id] = 1;
  }

  private grow(): void {
    const bigger = <T extends Int32Array | Uint8Array>(old: T, fresh: T): T => {
      fresh.set(old);
      return fresh;
    };
    const n = this.parents.length * 2;
    this.parents = bigger(this.parents, new Int32Array(n));
    this.firsts = bigger(this.firsts, new Int32Array(n));
    this.costs = bigger(this.costs, new Int32Array(2 * n));
    this.done = bigger(this.done, new Uint8Array(n));
  }
}

/** Waiting states by context switches, then steps; those alike the last one first. */
export class CostQueue {
  private readonly buckets: number[][][] = [];
  /** Where to go on looking: what is added while a row is worked off costs no less. */
  switches = 0;
  steps = 0;

  push(id: number, switches: number, steps: number): void {
    while (this.buckets.length <= switches) this.buckets.push([]);
    const rows = this.buckets[switches]!;
    while (rows.length <= steps) rows.push([]);
    rows[steps]!.push(id);
  }

  /** The next one of the least cost, which `switches` and `steps` then say; -1: none. */
  pop(): number {
    for (; this.switches < this.buckets.length; this.switches++, this.steps = 0) {
      const rows = this.buckets[this.switches]!;
      for (; this.steps < rows.length; this.steps++) {
        const row = rows[this.steps]!;
        if (row.length > 0) return row.pop()!;
      }
    }
    return -1;
  }
}
