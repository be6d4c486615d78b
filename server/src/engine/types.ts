/** The façade's interface: what hosts give to the engine and what they get back. Plain data. */
import type { ByteBuffer } from "../base/bytes";
import type { Contract, Degraded, Finding, LockStateAt, Suppression } from "../protocol/finding";
import type { FunctionLocks } from "../protocol/locks";

/** Read access to the tree. Paths are POSIX, relative to the root. The host may cache; the engine does no I/O itself. */
export interface TreeProvider {
  /** Text of a file, or undefined if missing, unreadable or not text. */
  read(path: string): string | undefined;
  /** The bytes of a file, if that is cheaper than its text; false where `read` gives nothing. */
  readBytes?(path: string, into: ByteBuffer): boolean;
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
  suppressions: Suppression[];
  /** There was no more time: some functions were not looked at, and comments that leave findings out were not judged. */
  unfinished?: true;
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

/** A change of one stretch of a file that was checked to repair a finding. */
export interface Fix {
  title: string;
  start: number;
  end: number;
  text: string;
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
  /**
   * Findings of a file. Functions that no rule can concern are parsed only if `survey` asks which of them are not
   * fully understood. After `patience` milliseconds it ends with what is known then; the next question goes on from there.
   */
  check(path: string, cancel?: CancelCheck, survey?: boolean, patience?: number): FileResult;
  /** Analyses the functions of a checked file once more, one at a time: the answer to the next edit comes sooner. */
  warmUp(path: string): Generator<undefined, void>;
  contract(path: string, fn: string): Contract | undefined;
  /** Contracts of all functions defined in a file, in source order. */
  contracts(path: string): Contract[];
  /** Ways to repair a finding, each checked to help and to break nothing else. */
  fixes(path: string, fingerprint: string): Fix[];
  /** The inferred contract of the function at an offset, written into the code: assertions and annotations. */
  annotations(path: string, offset: number): Fix[];
  /** Does the tree define this name? */
  defines(symbol: string): boolean;
  lockStateAt(path: string, offset: number): LockStateAt;
  /** Where locks are taken, released and held, function by function. */
  lockMaps(path: string): FunctionLocks[];
  why(path: string, line: number): WhyResult;
  hover(path: string, offset: number): HoverResult | undefined;
  /** Offsets of a lock call and all its releases/acquires on the paths through it. */
  highlight(path: string, offset: number): { start: number; end: number; kind: "acquire" | "release" }[];
  definition(path: string, offset: number): { file: string; start: number; end: number } | undefined;
  /** Files whose findings may differ after a change of `path` (itself included). */
  dependents(path: string): string[];
  stats(): EngineStats;
}
