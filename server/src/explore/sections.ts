/** Read-side sections: per section and thread the nesting depth, then the mask of threads that it waits for. */
import type { Layout, State } from "./layout";
import type { Model } from "./model";

export function sectionAt(l: Layout, section: number, t: number): number {
  return l.sections + (section * l.threads + t) * 2;
}

/** Mask of the other threads that are inside. */
export function inside(s: State, l: Layout, section: number, except: number): number {
  let mask = 0;
  for (let u = 0; u < l.threads; u++) if (u !== except && s[sectionAt(l, section, u)]! > 0) mask |= 1 << u;
  return mask;
}

/** Nobody waits for `t` any longer. */
export function clearPending(s: State, l: Layout, section: number, t: number): void {
  for (let u = 0; u < l.threads; u++) s[sectionAt(l, section, u) + 1]! &= ~(1 << t);
}

/** Is `t` where it must not sleep? */
export function atomicContext(m: Model, l: Layout, t: number): (s: State) => boolean {
  const at: number[] = [];
  m.sections.forEach((section, k) => {
    if (section.atomic) at.push(sectionAt(l, k, t));
  });
  m.locks.forEach((lock, k) => {
    if (lock.kind === "spin") at.push(l.locks + k * l.lockStride + 1 + t);
  });
  return (s) => {
    for (let i = 0; i < at.length; i++) if (s[at[i]!] !== 0) return true;
    return false;
  };
}
