/** `.lockstep/config.yaml`: what a project wants to see. Read alike by the command line and the server. */
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";
import type { Level } from "../protocol/finding";
import type { RuleProblem } from "../rules/model";

export interface Config {
  /** The weakest level to report, if the project says so. */
  severity?: Level;
  /** Rules that are switched off, by slug or alias. */
  disable: string[];
  /** Globs of files that are not checked. */
  exclude: string[];
}

export const emptyConfig: Config = { disable: [], exclude: [] };
export const levels: readonly Level[] = ["error", "warning", "hint"];

export function isLevel(value: unknown): value is Level {
  return levels.includes(value as Level);
}

/** Parses and validates. Wrong entries become problems with a position and are otherwise ignored. */
export function parseConfig(
  file: string,
  text: string,
  knownRule: (name: string) => boolean,
): { config: Config; problems: RuleProblem[] } {
  const lines = new LineCounter();
  const problems: RuleProblem[] = [];
  const problem = (offset: number, message: string) => {
    const { line, col } = lines.linePos(offset);
    problems.push({ file, line: Math.max(line, 1), column: Math.max(col, 1), message });
  };
  const config: Config = { disable: [], exclude: [] };
  const document = parseDocument(text, { lineCounter: lines, logLevel: "silent" });
  for (const error of document.errors) problem(error.pos[0], error.message.split("\n")[0]!.replace(/ at line .*$/, ""));
  const root = document.contents;
  if (problems.length > 0 || root === null) return { config, problems };
  if (!isMap(root)) {
    problem(startOf(root), "expected `severity`, `disable` or `exclude`");
    return { config, problems };
  }
  for (const pair of root.items) {
    const key = isScalar(pair.key) ? String(pair.key.value) : "";
    const value = pair.value as Node | null;
    if (key === "severity") {
      const level = isScalar(value) ? value.value : undefined;
      if (isLevel(level)) config.severity = level;
      else problem(startOf(value ?? pair.key), "severity is error, warning or hint");
    } else if (key === "disable" || key === "exclude") {
      for (const { text: name, at } of strings(value, problem, key)) {
        if (key === "disable" && !knownRule(name)) problem(at, `there is no rule "${name}"`);
        else config[key].push(name);
      }
    } else problem(startOf(pair.key), `unknown setting "${key}"; known are severity, disable and exclude`);
  }
  return { config, problems };
}

function strings(
  value: Node | null,
  problem: (offset: number, message: string) => void,
  key: string,
): { text: string; at: number }[] {
  if (value === null || (isScalar(value) && value.value === null)) return [];
  if (!isSeq(value)) {
    problem(startOf(value), `${key} is a list`);
    return [];
  }
  const found: { text: string; at: number }[] = [];
  for (const item of value.items) {
    if (isScalar(item) && typeof item.value === "string") found.push({ text: item.value, at: startOf(item) });
    else problem(startOf(item), `every entry of ${key} is a text`);
  }
  return found;
}

function startOf(node: unknown): number {
  const range = (node as { range?: [number, number, number] | null } | null)?.range;
  return range?.[0] ?? 0;
}
