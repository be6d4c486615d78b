/** Direct callers and callees of a function within its folder, found by name. */
import { readSource, type SourceFile } from "./functions";
import { freeWords } from "./text";
import type { Tree } from "./tree";

interface FolderIndex {
  /** Function name → files that define it. */
  definitions: Map<string, Set<string>>;
  /** File → function → words of its body. */
  words: Map<string, Map<string, Set<string>>>;
}

export interface Neighbours {
  functions: Set<string>;
  files: string[];
}

export class Folders {
  private readonly indexes = new Map<string, FolderIndex>();

  constructor(private readonly tree: Tree) {}

  /** The function itself, who calls it and whom it calls; with their files, its own first. */
  around(file: string, fn: string): Neighbours {
    const dir = file.slice(0, file.lastIndexOf("/"));
    const index = this.index(dir);
    const functions = new Set([fn]);
    const files = new Set([file]);
    for (const word of index.words.get(file)?.get(fn) ?? []) {
      const places = index.definitions.get(word);
      if (!places) continue;
      functions.add(word);
      for (const place of places.has(file) ? [file] : places) files.add(place);
    }
    for (const [place, table] of index.words) {
      for (const [caller, words] of table) {
        if (!words.has(fn)) continue;
        functions.add(caller);
        files.add(place);
      }
    }
    return { functions, files: [...files] };
  }

  private index(dir: string): FolderIndex {
    let index = this.indexes.get(dir);
    if (index) return index;
    index = { definitions: new Map(), words: new Map() };
    for (const name of this.tree.list(dir) ?? []) {
      if (!/\.[ch]$/.test(name)) continue;
      const path = `${dir}/${name}`;
      const text = this.tree.read(path);
      if (text !== undefined && text.length < 2_000_000) this.add(index, readSource(path, text));
    }
    this.indexes.set(dir, index);
    return index;
  }

  private add(index: FolderIndex, file: SourceFile): void {
    const table = new Map<string, Set<string>>();
    for (const fn of file.functions) {
      table.set(fn.name, new Set(freeWords(file.code, fn.body).map((w) => w.word)));
      const places = index.definitions.get(fn.name) ?? new Set<string>();
      places.add(file.path);
      index.definitions.set(fn.name, places);
    }
    index.words.set(file.path, table);
  }
}
