/** Which files of a tree to check. */
import { matchesAny } from "../base/glob";
import { hashText } from "../base/hash";
import { comparePaths, isCFile, joinPath } from "../base/path";
import type { TreeProvider } from "../engine/types";

/** All C sources and headers at or below a folder, sorted; hidden folders and excluded paths are left out. */
export function filesBelow(tree: TreeProvider, folder: string, exclude: readonly string[]): string[] {
  const found: string[] = [];
  const visit = (at: string) => {
    for (const name of tree.list(at) ?? []) {
      const path = joinPath(at, name);
      if (isCFile(name) && !matchesAny(exclude, path)) found.push(path);
    }
    for (const name of tree.folders(at) ?? []) {
      const path = joinPath(at, name);
      if (!name.startsWith(".") && !matchesAny(exclude, path)) visit(path);
    }
  };
  visit(folder);
  return found.sort(comparePaths);
}

/** The files of shard `index` (1-based) of `total`. A file's shard depends on its path alone. */
export function shardOf(files: readonly string[], index: number, total: number): string[] {
  return files.filter((file) => hashText(file) % total === index - 1);
}
