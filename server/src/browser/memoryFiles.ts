/** Files in memory, by absolute path, with the folders that follow from them. */
import { folderOf, joinPath, normalizePath } from "../base/path";
import type { EntryKind, HostTree, TextOrProblem } from "../workspace/host";

export class MemoryFiles {
  private readonly texts = new Map<string, string>();
  /** Folder → names of what is in it. */
  private readonly files = new Map<string, Set<string>>();
  private readonly folders = new Map<string, Set<string>>();

  constructor(texts: Readonly<Record<string, string>>) {
    for (const [path, text] of Object.entries(texts)) this.set(path, text);
  }

  set(path: string, text: string | null): void {
    const place = normalizePath(path);
    const folder = folderOf(place);
    const name = place.slice(folder === "/" ? 1 : folder.length + 1);
    if (text === null) {
      this.texts.delete(place);
      this.files.get(folder)?.delete(name);
      return;
    }
    this.texts.set(place, text);
    add(this.files, folder, name);
    for (let inner = folder; inner !== "/" && inner !== ""; inner = folderOf(inner)) {
      const outer = folderOf(inner);
      add(this.folders, outer, inner.slice(outer === "/" ? 1 : outer.length + 1));
    }
  }

  kindOf(path: string): EntryKind | undefined {
    const place = normalizePath(path);
    if (this.texts.has(place)) return "file";
    return this.files.has(place) || this.folders.has(place) || place === "/" ? "folder" : undefined;
  }

  readText(path: string): TextOrProblem {
    const text = this.texts.get(normalizePath(path));
    return text === undefined ? { problem: "no such file" } : { text };
  }

  openTree(root: string): HostTree {
    const problems = new Map<string, string>();
    const names = (table: Map<string, Set<string>>, folder: string): string[] | undefined => {
      const place = joinPath(root, folder);
      return this.kindOf(place) === "folder" ? [...(table.get(place) ?? [])].sort() : undefined;
    };
    return {
      root,
      read: (path) => {
        const found = this.readText(joinPath(root, path));
        if ("text" in found) return found.text;
        problems.set(path, found.problem);
        return undefined;
      },
      list: (folder) => names(this.files, folder),
      folders: (folder) => names(this.folders, folder),
      problemOf: (path) => problems.get(path),
      forget: (path) => void problems.delete(path),
    };
  }
}

function add(table: Map<string, Set<string>>, key: string, value: string): void {
  const set = table.get(key);
  if (set) set.add(value);
  else table.set(key, new Set([value]));
}
