/** POSIX paths as plain text: no file system, no platform. A path is relative to the tree's root or absolute. */

/** Resolves `.` and `..`, drops doubled and trailing slashes. `..` above the start stays. */
export function normalizePath(path: string): string {
  const absolute = path.startsWith("/");
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === ".." && parts.length > 0 && parts[parts.length - 1] !== "..") parts.pop();
    else if (part !== ".." || !absolute) parts.push(part);
  }
  return (absolute ? "/" : "") + parts.join("/");
}

/** Joins with one slash; an absolute second part wins. An empty or `.` folder adds nothing. */
export function joinPath(folder: string, name: string): string {
  if (name.startsWith("/") || folder === "" || folder === ".") return normalizePath(name);
  return normalizePath(`${folder}/${name}`);
}

/** The folder of a path; `""` for a name at the root of the tree. */
export function folderOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "" : slash === 0 ? "/" : path.slice(0, slash);
}

/** The last component. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** C source or header, by name. */
export function isCFile(path: string): boolean {
  return path.endsWith(".c") || path.endsWith(".h");
}

/**
 * `path` relative to `root` if it lies inside, else unchanged. Both absolute and normalised.
 * The root itself becomes `""`.
 */
export function relativeInside(root: string, path: string): string {
  if (path === root) return "";
  const prefix = root.endsWith("/") ? root : `${root}/`;
  return path.startsWith(prefix) ? path.slice(prefix.length) : path;
}

/** Order of paths everywhere: by code units, so that it is the same on every machine. */
export function comparePaths(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
