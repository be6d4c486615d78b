/** Which functions and lines of the patched files a patch touches. */
import type { Contract, Finding } from "../../protocol/finding";
import type { FilePatch, Hunk } from "./parse";

/** True for findings that stand on a line the patch adds. */
export function onAddedLine(files: readonly FilePatch[]): (finding: Finding) => boolean {
  const added = new Set<string>();
  for (const file of files) {
    for (const hunk of file.hunks) {
      let line = hunk.newStart;
      for (const { kind } of hunk.lines) {
        if (kind === "added") added.add(`${file.newPath}:${line}`);
        if (kind !== "removed") line++;
      }
    }
  }
  return (finding) => added.has(`${finding.file}:${finding.line}`);
}

/**
 * True for findings in a function with a hunk, going by the hunk's heading and by its line numbers.
 * `contracts` gives the functions of a file in source order.
 */
export function inTouchedFunction(
  files: readonly FilePatch[],
  contracts: (path: string) => Contract[],
): (finding: Finding) => boolean {
  const touched = new Set<string>();
  for (const file of files) {
    const path = file.newPath ?? file.oldPath;
    if (path === null) continue;
    const functions = contracts(path);
    for (const hunk of file.hunks) {
      const named =
        /([A-Za-z_]\w*)\s*\([^()]*\)?\s*$/.exec(hunk.heading)?.[1] ?? /([A-Za-z_]\w*)\s*\(/.exec(hunk.heading)?.[1];
      if (named !== undefined) touched.add(`${path}:${named}`);
      for (const name of functionsAt(functions, hunk)) touched.add(`${path}:${name}`);
    }
  }
  return (finding) => touched.has(`${finding.file}:${finding.function}`);
}

function functionsAt(functions: readonly Contract[], hunk: Hunk): string[] {
  const leading = hunk.lines.findIndex((line) => line.kind !== "context");
  const length = hunk.lines.filter((line) => line.kind !== "removed").length;
  const trailing = [...hunk.lines].reverse().findIndex((line) => line.kind !== "context");
  const first = hunk.newStart + Math.max(0, leading);
  const last = Math.max(first, hunk.newStart + length - 1 - Math.max(0, trailing));
  return functions
    .filter((fn, index) => fn.line <= last && (functions[index + 1]?.line ?? Number.POSITIVE_INFINITY) > first)
    .map((fn) => fn.function);
}
