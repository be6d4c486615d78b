/** The machine as Node shows it, for the command line and the server alike. */
import { performance } from "node:perf_hooks";
import { isMainThread } from "node:worker_threads";
import { createEngine } from "../engine/engine";
import type { ScenarioSet } from "../engine/replay";
import type { TreeProvider } from "../engine/types";
import type { RuleSet } from "../rules/model";
import { createParser } from "../syntax/parser";
import type { Host, HostTree } from "../workspace/host";
import { isKernelRoot } from "../workspace/kernelRoot";
import { kindOf, openFsTree, readTextFile } from "./fsTree";
import { canIndexAside, indexAside } from "./indexThread";
import { findResources, type Resources } from "./resources";

/** Everything is loaded on first use, so that `--help` is immediate. */
export function createNodeHost(resources: Resources = findResources()): Host {
  let parser: ReturnType<typeof createParser> | undefined;
  let rules: RuleSet | undefined;
  let scenarios: ScenarioSet | undefined;
  return {
    version: resources.version,
    kindOf,
    readText: readTextFile,
    openTree: openFsTree,
    builtinRules: () => resources.rules(),
    shippedRules: () => (rules ??= resources.ruleSet()),
    shippedScenarios: () => (scenarios ??= resources.scenarioSet()),
    async createEngine(tree, ruleSet) {
      const parts = isIndexedAside(tree) ? indexAside(tree.root) : undefined;
      parser ??= createParser({ grammar: resources.grammar(), runtime: resources.runtime() });
      return createEngine({ tree, rules: ruleSet, parser: await parser, ...(parts && { parts }) });
    },
    now: () => performance.now(),
  };
}

/** A thread is worth its start for a whole kernel, and only once per process. */
function isIndexedAside(tree: TreeProvider): tree is HostTree {
  return isMainThread && "root" in tree && canIndexAside() && isKernelRoot({ kindOf }, (tree as HostTree).root);
}
