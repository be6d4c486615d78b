/** A kernel tree on disk: texts, the files of a scope, and whether it defines a symbol. Also the engine's tree. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

const headers = [
  "include/linux/mm.h",
  "include/linux/pgtable.h",
  "include/linux/mmap_lock.h",
  "include/linux/mmu_notifier.h",
  "include/linux/spinlock.h",
];

/** Texts kept in memory. */
const remembered = 200;

export class Tree {
  private readonly texts = new Map<string, string | undefined>();
  private headerText: string | undefined;

  constructor(readonly root: string) {}

  read(path: string): string | undefined {
    if (this.texts.has(path)) return this.texts.get(path);
    const text = readText(join(this.root, path));
    if (this.texts.size >= remembered) this.texts.delete(this.texts.keys().next().value as string);
    this.texts.set(path, text);
    return text;
  }

  list(dir: string): string[] | undefined {
    return this.entries(dir, (e) => e.isFile());
  }

  folders(dir: string): string[] | undefined {
    return this.entries(dir, (e) => e.isDirectory());
  }

  private entries(
    dir: string,
    keep: (e: { isFile(): boolean; isDirectory(): boolean }) => boolean,
  ): string[] | undefined {
    try {
      return readdirSync(join(this.root, dir), { withFileTypes: true })
        .filter(keep)
        .map((e) => e.name)
        .sort();
    } catch {
      return undefined;
    }
  }

  /** C files and headers of a scope (files or folders), in path order. */
  files(scope: readonly string[], exclude: readonly string[] = []): string[] {
    const out: string[] = [];
    const visit = (path: string): void => {
      if (exclude.includes(path)) return;
      const full = join(this.root, path);
      if (!existsSync(full)) return;
      if (statSync(full).isDirectory()) for (const name of readdirSync(full).sort()) visit(`${path}/${name}`);
      else if (/\.[ch]$/.test(path)) out.push(path);
    };
    for (const path of scope) visit(path);
    return [...new Set(out)].sort();
  }

  /** Is the word in the headers that declare the lock primitives? */
  defines(symbol: string): boolean {
    this.headerText ??= headers.map((h) => this.read(h) ?? "").join("\n");
    return new RegExp(`\\b${symbol}\\b`).test(this.headerText);
  }
}

function readText(path: string): string | undefined {
  try {
    const text = readFileSync(path, "utf8");
    return text.includes("\0") ? undefined : text;
  } catch {
    return undefined;
  }
}

/** The reference kernels that are there, by version: `LOCKSTEP_KERNEL_612`, `LOCKSTEP_KERNEL_DIR`, `.kernel/`. */
export function findKernels(project = "."): Map<string, Tree> {
  const found = new Map<string, Tree>();
  for (const version of ["6.12", "6.1"]) {
    const name = `linux-source-${version}`;
    const given = process.env.LOCKSTEP_KERNEL_DIR;
    const places = [
      process.env[`LOCKSTEP_KERNEL_${version.replace(".", "")}`],
      given && join(given, name),
      join(project, ".kernel", name),
    ];
    const place = places.find((p) => p && existsSync(join(p, "mm")));
    if (place) found.set(version, new Tree(place));
  }
  return found;
}
