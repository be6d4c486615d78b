/** `lockstep replay FILE:LINE[:RULE]`: the interleaving that shows what a finding is about. */
import { loadScenarios, replayLine } from "../../engine/replay";
import { diagram } from "../../protocol/diagram";
import type { Trace } from "../../protocol/trace";
import { toJson } from "../../report/json";
import { traceMarkdown, traceText, verdictLine } from "../../report/trace";
import { openEngine } from "../../workspace/open";
import { choice, parseArguments } from "../args";
import { InputError, UsageError } from "../errors";
import type { CliHost } from "../host";
import { openProject } from "../project";

const EXIT: Record<Trace["verdict"], number> = { clean: 0, violation: 1, inconclusive: 3 };

export async function replay(argv: readonly string[], host: CliHost): Promise<number> {
  const { positionals, options } = parseArguments(argv, {
    "--format": { value: "text|json|markdown|diagram|promela" },
    "--root": { value: "TREE" },
    "--rules": { value: "DIR" },
    "--scenario": { value: "NAME" },
    "--profile": { value: "NAME" },
    "--schedule": { value: "S" },
  });
  const format = choice(options, "--format", ["text", "json", "markdown", "diagram", "promela"], "text");
  const place = positionals.length === 1 ? /^(.+?):(\d+)(?::([\w-]+))?$/.exec(positionals[0]!) : null;
  if (!place) throw new UsageError("replay takes one FILE:LINE or FILE:LINE:RULE");
  const [, file, line, rule] = place;
  const project = openProject(host, options, [file!]);
  const path = project.treePath(file!);
  const text = project.tree.read(path);
  if (text === undefined) throw new InputError(`${file}: ${project.tree.problemOf(path)}`);
  const count = text.split("\n").length;
  if (Number(line) < 1 || Number(line) > count) throw new InputError(`${file}: has only ${count} lines`);
  const set = loadScenarios(host.builtinRules());
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
  host.out(shown(answer.trace, format, answer.promela));
  return EXIT[answer.trace.verdict];
}

function shown(trace: Trace, format: string, promela: () => string | null): string {
  switch (format) {
    case "json":
      return toJson(trace);
    case "markdown":
      return traceMarkdown(trace);
    case "promela": {
      const text = promela();
      if (text === null) throw new InputError(`no model: ${trace.reason ?? ""}`);
      return text;
    }
    case "diagram": {
      const lines = diagram(trace);
      return lines.length > 0 ? `${lines.join("\n")}\n` : `${verdictLine(trace)}\n`;
    }
    default:
      return traceText(trace);
  }
}
