/** The machine as Node shows it, for the command line and the server alike. */
import { performance } from "node:perf_hooks";
import { createEngine } from "../engine/engine";
import type { RuleSet } from "../rules/model";
import { createParser } from "../syntax/parser";
import type { Host } from "../workspace/host";
import { kindOf, openFsTree, readTextFile } from "./fsTree";
import { findResources, type Resources } from "./resources";

/** Everything is loaded on first use, so that `--help` is immediate. */
export function createNodeHost(resources: Resources = findResources()): Host {
  let parser: ReturnType<typeof createParser> | undefined;
  let rules: RuleSet | undefined;
  return {
    version: resources.version,
    kindOf,
    readText: readTextFile,
    openTree: openFsTree,
    builtinRules: () => resources.rules(),
    shippedRules: () => (rules ??= resources.ruleSet()),
    async createEngine(tree, ruleSet) {
      parser ??= createParser({ grammar: resources.grammar(), runtime: resources.runtime() });
      return createEngine({ tree, rules: ruleSet, parser: await parser });
    },
    now: () => performance.now(),
  };
}
