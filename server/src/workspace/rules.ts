/** Rules for one tree: the ones that ship, the project's own, and those of `--rules`. */
import { joinPath } from "../base/path";
import { loadRules, type RuleFile } from "../rules/load";
import type { CheckRule, RuleProblem, RuleSet } from "../rules/model";
import type { Host } from "./host";

/** Where a project keeps its settings and rules. */
export const projectFolder = ".lockstep";

/** Files of `.lockstep/rules` under the root, then those of an extra folder (absolute path), in that order. */
export function userRuleFiles(host: Host, root: string, extra?: string): RuleFile[] {
  const files: RuleFile[] = [];
  collect(host, joinPath(root, `${projectFolder}/rules`), `${projectFolder}/rules`, files);
  if (extra !== undefined) collect(host, extra, extra, files);
  return files;
}

export function loadAllRules(host: Host, root: string, extra?: string): RuleSet {
  const own = userRuleFiles(host, root, extra);
  return own.length === 0 ? host.shippedRules() : loadRules([...host.builtinRules(), ...own]);
}

/** Whether a problem lies in a rule that ships: then the user cannot repair it, and the rest still works. */
export function isShipped(problem: RuleProblem): boolean {
  return problem.file.startsWith("rules/");
}

/** `file:line:column: message`, one per line. */
export function problemLines(problems: readonly RuleProblem[]): string {
  return problems.map(({ file, line, column, message }) => `${file}:${line}:${column}: ${message}`).join("\n");
}

/** A rule by slug or alias, whatever the case. */
export function findRule(rules: RuleSet, name: string): CheckRule | undefined {
  const wanted = name.toLowerCase();
  return rules.checks.find((rule) => rule.id.toLowerCase() === wanted || rule.alias.toLowerCase() === wanted);
}

function collect(host: Host, folder: string, shownAs: string, into: RuleFile[]): void {
  if (host.kindOf(folder) !== "folder") return;
  const tree = host.openTree(folder);
  const visit = (path: string) => {
    for (const name of tree.list(path) ?? []) {
      if (!/\.ya?ml$/.test(name)) continue;
      const file = joinPath(path, name);
      const text = tree.read(file);
      if (text !== undefined) into.push({ path: joinPath(shownAs, file), text });
    }
    for (const name of tree.folders(path) ?? []) visit(joinPath(path, name));
  };
  visit("");
}
