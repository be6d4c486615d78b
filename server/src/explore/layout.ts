/** Where what stands in a state vector. */
import type { MemoryModel, Model } from "./model";

export type State = Uint8Array;

export const FINISHED = 0xffff;
export const DORMANT = 0xfffe;
/** A thread's hold on a lock: this for write, else its number of read acquisitions. */
export const WRITE_HOLD = 0x80;

/** Depth of a store buffer under TSO. */
export const BUFFER_DEPTH = 2;

export interface Layout {
  /** Bytes of a state vector. */
  size: number;
  threads: number;
  /** Offset of each thread's registers. */
  regs: number[];
  cells: number;
  /** Per lock: mask of announced waiters, then one byte per thread. */
  locks: number;
  lockStride: number;
  /** Per section and thread: nesting depth, then the mask it waits for. */
  sections: number;
  /** Per thread under TSO: fill, then (cell, value) pairs, oldest first. 0 entries under SC. */
  buffers: number;
  bufferStride: number;
}

export function layoutOf(m: Model, memory: MemoryModel): Layout {
  const n = m.threads.length;
  let at = 2 * n;
  const regs = m.threads.map((t) => {
    const here = at;
    at += t.registers;
    return here;
  });
  const cells = at;
  at += m.cells.length;
  const locks = at;
  const lockStride = 1 + n;
  at += m.locks.length * lockStride;
  const sections = at;
  at += m.sections.length * n * 2;
  const buffers = at;
  const bufferStride = memory === "tso" ? 1 + 2 * BUFFER_DEPTH : 0;
  at += n * bufferStride;
  return { size: at, threads: n, regs, cells, locks, lockStride, sections, buffers, bufferStride };
}

export function initialState(m: Model, l: Layout): State {
  const s = new Uint8Array(l.size);
  m.threads.forEach((t, i) => {
    setPc(s, i, t.dormant ? DORMANT : 0);
  });
  m.cells.forEach((c, i) => {
    s[l.cells + i] = c.init;
  });
  return s;
}

export function pcOf(s: State, t: number): number {
  return s[2 * t]! | (s[2 * t + 1]! << 8);
}

export function setPc(s: State, t: number, pc: number): void {
  s[2 * t] = pc & 0xff;
  s[2 * t + 1] = pc >> 8;
}

export function signed(byte: number): number {
  return (byte << 24) >> 24;
}

export function cellValue(s: State, l: Layout, cell: number): number {
  return signed(s[l.cells + cell]!);
}
