/** `lockstep why FILE:LINE`: what the analysis believes at a line, and on what grounds. */
import type { WhyResult } from "../../engine/types";
import { findingToJson, toJson } from "../../report/json";
import { compareFindings } from "../../report/order";
import { openEngine } from "../../workspace/open";
import { choice, parseArguments, splitPlace } from "../args";
import { InputError, UsageError } from "../errors";
import type { CliHost } from "../host";
import { openProject } from "../project";

export async function why(argv: readonly string[], host: CliHost): Promise<number> {
  const args = parseArguments(argv, {
    "--format": { value: "text|json" },
    "--root": { value: "TREE" },
    "--rules": { value: "DIR" },
  });
  const format = choice(args.options, "--format", ["text", "json"], "text");
  if (args.positionals.length !== 1) throw new UsageError("why takes one FILE:LINE");
  const { file, rest } = splitPlace(args.positionals[0], "LINE");
  if (!/^[1-9]\d*$/.test(rest)) throw new UsageError(`"${rest}" is no line number`);
  const project = openProject(host, args.options, [file]);
  const path = project.treePath(file);
  const text = project.tree.read(path);
  if (text === undefined) throw new InputError(`${file}: ${project.tree.problemOf(path)}`);
  const line = Number(rest);
  const lines = text.split("\n");
  if (line > lines.length) throw new InputError(`${file}: has only ${lines.length} lines`);
  const engine = await openEngine(host, project.tree, project.rules);
  const found = engine.why(path, line);
  const findings = [...found.findings].sort(compareFindings);
  if (format === "json") host.out(toJson({ file: path, line, ...found, findings: findings.map(findingToJson) }));
  else host.out(whyText(`${path}:${line}`, lines[line - 1]!.trim(), { ...found, findings }));
  return 0;
}

function whyText(place: string, source: string, found: WhyResult): string {
  if (found.function === null) return `${place}: ${source}\n  outside any function\n`;
  const lines = [`${place}: ${source}`, `  in ${found.function}()`];
  if (found.locks.length === 0) lines.push("  no lock is known to be held here");
  for (const { lock, object, mode, since, certain } of found.locks) {
    const origin = since === null ? "" : `, since line ${since.line}: ${since.text}`;
    lines.push(`  holds ${lock} of ${object} (${mode}${certain ? "" : ", on some paths only"})${origin}`);
  }
  for (const sentence of found.evidence) lines.push(`  because ${sentence}`);
  for (const { level, rule, alias, message } of found.findings)
    lines.push(`  ${level}: ${message} [${rule}, ${alias}]`);
  for (const { rule, reason } of found.silent) lines.push(`  ${rule} is silent: ${reason}`);
  return lines.map((line) => `${line}\n`).join("");
}
