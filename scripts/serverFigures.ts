/** Times and memory of the bundled server, as an editor meets it: over JSON-RPC, in a kernel tree. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { startServer } from "./serverClient";

export interface ServerFigures {
  /** From the start of the process to the first diagnostics of the file. */
  firstSeconds: number;
  /** From opening the file, in a server that is ready. */
  openSeconds: number;
  /** From opening the file until everything is known of it. */
  wholeSeconds: number;
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
  const client = await startServer(server, tree, { pulls: true });
  let peak = 0;
  const sampler = setInterval(() => {
    peak = Math.max(peak, memoryOf(client.pid));
  }, 250);
  const opened = performance.now();
  await client.open(uri, text);
  const now = performance.now();
  let whole = now;
  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  // A large file is known in two steps: after the second one the server says so, before anything else makes it say so.
  while (performance.now() - now < READING_MS) {
    await pause(10);
    if (client.refreshes() === 0 || whole !== now) continue;
    await client.request("textDocument/diagnostic", { textDocument: { uri } });
    whole = performance.now();
  }
  const line = text.slice(0, text.indexOf("\n{\n") + 3).split("\n").length - 1;
  for (let version = 2; version < 2 + EDITS; version++) {
    const place = { line, character: 0 };
    await client.change(uri, version, { range: { start: place, end: place }, text: "\tcond_resched();\n" });
  }
  await pause(READING_MS / 2);
  peak = Math.max(peak, memoryOf(client.pid));
  clearInterval(sampler);
  await client.shutdown();
  return {
    firstSeconds: (now - started) / 1000,
    openSeconds: (now - opened) / 1000,
    wholeSeconds: (whole - opened) / 1000,
    peakMegabytes: peak,
  };
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
