/** `lockstep race FILE:FUNC FILE:FUNC`: two functions as threads over the same objects, and what they may do to each other. */
import { race as raceOf } from "../../engine/race";
import { openEngine } from "../../workspace/open";
import { choice, parseArguments, splitPlace } from "../args";
import { InputError, UsageError } from "../errors";
import type { CliHost } from "../host";
import { openProject } from "../project";
import { EXIT, shownTrace, TRACE_FORMATS } from "../traceOutput";

export async function race(argv: readonly string[], host: CliHost): Promise<number> {
  const { positionals, options } = parseArguments(argv, {
    "--format": { value: TRACE_FORMATS.join("|") },
    "--root": { value: "TREE" },
    "--rules": { value: "DIR" },
    "--distinct": {},
  });
  const format = choice(options, "--format", TRACE_FORMATS, "text");
  if (positionals.length !== 2) throw new UsageError("race takes two functions: FILE:FUNC FILE:FUNC");
  const places = positionals.map((p) => splitPlace(p, "FUNC"));
  const project = openProject(
    host,
    options,
    places.map((p) => p.file),
  );
  const [first, second] = places.map(({ file, rest }) => {
    const path = project.treePath(file);
    if (project.tree.read(path) === undefined) throw new InputError(`${file}: ${project.tree.problemOf(path)}`);
    return { file: path, name: rest };
  });
  const set = host.shippedScenarios();
  const broken = set.problems[0];
  if (broken) throw new InputError(`${broken.file}:${broken.line}:${broken.column}: ${broken.message}`);
  const engine = await openEngine(host, project.tree, project.rules);
  const answer = raceOf(engine, set, { first: first!, second: second!, distinct: options.has("--distinct") });
  if ("problem" in answer) throw new InputError(answer.problem);
  host.out(shownTrace(answer.trace, format, answer.promela));
  return EXIT[answer.trace.verdict];
}
