/** Opens the tree a command works on: root, rules, configuration; engine on demand. */
import { joinPath, relativeInside } from "../base/path";
import type { RuleProblem } from "../rules/model";
import type { HostTree } from "../workspace/host";
import { findKernelRoot } from "../workspace/kernelRoot";
import { loadProject, missingTreeNote, type ProjectData } from "../workspace/open";
import { isShipped, problemLines } from "../workspace/rules";
import { InputError } from "./errors";
import type { CliHost } from "./host";

export interface Project extends ProjectData {
  root: string;
  extraRules?: string;
  tree: HostTree;
  /** A path of the command line as the tree knows it: relative to the root when inside, else absolute. */
  treePath(argument: string): string;
}

/** Resolves the root from `--root` or the first path that exists; throws InputError on unusable input. */
export function openProject(host: CliHost, options: Map<string, string>, paths: readonly string[]): Project {
  const explicit = options.get("--root");
  const firstPath = paths.find((path) => host.kindOf(joinPath(host.cwd, path)) !== undefined) ?? paths[0];
  const root = explicit === undefined ? defaultRoot(host, firstPath) : joinPath(host.cwd, explicit);
  if (host.kindOf(root) !== "folder") {
    throw new InputError(
      explicit === undefined ? `${firstPath ?? root}: no such file or folder` : `${explicit}: no such folder`,
    );
  }
  const rulesOption = options.get("--rules");
  const extraRules = rulesOption === undefined ? undefined : joinPath(host.cwd, rulesOption);
  if (extraRules !== undefined && host.kindOf(extraRules) !== "folder")
    throw new InputError(`${rulesOption}: no such folder`);
  const data = loadProject(host, root, extraRules);
  requireUsable(host, data.problems);
  const note = missingTreeNote(host, root);
  if (note !== undefined) host.err(`lockstep: ${note}\n`);
  const treePath = (argument: string): string => {
    const inTree = joinPath(root, argument);
    const here = joinPath(host.cwd, argument);
    const preferred = explicit !== undefined && host.kindOf(inTree) !== undefined ? inTree : here;
    const found = host.kindOf(preferred) === undefined && host.kindOf(inTree) !== undefined ? inTree : preferred;
    return relativeInside(root, found);
  };
  return { ...data, root, ...(extraRules === undefined ? {} : { extraRules }), tree: host.openTree(root), treePath };
}

/** A mistake in the user's own rules or configuration ends the command; one in shipped rules is only said. */
export function requireUsable(host: CliHost, problems: readonly RuleProblem[]): void {
  if (problems.length === 0) return;
  if (!problems.every(isShipped)) throw new InputError(problemLines(problems));
  host.err(`${problemLines(problems)}\n`);
}

/** The kernel tree above the path; without one the path itself if it is a folder, else its folder. */
function defaultRoot(host: CliHost, firstPath: string | undefined): string {
  const path = joinPath(host.cwd, firstPath ?? ".");
  const found = findKernelRoot(host, path);
  if (found !== undefined) return found;
  if (host.kindOf(path) === "folder") return path;
  return firstPath === undefined ? host.cwd : path.slice(0, path.lastIndexOf("/")) || "/";
}
