/** A part of a tree with the words of its files: built in slices, here or on another thread. */

import { ByteBuffer } from "../base/bytes";
import { isCFile } from "../base/path";
import type { TreeReader } from "../base/tree";
import type { WordScanner, WordSet } from "./scanNames";
import { MAX_HEADER } from "./treeIndexFiles";

/** Postings as plain data: word hashes in an open table, and for each slot its file numbers. */
export interface PostingsData {
  keys: Int32Array;
  starts: Int32Array;
  files: Int32Array;
}

/** A finished part as plain data: what one thread can hand to another. */
export interface PartData {
  files: string[];
  postings: Record<keyof WordSet, PostingsData>;
}

/** Word → files of one part of the tree, as flat arrays. */
class Postings {
  constructor(readonly data: PostingsData) {}

  /** Numbers of the files that have the word, ascending. */
  lookup(key: number): Int32Array {
    const { keys, starts, files } = this.data;
    const slot = slotOf(keys, key);
    return keys[slot] === key ? files.subarray(starts[slot], starts[slot + 1]) : new Int32Array(0);
  }
}

/** Where a key stands in an open table whose size is a power of two, or the free place it would take. */
function slotOf(keys: Int32Array, key: number): number {
  const mask = keys.length - 1;
  let slot = (key ^ (key >>> 15)) & mask;
  for (;;) {
    const there = keys[slot];
    if (there === key || there === 0) return slot;
    slot = (slot + 1) & mask;
  }
}

/** @param lists the hashes of each file's words, without doubles */
function postingsOf(lists: readonly Int32Array[]): PostingsData {
  let total = 0;
  for (const list of lists) total += list.length;
  const keys = distinct(lists);
  const counts = new Int32Array(keys.length);
  const slots = new Int32Array(total);
  let at = 0;
  for (const list of lists) {
    for (let k = 0; k < list.length; k++) {
      const slot = slotOf(keys, list[k] as number);
      counts[slot]!++;
      slots[at++] = slot;
    }
  }
  const starts = new Int32Array(keys.length + 1);
  for (let k = 0; k < keys.length; k++) starts[k + 1] = (starts[k] as number) + (counts[k] as number);
  const files = new Int32Array(total);
  at = 0;
  for (let file = 0; file < lists.length; file++) {
    for (let left = (lists[file] as Int32Array).length; left > 0; left--) {
      const slot = slots[at++] as number;
      files[(starts[slot + 1] as number) - counts[slot]!--] = file;
    }
  }
  return { keys, starts, files };
}

/** Table of the different hashes, at most half full. */
function distinct(lists: readonly Int32Array[]): Int32Array {
  let keys = new Int32Array(1024);
  let used = 0;
  for (const list of lists) {
    for (let k = 0; k < list.length; k++) {
      const key = list[k] as number;
      const slot = slotOf(keys, key);
      if (keys[slot] !== 0) continue;
      keys[slot] = key;
      if (2 * ++used <= keys.length) continue;
      const larger = new Int32Array(2 * keys.length);
      for (const one of keys) if (one !== 0) larger[slotOf(larger, one)] = one;
      keys = larger;
    }
  }
  return keys;
}

/** The files below some folders with their words. */
export class Part {
  private readonly found: Record<keyof WordSet, Postings>;

  constructor(readonly data: PartData) {
    const { words, definitions, values } = data.postings;
    this.found = { words: new Postings(words), definitions: new Postings(definitions), values: new Postings(values) };
  }

  lookup(kind: keyof WordSet, key: number): string[] {
    return Array.from(this.found[kind].lookup(key), (file) => this.data.files[file] as string);
  }
}

export interface PartFiles {
  files: string[];
  /** There are more than the limit; the others are left out. */
  truncated: boolean;
}

/** Lists the files of a part, in a fixed order. */
export function partFiles(reader: TreeReader, roots: readonly string[], limit: number, recurse: boolean): PartFiles {
  const files: string[] = [];
  const folders = [...roots].reverse();
  for (let dir = folders.pop(); dir !== undefined; dir = folders.pop()) {
    for (const name of reader.list(dir) ?? []) {
      if (isIndexed(name)) files.push(dir === "" ? name : `${dir}/${name}`);
    }
    if (files.length > limit) return { files: files.slice(0, limit), truncated: true };
    if (!recurse) continue;
    for (const name of [...(reader.folders(dir) ?? [])].reverse()) folders.push(dir === "" ? name : `${dir}/${name}`);
  }
  return { files, truncated: false };
}

/** Reads and scans the files. */
export function buildPart(reader: TreeReader, scanner: WordScanner, files: string[]): PartData {
  const buffer = new ByteBuffer();
  const sets = files.map((file) => wordsOf(reader, scanner, file, buffer));
  const postings = {
    words: postingsOf(sets.map((set) => set.words)),
    definitions: postingsOf(sets.map((set) => set.definitions)),
    values: postingsOf(sets.map((set) => set.values)),
  };
  return { files, postings };
}

export function wordsOf(reader: TreeReader, scanner: WordScanner, path: string, buffer = new ByteBuffer()): WordSet {
  if (reader.readBytes === undefined) buffer.setText(reader.read(path) ?? "");
  else if (!reader.readBytes(path, buffer)) buffer.resize(0);
  if (buffer.length > 4 * MAX_HEADER) buffer.resize(0);
  return scanner.scan(buffer);
}

/** Files whose words are looked at. */
export const isIndexed = (path: string): boolean => isCFile(path) || path.endsWith(".S");
