/** States seen so far: an arena with open addressing. Exact: equal means every byte is equal. */
export class StateStore {
  count = 0;
  private arena: Int32Array;
  private table: Int32Array;
  private readonly words: number;

  /** `size`: bytes per state. */
  constructor(private readonly size: number) {
    this.words = (size + 3) >> 2;
    this.arena = new Int32Array(this.words * 256);
    this.table = new Int32Array(1024).fill(-1);
  }

  /** Number of the state; a new one is `count - 1` afterwards, and `added` says so. */
  added = false;

  insert(s: Uint8Array): number {
    if ((this.count + 1) * 2 > this.table.length) this.growTable();
    if ((this.count + 1) * this.words > this.arena.length) this.growArena();
    const at = this.count * this.words;
    this.pack(s, at);
    const mask = this.table.length - 1;
    let slot = this.hash(at) & mask;
    for (;;) {
      const found = this.table[slot]!;
      if (found < 0) break;
      if (this.same(found * this.words, at)) {
        this.added = false;
        return found;
      }
      slot = (slot + 1) & mask;
    }
    this.table[slot] = this.count;
    this.added = true;
    return this.count++;
  }

  read(id: number, into: Uint8Array): void {
    const at = id * this.words;
    for (let i = 0; i < this.size; i++) into[i] = this.arena[at + (i >> 2)]! >>> ((i & 3) << 3);
  }

  private pack(s: Uint8Array, at: number): void {
    const { arena, size } = this;
    let w = at;
    let i = 0;
    for (; i + 3 < size; i += 4) arena[w++] = s[i]! | (s[i + 1]! << 8) | (s[i + 2]! << 16) | (s[i + 3]! << 24);
    if (i < size) {
      let last = 0;
      for (let shift = 0; i < size; i++, shift += 8) last |= s[i]! << shift;
      arena[w] = last;
    }
  }

  private same(a: number, b: number): boolean {
    for (let i = 0; i < this.words; i++) if (this.arena[a + i] !== this.arena[b + i]) return false;
    return true;
  }

  private hash(at: number): number {
    let h = 0x9e3779b9;
    for (let i = 0; i < this.words; i++) {
      h = Math.imul(h ^ this.arena[at + i]!, 0x85ebca6b);
      h ^= h >>> 13;
    }
    h = Math.imul(h, 0xc2b2ae35);
    return (h ^ (h >>> 16)) >>> 0;
  }

  private growArena(): void {
    const bigger = new Int32Array(this.arena.length * 2);
    bigger.set(this.arena);
    this.arena = bigger;
  }

  private growTable(): void {
    const bigger = new Int32Array(this.table.length * 2).fill(-1);
    const mask = bigger.length - 1;
    for (let id = 0; id < this.count; id++) {
      let slot = this.hash(id * this.words) & mask;
      while (bigger[slot]! >= 0) slot = (slot + 1) & mask;
      bigger[slot] = id;
    }
    this.table = bigger;
  }
}
