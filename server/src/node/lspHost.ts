/** The server's surroundings on Node. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { LspHost } from "../lsp/host";
import { kindOf } from "./fsTree";
import { createNodeHost } from "./host";
import { findResources } from "./resources";

export function createLspHost(): LspHost {
  const resources = findResources();
  return {
    ...createNodeHost(resources),
    pathOf(uri) {
      try {
        return uri.startsWith("file:") ? fileURLToPath(uri).replace(/\\/g, "/") : undefined;
      } catch {
        return undefined;
      }
    },
    uriOf: (file) => pathToFileURL(file).href,
    later(milliseconds, run) {
      const timer = setTimeout(run, milliseconds);
      return () => clearTimeout(timer);
    },
    breathe: () => new Promise((resolve) => setImmediate(resolve)),
    ruleUri(file) {
      const place = `${resources.home}/${file}`;
      return kindOf(place) === "file" ? pathToFileURL(place).href : undefined;
    },
    passingFile: createPassingFiles(),
  };
}

/** Files in a folder of their own among the temporary ones, made on first use and gone with the process. */
function createPassingFiles(): LspHost["passingFile"] {
  let folder: string | undefined;
  return (name, text) => {
    try {
      if (folder === undefined) {
        const made = mkdtempSync(path.join(tmpdir(), "lockstep-"));
        process.once("exit", () => rmSync(made, { recursive: true, force: true }));
        folder = made;
      }
      const file = path.join(folder, name);
      writeFileSync(file, text);
      return pathToFileURL(file).href;
    } catch {
      return undefined;
    }
  };
}
