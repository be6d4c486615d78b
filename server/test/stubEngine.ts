/**
 * A stand-in for the engine, for tests of the skins around it. It knows functions by a simple pattern
 * and reports every call of `bug_<rule>()`; `crash()` in a file makes it throw.
 */
import { hashText } from "../src/base/hash";
import { LineIndex } from "../src/base/lineIndex";
import type { Engine, FileResult, TreeProvider } from "../src/engine/types";
import type { Contract, Finding, Level } from "../src/protocol/finding";

const functionPattern = /^[a-z][\w *]*?\b(\w+)\([^;{)]*\)\s*\{/gm;
const bugPattern = /\b(error|warning|hint)_(\w+)\(\)/g;

export function createStubEngine(tree: TreeProvider): Engine {
  const overlays = new Map<string, string>();
  const textOf = (path: string) => overlays.get(path) ?? tree.read(path);

  const functionsOf = (path: string, text: string): Contract[] => {
    const lines = new LineIndex(text);
    return [...text.matchAll(functionPattern)].map((match) => ({
      function: match[1]!,
      file: path,
      line: lines.positionAt(match.index).line + 1,
      requires: [{ lock: "mmap_lock", object: "mm", mode: "read", when: "" }],
      acquires: [],
      releases: [],
      drops: [],
      maySleep: "unknown",
      evidence: ["the stub says so"],
    }));
  };

  const functionAt = (path: string, line: number): string | null =>
    functionsOf(path, textOf(path) ?? "")
      .filter((fn) => fn.line <= line)
      .at(-1)?.function ?? null;

  const check = (path: string): FileResult => {
    const text = textOf(path);
    if (text === undefined)
      return { file: path, findings: [], functions: 0, degraded: [], problems: [], suppressions: [] };
    if (text.includes("crash()")) throw new Error("the stub was told to crash");
    const lines = new LineIndex(text);
    const findings = [...text.matchAll(bugPattern)].map((match): Finding => {
      const { line, column } = lines.positionAt(match.index);
      const fn = functionAt(path, line + 1) ?? "";
      return {
        rule: match[2]!,
        alias: "R99",
        level: match[1] as Level,
        file: path,
        line: line + 1,
        column: column + 1,
        endLine: line + 1,
        endColumn: column + 1 + match[0].length,
        function: fn,
        message: `${match[2]} in ${fn}`,
        advice: "do not call it",
        fingerprint: hashText(`${match[2]} ${path} ${fn}`).toString(16),
        path: [{ file: path, line: line + 1, column: 1, text: lines.lineText(line).trim(), note: "called here" }],
        replay: null,
      };
    });
    return {
      file: path,
      findings,
      functions: functionsOf(path, text).length,
      degraded: [],
      problems: [],
      suppressions: [],
    };
  };

  return {
    setOverlay: (path, text) => void (text === null ? overlays.delete(path) : overlays.set(path, text)),
    invalidate() {},
    *warmUp() {},
    expect() {},
    check,
    contract: (path, fn) => functionsOf(path, textOf(path) ?? "").find((candidate) => candidate.function === fn),
    contracts: (path) => functionsOf(path, textOf(path) ?? ""),
    lockStateAt: (path, offset) => ({
      function: functionAt(path, new LineIndex(textOf(path) ?? "").positionAt(offset).line + 1),
      locks: [],
    }),
    fixes: () => [],
    annotations: () => [],
    defines: () => false,
    lockMaps: () => [],
    why: (path, line) => ({
      function: functionAt(path, line),
      locks: [],
      evidence: ["the stub says so"],
      findings: [],
      silent: [],
    }),
    hover: (_path, offset) => ({ markdown: "**stub**", start: offset, end: offset + 1 }),
    highlight: (_path, offset) => [{ start: offset, end: offset + 1, kind: "acquire" }],
    definition: (path) => ({ file: path, start: 0, end: 1 }),
    dependents: (path) => [path],
    stats: () => ({ phasesMs: { check: 1 } }),
  };
}
