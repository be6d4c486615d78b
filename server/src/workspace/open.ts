/** Opens a tree: rules, configuration and engine, with everything that is wrong with them. */
import { joinPath } from "../base/path";
import { messageOf } from "../base/text";
import type { Engine, TreeProvider } from "../engine/types";
import type { RuleProblem, RuleSet } from "../rules/model";
import { type Config, emptyConfig, parseConfig } from "./config";
import type { Host } from "./host";
import { isKernelRoot } from "./kernelRoot";
import { findRule, loadAllRules, projectFolder } from "./rules";

export interface ProjectData {
  rules: RuleSet;
  config: Config;
  /** Problems of rule and configuration files, sorted by place. */
  problems: RuleProblem[];
}

/** Rules and configuration of a root; never throws. */
export function loadProject(host: Host, root: string, extraRules?: string): ProjectData {
  const rules = loadAllRules(host, root, extraRules);
  const problems = [...rules.problems];
  const file = `${projectFolder}/config.yaml`;
  let config = emptyConfig;
  if (host.kindOf(joinPath(root, file)) === "file") {
    const read = host.readText(joinPath(root, file));
    if ("problem" in read) problems.push({ file, line: 1, column: 1, message: read.problem });
    else {
      const parsed = parseConfig(file, read.text, (name) => findRule(rules, name) !== undefined);
      config = parsed.config;
      problems.push(...parsed.problems);
    }
  }
  return { rules, config, problems };
}

/** What to tell a user whose root is no kernel tree; undefined if it is one. */
export function missingTreeNote(host: Host, root: string): string | undefined {
  if (isKernelRoot(host, root)) return undefined;
  return `no kernel tree here (a folder with Kbuild and mm/): only the files given and the built-in API data are used. --root names a tree.`;
}

/** Creates the engine; a failure is a message, never a stack trace. */
export async function openEngine(host: Host, tree: TreeProvider, rules: RuleSet): Promise<Engine> {
  try {
    return await host.createEngine(tree, rules);
  } catch (error) {
    throw new Error(`the analysis could not start: ${messageOf(error)}`);
  }
}
