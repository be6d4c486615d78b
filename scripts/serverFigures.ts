/** Times and memory of the bundled server, as an editor meets it: over JSON-RPC, in a kernel tree. */
import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import {
  createProtocolConnection,
  type PublishDiagnosticsParams,
  StreamMessageReader,
  StreamMessageWriter,
} from "vscode-languageserver/node";

export interface ServerFigures {
  /** From the start of the process to the diagnostics of the file. */
  firstSeconds: number;
  /** From opening the file, in a server that is ready. */
  openSeconds: number;
  /** The most it ever had, replays, edits and fixes included. */
  peakMegabytes: number;
}

/** How long somebody reads before typing: replays and warm-up run meanwhile. */
const READING_MS = 8_000;
const EDITS = 10;

/** Opens a file in a fresh server, lets it think, types a little. */
export async function serverFigures(server: string, tree: string, file: string): Promise<ServerFigures> {
  const uri = pathToFileURL(path.join(tree, file)).href;
  const text = readFileSync(path.join(tree, file), "utf8");
  const started = performance.now();
  const child = spawn(process.execPath, [server, "--stdio"], { cwd: tree, stdio: ["pipe", "pipe", "inherit"] });
  const connection = createProtocolConnection(
    new StreamMessageReader(child.stdout),
    new StreamMessageWriter(child.stdin),
  );
  let arrived: (version: number | undefined) => void = () => {};
  connection.onNotification("textDocument/publishDiagnostics", (params: PublishDiagnosticsParams) => {
    if (params.uri === uri) arrived(params.version);
  });
  connection.listen();
  // A server that does not start answers nothing.
  const ended = new Promise<never>((_, reject) =>
    child.once("exit", (code) => reject(new Error(`the server ended with ${code}`))),
  );
  ended.catch(() => {});
  const published = (version: number) =>
    Promise.race([
      ended,
      new Promise<void>((resolve) => {
        arrived = (v) => {
          if (v === version) resolve();
        };
      }),
    ]);
  let peak = 0;
  const sampler = setInterval(() => {
    peak = Math.max(peak, memoryOf(child.pid));
  }, 250);
  const initialized = connection.sendRequest("initialize", {
    processId: process.pid,
    rootUri: pathToFileURL(tree).href,
    capabilities: { textDocument: { publishDiagnostics: { versionSupport: true } } },
  });
  await Promise.race([initialized, ended]);
  await connection.sendNotification("initialized", {});
  const opened = performance.now();
  const first = published(1);
  await connection.sendNotification("textDocument/didOpen", {
    textDocument: { uri, languageId: "c", version: 1, text },
  });
  await first;
  const now = performance.now();
  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  await pause(READING_MS);
  const line = text.slice(0, text.indexOf("\n{\n") + 3).split("\n").length - 1;
  for (let version = 2; version < 2 + EDITS; version++) {
    const answer = published(version);
    await connection.sendNotification("textDocument/didChange", {
      textDocument: { uri, version },
      contentChanges: [
        { range: { start: { line, character: 0 }, end: { line, character: 0 } }, text: "\tcond_resched();\n" },
      ],
    });
    await answer;
  }
  await pause(READING_MS / 2);
  peak = Math.max(peak, memoryOf(child.pid));
  clearInterval(sampler);
  await connection.sendRequest("shutdown");
  await connection.sendNotification("exit");
  return { firstSeconds: (now - started) / 1000, openSeconds: (now - opened) / 1000, peakMegabytes: peak };
}

/** Resident memory in megabytes: the peak so far where the system tells it, else what it is now. */
function memoryOf(pid: number | undefined): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1024;
  } catch {
    const { stdout } = spawnSync("ps", ["-o", "rss=", "-p", String(pid)], { encoding: "utf8" });
    return Number((stdout ?? "").trim() || 0) / 1024;
  }
}
