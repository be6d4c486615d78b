/** A tree with some files replaced, added or hidden, as a patch would leave them. */
import { baseName, folderOf } from "../../base/path";
import type { TreeProvider } from "../../engine/types";
import type { Texts } from "./apply";

export interface OverlayTree extends TreeProvider {
  /** Replaces all overlays. Returns the paths whose text may have changed. */
  setTexts(texts: Texts): string[];
}

export function overlayTree(base: TreeProvider): OverlayTree {
  let overlays: Texts = new Map();
  return {
    setTexts(texts) {
      const changed = new Set([...overlays.keys(), ...texts.keys()]);
      overlays = texts;
      return [...changed].sort();
    },
    read(path) {
      const overlay = overlays.get(path);
      return overlay === undefined ? base.read(path) : (overlay ?? undefined);
    },
    list(folder) {
      const names = new Set(base.list(folder));
      let touched = false;
      for (const [path, text] of overlays) {
        if (folderOf(path) !== folder) continue;
        touched = true;
        if (text === null) names.delete(baseName(path));
        else names.add(baseName(path));
      }
      return touched ? [...names].sort() : base.list(folder);
    },
    folders(folder) {
      const names = new Set(base.folders(folder));
      const before = names.size;
      for (const [path, text] of overlays) {
        const prefix = folder === "" ? "" : `${folder}/`;
        if (text === null || !path.startsWith(prefix)) continue;
        const rest = path.slice(prefix.length);
        if (rest.includes("/")) names.add(rest.slice(0, rest.indexOf("/")));
      }
      return names.size === before ? base.folders(folder) : [...names].sort();
    },
  };
}
