/** Hash table from three integers to one, open addressing with linear probing (Knuth, TAOCP 3, 6.4). */
export class PairTable {
  /** Four numbers a slot: kind, a, b, value + 1; 0 in the last place marks an empty slot. */
  private slots = new Int32Array(64 * 4);
  private mask = 63;
  private used = 0;

  get(kind: number, a: number, b: number): number | undefined {
    const { slots, mask } = this;
    for (let i = hash(kind, a, b) & mask; ; i = (i + 1) & mask) {
      const at = i << 2;
      const value = slots[at + 3] as number;
      if (value === 0) return undefined;
      if (slots[at] === kind && slots[at + 1] === a && slots[at + 2] === b) return value - 1;
    }
  }

  /** Adds an entry that is not there yet. */
  set(kind: number, a: number, b: number, value: number): void {
    if (++this.used * 2 > this.mask) this.grow();
    this.insert(kind, a, b, value + 1);
  }

  private insert(kind: number, a: number, b: number, value: number): void {
    const { slots, mask } = this;
    let i = hash(kind, a, b) & mask;
    while (slots[(i << 2) + 3] !== 0) i = (i + 1) & mask;
    const at = i << 2;
    slots[at] = kind;
    slots[at + 1] = a;
    slots[at + 2] = b;
    slots[at + 3] = value;
  }

  private grow(): void {
    const old = this.slots;
    this.mask = this.mask * 2 + 1;
    this.slots = new Int32Array((this.mask + 1) * 4);
    for (let at = 0; at < old.length; at += 4) {
      const value = old[at + 3] as number;
      if (value !== 0) this.insert(old[at] as number, old[at + 1] as number, old[at + 2] as number, value);
    }
  }
}

function hash(kind: number, a: number, b: number): number {
  const h = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b) ^ Math.imul(kind, 0xc2b2ae35);
  return h ^ (h >>> 15);
}
