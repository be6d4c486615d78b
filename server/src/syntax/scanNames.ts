import { ATTRIBUTES, CLASS, CONTROL_KEYWORDS, DIGIT, hashOf, IS_WORD, WORD } from "./scanChars";

/** What the fast scan keeps of a file: hashes, no text. Equal hashes of different words are possible. */
export interface WordSet {
  /** Hashes of the distinct words outside comments, strings and `#include` lines. */
  words: Int32Array;
  /** Hashes of the names of functions that are not static, defined in kernel layout (`{` at column 0). */
  definitions: Int32Array;
  /** Hashes of the words assigned alone: `= word,`, `= &word }`. Values of ops-table slots are among them. */
  values: Int32Array;
}

const STATIC = hashOf("static");
const NO_NAME = new Set([...ATTRIBUTES, ...CONTROL_KEYWORDS].map(hashOf));

/**
 * Fast scan for the tree-wide index: which words occur in a file and which functions it defines.
 * An answer is a superset; the full scan of the few candidate files confirms it. One instance
 * scans many files and reuses its table.
 */
export class WordScanner {
  private keys = new Int32Array(1 << 13);
  private used = new Int32Array(1 << 12);

  /** Pass `only` to keep no other words than those hashes. */
  scan(text: string, only: ReadonlySet<number> | null = null): WordSet {
    const n = text.length;
    const definitions: number[] = [];
    const values: number[] = [];
    let { keys, used } = this;
    let mask = keys.length - 1;
    let count = 0;
    let i = 0;
    while (i < n) {
      const c = text.charCodeAt(i);
      const cls = c < 128 ? (CLASS[c] as number) : 0;
      if (cls === WORD) {
        const start = i;
        let h = 0;
        let w = c;
        do {
          h = (Math.imul(h, 31) + w) | 0;
          w = text.charCodeAt(++i);
        } while (w < 128 && IS_WORD[w] === 1);
        const key = h === 0 ? 1 : h;
        if ((w === 44 || w <= 32 || w === 125) && assignedAt(text, start)) values.push(key);
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
        while (i < n && IS_WORD[text.charCodeAt(i)] === 1) i++;
      } else if (c === 47) {
        const d = text.charCodeAt(i + 1);
        if (d === 42) {
          const close = text.indexOf("*/", i + 2);
          i = close < 0 ? n : close + 2;
        } else if (d === 47) {
          const eol = text.indexOf("\n", i);
          i = eol < 0 ? n : eol;
        } else i++;
      } else if (c === 34 || c === 39) {
        i = skipQuoted(text, i + 1, n, c);
      } else if (c === 35) {
        i++;
        if (text.startsWith("include", i)) {
          const eol = text.indexOf("\n", i);
          i = eol < 0 ? n : eol;
        }
      } else {
        if (c === 123 && text.charCodeAt(i - 1) === 10) {
          const name = definedBefore(text, i);
          if (name !== 0) definitions.push(name);
        }
        i++;
      }
    }
    const words = new Int32Array(count);
    let kept = 0;
    for (let k = 0; k < count; k++) {
      const slot = used[k] as number;
      const key = keys[slot] as number;
      if (only === null || only.has(key)) words[kept++] = key;
      keys[slot] = 0;
    }
    return {
      words: kept === count ? words : words.slice(0, kept),
      definitions: Int32Array.from(new Set(definitions)),
      values: Int32Array.from(new Set(values)),
    };
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

/** Is the word at `i` the first of an assigned value? (`=` before it, blanks and one `&` aside, but no `==`.) */
function assignedAt(text: string, i: number): boolean {
  let k = i - 1;
  let c = text.charCodeAt(k);
  if (c === 38) c = text.charCodeAt(--k);
  while (c === 32 || c === 9) c = text.charCodeAt(--k);
  if (c !== 61) return false;
  const before = text.charCodeAt(k - 1);
  return before === 32 || before === 9;
}

function skipQuoted(text: string, i: number, n: number, quote: number): number {
  while (i < n) {
    const c = text.charCodeAt(i);
    if (c === quote) return i + 1;
    if (c === 10) return i;
    if (c === 92) i += text.charCodeAt(i + 1) === 13 ? 2 : 1;
    i++;
  }
  return n;
}

/**
 * Key of the function whose `{` stands at column 0 at `open`, 0 if it is static or not found: the
 * head is sought in the lines above, up to one that ends another item.
 */
function definedBefore(text: string, open: number): number {
  let from = open;
  for (let lines = 0; lines < 12; lines++) {
    let last = from - 2;
    while (last >= 0 && (text.charCodeAt(last) === 32 || text.charCodeAt(last) === 13)) last--;
    const c = text.charCodeAt(last);
    const previous = text.lastIndexOf("\n", last) + 1;
    const first = text.charCodeAt(previous);
    if (last < 0 || c === 10 || c === 59 || c === 125 || c === 47 || first === 35 || first === 125) break;
    from = previous;
  }
  let i = from;
  let words = 0;
  while (i < open) {
    const c = text.charCodeAt(i);
    if (c >= 128 || CLASS[c] !== WORD) {
      if (c === 123 || c === 61) return 0;
      i++;
      continue;
    }
    let h = 0;
    let w = c;
    do {
      h = (Math.imul(h, 31) + w) | 0;
      w = text.charCodeAt(++i);
    } while (w < 128 && IS_WORD[w] === 1);
    if (h === STATIC) return 0;
    while (w <= 32) w = text.charCodeAt(++i);
    if (w === 40 && words > 0 && !NO_NAME.has(h)) return h === 0 ? 1 : h;
    if (w === 40) {
      while (i < open && text.charCodeAt(i) !== 41) i++;
    } else words++;
  }
  return 0;
}
