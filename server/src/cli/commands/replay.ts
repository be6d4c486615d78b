/** `lockstep replay FILE:LINE[:RULE]`: the interleaving that shows what a finding is about. */
import { replayLine } from "../../engine/replay";
import { openEngine } from "../../workspace/open";
import { choice, parseArguments } from "../args";
import { InputError, UsageError } from "../errors";
import type { CliHost } from "../host";
import { openProject } from "../project";
import { EXIT, shownTrace, TRACE_FORMATS } from "../traceOutput";

export async function replay(argv: readonly string[], host: CliHost): Promise<number> {
  const { positionals, options } = parseArguments(argv, {
    "--format": { value: TRACE_FORMATS.join("|") },
    "--root": { value: "TREE" },
    "--rules": { value: "DIR" },
    "--scenario": { value: "NAME" },
    "--profile": { value: "NAME" },
    "--schedule": { value: "S" },
  });
  const format = choice(options, "--format", TRACE_FORMATS, "text");
  const place = positionals.length === 1 ? /^(.+?):(\d+)(?::([\w-]+))?$/.exec(positionals[0]!) : null;
  if (!place) throw new UsageError("replay takes one FILE:LINE or FILE:LINE:RULE");
  const [, file, line, rule] = place;
  const project = openProject(host, options, [file!]);
  const path = project.treePath(file!);
  const text = project.tree.read(path);
  if (text === undefined) throw new InputError(`${file}: ${project.tree.problemOf(path)}`);
  const count = text.split("\n").length;
  if (Number(line) < 1 || Number(line) > count) throw new InputError(`${file}: has only ${count} lines`);
  const set = host.shippedScenarios();
  const broken = set.problems[0];
  if (broken) throw new InputError(`${broken.file}:${broken.line}:${broken.column}: ${broken.message}`);
  const engine = await openEngine(host, project.tree, project.rules);
  const answer = replayLine(engine, set, {
    file: path,
    line: Number(line),
    rule: rule ?? null,
    scenario: options.get("--scenario") ?? null,
    profile: options.get("--profile") ?? null,
    schedule: options.get("--schedule") ?? null,
  });
  if ("problem" in answer) throw new InputError(answer.problem);
  host.out(shownTrace(answer.trace, format, answer.promela));
  return EXIT[answer.trace.verdict];
}
