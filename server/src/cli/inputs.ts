/** PATH arguments → files of the tree. */
import { matchesAny } from "../base/glob";
import { comparePaths, joinPath } from "../base/path";
import { filesBelow, shardOf } from "../workspace/files";
import { InputError, UsageError } from "./errors";
import type { CliHost } from "./host";
import type { Project } from "./project";

export interface Inputs {
  /** Sorted, without doubles. */
  files: string[];
  /** Files named one by one: not being able to read one of these is an error. */
  named: Set<string>;
  /** Paths that do not exist. */
  missing: string[];
}

/** Expands files and folders; a named file is checked whatever its name, unless the project excludes it. */
export function expandPaths(host: CliHost, project: Project, paths: readonly string[]): Inputs {
  const files = new Set<string>();
  const named = new Set<string>();
  const missing: string[] = [];
  for (const argument of paths) {
    const path = project.treePath(argument);
    const kind = host.kindOf(joinPath(project.root, path));
    if (kind === undefined) missing.push(argument);
    else if (kind === "folder")
      for (const file of filesBelow(project.tree, path, project.config.exclude)) files.add(file);
    else if (!matchesAny(project.config.exclude, path)) {
      files.add(path);
      named.add(path);
    }
  }
  return { files: [...files].sort(comparePaths), named, missing };
}

/** `--shard I/N`, if given. */
export function takeShard(files: string[], shard: string | undefined): string[] {
  if (shard === undefined) return files;
  const match = /^(\d+)\/(\d+)$/.exec(shard);
  const index = Number(match?.[1]);
  const total = Number(match?.[2]);
  if (match === null || index < 1 || index > total)
    throw new UsageError(`--shard is I/N with I from 1 to N, not "${shard}"`);
  return shardOf(files, index, total);
}

/** Standard input as text; throws InputError. */
export function readStdin(host: CliHost): string {
  const read = host.readStdin();
  if ("problem" in read) throw new InputError(`standard input: ${read.problem}`);
  return read.text;
}

/** A file named by an option (patch, baseline), `-` being standard input; throws InputError. */
export function readInput(host: CliHost, argument: string): string {
  if (argument === "-") return readStdin(host);
  const read = host.readText(joinPath(host.cwd, argument));
  if ("problem" in read) throw new InputError(`${argument}: ${read.problem}`);
  return read.text;
}
