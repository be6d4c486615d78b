/**
 * What a search may leave out: interleavings of steps that commute with all that the others may still do, and what no
 * longer matters of a state.
 */
import type { Footprints } from "./footprint";
import { DORMANT, FINISHED, pcOf, type State } from "./layout";
import type { Machine } from "./machine";

/** Tables of pairs of ops larger than this are not kept. */
const MAX_TABLE = 1 << 22;

export class Reduction {
  private readonly n: number;
  /** Per pair of threads and pair of pcs: 0 not known yet, 1 no conflict with the future of the other, 2 conflict. */
  private readonly tables: (Uint8Array | null)[];
  /** Per thread and pc: touches nothing that others know. */
  private readonly local: boolean[][];

  constructor(
    private readonly machine: Machine,
    private readonly foot: Footprints,
  ) {
    const { model, layout } = machine;
    this.n = layout.threads;
    this.local = foot.reads.map((list, t) =>
      list.map((r, pc) => r.every((x) => x === 0) && foot.writes[t]![pc]!.every((x) => x === 0)),
    );
    const lengths = model.threads.map((t) => t.ops.length);
    this.tables = lengths.flatMap((a, t) =>
      lengths.map((b, u) => (t !== u && a * b <= MAX_TABLE ? new Uint8Array(a * b) : null)),
    );
  }

  /** May the next op of `t` come before or after anything the others may do until `t` goes on? */
  independent(s: State, t: number): boolean {
    const pc = pcOf(s, t);
    if (this.local[t]![pc]) return true;
    for (let u = 0; u < this.n; u++) {
      if (u === t) continue;
      let at = pcOf(s, u);
      if (at === FINISHED) continue;
      if (at === DORMANT) at = 0;
      if (this.conflict(t, pc, u, at)) return false;
    }
    return true;
  }

  private conflict(t: number, pc: number, u: number, at: number): boolean {
    const table = this.tables[t * this.n + u]!;
    if (table === null) return this.meets(t, pc, u, at);
    const slot = pc * this.machine.model.threads[u]!.ops.length + at;
    if (table[slot] === 0) table[slot] = this.meets(t, pc, u, at) ? 2 : 1;
    return table[slot] === 2;
  }

  private meets(t: number, pc: number, u: number, at: number): boolean {
    const { words, reads, writes, futureReads, futureWrites } = this.foot;
    const r = reads[t]![pc]!;
    const w = writes[t]![pc]!;
    const fr = futureReads[u]![at]!;
    const fw = futureWrites[u]![at]!;
    for (let i = 0; i < words; i++) if (w[i]! & (fr[i]! | fw[i]!) || r[i]! & fw[i]!) return true;
    return false;
  }

  /** Sets to zero what nobody will look at: registers of `t`, which was the last to move, and cells. */
  forget(s: State, t: number): void {
    const { model, layout } = this.machine;
    const pc = pcOf(s, t);
    const regs = layout.regs[t]!;
    if (pc >= DORMANT) s.fill(0, regs, regs + model.threads[t]!.registers);
    else for (const r of this.foot.dead[t]![pc]!) s[regs + r] = 0;
    const { futureReads, watched } = this.foot;
    const cells = model.cells.length;
    for (let c = 0; c < cells; c += 32) {
      const word = c >> 5;
      let live = watched[word]!;
      for (let u = 0; u < this.n; u++) {
        const at = pcOf(s, u);
        if (at !== FINISHED) live |= futureReads[u]![at === DORMANT ? 0 : at]![word]!;
      }
      const end = Math.min(cells, c + 32);
      for (let i = c; i < end; i++) if ((live & (1 << (i & 31))) === 0) s[layout.cells + i] = 0;
    }
  }
}
