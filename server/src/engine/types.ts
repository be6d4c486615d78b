/** The façade's interface: what hosts give to the engine and what they get back. Plain data. */
import type { Contract, Degraded, Finding, LockStateAt } from "../protocol/finding";

/** Read access to the tree. Paths are POSIX, relative to the root. The host may cache; the engine does no I/O itself. */
export interface TreeProvider {
  /** Text of a file, or undefined if missing, unreadable or not text. */
  read(path: string): string | undefined;
  /** Names of the regular files directly in a folder, sorted; undefined if there is none. */
  list(dir: string): string[] | undefined;
  /** Names of the sub-folders, sorted. */
  folders(dir: string): string[] | undefined;
}

export interface FileProblem {
  file: string;
  line: number;
  column: number;
  message: string;
}

export interface FileResult {
  file: string;
  findings: Finding[];
  functions: number;
  degraded: Degraded[];
  problems: FileProblem[];
}

export interface WhyResult {
  function: string | null;
  locks: LockStateAt["locks"];
  /** Evidence and assumptions, one sentence each. */
  evidence: string[];
  findings: Finding[];
  /** Rules that looked at this line and stayed silent, with the reason. */
  silent: { rule: string; reason: string }[];
}

export interface HoverResult {
  /** Markdown. */
  markdown: string;
  start: number;
  end: number;
}

export interface EngineStats {
  /** Milliseconds per phase: index, scan, parse, cfg, analyse, check. */
  phasesMs: Record<string, number>;
}

/** Thrown when a cancellation token fires inside the engine. */
export type CancelCheck = () => void;

/** Mutable workspace; every query answers for the texts as they are now. */
export interface Engine {
  /** Unsaved text of a buffer; null takes it away again. */
  setOverlay(path: string, text: string | null): void;
  /** The file changed on disk (or appeared, or vanished). */
  invalidate(path: string): void;
  /**
   * Names the files that will be checked, so that each function is judged while its analysis is at
   * hand. Changes nothing but time and memory.
   */
  expect(paths: Iterable<string>): void;
  check(path: string, cancel?: CancelCheck): FileResult;
  contract(path: string, fn: string): Contract | undefined;
  /** Contracts of all functions defined in a file, in source order. */
  contracts(path: string): Contract[];
  lockStateAt(path: string, offset: number): LockStateAt;
  why(path: string, line: number): WhyResult;
  hover(path: string, offset: number): HoverResult | undefined;
  /** Offsets of a lock call and all its releases/acquires on the paths through it. */
  highlight(path: string, offset: number): { start: number; end: number; kind: "acquire" | "release" }[];
  definition(path: string, offset: number): { file: string; start: number; end: number } | undefined;
  /** Files whose findings may differ after a change of `path` (itself included). */
  dependents(path: string): string[];
  stats(): EngineStats;
}
