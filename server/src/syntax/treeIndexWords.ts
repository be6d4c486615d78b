import { comparePaths, folderOf, isCFile } from "../base/path";
import type { TreeReader } from "../base/tree";
import { WordScanner, type WordSet, wordKey } from "./scanNames";
import { buildPart, isIndexed, Part, type PartData, type PartFiles, partFiles, wordsOf } from "./treeIndexPart";

/**
 * The parts of the tree that are always indexed. `interfaces`: where definitions are looked for first, enough for
 * feature detection. `core`: the rest of the kernel outside drivers, network and sound.
 */
const FOLDERS = {
  interfaces: ["include", "mm"],
  core: ["fs", "kernel", "ipc", "io_uring", "virt", "lib", "security", "block", "arch/x86"],
} as const;

export type PartName = keyof typeof FOLDERS;

/** In the order in which they are asked for. */
export const partNames: readonly PartName[] = ["interfaces", "core"];

/** Parts of the tree as it is on disk, made elsewhere. */
export interface PartSource {
  /** Would `take` have to wait? */
  underWay(name: PartName): boolean;
  /** The part, once; waits if it is under way; null if there is none to be had. */
  take(name: PartName): PartData | null;
}

/** Reads and scans one of the parts. */
export function indexPart(reader: TreeReader, name: PartName, scanner = new WordScanner()): PartData {
  return buildPart(reader, scanner, partFiles(reader, FOLDERS[name], Number.POSITIVE_INFINITY, true).files);
}

const MAX_MODULE_FILES = 8000;

/** Part of the tree in which the callers of a driver's functions are sought. */
export interface Module {
  root: string;
  /** false when files outside `root` are linked with it, or it is too large to be indexed. */
  closed: boolean;
}

/** Which files of the tree have a word: every answer is a superset, to be confirmed by a full scan. */
export class TreeWords {
  private readonly scanner = new WordScanner();
  private readonly parts = new Map<PartName, Part>();
  private readonly modules = new Map<string, PartFiles>();
  private readonly moduleParts = new Map<string, Part>();
  private readonly roots = new Map<string, Module>();
  /** Files that may differ from what their part was built from. */
  private readonly changed = new Map<string, WordSet | null>();

  /** @param source parts that are made elsewhere; the others are made here when first asked for */
  constructor(
    private readonly reader: TreeReader,
    private readonly source: PartSource | null = null,
  ) {}

  /** Files of the core, and of `module` if given, in which the word occurs; sorted. */
  occurrences(word: string, module: Module | null): string[] {
    return this.lookup("words", word, partNames, module);
  }

  /** Files that define a function of that name which is not static. */
  definitions(word: string, module: Module | null): string[] {
    return this.lookup("definitions", word, partNames, module);
  }

  /** Files that assign the word alone to something, as ops tables do. */
  assignments(word: string, module: Module | null): string[] {
    return this.lookup("values", word, partNames, module);
  }

  /** Files below `include/` and `mm/` in which the word occurs. */
  inInterfaces(word: string): string[] {
    return this.lookup("words", word, ["interfaces"], null).filter(
      (path) => isCFile(path) && FOLDERS.interfaces.some((root) => inside(path, root)),
    );
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
    return { root, closed: !/(^|\s)\.\.\/\S*\.o\b|\binclude\s/m.test(own) && !this.moduleFiles(root).truncated };
  }

  private lookup(kind: keyof WordSet, word: string, names: readonly PartName[], module: Module | null): string[] {
    const key = wordKey(word);
    const parts = names.map((name) => this.part(name));
    if (module !== null) parts.push(this.modulePart(module.root));
    const found = new Set<string>();
    for (const part of parts) for (const file of part.lookup(kind, key)) if (!this.changed.has(file)) found.add(file);
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

  private part(name: PartName): Part {
    let part = this.parts.get(name);
    if (part === undefined) {
      part = new Part(this.source?.take(name) ?? indexPart(this.reader, name, this.scanner));
      this.parts.set(name, part);
    }
    return part;
  }

  private moduleFiles(root: string): PartFiles {
    let found = this.modules.get(root);
    if (found === undefined) {
      // At the root of a kernel tree the sub-folders are the kernel.
      const recurse = root !== "" || this.reader.folders("include") === undefined;
      found = partFiles(this.reader, [root], MAX_MODULE_FILES, recurse);
      this.modules.set(root, found);
    }
    return found;
  }

  private modulePart(root: string): Part {
    let part = this.moduleParts.get(root);
    if (part === undefined) {
      part = new Part(buildPart(this.reader, this.scanner, this.moduleFiles(root).files));
      this.moduleParts.set(root, part);
    }
    return part;
  }
}

/** Is the file in the part of the tree that is always indexed? */
export function inCore(path: string): boolean {
  return partNames.some((name) => FOLDERS[name].some((root) => inside(path, root)));
}

const inside = (path: string, root: string): boolean => root === "" || path.startsWith(`${root}/`);
