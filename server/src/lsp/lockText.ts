/** Locks in a few words, for hints and lenses. */
import type { HeldLock } from "../protocol/finding";
import type { LockName } from "../protocol/locks";

/** `mmap_lock of mm (read)`. */
export function lockText({ lock, object, mode }: LockName | HeldLock): string {
  return `${lock}${object === "" ? "" : ` of ${object}`}${mode === "any" ? "" : ` (${mode})`}`;
}

export function listText(locks: readonly (LockName | HeldLock)[]): string {
  return [...new Set(locks.map(lockText))].join(", ");
}
