/** The server's surroundings in a Web Worker: everything was handed in at start. */
import { decodeStructured } from "../base/structured";
import { createEngine } from "../engine/engine";
import { loadScenarios, type ScenarioSet } from "../engine/replay";
import type { LspHost } from "../lsp/host";
import type { WorkerStart } from "../protocol/virtual";
import type { RuleSet } from "../rules/model";
import { createParser } from "../syntax/parser";
import { MemoryFiles } from "./memoryFiles";

/** Timers and clock, as workers and Node have them. */
interface Globals {
  setTimeout(run: () => void, milliseconds: number): unknown;
  clearTimeout(timer: unknown): void;
  performance: { now(): number };
}

const globals = globalThis as unknown as Globals;

export function createBrowserHost(start: WorkerStart): LspHost & { files: MemoryFiles } {
  const files = new MemoryFiles(start.files);
  let parser: ReturnType<typeof createParser> | undefined;
  let rules: RuleSet | undefined;
  let scenarios: ScenarioSet | undefined;
  return {
    files,
    version: start.version,
    kindOf: (path) => files.kindOf(path),
    readText: (path) => files.readText(path),
    openTree: (root) => files.openTree(root),
    builtinRules: () => start.ruleFiles,
    shippedRules: () => (rules ??= decodeStructured(start.rules) as RuleSet),
    shippedScenarios: () => (scenarios ??= loadScenarios(start.ruleFiles)),
    async createEngine(tree, ruleSet) {
      parser ??= createParser({ grammar: start.grammar, runtime: start.runtime });
      return createEngine({ tree, rules: ruleSet, parser: await parser });
    },
    now: () => globals.performance.now(),
    pathOf(uri) {
      if (!uri.startsWith(`${start.origin}/`)) return undefined;
      try {
        return decodeURIComponent(uri.slice(start.origin.length));
      } catch {
        return undefined;
      }
    },
    uriOf: (path) => start.origin + path.split("/").map(encodeURIComponent).join("/"),
    later(milliseconds, run) {
      const timer = globals.setTimeout(run, milliseconds);
      return () => globals.clearTimeout(timer);
    },
    breathe: () => new Promise((resolve) => void globals.setTimeout(resolve as () => void, 0)),
    // Rules that ship are no documents of the workspace.
    ruleUri: () => undefined,
    passingFile: () => undefined,
  };
}
