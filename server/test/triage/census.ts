/** Every finding over the precision trees, and how it stands to the triage file. Product code never reads that file. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { parse } from "yaml";
import type { Verdicts } from "../../src/engine/levels";
import type { Engine } from "../../src/engine/types";
import type { Degraded, Finding } from "../../src/protocol/finding";
import { projectRoot } from "../mutations/data";
import type { Tree } from "../mutations/tree";

export interface TriageEntry {
  /** Trees in which the finding stands, e.g. `["6.12", "6.1"]`. */
  trees: string[];
  fingerprint: string;
  rule: string;
  file: string;
  function: string;
  /** `bug`: true, unfixed in this tree; `benign`: the rule is broken, harm excluded; `false`: the analysis is wrong. */
  verdict: "bug" | "benign" | "false";
  /** `none needed`: the mistake is complete in one thread; else the verdict of the finding's replay. */
  race: "none needed" | "violation" | "clean" | "inconclusive";
  /** One sentence. */
  reason: string;
}

export interface Triage {
  /** Files and folders that were opened and judged. */
  scope: string[];
  limits: { mm: number; elsewhere: number; hintsInMm: number };
  entries: TriageEntry[];
}

export interface Census {
  version: string;
  findings: Finding[];
  degraded: Degraded[];
  files: number;
  functions: number;
  /** Files that could not be checked, with the message. */
  failures: { file: string; message: string }[];
}

export function loadTriage(file = join(projectRoot(), "test-fixtures/kernel/triage.yaml")): Triage {
  return parse(readFileSync(file, "utf8")) as Triage;
}

/** Checks the `.c` files of the scope, in path order. Between two files others may run. */
export async function takeCensus(
  version: string,
  engine: Engine,
  tree: Tree,
  scope: readonly string[],
  progress: (file: string) => void = () => {},
): Promise<Census> {
  const census: Census = { version, findings: [], degraded: [], files: 0, functions: 0, failures: [] };
  for (const path of tree.files(scope)) {
    if (!path.endsWith(".c")) continue;
    progress(path);
    await setImmediate();
    try {
      const result = engine.check(path, undefined, true);
      census.files++;
      census.functions += result.functions;
      census.findings.push(...result.findings);
      census.degraded.push(...result.degraded);
    } catch (error) {
      census.failures.push({ file: path, message: error instanceof Error ? error.message : String(error) });
    }
  }
  return census;
}

export function isMm(file: string): boolean {
  return file.startsWith("mm/");
}

/** What the replay of a finding says, as a whole check runs it. */
export function raceOf(engine: Engine, verdicts: Verdicts, finding: Finding): TriageEntry["race"] {
  // The finding as the engine gives it now: replays ask how it came about.
  const now = engine.check(finding.file).findings.find((f) => f.fingerprint === finding.fingerprint);
  if (!now || !verdicts.isOpen(engine, now)) return "none needed";
  verdicts.judge(engine, [now]);
  return now.replay?.verdict ?? "inconclusive";
}

export interface TriageResult {
  /** Errors and warnings without an entry. */
  untriaged: Finding[];
  /** Entries that no finding of this tree matches. */
  stale: TriageEntry[];
}

export function compare(census: Census, triage: Triage): TriageResult {
  const entries = triage.entries.filter((e) => e.trees.includes(census.version));
  const matches = (e: TriageEntry, f: Finding): boolean =>
    e.fingerprint === f.fingerprint && e.file === f.file && e.function === f.function && e.rule === f.alias;
  const reported = census.findings.filter((f) => f.level !== "hint");
  return {
    untriaged: reported.filter((f) => !entries.some((e) => matches(e, f))),
    stale: entries.filter((e) => !reported.some((f) => matches(e, f))),
  };
}
