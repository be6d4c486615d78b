/** Checks a list of files one after the other. Runs in the main thread and in every worker. */
import { messageOf } from "../base/text";
import { Verdicts } from "../engine/levels";
import type { Engine, FileResult } from "../engine/types";
import type { HostTree } from "../workspace/host";
import type { Arguments } from "./args";
import type { CliHost } from "./host";

export interface CheckedFiles {
  results: FileResult[];
  /** Files that gave no result, with the reason. */
  failures: { file: string; message: string }[];
  phasesMs: Record<string, number>;
}

/** What sets the levels of findings by their races, unless the user does without. */
function verdictsOf(host: CliHost, args: Arguments): Verdicts | null {
  return args.options.has("--no-replay") ? null : new Verdicts(() => host.shippedScenarios());
}

export interface CheckOptions {
  /** Sets the levels of findings by their races. */
  verdicts: Verdicts | null;
  /** Tell of all functions, and not only of those that rules concern, whether they are understood. */
  survey: boolean;
}

export function checkOptionsOf(host: CliHost, args: Arguments): CheckOptions {
  return { verdicts: verdictsOf(host, args), survey: args.options.has("--stats") };
}

/** A file that fails costs the others nothing. */
export function checkFiles(
  engine: Engine,
  tree: HostTree,
  files: readonly string[],
  progress: (done: number) => void,
  { verdicts, survey }: CheckOptions,
): CheckedFiles {
  const checked: CheckedFiles = { results: [], failures: [], phasesMs: {} };
  engine.expect(files);
  files.forEach((file, index) => {
    try {
      const result = engine.check(file, undefined, survey);
      verdicts?.judge(engine, result.findings);
      checked.results.push(result);
      const problem = tree.problemOf(file);
      if (problem !== undefined) checked.failures.push({ file, message: problem });
    } catch (error) {
      checked.failures.push({ file, message: `internal error: ${messageOf(error)}` });
    }
    progress(index + 1);
  });
  checked.phasesMs = engine.stats().phasesMs;
  return checked;
}

/** Joins the answers of several workers; phases add up. */
export function mergeChecked(parts: readonly CheckedFiles[]): CheckedFiles {
  const merged: CheckedFiles = { results: [], failures: [], phasesMs: {} };
  for (const part of parts) {
    merged.results.push(...part.results);
    merged.failures.push(...part.failures);
    for (const [phase, time] of Object.entries(part.phasesMs))
      merged.phasesMs[phase] = (merged.phasesMs[phase] ?? 0) + time;
  }
  return merged;
}
