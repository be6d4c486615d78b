/** Unified diffs: plain, from git, in an mbox or made by `git format-patch`. Everything around them is skipped. */

export interface HunkLine {
  kind: "context" | "added" | "removed";
  text: string;
  /** `\ No newline at end of file` follows. */
  noNewline: boolean;
}

export interface Hunk {
  /** 1-based first line on each side; 0 where that side is empty. */
  oldStart: number;
  newStart: number;
  /** What follows the second `@@`, usually the function the hunk lies in. */
  heading: string;
  lines: HunkLine[];
}

export interface FilePatch {
  /** Null for a file that the patch creates. */
  oldPath: string | null;
  /** Null for a file that the patch deletes. */
  newPath: string | null;
  hunks: Hunk[];
}

const hunkHeader = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@ ?(.*)$/;

/** All file patches of a text in their order. An empty list means that the text holds no patch. */
export function parsePatch(text: string): FilePatch[] {
  const lines = text.split("\n").map((line) => (line.endsWith("\r") ? line.slice(0, -1) : line));
  const files: FilePatch[] = [];
  let renamed: { from: string; to: string | null } | undefined;
  for (let at = 0; at < lines.length; ) {
    const line = lines[at]!;
    if (line.startsWith("rename from ")) renamed = { from: line.slice(12), to: null };
    else if (line.startsWith("rename to ") && renamed) {
      renamed.to = line.slice(10);
      files.push({ oldPath: renamed.from, newPath: renamed.to, hunks: [] });
    } else if (line.startsWith("diff --git ")) renamed = undefined;
    if (line.startsWith("--- ") && lines[at + 1]?.startsWith("+++ ") && hunkHeader.test(lines[at + 2] ?? "")) {
      const file: FilePatch = { oldPath: pathOf(line), newPath: pathOf(lines[at + 1]!), hunks: [] };
      at = parseHunks(lines, at + 2, file.hunks);
      if (renamed && files.at(-1)?.newPath === renamed.to) files.pop();
      files.push(file);
    } else at++;
  }
  return files;
}

/** `--- a/mm/vma.c<TAB>date` → `mm/vma.c`; `/dev/null` → null. */
function pathOf(line: string): string | null {
  let path = line.slice(4).split("\t")[0]!.trim();
  if (path.startsWith('"') && path.endsWith('"')) path = path.slice(1, -1);
  if (path === "/dev/null") return null;
  return path.replace(/^[ab]\//, "").replace(/^\.\//, "");
}

function parseHunks(lines: string[], start: number, into: Hunk[]): number {
  let at = start;
  for (let header = hunkHeader.exec(lines[at] ?? ""); header; header = hunkHeader.exec(lines[at] ?? "")) {
    let oldLeft = Number(header[2] ?? 1);
    let newLeft = Number(header[4] ?? 1);
    const hunk: Hunk = { oldStart: Number(header[1]), newStart: Number(header[3]), heading: header[5]!, lines: [] };
    at++;
    while (at < lines.length && (oldLeft > 0 || newLeft > 0 || lines[at]!.startsWith("\\"))) {
      const line = lines[at]!;
      if (line.startsWith("\\")) {
        const last = hunk.lines.at(-1);
        if (last) last.noNewline = true;
        at++;
        continue;
      }
      const kind = line.startsWith("+")
        ? "added"
        : line.startsWith("-")
          ? "removed"
          : line.startsWith(" ") || line === ""
            ? "context"
            : null;
      if (kind === null) break;
      if (kind !== "added") oldLeft--;
      if (kind !== "removed") newLeft--;
      hunk.lines.push({ kind, text: line.slice(1), noNewline: false });
      at++;
    }
    into.push(hunk);
  }
  return at;
}
