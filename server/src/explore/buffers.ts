/** Store buffers of TSO: per thread its fill, then (cell, value) pairs, the oldest first. */
import type { Layout, State } from "./layout";

export function bufferAt(l: Layout, t: number): number {
  return l.buffers + t * l.bufferStride;
}

/** The newest own store if it is still buffered, else memory. */
export function readThrough(s: State, l: Layout, t: number, cell: number): number {
  const at = bufferAt(l, t);
  for (let n = s[at]! - 1; n >= 0; n--) if (s[at + 1 + 2 * n] === cell) return s[at + 2 + 2 * n]!;
  return s[l.cells + cell]!;
}

export function pushStore(s: State, l: Layout, t: number, cell: number, v: number): void {
  const at = bufferAt(l, t);
  const n = s[at]!;
  s[at + 1 + 2 * n] = cell;
  s[at + 2 + 2 * n] = v;
  s[at] = n + 1;
}

/** The oldest store reaches memory. */
export function flushStore(s: State, l: Layout, t: number): void {
  const at = bufferAt(l, t);
  const n = s[at]!;
  s[l.cells + s[at + 1]!] = s[at + 2]!;
  for (let i = 1; i <= 2 * (n - 1); i++) s[at + i] = s[at + i + 2]!;
  s[at + 2 * n - 1] = 0;
  s[at + 2 * n] = 0;
  s[at] = n - 1;
}
