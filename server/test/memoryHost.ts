/** A machine in memory, for tests of the command line: files, streams, a stub engine. */
import { joinPath, normalizePath } from "../src/base/path";
import { checkFiles, mergeChecked } from "../src/cli/checkFiles";
import type { CliHost } from "../src/cli/host";
import { runCli } from "../src/cli/main";
import { findResources } from "../src/node/resources";
import type { HostTree } from "../src/workspace/host";
import { createStubEngine } from "./stubEngine";

export interface Run {
  code: number;
  out: string;
  err: string;
}

/** Files by absolute path. A text of `null` stands for a file that cannot be read. */
export type Files = Record<string, string | null>;

const resources = findResources();
const shippedRules = resources.ruleSet();

/** Runs one command over the files, in `/w`. */
export async function runInMemory(
  files: Files,
  argv: string[],
  options: { stdin?: string; colour?: boolean } = {},
): Promise<Run> {
  const run: Run = { code: 0, out: "", err: "" };
  run.code = await runCli(argv, memoryHost(files, run, options));
  return run;
}

function memoryHost(files: Files, run: Run, options: { stdin?: string; colour?: boolean }): CliHost {
  const names = Object.keys(files).map(normalizePath);
  const isFolder = (path: string) => path === "/" || names.some((name) => name.startsWith(`${path}/`));
  const openTree = (root: string): HostTree => {
    const at = (path: string) => joinPath(root, path);
    const below = (folder: string) =>
      names.filter((name) => name.startsWith(`${at(folder)}/`)).map((name) => name.slice(at(folder).length + 1));
    return {
      root,
      read: (path) => files[at(path)] ?? undefined,
      list: (folder) =>
        isFolder(at(folder))
          ? below(folder)
              .filter((name) => !name.includes("/"))
              .sort()
          : undefined,
      folders: (folder) =>
        isFolder(at(folder))
          ? [
              ...new Set(
                below(folder)
                  .filter((name) => name.includes("/"))
                  .map((name) => name.split("/")[0]!),
              ),
            ].sort()
          : undefined,
      problemOf: (path) => (files[at(path)] === null ? "permission denied" : undefined),
      forget() {},
    };
  };
  let clock = 0;
  const host: CliHost = {
    version: "0.0.0-test",
    cwd: "/w",
    colour: options.colour ?? false,
    interactive: false,
    out: (text) => void (run.out += text),
    err: (text) => void (run.err += text),
    readStdin: () => (options.stdin === undefined ? { problem: "closed" } : { text: options.stdin }),
    peakRssMb: () => 1,
    kindOf: (path) =>
      names.includes(normalizePath(path)) ? "file" : isFolder(normalizePath(path)) ? "folder" : undefined,
    readText: (path) => {
      const text = files[normalizePath(path)];
      return typeof text === "string" ? { text } : { problem: text === null ? "permission denied" : "no such file" };
    },
    openTree,
    builtinRules: () => resources.rules(),
    shippedRules: () => shippedRules,
    shippedScenarios: () => resources.scenarioSet(),
    createEngine: async (tree) => createStubEngine(tree),
    now: () => clock++,
    async checkInParallel(job) {
      const tree = openTree(job.root);
      const shares = Array.from({ length: job.workers }, (_, index) =>
        job.files.filter((_file, at) => at % job.workers === index),
      );
      return mergeChecked(
        shares
          .reverse()
          .map((share) => checkFiles(createStubEngine(tree), tree, share, () => {}, { verdicts: null, survey: false })),
      );
    },
    serve: async () => 0,
  };
  return host;
}
