/** Unsaved texts in front of the tree, with a cache of what was read. */
import type { ByteBuffer } from "../base/bytes";
import type { TreeReader } from "../base/tree";
import type { TreeProvider } from "./types";

const MAX_KEPT = 48_000_000;

export class Overlay implements TreeReader {
  private readonly texts = new Map<string, string>();
  private readonly kept = new Map<string, string | undefined>();
  /** Characters in `kept`. */
  private size = 0;

  constructor(private readonly tree: TreeProvider) {}

  set(path: string, text: string | null): void {
    this.release(path);
    if (text === null) this.texts.delete(path);
    else this.texts.set(path, text);
  }

  /** The unsaved text of a file, if there is one. */
  unsaved(path: string): string | null {
    return this.texts.get(path) ?? null;
  }

  /** The file changed on disk. */
  forget(path: string): void {
    this.release(path);
  }

  /** The text that results may rest on; undefined if none was asked for. */
  known(path: string): string | undefined {
    return this.texts.get(path) ?? this.kept.get(path);
  }

  /** Like `read`, but remembers the text: for files whose functions are analysed. */
  text(path: string): string | undefined {
    const unsaved = this.texts.get(path);
    if (unsaved !== undefined) return unsaved;
    if (this.kept.has(path)) return this.kept.get(path);
    const text = this.tree.read(path);
    this.kept.set(path, text);
    this.size += text?.length ?? 0;
    if (this.size > MAX_KEPT) this.trim();
    return text;
  }

  /** Lets the texts go that were read first. */
  private trim(): void {
    for (const path of this.kept.keys()) {
      if (this.size <= MAX_KEPT / 2) return;
      this.release(path);
    }
  }

  private release(path: string): void {
    this.size -= this.kept.get(path)?.length ?? 0;
    this.kept.delete(path);
  }

  read(path: string): string | undefined {
    return this.texts.get(path) ?? this.tree.read(path);
  }

  readBytes(path: string, into: ByteBuffer): boolean {
    if (this.tree.readBytes && !this.texts.has(path)) return this.tree.readBytes(path, into);
    const text = this.read(path);
    into.setText(text ?? "");
    return text !== undefined;
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
