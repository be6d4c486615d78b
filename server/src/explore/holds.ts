/** Who holds a lock, who waits for it. A lock is a mask of announced waiters, then one byte per thread. */
import { type Layout, type State, WRITE_HOLD } from "./layout";
import type { Mode } from "./model";

export function lockAt(l: Layout, lock: number): number {
  return l.locks + lock * l.lockStride;
}

export function take(s: State, l: Layout, t: number, lock: number, mode: Mode): void {
  const at = lockAt(l, lock);
  s[at]! &= ~(1 << t);
  if (mode === "write") s[at + 1 + t] = WRITE_HOLD;
  else s[at + 1 + t]!++;
}

/** Waiting for oneself: any second hold but read on read. */
export function ownConflict(s: State, l: Layout, t: number, lock: number, mode: Mode): boolean {
  const hold = s[lockAt(l, lock) + 1 + t]!;
  return hold !== 0 && (mode === "write" || hold === WRITE_HOLD);
}

/** Free for `t`? New readers stay behind writers that queued. */
export function grantable(s: State, l: Layout, t: number, lock: number, mode: Mode): boolean {
  const at = lockAt(l, lock);
  if (mode === "read" && s[at]! & ~(1 << t)) return false;
  for (let u = 0; u < l.threads; u++) {
    const hold = s[at + 1 + u]!;
    if (u !== t && hold !== 0 && (mode === "write" || hold === WRITE_HOLD)) return false;
  }
  return true;
}
