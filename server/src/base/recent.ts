/** The values used last, up to a number of them; the others are made again when asked for. */
export class Recent<K extends object, T> {
  private readonly kept = new Map<K, T>();

  constructor(private readonly capacity: number) {}

  get(key: K, make: () => T): T {
    let value = this.kept.get(key);
    if (value !== undefined) this.kept.delete(key);
    else value = make();
    this.set(key, value);
    return value;
  }

  set(key: K, value: T): void {
    this.kept.set(key, value);
    if (this.kept.size > this.capacity) this.kept.delete(this.kept.keys().next().value as K);
  }

  delete(key: K): void {
    this.kept.delete(key);
  }
}
