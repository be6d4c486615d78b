/**
 * Copies a tree straight out of the parser's memory: several times faster than a cursor, which
 * crosses into wasm for each step and each attribute. It relies on the layout of tree-sitter's
 * `Subtree` and `TSLanguage` structures, so `createParser` first compares it with the cursor on a
 * sample and does not use it when they differ.
 */
import { type FlatTree, K, KINDS, type KindName } from "./parserTree";

/** Views into the wasm memory; replaced by the runtime when the memory grows. */
export interface Heap {
  HEAPU8: Uint8Array;
  HEAPU16: Uint16Array;
  HEAPU32: Uint32Array;
}

const ERROR_SYMBOL = 0xffff;
const VISIBLE = 2,
  NAMED = 4;

interface Level {
  /** Address of the child to visit next, and of the end of the children. */
  child: number;
  last: number;
  position: number;
  /** Address of the aliases of the children, 0 if there are none. */
  aliases: number;
  flat: number;
}

export class HeapReader {
  private readonly kinds: Uint8Array;
  /** VISIBLE | NAMED per symbol. */
  private readonly metadata: Uint8Array;
  private readonly aliasSequences: number;
  private readonly aliasLength: number;
  private readonly levels: Level[] = [];

  constructor(
    private readonly heap: Heap,
    language: number,
    types: readonly (string | undefined)[],
  ) {
    const { HEAPU8: u8, HEAPU16: u16, HEAPU32: u32 } = heap;
    const word = (offset: number): number => u32[(language + offset) >> 2] as number;
    const symbols = word(4) + word(8);
    this.aliasLength = u16[(language + 36) >> 1] as number;
    const metadata = word(72);
    const publicSymbols = word(76) >> 1;
    this.aliasSequences = word(84);
    this.kinds = new Uint8Array(symbols);
    this.metadata = new Uint8Array(symbols);
    for (let s = 0; s < symbols; s++) {
      const name = types[u16[publicSymbols + s] as number];
      const k = name === undefined ? 0 : (K[name as KindName] ?? 0);
      this.kinds[s] = k < KINDS.length ? k : 0;
      this.metadata[s] = (u8[metadata + 3 * s] ? VISIBLE : 0) | (u8[metadata + 3 * s + 1] ? NAMED : 0);
    }
  }

  read(tree: number, out: FlatTree): FlatTree {
    out.reset();
    const { HEAPU16: u16, HEAPU32: u32 } = this.heap;
    const levels = this.levels;
    levels[0] = { child: tree, last: tree + 8, position: 0, aliases: 0, flat: -1 };
    let depth = 0;
    while (depth >= 0) {
      const level = levels[depth] as Level;
      if (level.child >= level.last) {
        if (level.flat >= 0) out.next[level.flat] = out.count;
        depth--;
        continue;
      }
      const at = level.child >> 2;
      level.child += 8;
      const w = u32[at] as number;
      const inline = (w & 1) !== 0;
      let symbol: number, flags: number, missing: boolean, start: number, end: number;
      if (inline) {
        const v = u32[at + 1] as number;
        symbol = (w >>> 8) & 0xff;
        flags = w & 0xff;
        missing = (w & 0x20) !== 0;
        start = level.position + ((v >>> 16) & 0xff);
        end = start + (v >>> 24);
      } else {
        const p = w >> 2;
        const f = u16[(w + 44) >> 1] as number;
        symbol = u16[(w + 40) >> 1] as number;
        flags = ((f & 1) << 1) | ((f & 2) << 1) | ((f & 4) << 1);
        missing = (f & 0x200) !== 0;
        start = level.position + (u32[p + 1] as number);
        end = start + (u32[p + 4] as number);
      }
      let alias = 0;
      if (level.aliases !== 0 && (flags & 8) === 0) {
        alias = u16[level.aliases >> 1] as number;
        level.aliases += 2;
      }
      level.position = end;
      let visible = flags;
      if (alias !== 0) {
        symbol = alias;
        visible = this.metadata[alias] as number;
      }
      let flat = -1;
      if (symbol === ERROR_SYMBOL) {
        out.errors.push({ at: start >> 1, missing: false });
        flat = out.add(K.ERROR, start >> 1, end >> 1);
      } else {
        if (missing) out.errors.push({ at: start >> 1, missing: true });
        if ((visible & VISIBLE) !== 0 && (visible & NAMED) !== 0)
          flat = out.add(this.kinds[symbol] as number, start >> 1, end >> 1);
      }
      if (inline) continue;
      const children = u32[(w + 36) >> 2] as number;
      if (children === 0) continue;
      const production = u16[(w + 66) >> 1] as number;
      depth++;
      const next = levels[depth];
      const aliases = production === 0 ? 0 : this.aliasSequences + 2 * production * this.aliasLength;
      if (next) {
        next.child = w - 8 * children;
        next.last = w;
        next.position = start - (u32[(w >> 2) + 1] as number);
        next.aliases = aliases;
        next.flat = flat;
      } else {
        levels[depth] = {
          child: w - 8 * children,
          last: w,
          position: start - (u32[(w >> 2) + 1] as number),
          aliases,
          flat,
        };
      }
    }
    return out;
  }
}
