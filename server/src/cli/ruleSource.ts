/** The rules that apply in the current folder, for commands that need no tree. */
import { joinPath } from "../base/path";
import type { RuleSet } from "../rules/model";
import { findKernelRoot } from "../workspace/kernelRoot";
import { loadAllRules } from "../workspace/rules";
import { InputError } from "./errors";
import type { CliHost } from "./host";
import { requireUsable } from "./project";

/** Built-in rules, those of the tree, those of `--rules`. Throws InputError if any has a mistake. */
export function rulesFor(host: CliHost, options: Map<string, string>): RuleSet {
  const root = options.get("--root");
  const extra = options.get("--rules");
  for (const folder of [root, extra]) {
    if (folder !== undefined && host.kindOf(joinPath(host.cwd, folder)) !== "folder")
      throw new InputError(`${folder}: no such folder`);
  }
  const place = root === undefined ? (findKernelRoot(host, host.cwd) ?? host.cwd) : joinPath(host.cwd, root);
  const loaded = loadAllRules(host, place, extra === undefined ? undefined : joinPath(host.cwd, extra));
  requireUsable(host, loaded.problems);
  return loaded;
}
