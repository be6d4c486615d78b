import { hashText } from "../base/hash";
import { baseName, folderOf, isCFile } from "../base/path";
import type { TreeReader } from "../base/tree";
import type { FileScan } from "./model";
import { scanFile } from "./scan";
import { NameTable } from "./scanTable";

/** Headers above this size are generated tables of registers; only their beginning is indexed. */
export const MAX_HEADER = 1 << 21;
const INDEXED_PREFIX = 1 << 16;
/** Scans of `.c` files are forgotten, oldest first, when their texts together were longer than this. */
const MAX_CACHED_TEXT = 96_000_000;

interface Entry {
  scan: FileScan | undefined;
  length: number;
  hash: number;
}

export interface FileChange {
  /** False when text and existence are as before. */
  changed: boolean;
  /** The scan before the change, if there was one. */
  before: FileScan | undefined;
  /** The file appeared or vanished. */
  existence: boolean;
  /** There was a scan, but it is no longer known. */
  forgotten: boolean;
}

/** Scans of single files and folder listings, read once and kept until invalidated. */
export class SourceFiles {
  private readonly names = new NameTable();
  private readonly entries = new Map<string, Entry>();
  private readonly listings = new Map<string, string[]>();
  /** Files whose scans were dropped to save memory. */
  private readonly forgotten = new Set<string>();
  private cachedText = 0;

  constructor(private readonly reader: TreeReader) {}

  scan(path: string): FileScan | undefined {
    let entry = this.entries.get(path);
    if (entry === undefined) {
      entry = this.load(path);
      this.entries.set(path, entry);
      this.forgotten.delete(path);
      if (path.endsWith(".c")) this.trim((this.cachedText += entry.length));
    }
    return entry.scan;
  }

  /** Names of the C files directly in a folder, sorted. */
  list(dir: string): string[] {
    let names = this.listings.get(dir);
    if (names === undefined) {
      names = (this.reader.list(dir) ?? []).filter(isCFile).sort();
      this.listings.set(dir, names);
    }
    return names;
  }

  exists(path: string): boolean {
    const names = this.list(folderOf(path));
    const name = baseName(path);
    let low = 0;
    let high = names.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((names[middle] as string) < name) low = middle + 1;
      else high = middle;
    }
    return names[low] === name;
  }

  /** Takes note that a file changed, and says what was known of it. */
  invalidate(path: string): FileChange {
    const forgotten = this.forgotten.delete(path);
    const existed = this.listings.has(folderOf(path)) ? this.exists(path) : undefined;
    this.listings.delete(folderOf(path));
    const existence = existed !== undefined && existed !== this.exists(path);
    const old = this.entries.get(path);
    if (old === undefined) return { changed: true, before: undefined, existence, forgotten };
    const text = this.reader.read(path);
    const same =
      text === undefined ? old.scan === undefined : text.length === old.length && hashText(text) === old.hash;
    if (same && (text !== undefined) === (old.scan !== undefined))
      return { changed: existence, before: old.scan, existence, forgotten };
    this.entries.delete(path);
    if (path.endsWith(".c")) this.cachedText -= old.length;
    return {
      changed: true,
      before: old.scan,
      existence: existence || (text !== undefined) !== (old.scan !== undefined),
      forgotten,
    };
  }

  private load(path: string): Entry {
    const text = this.reader.read(path);
    if (text === undefined) return { scan: undefined, length: 0, hash: 0 };
    const hash = hashText(text);
    if (text.length <= MAX_HEADER || !path.endsWith(".h")) {
      return { scan: scanFile(text, this.names), length: text.length, hash };
    }
    const scan = scanFile(text.slice(0, INDEXED_PREFIX), this.names);
    scan.problems = [{ at: INDEXED_PREFIX, message: "header too large, only its beginning is indexed" }];
    return { scan, length: text.length, hash };
  }

  private trim(total: number): void {
    if (total <= MAX_CACHED_TEXT) return;
    for (const [path, entry] of this.entries) {
      if (!path.endsWith(".c")) continue;
      if (this.cachedText <= MAX_CACHED_TEXT / 2) return;
      this.entries.delete(path);
      this.forgotten.add(path);
      this.cachedText -= entry.length;
    }
  }
}
