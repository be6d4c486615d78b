/**
 * `npm run bench [-- TREE [FOLDER]]`: a bare parse of the files of a folder against a whole check of them in the
 * same run, then the time from an edit to its diagnostics in the bundled server.
 */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import {
  createProtocolConnection,
  type PublishDiagnosticsParams,
  StreamMessageReader,
  StreamMessageWriter,
} from "vscode-languageserver/node";
import { Language, Parser } from "web-tree-sitter";
import { openFsTree } from "../server/src/node/fsTree";
import { filesBelow } from "../server/src/workspace/files";
import { provideKernel } from "./kernels.mjs";

const dist = path.dirname(fileURLToPath(import.meta.url));
const edits = 50;

const tree = process.argv[2] ?? kernel();
const folder = process.argv[3] ?? "mm";
const source = openFsTree(path.resolve(tree));
const files = filesBelow(source, folder, []);
console.log(`${files.length} files of ${folder}/ in ${tree}`);

const bare = await bareParse();
line("bare parse (wasm)", `${Math.round(bare)} ms`);
checkWhole(bare);
await latency("mm/memory.c");

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
  const cli = path.join(dist, "cli.js");
  const done = spawnSync(
    process.execPath,
    [cli, "check", "--root", tree, folder, "--stats", "--no-cache", "--format", "json"],
    {
      encoding: "utf8",
      maxBuffer: 1 << 30,
    },
  );
  if (done.status !== 0 && done.status !== 1) throw new Error(done.stderr);
  const { stats, findings } = JSON.parse(done.stdout);
  line("check", `${stats.totalMs} ms, ${(stats.totalMs / bareMs).toFixed(1)} times the bare parse`);
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

/** Types and takes back one statement after the other in different functions of a large file. */
async function latency(file: string): Promise<void> {
  const text = source.read(file);
  if (text === undefined) return;
  const child = spawn(process.execPath, [path.join(dist, "server.js"), "--stdio"], {
    cwd: mkdtempSync(path.join(tmpdir(), "lockstep-bench-")),
    stdio: ["pipe", "pipe", "inherit"],
  });
  const connection = createProtocolConnection(
    new StreamMessageReader(child.stdout),
    new StreamMessageWriter(child.stdin),
  );
  let arrived: (params: PublishDiagnosticsParams) => void = () => {};
  connection.onNotification("textDocument/publishDiagnostics", (params: PublishDiagnosticsParams) => arrived(params));
  connection.listen();
  const rootUri = pathToFileURL(path.resolve(tree)).href;
  await connection.sendRequest("initialize", {
    processId: process.pid,
    rootUri,
    capabilities: { textDocument: { publishDiagnostics: { versionSupport: true } } },
  });
  await connection.sendNotification("initialized", {});
  const uri = pathToFileURL(path.join(path.resolve(tree), file)).href;
  const published = (version: number) =>
    new Promise<void>((resolve) => {
      arrived = (params) => {
        if (params.uri === uri && params.version === version) resolve();
      };
    });
  let started = performance.now();
  const first = published(1);
  await connection.sendNotification("textDocument/didOpen", {
    textDocument: { uri, languageId: "c", version: 1, text },
  });
  await first;
  line("open to first diagnostics", `${Math.round(performance.now() - started)} ms`);

  const places = text.split("\n").flatMap((content, at) => (/^\t(?!\t)\w.*;$/.test(content) ? [at] : []));
  const times: number[] = [];
  for (let edit = 0; edit < edits; edit++) {
    const at = places[Math.floor(((edit >> 1) * places.length) / (edits / 2))]!;
    const version = edit + 2;
    const typed = "\tcond_resched();\n";
    const [range, inserted] =
      edit % 2 === 0
        ? [{ start: { line: at, character: 0 }, end: { line: at, character: 0 } }, typed]
        : [{ start: { line: at, character: 0 }, end: { line: at + 1, character: 0 } }, ""];
    const answer = published(version);
    started = performance.now();
    await connection.sendNotification("textDocument/didChange", {
      textDocument: { uri, version },
      contentChanges: [{ range, text: inserted }],
    });
    await answer;
    times.push(performance.now() - started);
  }
  times.sort((a, b) => a - b);
  const at = (share: number) => `${times[Math.ceil(share * times.length) - 1]!.toFixed(1)} ms`;
  line(`edit to diagnostics in ${file}`, `median ${at(0.5)}, p95 ${at(0.95)}, over ${edits} edits`);
  await connection.sendRequest("shutdown");
  await connection.sendNotification("exit");
}

function kernel(): string {
  const found = provideKernel("6.12") as { root?: string; missing?: string };
  if (found.root === undefined) throw new Error(found.missing);
  return found.root;
}

function line(name: string, value: string): void {
  console.log(`${name.padEnd(34)}${value}`);
}
