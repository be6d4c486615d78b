/** `lockstep contract FILE:FUNC`: the inferred lock contract of a function. */
import type { Contract, HeldLock } from "../../protocol/finding";
import { toJson } from "../../report/json";
import { openEngine } from "../../workspace/open";
import { choice, parseArguments, splitPlace } from "../args";
import { InputError, UsageError } from "../errors";
import type { CliHost } from "../host";
import { openProject } from "../project";

export async function contract(argv: readonly string[], host: CliHost): Promise<number> {
  const args = parseArguments(argv, {
    "--format": { value: "text|json" },
    "--root": { value: "TREE" },
    "--rules": { value: "DIR" },
  });
  const format = choice(args.options, "--format", ["text", "json"], "text");
  if (args.positionals.length !== 1) throw new UsageError("contract takes one FILE:FUNC");
  const { file, rest } = splitPlace(args.positionals[0], "FUNC");
  const project = openProject(host, args.options, [file]);
  const path = project.treePath(file);
  if (project.tree.read(path) === undefined) throw new InputError(`${file}: ${project.tree.problemOf(path)}`);
  const engine = await openEngine(host, project.tree, project.rules);
  const found = engine.contract(path, rest);
  if (found === undefined) throw new InputError(`${file}: no function ${rest}() here`);
  host.out(format === "json" ? toJson(found) : contractText(found));
  return 0;
}

/** A contract in a few lines. */
export function contractText(found: Contract): string {
  const sleeps = { true: "may sleep", false: "does not sleep", unknown: "not known to sleep" }[String(found.maySleep)];
  const lines = [
    `${found.function}()  ${found.file}:${found.line}`,
    ...lockLines("requires", found.requires),
    ...lockLines("acquires", found.acquires),
    ...lockLines("releases", found.releases),
    ...lockLines("drops and retakes", found.drops),
    `  ${sleeps}`,
    ...found.evidence.map((reason) => `  because ${reason}`),
  ];
  return lines.map((line) => `${line}\n`).join("");
}

function lockLines(verb: string, locks: readonly HeldLock[]): string[] {
  return locks.map(({ lock, object, mode, when }) => {
    const how = mode === "any" ? "" : ` for ${mode}`;
    return `  ${verb} ${lock} of ${object}${how}${when === "" ? "" : ` if ${when}`}`;
  });
}
