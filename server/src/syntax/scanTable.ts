import { ATTRIBUTES, CONTROL_KEYWORDS, hashOf, STORAGE_KEYWORDS, TAG_KEYWORDS, TYPE_KEYWORDS } from "./scanChars";

const CONTROL_END = CONTROL_KEYWORDS.length;
const TAG_END = CONTROL_END + TAG_KEYWORDS.length;
const TYPE_END = TAG_END + TYPE_KEYWORDS.length;
const KEYWORD_END = TYPE_END + STORAGE_KEYWORDS.length;
const ATTRIBUTE_END = KEYWORD_END + ATTRIBUTES.length;

/** Word ids are ordered by class, so a class test is a comparison. */
export const isKeyword = (id: number): boolean => id < KEYWORD_END;
export const isControl = (id: number): boolean => id < CONTROL_END;
export const isTagKeyword = (id: number): boolean => id >= CONTROL_END && id < TAG_END;
export const isTypeKeyword = (id: number): boolean => id >= TAG_END && id < TYPE_END;
export const isStorage = (id: number): boolean => id >= TYPE_END && id < KEYWORD_END;
export const isAttribute = (id: number): boolean => id >= KEYWORD_END && id < ATTRIBUTE_END;

const at = (list: string[], base: number, word: string): number => base + list.indexOf(word);
export const ID = {
  struct: at(TAG_KEYWORDS, CONTROL_END, "struct"),
  union: at(TAG_KEYWORDS, CONTROL_END, "union"),
  enum: at(TAG_KEYWORDS, CONTROL_END, "enum"),
  goto: at(TAG_KEYWORDS, CONTROL_END, "goto"),
  else: at(CONTROL_KEYWORDS, 0, "else"),
  const: at(TYPE_KEYWORDS, TAG_END, "const"),
  volatile: at(TYPE_KEYWORDS, TAG_END, "volatile"),
  static: at(STORAGE_KEYWORDS, TYPE_END, "static"),
  inline: at(STORAGE_KEYWORDS, TYPE_END, "inline"),
  __inline: at(STORAGE_KEYWORDS, TYPE_END, "__inline"),
  __inline__: at(STORAGE_KEYWORDS, TYPE_END, "__inline__"),
  typedef: at(STORAGE_KEYWORDS, TYPE_END, "typedef"),
  alwaysInline: at(ATTRIBUTES, KEYWORD_END, "__always_inline"),
} as const;

/**
 * Words ↔ small integers. One table can serve many files: every word is stored once, as a string of
 * its own that does not keep the file's text alive. The stamps say in which function or file a
 * word was last noted, which makes "distinct names of this function" free of allocation.
 */
export class NameTable {
  readonly names: string[] = [];
  called = new Int32Array(1024);
  mentioned = new Int32Array(1024);
  local = new Int32Array(1024);
  inMacro = new Int32Array(1024);
  atFileLevel = new Int32Array(1024);
  /** Current stamp; 0 is never used. */
  stamp = 0;
  private hashes = new Int32Array(1024);
  private slots = new Int32Array(2048);
  private mask = 2047;

  constructor() {
    for (const list of [CONTROL_KEYWORDS, TAG_KEYWORDS, TYPE_KEYWORDS, STORAGE_KEYWORDS, ATTRIBUTES])
      for (const word of list) this.intern(word, 0, word.length, hashOf(word));
  }

  /** Id of `text[from, to)`, whose hash is `h`. */
  intern(text: string, from: number, to: number, h: number): number {
    const length = to - from;
    let slot = (h ^ (h >>> 15)) & this.mask;
    for (;;) {
      const id = (this.slots[slot] as number) - 1;
      if (id < 0) return this.add(text, from, to, h, slot);
      if (this.hashes[id] === h) {
        const name = this.names[id] as string;
        if (name.length === length) {
          let k = 0;
          while (k < length && name.charCodeAt(k) === text.charCodeAt(from + k)) k++;
          if (k === length) return id;
        }
      }
      slot = (slot + 1) & this.mask;
    }
  }

  private add(text: string, from: number, to: number, h: number, slot: number): number {
    const id = this.names.length;
    this.names.push(detached(text.slice(from, to)));
    if (id >= this.hashes.length) this.grow();
    this.hashes[id] = h;
    this.slots[slot] = id + 1;
    if (this.names.length * 2 > this.mask) this.rehash();
    return id;
  }

  private grow(): void {
    const wider = (old: Int32Array): Int32Array<ArrayBuffer> => {
      const next = new Int32Array(old.length * 2);
      next.set(old);
      return next;
    };
    this.hashes = wider(this.hashes);
    this.called = wider(this.called);
    this.mentioned = wider(this.mentioned);
    this.local = wider(this.local);
    this.inMacro = wider(this.inMacro);
    this.atFileLevel = wider(this.atFileLevel);
  }

  private rehash(): void {
    this.mask = this.mask * 2 + 1;
    this.slots = new Int32Array(this.mask + 1);
    for (let id = 0; id < this.names.length; id++) {
      const h = this.hashes[id] as number;
      let slot = (h ^ (h >>> 15)) & this.mask;
      while (this.slots[slot] !== 0) slot = (slot + 1) & this.mask;
      this.slots[slot] = id + 1;
    }
  }
}

/** A copy that does not share storage with the text it was cut from. */
export function detached(s: string): string {
  return s.length < 13 ? s : ` ${s}`.substring(1);
}
