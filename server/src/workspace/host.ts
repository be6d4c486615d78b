/** What the command line and the language server need from the machine they run on. Node implements it; nothing here does I/O. */
import type { ScenarioSet } from "../engine/replay";
import type { Engine, TreeProvider } from "../engine/types";
import type { RuleFile } from "../rules/load";
import type { RuleSet } from "../rules/model";

/** A tree that can also say why a file was not given out. */
export interface HostTree extends TreeProvider {
  /** Absolute path of the root. */
  readonly root: string;
  /** Why the last `read` of this path gave nothing: `binary file`, `permission denied` … */
  problemOf(path: string): string | undefined;
  /** Drops what is remembered about a path and its folder: it changed on disk. */
  forget(path: string): void;
}

export type EntryKind = "file" | "folder";

export type TextOrProblem = { text: string } | { problem: string };

export interface Host {
  readonly version: string;
  /** What is at an absolute path, links followed; undefined if nothing is. */
  kindOf(path: string): EntryKind | undefined;
  /** Text of a file outside any tree: configuration, rules, patches. */
  readText(path: string): TextOrProblem;
  openTree(root: string): HostTree;
  /** The rules that ship with the product, paths starting with `rules/`. */
  builtinRules(): RuleFile[];
  /** The same, already loaded. Nobody changes it. */
  shippedRules(): RuleSet;
  /** The scenarios among them, likewise. */
  shippedScenarios(): ScenarioSet;
  createEngine(tree: TreeProvider, rules: RuleSet): Promise<Engine>;
  /** Milliseconds of a steady clock. */
  now(): number;
}
