/** Applies patches to texts in memory, in either direction. Exact context is required, at any distance from the stated line. */
import { isCFile } from "../../base/path";
import type { FilePatch, Hunk } from "./parse";

export type Direction = "forward" | "reverse";

/** New texts by path; null for a file that is gone afterwards. */
export type Texts = Map<string, string | null>;

/** `displacement`: by how many lines, in sum, hunks were found away from where they should be. */
export type ApplyResult = { texts: Texts; displacement: number } | { failed: { file: string; line: number } };

/**
 * Applies a series of patches to C files; other files are left alone.
 * In reverse, a renamed file keeps its present name, so that its findings stay comparable.
 */
export function applyPatches(
  files: readonly FilePatch[],
  read: (path: string) => string | undefined,
  direction: Direction,
): ApplyResult {
  const texts: Texts = new Map();
  let displacement = 0;
  for (const file of direction === "forward" ? files : [...files].reverse()) {
    const [from, to] = direction === "forward" ? [file.oldPath, file.newPath] : [file.newPath, file.oldPath];
    if (!isCFile(from ?? to ?? "")) continue;
    const before = from === null ? "" : texts.has(from) ? texts.get(from) : read(from);
    const firstLine = file.hunks[0]?.newStart ?? 1;
    if (before === undefined || before === null) return { failed: { file: from ?? "", line: firstLine } };
    if (from === null && (texts.get(to!) ?? read(to!)) !== undefined && !texts.has(to!))
      return { failed: { file: to!, line: 1 } };
    const after = applyHunks(before, file.hunks, direction);
    if ("failedAt" in after) return { failed: { file: from ?? to ?? "", line: after.failedAt } };
    displacement += after.displacement;
    if (to === null) {
      texts.set(from!, null);
    } else if (direction === "reverse" || from === null) {
      texts.set(from ?? to, after.text);
    } else {
      if (from !== to) texts.set(from, null);
      texts.set(to, after.text);
    }
  }
  return { texts, displacement };
}

function applyHunks(
  text: string,
  hunks: readonly Hunk[],
  direction: Direction,
): { text: string; displacement: number } | { failedAt: number } {
  const lines = text.split("\n");
  let finalNewline = lines.length > 1 && lines[lines.length - 1] === "";
  if (finalNewline || text === "") lines.pop();
  if (text === "") finalNewline = true;
  const eol = lines.length > 0 && lines.every((line) => line.endsWith("\r")) ? "\r" : "";
  const out: string[] = [];
  let taken = 0;
  let shift = 0;
  let displacement = 0;
  const [gone, come] = direction === "forward" ? (["removed", "added"] as const) : (["added", "removed"] as const);
  for (const hunk of hunks) {
    const source = hunk.lines.filter((line) => line.kind !== come);
    const start = direction === "forward" ? hunk.oldStart : hunk.newStart;
    const expected = (source.length === 0 ? start : start - 1) + shift;
    const at = locate(
      lines,
      source.map((line) => line.text),
      expected,
      taken,
    );
    if (at === undefined) return { failedAt: hunk.newStart };
    shift += at - expected;
    displacement += Math.abs(at - expected);
    out.push(...lines.slice(taken, at));
    let cursor = at;
    for (const line of hunk.lines) {
      if (line.kind === gone) cursor++;
      else if (line.kind === come) out.push(line.text + eol);
      else out.push(lines[cursor++]!);
    }
    taken = cursor;
    const target = hunk.lines.filter((line) => line.kind !== gone).at(-1);
    if (taken === lines.length && target) finalNewline = !target.noNewline;
  }
  out.push(...lines.slice(taken));
  return { text: out.length === 0 ? "" : out.join("\n") + (finalNewline ? "\n" : ""), displacement };
}

/** The place nearest to the expected one where the lines stand, not before `from`. */
function locate(
  lines: readonly string[],
  wanted: readonly string[],
  expected: number,
  from: number,
): number | undefined {
  const fits = (at: number) =>
    at >= from && at + wanted.length <= lines.length && wanted.every((text, index) => same(lines[at + index]!, text));
  for (let distance = 0; distance <= lines.length; distance++) {
    if (fits(expected + distance)) return expected + distance;
    if (distance > 0 && fits(expected - distance)) return expected - distance;
  }
  return undefined;
}

function same(line: string, wanted: string): boolean {
  return line === wanted || (line.endsWith("\r") && line.slice(0, -1) === wanted);
}
