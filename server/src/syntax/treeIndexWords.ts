import { comparePaths, folderOf, isCFile } from "../base/path";
import type { TreeReader } from "../base/tree";
import { WordScanner, type WordSet, wordKey } from "./scanNames";
import { MAX_HEADER } from "./treeIndexFiles";

/** Where definitions are looked for first; enough for feature detection. */
const INTERFACE_FOLDERS = ["include", "mm"];
/** The rest of the kernel outside drivers, network and sound. */
const CORE_FOLDERS = ["fs", "kernel", "ipc", "io_uring", "virt", "lib", "security", "block", "arch/x86"];
const MAX_MODULE_FILES = 8000;

/** Part of the tree in which the callers of a driver's functions are sought. */
export interface Module {
  root: string;
  /** false when files outside `root` are linked with it, or it is too large to be indexed. */
  closed: boolean;
}

/** Word → files of one part of the tree, as flat arrays. */
class Postings {
  private readonly keys: Int32Array;
  private readonly starts: Int32Array;
  private readonly files: Int32Array;
  private readonly mask: number;

  constructor(lists: Int32Array[]) {
    let total = 0;
    for (const list of lists) total += list.length;
    let size = 1024;
    while (size < total) size *= 2;
    this.mask = size - 1;
    this.keys = new Int32Array(size);
    const counts = new Int32Array(size);
    const slots = new Int32Array(total);
    let at = 0;
    for (const list of lists) {
      for (let k = 0; k < list.length; k++) {
        const slot = this.slot(list[k] as number, true);
        counts[slot]!++;
        slots[at++] = slot;
      }
    }
    this.starts = new Int32Array(size + 1);
    for (let k = 0; k < size; k++) this.starts[k + 1] = (this.starts[k] as number) + (counts[k] as number);
    this.files = new Int32Array(total);
    at = 0;
    for (let file = 0; file < lists.length; file++) {
      for (let left = (lists[file] as Int32Array).length; left > 0; left--) {
        const slot = slots[at++] as number;
        this.files[(this.starts[slot + 1] as number) - counts[slot]!--] = file;
      }
    }
  }

  /** Numbers of the files that have the word, ascending. */
  lookup(key: number): Int32Array {
    const slot = this.slot(key, false);
    if (this.keys[slot] !== key) return new Int32Array(0);
    return this.files.subarray(this.starts[slot], this.starts[slot + 1]);
  }

  private slot(key: number, add: boolean): number {
    let slot = (key ^ (key >>> 15)) & this.mask;
    for (;;) {
      const there = this.keys[slot];
      if (there === key) return slot;
      if (there === 0) {
        if (add) this.keys[slot] = key;
        return slot;
      }
      slot = (slot + 1) & this.mask;
    }
  }
}

/** The files below some folders; built in slices, then answers from the postings. */
class Part {
  readonly files: string[] = [];
  private sets: WordSet[] | null = [];
  private words: Postings | null = null;
  private definitions: Postings | null = null;
  private values: Postings | null = null;
  truncated = false;

  constructor(
    private readonly reader: TreeReader,
    private readonly scanner: WordScanner,
    roots: string[],
    limit: number,
    recurse: boolean,
  ) {
    const folders = [...roots].reverse();
    for (let dir = folders.pop(); dir !== undefined; dir = folders.pop()) {
      for (const name of this.reader.list(dir) ?? []) {
        if (isIndexed(name)) this.files.push(dir === "" ? name : `${dir}/${name}`);
      }
      if (this.files.length > limit) {
        this.truncated = true;
        this.files.length = limit;
        return;
      }
      if (!recurse) continue;
      for (const name of [...(this.reader.folders(dir) ?? [])].reverse())
        folders.push(dir === "" ? name : `${dir}/${name}`);
    }
  }

  /** Scans up to `count` more files; true when nothing is left to do. */
  step(count: number): boolean {
    const { sets } = this;
    if (sets === null) return true;
    const end = Math.min(this.files.length, sets.length + count);
    while (sets.length < end) sets.push(wordsOf(this.reader, this.scanner, this.files[sets.length] as string));
    if (sets.length < this.files.length) return false;
    this.words = new Postings(sets.map((set) => set.words));
    this.definitions = new Postings(sets.map((set) => set.definitions));
    this.values = new Postings(sets.map((set) => set.values));
    this.sets = null;
    return true;
  }

  lookup(kind: keyof WordSet, key: number): string[] {
    this.step(Number.POSITIVE_INFINITY);
    const found = (this[kind] as Postings).lookup(key);
    return Array.from(found, (file) => this.files[file] as string);
  }
}

/** Which files of the tree have a word: every answer is a superset, to be confirmed by a full scan. */
export class TreeWords {
  private readonly scanner = new WordScanner();
  private interfaces: Part | null = null;
  private core: Part | null = null;
  private readonly modules = new Map<string, Part>();
  private readonly roots = new Map<string, Module>();
  /** Files changed since their part was built. */
  private readonly changed = new Map<string, WordSet | null>();

  constructor(private readonly reader: TreeReader) {}

  /** Files of the core, and of `module` if given, in which the word occurs; sorted. */
  occurrences(word: string, module: Module | null): string[] {
    return this.lookup("words", word, [this.interfacePart(), this.corePart()], module);
  }

  /** Files that define a function of that name which is not static. */
  definitions(word: string, module: Module | null): string[] {
    return this.lookup("definitions", word, [this.interfacePart(), this.corePart()], module);
  }

  /** Files that assign the word alone to something, as ops tables do. */
  assignments(word: string, module: Module | null): string[] {
    return this.lookup("values", word, [this.interfacePart(), this.corePart()], module);
  }

  /** Files below `include/` and `mm/` in which the word occurs. */
  inInterfaces(word: string): string[] {
    return this.lookup("words", word, [this.interfacePart()], null).filter(
      (path) => isCFile(path) && INTERFACE_FOLDERS.some((root) => inside(path, root)),
    );
  }

  /** Scans up to `count` files of the core; true when the index is complete. */
  step(count: number): boolean {
    return this.interfacePart().step(count) && this.corePart().step(count);
  }

  invalidate(path: string): void {
    this.changed.set(path, null);
    if (!isCFile(path)) this.roots.clear();
  }

  /** The module of a file outside the core; null for files of the core. */
  moduleOf(path: string): Module | null {
    const dir = folderOf(path);
    if (inCore(path)) return null;
    let module = this.roots.get(dir);
    if (module === undefined) {
      module = this.findModule(dir);
      this.roots.set(dir, module);
    }
    return module;
  }

  /** A folder's objects may be linked together with those of the folder above: `x-y += sub/file.o` there. */
  private findModule(dir: string): Module {
    let root = dir;
    for (let parent = folderOf(root); root !== "" && parent !== ""; parent = folderOf(parent)) {
      const text = this.reader.read(`${parent}/Makefile`) ?? this.reader.read(`${parent}/Kbuild`) ?? "";
      const below = dir.slice(parent.length + 1).split("/")[0] as string;
      if (!text.split(/\s+/).some((word) => word.startsWith(`${below}/`) && word.endsWith(".o"))) break;
      root = parent;
    }
    const own = this.reader.read(`${root}/Makefile`) ?? this.reader.read(`${root}/Kbuild`) ?? "";
    return { root, closed: !/(^|\s)\.\.\/\S*\.o\b|\binclude\s/m.test(own) && !this.modulePart(root).truncated };
  }

  private lookup(kind: keyof WordSet, word: string, parts: Part[], module: Module | null): string[] {
    const key = wordKey(word);
    const all = module === null ? parts : [...parts, this.modulePart(module.root)];
    const found = new Set<string>();
    for (const part of all) for (const file of part.lookup(kind, key)) if (!this.changed.has(file)) found.add(file);
    for (const [file, known] of this.changed) {
      if (!isIndexed(file) || (!inCore(file) && (module === null || !inside(file, module.root)))) continue;
      let set = known;
      if (set === null) {
        set = wordsOf(this.reader, this.scanner, file);
        this.changed.set(file, set);
      }
      if (set[kind].includes(key)) found.add(file);
    }
    return [...found].sort(comparePaths);
  }

  private interfacePart(): Part {
    this.interfaces ??= new Part(this.reader, this.scanner, INTERFACE_FOLDERS, Number.POSITIVE_INFINITY, true);
    return this.interfaces;
  }

  private corePart(): Part {
    this.core ??= new Part(this.reader, this.scanner, CORE_FOLDERS, Number.POSITIVE_INFINITY, true);
    return this.core;
  }

  private modulePart(root: string): Part {
    let part = this.modules.get(root);
    if (part === undefined) {
      // At the root of a kernel tree the sub-folders are the kernel.
      const recurse = root !== "" || this.reader.folders("include") === undefined;
      part = new Part(this.reader, this.scanner, [root], MAX_MODULE_FILES, recurse);
      this.modules.set(root, part);
    }
    return part;
  }
}

function wordsOf(reader: TreeReader, scanner: WordScanner, path: string): WordSet {
  const text = reader.read(path);
  if (text === undefined || text.length > 4 * MAX_HEADER) return scanner.scan("");
  return scanner.scan(text);
}

const isIndexed = (path: string): boolean => isCFile(path) || path.endsWith(".S");

/** Is the file in the part of the tree that is always indexed? */
export function inCore(path: string): boolean {
  return CORE_FOLDERS.some((root) => inside(path, root)) || INTERFACE_FOLDERS.some((root) => inside(path, root));
}

const inside = (path: string, root: string): boolean => root === "" || path.startsWith(`${root}/`);
