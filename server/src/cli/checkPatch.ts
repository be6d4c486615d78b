/** `check --diff`: reads the patch and the arguments; what it introduces is found by `report/patch`. */
import { relativeInside } from "../base/path";
import type { Filter } from "../report/filter";
import { fitPatch, introducedBy } from "../report/patch/introduced";
import { overlayTree } from "../report/patch/overlayTree";
import { parsePatch } from "../report/patch/parse";
import { openEngine } from "../workspace/open";
import type { Arguments } from "./args";
import { checkFiles, checkOptionsOf } from "./checkFiles";
import { type Checked, collect } from "./collect";
import { InputError } from "./errors";
import type { CliHost } from "./host";
import { expandPaths, readInput, takeShard } from "./inputs";
import type { Project } from "./project";

export async function checkPatch(host: CliHost, project: Project, args: Arguments, filter: Filter): Promise<Checked> {
  const source = args.options.get("--diff")!;
  const patches = parsePatch(readInput(host, source));
  if (patches.length === 0)
    throw new InputError(`${source}: no patch found (a unified diff, mbox or format-patch file)`);
  const wanted = wantedFiles(host, project, args);
  const tree = overlayTree(project.tree);
  const engine = await openEngine(host, tree, project.rules);
  const fit = fitPatch(patches, (path) => project.tree.read(path));
  if (fit.note !== null) host.err(`lockstep: ${fit.note}\n`);
  const options = checkOptionsOf(host, args);
  const check = (files: readonly string[]) => {
    const checked = checkFiles(
      engine,
      { ...project.tree, ...tree, problemOf: () => undefined },
      files,
      () => {},
      options,
    );
    return collect(checked, tree, filter, checked.failures.length > 0);
  };
  const { findings, before, after } = introducedBy({ patches, fit, tree, engine, wanted, check });
  return { ...after, findings, incomplete: after.incomplete || before?.incomplete === true };
}

/** Restricts to the PATH arguments and the shard, if there are any. */
function wantedFiles(host: CliHost, project: Project, args: Arguments): (path: string) => boolean {
  const paths = args.positionals.map((argument) => relativeInside(project.root, project.treePath(argument)));
  const shard = args.options.get("--shard");
  if (paths.length > 0) {
    const { missing } = expandPaths(host, project, args.positionals);
    if (missing.length > 0) throw new InputError(`${missing[0]}: no such file or folder`);
  }
  return (path) =>
    (paths.length === 0 || paths.some((wanted) => wanted === "" || path === wanted || path.startsWith(`${wanted}/`))) &&
    takeShard([path], shard).length > 0;
}
