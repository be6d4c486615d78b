/**
 * What is known of the bits of a flag word: which named flags are certainly set or clear, and whose word it is otherwise.
 * Different names are different bits; a name that the tree defines as several others is those.
 */
import type { Lowering } from "./lower";

export interface Bits {
  on: ReadonlySet<string>;
  off: ReadonlySet<string>;
  /** Bits that can be set at all; null: any. */
  keep: ReadonlySet<string> | null;
  /** What is not said above: clear, as in the word with this key, or not known. */
  rest: "clear" | "unknown" | { key: string; vars: ReadonlySet<string> };
}

/** A question about a word: is any of these flags set? Null: is any bit at all? */
export interface FlagQuestion {
  of: string;
  names: readonly string[] | null;
}

const NONE: ReadonlySet<string> = new Set();

export const clearBits: Bits = { on: NONE, off: NONE, keep: null, rest: "clear" };

/** The word that a variable holds. */
export function wordOf(key: string, vars: ReadonlySet<string>): Bits {
  return { on: NONE, off: NONE, keep: null, rest: { key, vars } };
}

/** A constant by its name, as kernel code writes them: in capitals. */
export function constantBits(l: Lowering, name: string): Bits | undefined {
  if (!/^_*[A-Z][A-Z0-9_]*$/.test(name)) return undefined;
  const { program } = l.ctx.user;
  const c = l.frame.code.user ? program.env.constant(l.frame.code.file, name) : null;
  if (c === 0) return clearBits;
  return { ...clearBits, on: new Set(Array.isArray(c) ? c : [name]) };
}

/** `a | b`, `a & b`; undefined: nothing is known. */
export function combine(op: string, a: Bits | undefined, b: Bits | undefined): Bits | undefined {
  if (!a || !b) return undefined;
  if (op === "|" || op === "+") {
    const on = new Set([...a.on, ...b.on]);
    if (isConstant(b)) return { ...a, on, off: without(a.off, on), keep: a.keep && new Set([...a.keep, ...b.on]) };
    if (isConstant(a)) return combine(op, b, a);
    return { on, off: NONE, keep: null, rest: "unknown" };
  }
  if (op === "&") {
    if (isConstant(b)) {
      const keep = a.keep ? within(b.on, a.keep) : b.on;
      return { on: within(a.on, b.on), off: within(a.off, b.on), keep, rest: a.rest };
    }
    return isConstant(a) ? combine(op, b, a) : undefined;
  }
  return undefined;
}

/** `a & ~b`. */
export function clear(a: Bits | undefined, b: Bits | undefined): Bits | undefined {
  if (!a || !b || !isConstant(b)) return undefined;
  return { ...a, on: without(a.on, b.on), off: new Set([...a.off, ...b.on]) };
}

/** The question that a condition over a word asks, if it is one. */
export function questionOf(bits: Bits | undefined): FlagQuestion | undefined {
  if (!bits || bits.on.size > 0 || typeof bits.rest === "string") return undefined;
  if (bits.keep) return bits.off.size === 0 ? { of: bits.rest.key, names: [...bits.keep].sort() } : undefined;
  return bits.off.size === 0 ? { of: bits.rest.key, names: null } : undefined;
}

/** The answer of a word to a question: known, that of another word, or none. */
export function answer(
  bits: Bits | undefined,
  names: readonly string[] | null,
): boolean | { key: string; vars: ReadonlySet<string>; names: readonly string[] | null } | null {
  if (!bits) return null;
  const { on, off, keep, rest } = bits;
  if (names === null) {
    if (on.size > 0) return true;
    if (rest === "clear" || keep?.size === 0) return false;
    if (rest === "unknown" || off.size > 0) return null;
    return { ...rest, names: keep && [...keep].sort() };
  }
  if (names.some((n) => on.has(n))) return true;
  const open = names.filter((n) => !off.has(n) && (keep === null || keep.has(n)));
  if (rest === "clear" || open.length === 0) return false;
  return rest === "unknown" ? null : { ...rest, names: open };
}

function isConstant(b: Bits): boolean {
  return b.rest === "clear" && b.off.size === 0 && b.keep === null;
}

function without(a: ReadonlySet<string>, b: ReadonlySet<string>): ReadonlySet<string> {
  return new Set([...a].filter((x) => !b.has(x)));
}

function within(a: ReadonlySet<string>, b: ReadonlySet<string>): ReadonlySet<string> {
  return new Set([...a].filter((x) => b.has(x)));
}
