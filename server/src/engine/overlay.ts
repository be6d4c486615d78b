/** Unsaved texts in front of the tree, with a cache of what was read. */
import type { TreeReader } from "../base/tree";
import type { TreeProvider } from "./types";

export class Overlay implements TreeReader {
  private readonly texts = new Map<string, string>();
  private readonly kept = new Map<string, string | undefined>();

  constructor(private readonly tree: TreeProvider) {}

  set(path: string, text: string | null): void {
    this.kept.delete(path);
    if (text === null) this.texts.delete(path);
    else this.texts.set(path, text);
  }

  /** The file changed on disk. */
  forget(path: string): void {
    this.kept.delete(path);
  }

  /** The text that results may rest on; undefined if none was asked for. */
  known(path: string): string | undefined {
    return this.texts.get(path) ?? this.kept.get(path);
  }

  /** Like `read`, but remembers the text: for files whose functions are analysed. */
  text(path: string): string | undefined {
    const unsaved = this.texts.get(path);
    if (unsaved !== undefined) return unsaved;
    if (!this.kept.has(path)) this.kept.set(path, this.tree.read(path));
    return this.kept.get(path);
  }

  read(path: string): string | undefined {
    return this.texts.get(path) ?? this.tree.read(path);
  }

  list(dir: string): string[] | undefined {
    const names = this.tree.list(dir);
    const prefix = dir === "" ? "" : `${dir}/`;
    const extra = [...this.texts.keys()]
      .filter((p) => p.startsWith(prefix) && !p.slice(prefix.length).includes("/"))
      .map((p) => p.slice(prefix.length));
    if (extra.length === 0) return names;
    return [...new Set([...(names ?? []), ...extra])].sort();
  }

  folders(dir: string): string[] | undefined {
    return this.tree.folders(dir);
  }
}
