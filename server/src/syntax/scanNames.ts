import type { ByteBuffer } from "../base/bytes";
import {
  CLASS as ASCII_CLASS,
  ATTRIBUTES,
  CONTROL_KEYWORDS,
  DIGIT,
  hashOf,
  IS_WORD as IS_ASCII_WORD,
  WORD,
} from "./scanChars";

/** What the fast scan keeps of a file: hashes, no text. Equal hashes of different words are possible. */
export interface WordSet {
  /** Hashes of the distinct words outside comments, strings and `#include` lines. */
  words: Int32Array;
  /** Hashes of the names of functions that are not static, defined in kernel layout (`{` at column 0). */
  definitions: Int32Array;
  /** Hashes of the words assigned alone: `= word,`, `= &word }`. Values of ops-table slots are among them. */
  values: Int32Array;
}

/** Classes of bytes; what is not ASCII is no part of a word, whatever the encoding. */
const CLASS = new Uint8Array(256);
CLASS.set(ASCII_CLASS);
const IS_WORD = new Uint8Array(256);
IS_WORD.set(IS_ASCII_WORD);

const INCLUDE = Uint8Array.from("include", (c) => c.charCodeAt(0));
const STATIC = hashOf("static");
const NO_NAME = new Set([...ATTRIBUTES, ...CONTROL_KEYWORDS].map(hashOf));

/**
 * Fast scan for the tree-wide index: which words occur in a file and which functions it defines.
 * An answer is a superset; the full scan of the few candidate files confirms it. It works on bytes, as looking at
 * characters of a string costs twice as much. One instance scans many files and reuses its table.
 */
export class WordScanner {
  private keys = new Int32Array(1 << 13);
  private used = new Int32Array(1 << 12);

  scan({ data, length: n }: ByteBuffer): WordSet {
    const definitions: number[] = [];
    const values: number[] = [];
    let { keys, used } = this;
    let mask = keys.length - 1;
    let count = 0;
    let i = 0;
    while (i < n) {
      const c = data[i] as number;
      const cls = CLASS[c] as number;
      if (cls === WORD) {
        const start = i;
        let h = 0;
        let w = c;
        do {
          h = (Math.imul(h, 31) + w) | 0;
          w = data[++i] as number;
        } while (IS_WORD[w] === 1);
        const key = h === 0 ? 1 : h;
        if ((w === 44 || w <= 32 || w === 125) && assignedAt(data, start)) values.push(key);
        let slot = (h ^ (h >>> 15)) & mask;
        let there = keys[slot] as number;
        while (there !== key && there !== 0) {
          slot = (slot + 1) & mask;
          there = keys[slot] as number;
        }
        if (there === 0) {
          keys[slot] = key;
          used[count++] = slot;
          if (count === used.length) {
            this.grow();
            ({ keys, used } = this);
            mask = keys.length - 1;
          }
        }
      } else if (c <= 32) {
        i++;
      } else if (cls === DIGIT) {
        i++;
        while (IS_WORD[data[i] as number] === 1) i++;
      } else if (c === 47) {
        const d = data[i + 1];
        if (d === 42) {
          i += 2;
          while (i < n && !(data[i] === 42 && data[i + 1] === 47)) i++;
          i += 2;
        } else if (d === 47) i = endOfLine(data, i, n);
        else i++;
      } else if (c === 34 || c === 39) {
        i = skipQuoted(data, i + 1, n, c);
      } else if (c === 35) {
        i++;
        if (isInclude(data, i)) i = endOfLine(data, i, n);
      } else {
        if (c === 123 && data[i - 1] === 10) {
          const name = definedBefore(data, i);
          if (name !== 0) definitions.push(name);
        }
        i++;
      }
    }
    const words = new Int32Array(count);
    for (let k = 0; k < count; k++) {
      const slot = used[k] as number;
      words[k] = keys[slot] as number;
      keys[slot] = 0;
    }
    return { words, definitions: distinct(definitions), values: distinct(values) };
  }

  /** Twice the table; the used slots are renumbered. */
  private grow(): void {
    const { keys: old, used: oldUsed } = this;
    this.keys = new Int32Array(old.length * 2);
    this.used = new Int32Array(oldUsed.length * 2);
    const mask = this.keys.length - 1;
    for (let k = 0; k < oldUsed.length; k++) {
      const key = old[oldUsed[k] as number] as number;
      let slot = (key ^ (key >>> 15)) & mask;
      while (this.keys[slot] !== 0) slot = (slot + 1) & mask;
      this.keys[slot] = key;
      this.used[k] = slot;
    }
  }
}

/** Key under which a word is found in a `WordSet`. */
export function wordKey(word: string): number {
  const h = hashOf(word);
  return h === 0 ? 1 : h;
}

const distinct = (list: number[]): Int32Array =>
  list.length < 2 ? Int32Array.from(list) : Int32Array.from(new Set(list));

function endOfLine(data: Uint8Array, i: number, n: number): number {
  while (i < n && data[i] !== 10) i++;
  return i;
}

/** Does `include` stand at `i`? */
function isInclude(data: Uint8Array, i: number): boolean {
  for (let k = 0; k < INCLUDE.length; k++) if (data[i + k] !== INCLUDE[k]) return false;
  return true;
}

/** Is the word at `i` the first of an assigned value? (`=` before it, blanks and one `&` aside, but no `==`.) */
function assignedAt(data: Uint8Array, i: number): boolean {
  let k = i - 1;
  if (k >= 0 && data[k] === 38) k--;
  while (k >= 0 && (data[k] === 32 || data[k] === 9)) k--;
  return k > 0 && data[k] === 61 && (data[k - 1] === 32 || data[k - 1] === 9);
}

function skipQuoted(data: Uint8Array, i: number, n: number, quote: number): number {
  while (i < n) {
    const c = data[i] as number;
    if (c === quote) return i + 1;
    if (c === 10) return i;
    if (c === 92) i += data[i + 1] === 13 ? 2 : 1;
    i++;
  }
  return n;
}

/**
 * Key of the function whose `{` stands at column 0 at `open`, 0 if it is static or not found: the
 * head is sought in the lines above, up to one that ends another item.
 */
function definedBefore(data: Uint8Array, open: number): number {
  let from = open;
  for (let lines = 0; lines < 12; lines++) {
    let last = from - 2;
    while (last >= 0 && (data[last] === 32 || data[last] === 13)) last--;
    if (last < 0) break;
    const c = data[last] as number;
    let previous = last + 1;
    while (previous > 0 && data[previous - 1] !== 10) previous--;
    const first = data[previous] as number;
    if (c === 10 || c === 59 || c === 125 || c === 47 || first === 35 || first === 125) break;
    from = previous;
  }
  let i = from;
  let words = 0;
  while (i < open) {
    const c = data[i] as number;
    if (CLASS[c] !== WORD) {
      if (c === 123 || c === 61) return 0;
      i++;
      continue;
    }
    let h = 0;
    let w = c;
    do {
      h = (Math.imul(h, 31) + w) | 0;
      w = data[++i] as number;
    } while (IS_WORD[w] === 1);
    if (h === STATIC) return 0;
    while (w <= 32) w = data[++i] as number;
    if (w === 40 && words > 0 && !NO_NAME.has(h)) return h === 0 ? 1 : h;
    if (w === 40) {
      while (i < open && data[i] !== 41) i++;
    } else words++;
  }
  return 0;
}
