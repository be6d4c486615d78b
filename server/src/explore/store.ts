/** States seen so far: an arena with open addressing. Exact: equal means every word is equal. */
export class StateStore {
  count = 0;
  private arena: Int32Array;
  /** Pairs of a state's hash and its number plus one; 0: free. */
  private table = new Int32Array(2 * 1024);
  private mask = 1023;

  /** `words`: per state. */
  constructor(private readonly words: number) {
    this.arena = new Int32Array(words * 256);
  }

  /** Said of the last `insert`: the state is new. */
  added = false;

  /** Number of the state. */
  insert(s: Int32Array): number {
    if ((this.count + 1) * 2 > this.mask) this.growTable();
    const { words, table, mask } = this;
    if ((this.count + 1) * words > this.arena.length) this.growArena();
    const { arena } = this;
    const hash = hashOf(s, words);
    let slot = hash & mask;
    for (let found = table[2 * slot + 1]!; found !== 0; found = table[2 * slot + 1]!) {
      if (table[2 * slot] === hash) {
        const at = (found - 1) * words;
        let i = 0;
        while (i < words && arena[at + i] === s[i]) i++;
        if (i === words) {
          this.added = false;
          return found - 1;
        }
      }
      slot = (slot + 1) & mask;
    }
    const at = this.count * words;
    for (let i = 0; i < words; i++) arena[at + i] = s[i]!;
    table[2 * slot] = hash;
    table[2 * slot + 1] = ++this.count;
    this.added = true;
    return this.count - 1;
  }

  read(id: number, into: Int32Array): void {
    const { words, arena } = this;
    const at = id * words;
    for (let i = 0; i < words; i++) into[i] = arena[at + i]!;
  }

  private growArena(): void {
    const bigger = new Int32Array(this.arena.length * 2);
    bigger.set(this.arena);
    this.arena = bigger;
  }

  private growTable(): void {
    const old = this.table;
    const bigger = new Int32Array(old.length * 2);
    const mask = this.mask * 2 + 1;
    for (let i = 0; i < old.length; i += 2) {
      if (old[i + 1] === 0) continue;
      let slot = old[i]! & mask;
      while (bigger[2 * slot + 1] !== 0) slot = (slot + 1) & mask;
      bigger[2 * slot] = old[i]!;
      bigger[2 * slot + 1] = old[i + 1]!;
    }
    this.table = bigger;
    this.mask = mask;
  }
}

function hashOf(s: Int32Array, words: number): number {
  let h = 0x9e3779b9 | 0;
  for (let i = 0; i < words; i++) {
    h = Math.imul(h ^ s[i]!, 0x85ebca6b);
    h ^= h >>> 13;
  }
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}
