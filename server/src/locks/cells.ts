/**
 * A small map from value numbers, in order of insertion. States copy such maps all the time and they
 * hold a few dozen entries at most: two arrays are copied and searched faster than a hash table.
 * Iteration goes over the entries as they were when it began.
 */
export class Cells<V> {
  private ids: number[];
  private values: V[];
  /** Someone may still be reading the arrays: the next change is made to copies. */
  private shared = false;

  constructor(ids: number[] = [], values: V[] = []) {
    this.ids = ids;
    this.values = values;
  }

  get size(): number {
    return this.ids.length;
  }

  copy(): Cells<V> {
    return new Cells(this.ids.slice(), this.values.slice());
  }

  get(id: number): V | undefined {
    const at = this.ids.indexOf(id);
    return at < 0 ? undefined : this.values[at];
  }

  /** Like `get`, where the entry probably stands at `near`. */
  getNear(id: number, near: number): V | undefined {
    return this.ids[near] === id ? this.values[near] : this.get(id);
  }

  has(id: number): boolean {
    return this.ids.includes(id);
  }

  set(id: number, value: V): void {
    this.unshare();
    const at = this.ids.indexOf(id);
    if (at >= 0) this.values[at] = value;
    else {
      this.ids.push(id);
      this.values.push(value);
    }
  }

  delete(id: number): void {
    const at = this.ids.indexOf(id);
    if (at < 0) return;
    this.unshare();
    this.ids.splice(at, 1);
    this.values.splice(at, 1);
  }

  /** The entries for which `keep` says so; this map itself if that is all of them. */
  filter(keep: (id: number) => boolean): Cells<V> {
    const { ids } = this;
    let at = 0;
    while (at < ids.length && keep(ids[at] as number)) at++;
    if (at === ids.length) return this;
    const kept = new Cells(ids.slice(0, at), this.values.slice(0, at));
    while (++at < ids.length) {
      const id = ids[at] as number;
      if (!keep(id)) continue;
      kept.ids.push(id);
      kept.values.push(this.values[at] as V);
    }
    return kept;
  }

  keys(): readonly number[] {
    this.shared = true;
    return this.ids;
  }

  contents(): readonly V[] {
    this.shared = true;
    return this.values;
  }

  *[Symbol.iterator](): Generator<[number, V]> {
    const ids = this.keys();
    const values = this.contents();
    for (let i = 0; i < ids.length; i++) yield [ids[i] as number, values[i] as V];
  }

  private unshare(): void {
    if (!this.shared) return;
    this.ids = this.ids.slice();
    this.values = this.values.slice();
    this.shared = false;
  }
}
