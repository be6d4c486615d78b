import { folderOf, isCFile, joinPath } from "../base/path";
import type { TreeReader } from "../base/tree";
import { functionsNamed } from "./functionNames";
import type { FileScan, FunctionItem, MacroItem, SlotItem } from "./model";
import { type Callers, findCallers, findSlots } from "./treeIndexCalls";
import { type FileChange, SourceFiles } from "./treeIndexFiles";
import { Includes } from "./treeIndexIncludes";
import { type Module, type PartSource, TreeWords } from "./treeIndexWords";

export interface Located<T> {
  file: string;
  item: T;
}

/**
 * Names of a kernel tree: what a file's includes define, what a call may reach, who calls a function.
 * Everything is computed when asked for and kept until `invalidate`; answers do not depend on the
 * order of the questions. Without a tree around the file it works on what is there.
 */
export class TreeIndex {
  private readonly files: SourceFiles;
  private readonly includesOf: Includes;
  private readonly words: TreeWords;
  private readonly folders = new Map<string, Map<string, Located<FunctionItem>[]>>();
  private readonly includedSources = new Map<string, Map<string, string[]>>();
  private readonly defined = new Map<string, boolean>();
  private readonly elsewhere = new Map<string, Located<FunctionItem>[]>();
  private readonly callersOf = new Map<string, Callers>();

  /** @param parts word indexes of the tree as it is on disk, made elsewhere */
  constructor(reader: TreeReader, parts?: PartSource) {
    this.files = new SourceFiles(reader);
    this.includesOf = new Includes(this.files);
    this.words = new TreeWords(reader, parts);
  }

  /** The file's text changed, or it appeared or vanished; the reader already gives the new state. */
  invalidate(path: string): FileChange {
    const change = this.files.invalidate(path);
    const { changed, existence } = change;
    if (!changed) return change;
    this.words.invalidate(path);
    this.includesOf.invalidate(path, existence);
    this.folders.delete(folderOf(path));
    this.includedSources.delete(folderOf(path));
    this.defined.clear();
    this.elsewhere.clear();
    this.callersOf.clear();
    return change;
  }

  scan(path: string): FileScan | undefined {
    return this.files.scan(path);
  }

  /** Files included directly or indirectly, in the order they are met. */
  includeClosure(path: string): string[] {
    return this.includesOf.closure(path).files;
  }

  /** Does the include closure of `path` have `header`? */
  includes(path: string, header: string): boolean {
    return this.includesOf.closure(path).position(header) >= 0;
  }

  /** Definitions of a macro in the file, then in its include closure. */
  macro(file: string, name: string): Located<MacroItem>[] {
    const found: Located<MacroItem>[] = [];
    for (const path of [file, ...this.includesOf.definers(file, "macros", name)]) {
      for (const item of this.scan(path)?.macros ?? []) if (item.name === name) found.push({ file: path, item });
    }
    return found;
  }

  /**
   * Definitions that a call of `name` in `file` may reach: in the file, else in its includes, else in
   * its folder, else in the indexed tree. Alternatives under `#if` are all given.
   */
  resolve(file: string, name: string): Located<FunctionItem>[] {
    const { found, complete } = this.lookNear(file, name);
    return complete ? found : [...found, ...this.outside(file, name)];
  }

  /** Those of them that lie in the file, its includes or the folder `dir`: found without the index of the tree. */
  resolveFrom(dir: string, file: string, name: string): Located<FunctionItem>[] {
    const { found, complete } = this.lookNear(file, name);
    return complete ? found : [...found, ...(this.folderFunctions(dir).get(name) ?? [])];
  }

  /** `complete`: no other file can have the function that is meant. */
  private lookNear(file: string, name: string): { found: Located<FunctionItem>[]; complete: boolean } {
    const own = this.functionsIn(file, name);
    if (own.length > 0) return { found: own, complete: true };
    // A `.c` file included by another one is part of that one's translation unit.
    for (const includer of file.endsWith(".c") ? this.includersOf(file) : []) {
      const there = this.functionsIn(includer, name);
      if (there.length > 0) return { found: there, complete: true };
    }
    const included = this.includesOf.definers(file, "functions", name).flatMap((path) => this.functionsIn(path, name));
    // A stub under `#else` of the header stands beside the real function.
    if (included.some(({ item }) => item.guards.length === 0)) return { found: included, complete: true };
    const near = this.folderFunctions(folderOf(file)).get(name) ?? [];
    return { found: [...included, ...near], complete: near.length > 0 };
  }

  /** Declared type of a struct's field as the file sees it: `struct mm_struct *`. */
  fieldType(file: string, structTag: string, field: string): string | undefined {
    for (const path of [file, ...this.includesOf.definers(file, "structs", structTag)]) {
      for (const item of this.scan(path)?.structs ?? []) {
        const type = item.tag === structTag ? item.fields.get(field) : undefined;
        if (type !== undefined) return type;
      }
    }
    return undefined;
  }

  /** Declared types of all fields of a struct as the file sees it, by name. */
  structFields(file: string, structTag: string): ReadonlyMap<string, string> {
    for (const path of [file, ...this.includesOf.definers(file, "structs", structTag)]) {
      const item = this.scan(path)?.structs.find((s) => s.tag === structTag);
      if (item) return item.fields;
    }
    return new Map();
  }

  /** All functions that call `fn`, and whether they are all. */
  callers(file: string, fn: string): Callers {
    const key = `${file}:${fn}`;
    let found = this.callersOf.get(key);
    if (found === undefined) {
      found = findCallers(this, file, fn);
      this.callersOf.set(key, found);
    }
    return found;
  }

  /** Ops-table slots in which the function is installed. */
  slots(file: string, fn: string): (SlotItem & { file: string })[] {
    return findSlots(this, file, fn);
  }

  /** Is a function, macro, prototype or struct of that name defined in `include/` or `mm/`? */
  defines(symbol: string): boolean {
    let found = this.defined.get(symbol);
    if (found === undefined) {
      found = this.words.inInterfaces(symbol).some((path) => definesName(this.scan(path), symbol));
      this.defined.set(symbol, found);
    }
    return found;
  }

  /** The `.c` and `.h` files of the same folder, sorted. A folder may be given instead of a file. */
  folderUnit(path: string): string[] {
    const dir = isCFile(path) ? folderOf(path) : path;
    return this.files.list(dir).map((name) => (dir === "" ? name : `${dir}/${name}`));
  }

  /** Files of the indexed tree in which `name` occurs, as seen from `file` (which is always among them). */
  filesWith(name: string, file: string): string[] {
    const found = this.words.occurrences(name, this.words.moduleOf(file));
    return found.includes(file) ? found : [file, ...found];
  }

  /** Files of the indexed tree that assign `name` to something. */
  filesAssigning(name: string, file: string): string[] {
    return this.words.assignments(name, this.words.moduleOf(file));
  }

  /** Files of the include closure that declare a function. */
  prototypeFiles(file: string, name: string): string[] {
    return this.includesOf.definers(file, "prototypes", name);
  }

  moduleOf(file: string): Module | null {
    return this.words.moduleOf(file);
  }

  /** Files of the same folder that include this `.c` file. */
  includersOf(file: string): string[] {
    const dir = folderOf(file);
    let found = this.includedSources.get(dir);
    if (found === undefined) {
      found = new Map();
      for (const path of this.folderUnit(file)) {
        for (const name of this.scan(path)?.quoted ?? []) {
          if (!name.endsWith(".c")) continue;
          const included = joinPath(dir, name);
          found.set(included, [...(found.get(included) ?? []), path]);
        }
      }
      this.includedSources.set(dir, found);
    }
    return found.get(file) ?? [];
  }

  private functionsIn(file: string, name: string): Located<FunctionItem>[] {
    return functionsNamed(this.scan(file), name).map((item) => ({ file, item }));
  }

  /** Functions of a folder's `.c` files that are not static, by name. */
  private folderFunctions(dir: string): Map<string, Located<FunctionItem>[]> {
    let table = this.folders.get(dir);
    if (table === undefined) {
      table = new Map();
      for (const name of this.files.list(dir)) {
        const file = dir === "" ? name : `${dir}/${name}`;
        if (!name.endsWith(".c")) continue;
        for (const item of this.scan(file)?.functions ?? []) {
          if (item.isStatic) continue;
          const there = table.get(item.name);
          if (there === undefined) table.set(item.name, [{ file, item }]);
          else there.push({ file, item });
        }
      }
      this.folders.set(dir, table);
    }
    return table;
  }

  private outside(file: string, name: string): Located<FunctionItem>[] {
    const module = this.words.moduleOf(file);
    const key = `${module?.root ?? ""}:${name}`;
    let found = this.elsewhere.get(key);
    if (found === undefined) {
      found = this.words
        .definitions(name, module)
        .filter((path) => path.endsWith(".c"))
        .flatMap((path) => this.functionsIn(path, name).filter(({ item }) => !item.isStatic));
      this.elsewhere.set(key, found);
    }
    return found;
  }
}

function definesName(scan: FileScan | undefined, name: string): boolean {
  if (scan === undefined) return false;
  return (
    functionsNamed(scan, name).length > 0 ||
    scan.prototypes.includes(name) ||
    scan.macros.some((item) => item.name === name) ||
    scan.structs.some((item) => item.tag === name)
  );
}

/** Tag of the struct a type is or points to: `struct mm_struct *` → `mm_struct`. */
export function structOf(type: string): string | undefined {
  return /\b(?:struct|union)\s+([\w.]+)/.exec(type)?.[1];
}
