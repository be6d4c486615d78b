/**
 * What a patch introduces. Both sides are checked in one engine and compared by fingerprint, so a patch that only
 * deletes a lock is judged as well as one that adds code.
 */
import type { Engine } from "../../engine/types";
import type { Finding } from "../../protocol/finding";
import { beyond, countFingerprints } from "../baseline";
import { applyPatches, type Texts } from "./apply";
import type { OverlayTree } from "./overlayTree";
import type { FilePatch } from "./parse";
import { inTouchedFunction, onAddedLine } from "./touched";

export type PatchFit =
  | { fits: true; before: Texts; after: Texts; note: string | null }
  /** Neither side fits the tree: only findings in touched functions can be shown. */
  | { fits: false; note: string };

/**
 * The tree usually has the patch applied; if it has not, the patch is applied in memory. Code that looks alike can
 * make both possible: then the better fit counts.
 */
export function fitPatch(patches: readonly FilePatch[], read: (path: string) => string | undefined): PatchFit {
  const undone = applyPatches(patches, read, "reverse");
  const done = applyPatches(patches, read, "forward");
  const isApplied = "texts" in undone && !("texts" in done && done.displacement < undone.displacement);
  if (isApplied) return { fits: true, before: undone.texts, after: new Map(), note: null };
  if ("texts" in done) {
    const note = "the tree does not have this patch; it is checked as if it were applied.";
    return { fits: true, before: new Map(), after: done.texts, note };
  }
  const place = "failed" in undone ? ` (${undone.failed.file}, near line ${undone.failed.line})` : "";
  const note = `the patch does not match the tree${place}: showing all findings in the functions it touches.`;
  return { fits: false, note };
}

export interface PatchRun<Checked> {
  patches: readonly FilePatch[];
  fit: PatchFit;
  tree: OverlayTree;
  engine: Engine;
  wanted: (path: string) => boolean;
  /** Checks files of the tree as it is now. */
  check: (files: readonly string[]) => Checked;
}

/** The findings the patch introduces, and the raw results of the sides. */
export function introducedBy<Checked extends { findings: Finding[] }>(
  run: PatchRun<Checked>,
): { findings: Finding[]; before: Checked | undefined; after: Checked } {
  const { patches, fit, engine, wanted } = run;
  const checkNow = (files: readonly string[]) => run.check(files.filter((file) => run.tree.read(file) !== undefined));
  if (!fit.fits) {
    const touched = [...new Set(patches.map((patch) => patch.newPath ?? patch.oldPath!))].filter(wanted).sort();
    const after = checkNow(touched);
    const findings = after.findings.filter(inTouchedFunction(patches, (path) => engine.contracts(path)));
    return { findings, before: undefined, after };
  }
  const switchTo = (texts: Texts) => {
    for (const path of run.tree.setTexts(texts)) engine.invalidate(path);
  };
  const dependents = (paths: readonly string[]) => paths.flatMap((path) => engine.dependents(path));
  const changed = [...new Set([...fit.before.keys(), ...fit.after.keys()])].sort();
  switchTo(fit.before);
  const affected = new Set([...changed, ...dependents(changed)]);
  switchTo(fit.after);
  for (const path of dependents(changed)) affected.add(path);
  const files = [...affected].filter(wanted).sort();
  switchTo(fit.before);
  const before = checkNow(files);
  switchTo(fit.after);
  const after = checkNow(files);
  return { findings: beyond(after.findings, countFingerprints(before.findings), onAddedLine(patches)), before, after };
}
