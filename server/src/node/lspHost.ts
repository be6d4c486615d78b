/** The server's surroundings on Node. */
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
    uriOf: (path) => pathToFileURL(path).href,
    later(milliseconds, run) {
      const timer = setTimeout(run, milliseconds);
      return () => clearTimeout(timer);
    },
    breathe: () => new Promise((resolve) => setImmediate(resolve)),
    ruleUri(file) {
      const path = `${resources.home}/${file}`;
      return kindOf(path) === "file" ? pathToFileURL(path).href : undefined;
    },
  };
}
