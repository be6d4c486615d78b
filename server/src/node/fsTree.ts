/** A tree on disk, read synchronously. Folder listings are remembered, texts are not. */
import { isAscii, isUtf8 } from "node:buffer";
import { closeSync, fstatSync, openSync, readdirSync, readFileSync, readSync, statSync } from "node:fs";
import type { ByteBuffer } from "../base/bytes";
import { folderOf, joinPath, normalizePath } from "../base/path";
import type { EntryKind, HostTree, TextOrProblem } from "../workspace/host";

/** Larger files hold generated tables, not code that takes locks. */
export const maximumFileBytes = 8 * 1024 * 1024;

interface Listing {
  files: string[];
  folders: string[];
}

/** Opens a tree. Relative paths stay inside the root; absolute ones name files outside of it. */
export function openFsTree(root: string): HostTree {
  const listings = new Map<string, Listing | undefined>();
  const problems = new Map<string, string>();

  const absolute = (path: string): string | undefined => {
    const normal = normalizePath(path);
    return normal === ".." || normal.startsWith("../") ? undefined : joinPath(root, normal);
  };

  const listing = (folder: string): Listing | undefined => {
    const key = normalizePath(folder);
    if (listings.has(key)) return listings.get(key);
    const place = absolute(key);
    const found = place === undefined ? undefined : listFolder(place);
    listings.set(key, found);
    return found;
  };

  return {
    root,
    read(path) {
      const place = absolute(path);
      const read: TextOrProblem = place === undefined ? { problem: "lies outside the tree" } : readTextFile(place);
      if ("text" in read) {
        problems.delete(path);
        return read.text;
      }
      problems.set(path, read.problem);
      return undefined;
    },
    readBytes(path, into) {
      const place = absolute(path);
      return place !== undefined && readBytes(place, into);
    },
    list: (folder) => listing(folder)?.files,
    folders: (folder) => listing(folder)?.folders,
    problemOf: (path) => problems.get(path),
    forget(path) {
      const key = normalizePath(path);
      listings.delete(key);
      listings.delete(folderOf(key));
      problems.delete(path);
    },
  };
}

/** Text of a file: UTF-8 where valid, else Latin-1 (old kernel files). */
export function readTextFile(path: string): TextOrProblem {
  try {
    const status = statSync(path);
    if (status.isDirectory()) return { problem: "is a folder" };
    if (!status.isFile()) return { problem: "is not a regular file" };
    if (status.size > maximumFileBytes) return { problem: "larger than 8 MB, not read" };
    return decode(readFileSync(path));
  } catch (error) {
    return { problem: reasonOf(error) };
  }
}

/** Reads what `readTextFile` would give a text of; false where that gives none. */
function readBytes(path: string, into: ByteBuffer): boolean {
  let file: number | undefined;
  try {
    file = openSync(path, "r");
    const status = fstatSync(file);
    if (!status.isFile() || status.size > maximumFileBytes) return false;
    into.resize(status.size);
    let length = 0;
    for (let more = -1; more !== 0 && length < status.size; length += more)
      more = readSync(file, into.data, length, status.size - length, length);
    into.resize(length);
    return into.data.subarray(0, length).indexOf(0) < 0;
  } catch {
    return false;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** Decodes bytes; a NUL byte means that they are no text. */
export function decode(bytes: Buffer): TextOrProblem {
  if (bytes.includes(0)) return { problem: "binary file (it holds a NUL byte)" };
  // Latin-1 equals ASCII here and gives strings of one byte per character.
  const encoding = isAscii(bytes) || !isUtf8(bytes) ? "latin1" : "utf8";
  return { text: bytes.toString(encoding) };
}

/** What is at a path, links followed. */
export function kindOf(path: string): EntryKind | undefined {
  try {
    const status = statSync(path, { throwIfNoEntry: false });
    return status?.isDirectory() ? "folder" : status?.isFile() ? "file" : undefined;
  } catch {
    return undefined;
  }
}

function listFolder(path: string): Listing | undefined {
  try {
    const files: string[] = [];
    const folders: string[] = [];
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      if (entry.isFile()) files.push(entry.name);
      else if (entry.isDirectory()) folders.push(entry.name);
      // Links to folders could lead in circles; links to files are harmless.
      else if (entry.isSymbolicLink() && kindOf(`${path}/${entry.name}`) === "file") files.push(entry.name);
    }
    return { files: files.sort(), folders: folders.sort() };
  } catch {
    return undefined;
  }
}

/** Operating system errors in words. */
export function reasonOf(error: unknown): string {
  const code = (error as { code?: string } | null)?.code;
  if (code === "ENOENT" || code === "ENOTDIR") return "no such file";
  if (code === "EACCES" || code === "EPERM") return "permission denied";
  if (code === "EISDIR") return "is a folder";
  return error instanceof Error ? error.message : String(error);
}
