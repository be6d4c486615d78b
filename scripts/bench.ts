/**
 * `npm run bench [-- [options] [TREE [FOLDER]]]`: a bare parse of the files of a folder against a whole check of them in the
 * same run, then the time from an edit to its diagnostics in the bundled server, then the replays.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { Language, Parser } from "web-tree-sitter";
import { LineIndex } from "../server/src/base/lineIndex";
import { openFsTree } from "../server/src/node/fsTree";
import { filesBelow } from "../server/src/workspace/files";
import { benchReplay } from "./benchReplay";
import { firstReplay } from "./benchServer";
import { provideKernel } from "./kernels.mjs";
import { startServer } from "./serverClient";

const dist = path.dirname(fileURLToPath(import.meta.url));
const edits = 50;

const help = `npm run bench [-- [options] [TREE [FOLDER]]]

Without a TREE the kernel 6.12 of the tests; without a FOLDER its mm/. Parts, all of them by default:
  --check           a bare parse of the files against a whole check of them
  --edits           from an edit to its diagnostics in the bundled server
  --replay          the shipped scenarios, the real functions of the tests, a synthetic model, the first replay in the server:
                    verdict, states, context switches, first and best time from text to trace, of the search alone, and Spin's
  --only WORD       of the rows of --replay, those whose name has this word
  --spin SECONDS    how long Spin may take for one model (default 60; 0: not asked)
`;

if (process.argv.includes("--help")) {
  process.stdout.write(help);
  process.exit(0);
}
const { values, positionals } = options();
const tree = positionals[0] ?? kernel();
const folder = positionals[1] ?? "mm";
const all = !values.check && !values.edits && !values.replay;
const source = openFsTree(path.resolve(tree));
const files = filesBelow(source, folder, []);
console.log(`${files.length} files of ${folder}/ in ${tree}`);

if (all || values.check) {
  const bare = await bareParse();
  line("bare parse (wasm)", `${Math.round(bare)} ms`);
  checkWhole(bare);
}
if (all || values.edits) await latency("mm/memory.c");
if (all || values.replay) {
  await benchReplay(path.resolve(tree), Number(values.spin), values.only, line);
  await firstReplay(dist, line);
}

function options() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        check: { type: "boolean" },
        edits: { type: "boolean" },
        replay: { type: "boolean" },
        spin: { type: "string", default: "60" },
        only: { type: "string", default: "" },
      },
    });
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n\n${help}`);
    process.exit(2);
  }
}

/** What nothing that parses can be faster than: the untouched texts through the same parser. */
async function bareParse(): Promise<number> {
  await Parser.init({ wasmBinary: readFileSync(path.join(dist, "wasm/web-tree-sitter.wasm")) });
  const parser = new Parser();
  parser.setLanguage(await Language.load(readFileSync(path.join(dist, "wasm/tree-sitter-c.wasm"))));
  const texts = files.map((file) => source.read(file) ?? "");
  const started = performance.now();
  for (const text of texts) parser.parse(text)?.delete();
  return performance.now() - started;
}

function checkWhole(bareMs: number): void {
  const run = (...more: string[]) => {
    const args = ["check", "--root", tree, folder, "--no-cache", "--format", "json", ...more];
    const started = performance.now();
    const done = spawnSync(process.execPath, [path.join(dist, "cli.js"), ...args], {
      encoding: "utf8",
      maxBuffer: 1 << 30,
    });
    if (done.status !== 0 && done.status !== 1) throw new Error(done.stderr);
    return { ms: Math.round(performance.now() - started), answer: JSON.parse(done.stdout) };
  };
  const times = (ms: number) => `${ms} ms, ${(ms / bareMs).toFixed(1)} times the bare parse`;
  line("check, start to end", times(run().ms));
  const { stats, findings } = run("--stats").answer;
  line("check with --stats", times(stats.totalMs));
  line(
    "phases",
    Object.entries(stats.phasesMs)
      .map(([phase, time]) => `${phase} ${time} ms`)
      .join(", "),
  );
  line("peak memory", `${stats.peakRssMb} MB`);
  line("functions", `${stats.functions}, degraded ${stats.degraded.length}`);
  line("findings", String(findings.length));
}

/** Texts as they come about while somebody works on a file, each a small edit of the one before. */
function typing(text: string): string[] {
  const lines = text.split("\n");
  const places = lines.flatMap((content, at) => (/^\t(?!\t)\w.*;$/.test(content) ? [at] : []));
  const locals = [...text.matchAll(/\n\tstruct \w+ \*(\w+)(?: = [^;]*)?;/g)];
  const out: string[] = [];
  for (let turn = 0; out.length < edits; turn++) {
    const share = (turn * 7) % 25;
    const at = places[Math.floor((share * places.length) / 25)]!;
    const inserted = (line: string) => [...lines.slice(0, at), line, ...lines.slice(at)].join("\n");
    if (turn % 5 === 0) for (const typed of ["\tint", "\tint x", "\tint x = 0;"]) out.push(inserted(typed));
    else if (turn % 5 === 1) out.push(inserted("\tcond_resched();"));
    else if (turn % 5 === 2) out.push([...lines.slice(0, at), ...lines.slice(at + 1)].join("\n"));
    else if (turn % 5 === 3) out.push(inserted("\tif (x && ("));
    else {
      const local = locals[Math.floor((share * locals.length) / 25)]!;
      const end = text.indexOf("\n}", local.index);
      const body = text.slice(local.index, end).replace(new RegExp(`\\b${local[1]}\\b`, "g"), `${local[1]}2`);
      out.push(text.slice(0, local.index) + body + text.slice(end));
    }
    out.push(text);
  }
  return out.slice(0, edits);
}

/** The one range in which two texts differ, as an editor sends it. */
function difference(before: string, after: string) {
  let start = 0;
  while (start < before.length && before[start] === after[start]) start++;
  let tail = 0;
  const most = Math.min(before.length, after.length) - start;
  while (tail < most && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail++;
  const lines = new LineIndex(before);
  const place = (offset: number) => {
    const { line: at, column } = lines.positionAt(offset);
    return { line: at, character: column };
  };
  return {
    range: { start: place(start), end: place(before.length - tail) },
    text: after.slice(start, after.length - tail),
  };
}

/** Types a statement, adds and removes calls and lines, renames a local, breaks the syntax and repairs it. */
async function latency(file: string): Promise<void> {
  const text = source.read(file);
  if (text === undefined) return;
  const folder = mkdtempSync(path.join(tmpdir(), "lockstep-bench-"));
  const server = await startServer(path.join(dist, "server.js"), path.resolve(tree), { folder });
  const uri = pathToFileURL(path.join(path.resolve(tree), file)).href;
  let started = performance.now();
  await server.open(uri, text);
  line("open to first diagnostics", `${Math.round(performance.now() - started)} ms`);

  // Who opens a file looks at it before typing.
  await new Promise((resolve) => setTimeout(resolve, 1500));
  const times: number[] = [];
  let now = text;
  for (const [edit, next] of typing(text).entries()) {
    const version = edit + 2;
    const change = difference(now, next);
    now = next;
    started = performance.now();
    await server.change(uri, version, change);
    times.push(performance.now() - started);
  }
  if (process.argv.includes("--each")) console.log(times.map((t) => t.toFixed(0)).join(" "));
  times.sort((a, b) => a - b);
  const at = (share: number) => `${times[Math.ceil(share * times.length) - 1]!.toFixed(1)} ms`;
  line(`edit to diagnostics in ${file}`, `median ${at(0.5)}, p95 ${at(0.95)}, over ${edits} edits`);
  await server.shutdown();
}

function kernel(): string {
  const found = provideKernel("6.12") as { root?: string; missing?: string };
  if (found.root === undefined) throw new Error(found.missing);
  return found.root;
}

function line(name: string, value: string): void {
  console.log(`${name.padEnd(34)}${value}`);
}
