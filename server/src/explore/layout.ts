/** Where what stands in a state vector, and how expressions read it. */
import { type Expr, type MemoryModel, type Model, UNKNOWN, VALUE_LIMIT } from "./model";

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

/** Returned by expressions whose value does not fit; no other value is as large. */
export const OVERFLOW = 1 << 20;

export function fits(v: number): boolean {
  return v >= -VALUE_LIMIT && v <= VALUE_LIMIT;
}

export type Eval = (s: State) => number;

/** An expression over the registers from offset `regs` on, as a function of the state. */
export function compileExpr(e: Expr, l: Layout, regs: number): Eval {
  switch (e.k) {
    case "num": {
      const v = e.v;
      return () => v;
    }
    case "reg": {
      const at = regs + e.r;
      return (s) => (s[at]! << 24) >> 24;
    }
    case "cell": {
      const at = l.cells + e.c;
      return (s) => (s[at]! << 24) >> 24;
    }
    case "done": {
      const t = e.t;
      return (s) => (pcOf(s, t) === FINISHED ? 1 : 0);
    }
    case "un": {
      const f = compileExpr(e.e, l, regs);
      const op = e.op;
      return (s) => {
        const v = f(s);
        return v === UNKNOWN || v === OVERFLOW ? v : clip(op === "!" ? (v === 0 ? 1 : 0) : op === "-" ? -v : ~v);
      };
    }
    case "bin": {
      const f = compileExpr(e.l, l, regs);
      const g = compileExpr(e.r, l, regs);
      const op = e.op;
      return (s) => binary(op, f(s), g(s));
    }
  }
}

function clip(v: number): number {
  return fits(v) ? v : OVERFLOW;
}

/** `0 && x` and `1 || x` are known whatever x is. */
export function binary(op: string, a: number, b: number): number {
  if (a === OVERFLOW || b === OVERFLOW) return OVERFLOW;
  if (op === "&&") {
    if (a === 0 || b === 0) return 0;
  } else if (op === "||") {
    if ((a !== 0 && a !== UNKNOWN) || (b !== 0 && b !== UNKNOWN)) return 1;
  }
  if (a === UNKNOWN || b === UNKNOWN) return UNKNOWN;
  switch (op) {
    case "+":
      return clip(a + b);
    case "-":
      return clip(a - b);
    case "*":
      return clip(a * b);
    case "&":
      return clip(a & b);
    case "|":
      return clip(a | b);
    case "^":
      return clip(a ^ b);
    case "<<":
      return b < 0 || b > 7 ? OVERFLOW : clip(a << b);
    case ">>":
      return b < 0 ? OVERFLOW : a >> Math.min(b, 31);
    case "==":
      return a === b ? 1 : 0;
    case "!=":
      return a !== b ? 1 : 0;
    case "<":
      return a < b ? 1 : 0;
    case "<=":
      return a <= b ? 1 : 0;
    case ">":
      return a > b ? 1 : 0;
    case ">=":
      return a >= b ? 1 : 0;
    case "&&":
      return 1;
    default:
      return 0;
  }
}
