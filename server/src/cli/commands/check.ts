/** `lockstep check`: finds violations in files, folders, standard input or a patch. */
import { LineIndex } from "../../base/lineIndex";
import { comparePaths } from "../../base/path";
import type { TreeProvider } from "../../engine/types";
import { beyond, type Fingerprints, parseBaseline } from "../../report/baseline";
import type { Filter } from "../../report/filter";
import { formats, type Statistics } from "../../report/model";
import { compareDegraded } from "../../report/order";
import { renderers } from "../../report/render";
import { levels } from "../../workspace/config";
import { openEngine } from "../../workspace/open";
import { type Arguments, choice, type OptionTable, parseArguments } from "../args";
import { checkFiles, checkOptionsOf } from "../checkFiles";
import { checkPatch } from "../checkPatch";
import { type Checked, collect } from "../collect";
import { InputError, UsageError } from "../errors";
import type { CliHost } from "../host";
import { expandPaths, readInput, readStdin, takeShard } from "../inputs";
import { progressLine } from "../progress";
import { openProject, type Project } from "../project";

const options: OptionTable = {
  "--stdin-filename": { value: "FILE" },
  "--root": { value: "TREE" },
  "--format": { value: formats.join("|") },
  "--severity": { value: levels.join("|") },
  "--diff": { value: "FILE|-" },
  "--baseline": { value: "FILE" },
  "--rules": { value: "DIR" },
  "--jobs": { value: "N" },
  "--cache": { value: "DIR" },
  "--shard": { value: "I/N" },
  "--no-cache": {},
  "--no-replay": {},
  "--stats": {},
};

export async function check(argv: readonly string[], host: CliHost): Promise<number> {
  const started = host.now();
  const args = parseArguments(argv, options);
  const format = choice(args.options, "--format", formats, "text");
  choice(args.options, "--severity", levels, "warning");
  const jobs = jobsOf(args);
  const known = baselineOf(args, host);
  const fromStdin = args.positionals.includes("-");
  if (fromStdin && (args.positionals.length > 1 || args.options.has("--diff")))
    throw new UsageError('"-" goes with no other path and not with --diff');
  const named = args.options.get("--stdin-filename");
  const project = openProject(host, args.options, fromStdin ? (named === undefined ? [] : [named]) : args.positionals);
  const filter: Filter = {
    ...project.config,
    severity: choice(args.options, "--severity", levels, project.config.severity ?? "warning"),
  };
  const checked = fromStdin
    ? await checkStdin(host, project, args, named ?? "stdin.c", filter)
    : args.options.has("--diff")
      ? await checkPatch(host, project, args, filter)
      : await checkPaths(host, project, args, filter, jobs);
  const findings = known === undefined ? checked.findings : beyond(checked.findings, known);
  reportProblems(host, checked);
  const stats = args.options.has("--stats") ? statistics(checked, host, started) : undefined;
  host.out(
    renderers[format]({
      findings,
      files: checked.results.length,
      ...(stats === undefined ? {} : { stats }),
      rules: project.rules.checks,
      version: host.version,
      sourceLine: sourceLines(checked.tree),
      colour: format === "text" && host.colour,
    }),
  );
  if (stats !== undefined && format !== "json") host.err(statisticsText(stats));
  return checked.incomplete ? 2 : findings.length > 0 ? 1 : 0;
}

async function checkPaths(
  host: CliHost,
  project: Project,
  args: Arguments,
  filter: Filter,
  jobs: number,
): Promise<Checked> {
  const inputs = expandPaths(host, project, args.positionals.length === 0 ? ["."] : args.positionals);
  for (const path of inputs.missing) host.err(`lockstep: ${path}: no such file or folder\n`);
  if (inputs.files.length === 0 && inputs.missing.length > 0) throw new InputError("nothing to check");
  const files = takeShard(inputs.files, args.options.get("--shard"));
  const progress = progressLine(host, files.length);
  const checked =
    jobs > 1 && files.length > 1
      ? await host.checkInParallel(
          {
            root: project.root,
            ...(project.extraRules === undefined ? {} : { extraRules: project.extraRules }),
            files,
            replay: !args.options.has("--no-replay"),
            survey: args.options.has("--stats"),
            workers: Math.min(jobs, files.length),
          },
          progress.update,
        )
      : checkFiles(
          await openEngine(host, project.tree, project.rules),
          project.tree,
          files,
          progress.update,
          checkOptionsOf(host, args),
        );
  progress.clear();
  const lost = checked.failures.some(
    ({ file, message }) => inputs.named.has(file) || message.startsWith("internal error"),
  );
  return collect(checked, project.tree, filter, inputs.missing.length > 0 || lost);
}

async function checkStdin(
  host: CliHost,
  project: Project,
  args: Arguments,
  name: string,
  filter: Filter,
): Promise<Checked> {
  const path = project.treePath(name);
  const text = readStdin(host);
  const engine = await openEngine(host, project.tree, project.rules);
  engine.setOverlay(path, text);
  const checked = checkFiles(
    engine,
    { ...project.tree, problemOf: () => undefined },
    [path],
    () => {},
    checkOptionsOf(host, args),
  );
  const tree: TreeProvider = { ...project.tree, read: (file) => (file === path ? text : project.tree.read(file)) };
  return collect(checked, tree, filter, checked.failures.length > 0);
}

function reportProblems(host: CliHost, checked: Checked): void {
  const lines = [
    ...checked.failures.map(({ file, message }) => `${file}: ${message}\n`),
    ...checked.results.flatMap((result) =>
      result.problems.map(({ file, line, column, message }) => `${file}:${line}:${column}: ${message}\n`),
    ),
  ];
  for (const line of [...new Set(lines)].sort(comparePaths)) host.err(line);
}

function statistics(checked: Checked, host: CliHost, started: number): Statistics {
  return {
    files: checked.results.length,
    functions: checked.results.reduce((sum, result) => sum + result.functions, 0),
    degraded: checked.results.flatMap((result) => result.degraded).sort(compareDegraded),
    phasesMs: Object.fromEntries(Object.entries(checked.phasesMs).map(([phase, time]) => [phase, Math.round(time)])),
    totalMs: Math.round(host.now() - started),
    peakRssMb: Math.round(host.peakRssMb()),
  };
}

function statisticsText(stats: Statistics): string {
  const phases = Object.entries(stats.phasesMs).map(([phase, time]) => `${phase} ${time}`);
  const lines = [
    `files ${stats.files}, functions ${stats.functions}, degraded ${stats.degraded.length}`,
    `time ${stats.totalMs} ms${phases.length > 0 ? ` (${phases.join(", ")})` : ""}, peak memory ${stats.peakRssMb} MB`,
    ...stats.degraded.map(
      ({ file, line, function: name, reason }) => `degraded: ${file}:${line}: ${name}(): ${reason}`,
    ),
  ];
  return lines.map((line) => `${line}\n`).join("");
}

function jobsOf(args: Arguments): number {
  const value = args.options.get("--jobs") ?? "1";
  if (!/^[1-9]\d{0,2}$/.test(value)) throw new UsageError(`--jobs is a number from 1 to 999, not "${value}"`);
  return Number(value);
}

function baselineOf(args: Arguments, host: CliHost): Fingerprints | undefined {
  const file = args.options.get("--baseline");
  if (file === undefined) return undefined;
  const text = readInput(host, file);
  try {
    return parseBaseline(text);
  } catch (error) {
    throw new InputError(`${file}: ${(error as Error).message}`);
  }
}

/** Looks lines up, remembering the file last asked for: findings come sorted by file. */
function sourceLines(tree: TreeProvider): (file: string, line: number) => string | undefined {
  let current: { file: string; index: LineIndex | undefined } | undefined;
  return (file, line) => {
    if (current?.file !== file) {
      const text = tree.read(file);
      current = { file, index: text === undefined ? undefined : new LineIndex(text) };
    }
    return current.index?.lineText(line - 1);
  };
}
