import { folderOf, joinPath } from "../base/path";
import type { FileScan } from "./model";
import type { SourceFiles } from "./treeIndexFiles";

/** Every kernel file is compiled with these on the command line. */
const FORCED = ["include/linux/kconfig.h", "include/linux/compiler_types.h"];
const MAX_CLOSURE = 6000;
const MAX_CLOSURES_KEPT = 1024;

export interface Closure {
  /** Files included directly or indirectly, in the order they are met; the file itself is not among them. */
  files: string[];
  /** Position of a file in `files`, or -1. */
  position(path: string): number;
}

type Kind = "functions" | "macros" | "structs" | "prototypes";

/** Which files an `#include` means, transitive closures, and which file of a closure defines a name. */
export class Includes {
  /** `arch name` → header, as the compiler's search folders give it. */
  private readonly searched = new Map<string, string | null>();
  private readonly direct = new Map<string, string[]>();
  private readonly closures = new Map<string, Closure>();
  private readonly ids = new Map<string, number>();
  /** Paths by number. */
  private readonly paths: string[] = [];
  /** Per number: the walk that met the file last. */
  private readonly met: number[] = [];
  private visit = 0;
  /** Lists of direct includes as numbers. */
  private readonly numbers = new WeakMap<string[], number[]>();
  private readonly registered = new Map<string, FileScan>();
  private readonly tables: Record<Kind, Map<string, string[]>> = {
    functions: new Map(),
    macros: new Map(),
    structs: new Map(),
    prototypes: new Map(),
  };

  constructor(private readonly files: SourceFiles) {}

  closure(path: string): Closure {
    let found = this.closures.get(path);
    if (found === undefined) {
      found = this.compute(path);
      if (this.closures.size >= MAX_CLOSURES_KEPT) this.closures.delete(this.closures.keys().next().value as string);
      this.closures.set(path, found);
    }
    return found;
  }

  /** Files of the closure of `path` that define `name`, nearest first. */
  definers(path: string, kind: Kind, name: string): string[] {
    const closure = this.closure(path);
    const candidates = this.tables[kind].get(name);
    if (candidates === undefined) return [];
    const found = candidates.filter((file) => file !== path && closure.position(file) >= 0);
    return found.sort((a, b) => closure.position(a) - closure.position(b));
  }

  /** A file changed; `existence` when it appeared or vanished, which can redirect any include. */
  invalidate(path: string, existence: boolean): void {
    const before = this.registered.get(path);
    if (before !== undefined) {
      this.unregister(path, before);
      const now = this.files.scan(path);
      if (now !== undefined) this.register(path, now);
    }
    const old = this.direct.get(path);
    this.direct.delete(path);
    if (existence) {
      this.direct.clear();
      this.searched.clear();
    }
    const same = old !== undefined && !existence && sameList(old, this.directIncludes(path));
    if (!same) this.closures.clear();
  }

  private compute(path: string): Closure {
    const files: string[] = [];
    const seen = ++this.visit;
    const queue: number[] = [];
    this.see(this.idOf(path), seen);
    const offer = (list: readonly number[]): void => {
      for (const id of list) if (this.see(id, seen)) queue.push(id);
    };
    offer(FORCED.filter((file) => this.files.exists(file)).map((file) => this.idOf(file)));
    offer(this.directIds(path));
    for (let k = 0; k < queue.length && files.length < MAX_CLOSURE; k++) {
      const file = this.paths[queue[k] as number] as string;
      files.push(file);
      const scan = this.files.scan(file);
      if (scan !== undefined && !this.registered.has(file)) this.register(file, scan);
      offer(this.directIds(file));
    }
    const positions = new Int32Array(this.paths.length);
    for (let k = 0; k < files.length; k++) positions[queue[k] as number] = k + 1;
    return { files, position: (file) => (positions[this.ids.get(file) ?? -1] ?? 0) - 1 };
  }

  /** Marks a file as met in this walk; false if it was before. */
  private see(id: number, walk: number): boolean {
    if (this.met[id] === walk) return false;
    this.met[id] = walk;
    return true;
  }

  private directIds(path: string): readonly number[] {
    const files = this.directIncludes(path);
    let ids = this.numbers.get(files);
    if (ids === undefined) {
      ids = files.map((file) => this.idOf(file));
      this.numbers.set(files, ids);
    }
    return ids;
  }

  private idOf(file: string): number {
    let id = this.ids.get(file);
    if (id === undefined) {
      id = this.paths.length;
      this.ids.set(file, id);
      this.paths.push(file);
    }
    return id;
  }

  private directIncludes(path: string): string[] {
    let found = this.direct.get(path);
    if (found === undefined) {
      const scan = this.files.scan(path);
      const quoted = new Set(scan?.quoted);
      const resolved = (scan?.includes ?? []).map((name) => this.resolve(path, name, quoted.has(name)));
      found = [...new Set(resolved.filter((file) => file !== undefined))];
      this.direct.set(path, found);
    }
    return found;
  }

  private resolve(from: string, name: string, quoted: boolean): string | undefined {
    const dir = folderOf(from);
    const own = joinPath(dir, name);
    if (quoted && this.files.exists(own)) return own;
    const arch = archOf(from);
    const key = `${arch} ${name}`;
    let shared = this.searched.get(key);
    if (shared === undefined) {
      shared = this.search(arch, name);
      this.searched.set(key, shared);
    }
    if (shared !== null) return shared;
    if (this.files.exists(own)) return own;
    for (let parent = dir; parent !== ""; parent = folderOf(parent)) {
      const path = joinPath(`${parent}/include`, name);
      if (this.files.exists(path)) return path;
    }
    return undefined;
  }

  /** What `<name>` stands for in all files of an architecture. */
  private search(arch: string, name: string): string | null {
    for (const folder of [`arch/${arch}/include`, "include", `arch/${arch}/include/uapi`, "include/uapi"]) {
      const path = joinPath(folder, name);
      if (this.files.exists(path)) return path;
    }
    if (!name.startsWith("asm/")) return null;
    for (const folder of ["include/asm-generic", "include/uapi/asm-generic"]) {
      const path = joinPath(folder, name.slice(4));
      if (this.files.exists(path)) return path;
    }
    return null;
  }

  private register(path: string, scan: FileScan): void {
    this.registered.set(path, scan);
    eachName(scan, (kind, name) => {
      const table = this.tables[kind];
      const files = table.get(name);
      if (files === undefined) table.set(name, [path]);
      else if (files[files.length - 1] !== path && !files.includes(path)) files.push(path);
    });
  }

  private unregister(path: string, scan: FileScan): void {
    this.registered.delete(path);
    eachName(scan, (kind, name) => {
      const files = this.tables[kind].get(name)?.filter((file) => file !== path);
      if (files === undefined || files.length === 0) this.tables[kind].delete(name);
      else this.tables[kind].set(name, files);
    });
  }
}

function eachName(scan: FileScan, note: (kind: Kind, name: string) => void): void {
  for (const item of scan.functions) note("functions", item.name);
  for (const item of scan.macros) note("macros", item.name);
  for (const item of scan.structs) note("structs", item.tag);
  for (const name of scan.prototypes) note("prototypes", name);
}

/** Files of another architecture see their own headers. */
function archOf(from: string): string {
  return from.startsWith("arch/") ? (/^arch\/(\w+)\//.exec(from)?.[1] ?? "x86") : "x86";
}

const sameList = (a: string[], b: string[]): boolean => a.length === b.length && a.every((item, k) => item === b[k]);
