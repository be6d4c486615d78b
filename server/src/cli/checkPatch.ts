/**
 * `check --diff`: what a patch introduces. Both sides are checked in one engine and compared by
 * fingerprint, so a patch that only deletes a lock is judged as well as one that adds code.
 */
import { relativeInside } from "../base/path";
import type { Engine } from "../engine/types";
import { beyond, countFingerprints } from "../report/baseline";
import type { Filter } from "../report/filter";
import { applyPatches, type Texts } from "../report/patch/apply";
import { overlayTree } from "../report/patch/overlayTree";
import { type FilePatch, parsePatch } from "../report/patch/parse";
import { inTouchedFunction, onAddedLine } from "../report/patch/touched";
import { openEngine } from "../workspace/open";
import type { Arguments } from "./args";
import { checkFiles } from "./checkFiles";
import { type Checked, collect } from "./collect";
import { InputError } from "./errors";
import type { CliHost } from "./host";
import { expandPaths, readInput, takeShard } from "./inputs";
import type { Project } from "./project";

interface Sides {
  before: Texts;
  after: Texts;
}

export async function checkPatch(host: CliHost, project: Project, args: Arguments, filter: Filter): Promise<Checked> {
  const source = args.options.get("--diff")!;
  const patches = parsePatch(readInput(host, source));
  if (patches.length === 0)
    throw new InputError(`${source}: no patch found (a unified diff, mbox or format-patch file)`);
  const wanted = wantedFiles(host, project, args);
  const tree = overlayTree(project.tree);
  const engine = await openEngine(host, tree, project.rules);
  const switchTo = (texts: Texts) => {
    for (const path of tree.setTexts(texts)) engine.invalidate(path);
  };
  const checkNow = (files: readonly string[]) => {
    const readable = files.filter((file) => tree.read(file) !== undefined);
    const checked = checkFiles(engine, { ...project.tree, ...tree, problemOf: () => undefined }, readable, () => {});
    return collect(checked, tree, filter, checked.failures.length > 0);
  };
  const sides = findSides(project, patches, host);
  if (sides === undefined) {
    const touched = [...new Set(patches.map((patch) => patch.newPath ?? patch.oldPath!))].filter(wanted).sort();
    const after = checkNow(touched);
    return { ...after, findings: after.findings.filter(inTouchedFunction(patches, (path) => engine.contracts(path))) };
  }
  const changed = [...new Set([...sides.before.keys(), ...sides.after.keys()])].sort();
  switchTo(sides.before);
  const affected = new Set([...changed, ...dependentsOf(engine, changed)]);
  switchTo(sides.after);
  for (const path of dependentsOf(engine, changed)) affected.add(path);
  const files = [...affected].filter(wanted).sort();
  switchTo(sides.before);
  const before = checkNow(files);
  switchTo(sides.after);
  const after = checkNow(files);
  const findings = beyond(after.findings, countFingerprints(before.findings), onAddedLine(patches));
  return { ...after, findings, incomplete: after.incomplete || before.incomplete };
}

/**
 * The tree usually has the patch applied; if it has not, the patch is applied in memory. Code that looks alike can
 * make both possible: then the better fit counts. Undefined if neither fits.
 */
function findSides(project: Project, patches: readonly FilePatch[], host: CliHost): Sides | undefined {
  const read = (path: string) => project.tree.read(path);
  const undone = applyPatches(patches, read, "reverse");
  const done = applyPatches(patches, read, "forward");
  const isApplied = "texts" in undone && !("texts" in done && done.displacement < undone.displacement);
  if (isApplied) return { before: undone.texts, after: new Map() };
  if ("texts" in done) {
    host.err("lockstep: the tree does not have this patch; it is checked as if it were applied.\n");
    return { before: new Map(), after: done.texts };
  }
  if ("failed" in undone) {
    const { file, line } = undone.failed;
    host.err(
      `lockstep: the patch does not match the tree (${file}, near line ${line}): showing all findings in the functions it touches.\n`,
    );
  }
  return undefined;
}

function dependentsOf(engine: Engine, paths: readonly string[]): string[] {
  return paths.flatMap((path) => engine.dependents(path));
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
