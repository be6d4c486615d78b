/** Reads what the analysis needs of a workspace that is not on a disk the server can see: bounded, and it says what was left out. */
import { FileType, Uri, workspace } from "vscode";

/** Enough for memory management with its headers; little enough for a browser tab. */
const maximumFiles = 4_000;
const maximumBytes = 64 * 1024 * 1024;
const atOnce = 32;

/** Folders of a kernel tree that are read. */
const kernelFolders = ["mm", "include/linux", "include/asm-generic", "arch/x86/include/asm", ".lockstep"];

export interface Fetched {
  files: Record<string, string>;
  leftOut: number;
}

/** Reads C files and Lockstep's own settings of a folder; of a kernel tree only the parts about memory management. */
export async function fetchFolder(root: Uri, into: Fetched): Promise<void> {
  const names = await list(root);
  const kernel = names.some(([name]) => name === "Kbuild") && names.some(([name]) => name === "mm");
  const found: Uri[] = names
    .filter(
      ([name, type]) => (type & FileType.File) !== 0 && (isWanted(name) || name === "Kbuild" || name === "Makefile"),
    )
    .map(([name]) => Uri.joinPath(root, name));
  const folders = kernel
    ? kernelFolders
    : names
        .filter(([name, type]) => type === FileType.Directory && (!name.startsWith(".") || name === ".lockstep"))
        .map(([name]) => name);
  for (const folder of folders) await collect(Uri.joinPath(root, folder), found);
  await read(found, into);
}

/** Reads what is below a folder, or a file, and was not read yet. */
export async function fetchBelow(uri: Uri, into: Fetched): Promise<void> {
  const found: Uri[] = [];
  if (isWanted(uri.path)) found.push(uri);
  else await collect(uri, found);
  await read(
    found.filter(({ path }) => !(path in into.files)),
    into,
  );
}

async function read(found: readonly Uri[], into: Fetched): Promise<void> {
  let bytes = Object.values(into.files).reduce((sum, text) => sum + text.length, 0);
  for (let at = 0; at < found.length; at += atOnce) {
    const part = found.slice(at, at + atOnce);
    if (Object.keys(into.files).length + part.length > maximumFiles || bytes > maximumBytes) {
      into.leftOut += found.length - at;
      return;
    }
    for (const [uri, text] of await Promise.all(part.map(async (uri) => [uri, await readText(uri)] as const))) {
      if (text === undefined) continue;
      into.files[uri.path] = text;
      bytes += text.length;
    }
  }
}

/** Text of a file; undefined if it cannot be read or is none. */
export async function readText(uri: Uri): Promise<string | undefined> {
  try {
    const bytes = await workspace.fs.readFile(uri);
    return bytes.includes(0) ? undefined : new TextDecoder().decode(bytes);
  } catch {
    return undefined;
  }
}

export async function fetchRules(uri: Uri): Promise<{ path: string; text: string }[]> {
  return JSON.parse((await readText(uri)) ?? "[]") as { path: string; text: string }[];
}

async function collect(folder: Uri, into: Uri[]): Promise<void> {
  if (into.length > maximumFiles * 2) return;
  for (const [name, type] of await list(folder)) {
    const uri = Uri.joinPath(folder, name);
    if (type === FileType.Directory) await collect(uri, into);
    else if (isWanted(name)) into.push(uri);
  }
}

function isWanted(name: string): boolean {
  return /\.([ch]|ya?ml)$/.test(name);
}

async function list(folder: Uri): Promise<[string, FileType][]> {
  try {
    return await workspace.fs.readDirectory(folder);
  } catch {
    return [];
  }
}
