/** Finding the kernel tree that a path belongs to. */
import { folderOf, joinPath } from "../base/path";
import type { Host } from "./host";

/** A kernel tree has a `Kbuild` file and an `mm` folder at its root. */
export function isKernelRoot(host: Pick<Host, "kindOf">, folder: string): boolean {
  return host.kindOf(joinPath(folder, "Kbuild")) === "file" && host.kindOf(joinPath(folder, "mm")) === "folder";
}

/** An architecture's folder looks like a root, too. */
function isArchitecture(host: Pick<Host, "kindOf">, folder: string): boolean {
  const above = folderOf(folder);
  return /(?:^|\/)arch$/.test(above) && isKernelRoot(host, folderOf(above));
}

/** The nearest kernel root at or above an absolute path, or undefined. */
export function findKernelRoot(host: Pick<Host, "kindOf">, path: string): string | undefined {
  let folder = host.kindOf(path) === "folder" ? path : folderOf(path);
  for (;;) {
    if (isKernelRoot(host, folder) && !isArchitecture(host, folder)) return folder;
    const parent = folderOf(folder);
    if (folder === "" || parent === folder) return undefined;
    folder = parent;
  }
}
