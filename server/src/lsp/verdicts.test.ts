/** Levels by verdict in the editor, over real JSON-RPC: published at once, replayed when nobody types, published again. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type Diagnostic, DiagnosticSeverity, type DocumentDiagnosticReport } from "vscode-languageserver";
import { copyDemo, project, pullCapabilities, TestClient } from "../../test/lspClient";
import type { Finding } from "../protocol/finding";

const file = "mm/range.c";
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function start(capabilities?: object) {
  const demo = copyDemo();
  cleanups.push(demo.remove);
  const client = await TestClient.start({ root: demo.root, ...(capabilities ? { capabilities } : {}) });
  cleanups.push(() => client.process.exitCode === null && client.process.kill());
  const text = readFileSync(path.join(demo.root, file), "utf8");
  await client.open(file, text);
  return { client, text };
}

const replayOf = (d: Diagnostic): string => /^Replay: .*$/m.exec(String(d.message))?.[0] ?? "";

const LEVELS = new Map<DiagnosticSeverity, string>([
  [DiagnosticSeverity.Error, "error"],
  [DiagnosticSeverity.Warning, "warning"],
]);

/** Line, rule, severity and verdict of each finding. */
function shown(items: readonly Diagnostic[]): string[] {
  return items
    .map((d) => {
      const level = LEVELS.get(d.severity ?? DiagnosticSeverity.Hint);
      const verdict = replayOf(d).replace(/^Replay: (an|no|inconclusive).*$/, "$1");
      return `${d.range.start.line + 1} ${d.code} ${level ?? "hint"} ${verdict}`;
    })
    .sort();
}

/** The same from the command line, on a tree that holds the text. */
function cold(root: string, text: string): string[] {
  const copy = mkdtempSync(path.join(tmpdir(), "lockstep-cold-"));
  try {
    cpSync(root, copy, { recursive: true });
    writeFileSync(path.join(copy, file), text);
    const args = [path.join(project, "dist/cli.js"), "check", "--format", "json", "--severity", "hint", file];
    const done = spawnSync(process.execPath, args, { cwd: copy, encoding: "utf8" });
    const words = { violation: "an", clean: "no", inconclusive: "inconclusive" };
    return (JSON.parse(done.stdout) as { findings: Finding[] }).findings
      .map((f) => `${f.line} ${f.rule} ${f.level} ${f.replay ? words[f.replay.verdict] : ""}`)
      .sort();
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

const latest = (client: TestClient): Diagnostic[] =>
  client.published.filter((p) => p.uri === client.uri(file)).at(-1)?.diagnostics ?? [];

describe("levels by verdict", () => {
  it("come after the first diagnostics, and equal those of a cold check", async () => {
    const { client, text } = await start();
    await client.until(() => client.published.length > 0, "diagnostics");
    const first = client.published[0]!.diagnostics;
    expect(first.length).toBeGreaterThan(0);
    expect(first.filter((d) => replayOf(d) !== "")).toEqual([]);
    const expected = cold(client.root, text);
    await client.until(() => String(shown(latest(client))) === String(expected), "the verdicts");
    const proved = latest(client).filter((d) => /^Replay: an interleaving/.test(replayOf(d)));
    expect(proved.length).toBeGreaterThan(0);
    for (const d of proved)
      expect(replayOf(d)).toMatch(
        /^Replay: an interleaving with \d context switch(es)? does harm: .* \(in this model: 2 CPUs, sequentially consistent, one page, loops <= 2, \d+ states.*\)\.$/,
      );
    expect(latest(client).some((d) => d.severity === DiagnosticSeverity.Error && replayOf(d) !== "")).toBe(true);
  });

  it("follow edits, and stay while the function's text stays", async () => {
    const { client, text } = await start();
    await client.until(() => latest(client).some((d) => replayOf(d) !== ""), "the verdicts");
    const before = client.published.length;
    // An edit elsewhere: what is known is shown at once.
    const version = await client.change(file, { text: `${text}\nstatic int unrelated(void)\n{\n\treturn 0;\n}\n` });
    await client.until(() => client.published.slice(before).some((p) => p.version === version), "diagnostics");
    const next = client.published.slice(before).find((p) => p.version === version)!;
    expect(next.diagnostics.some((d) => replayOf(d) !== "")).toBe(true);
    // An edit of the function: the finding goes, with its verdict.
    const edited = text.replace("return vma->vm_end;", "return 0;");
    expect(edited).not.toBe(text);
    await client.change(file, { text: edited });
    const expected = cold(client.root, edited);
    await client.until(() => String(shown(latest(client))) === String(expected), "the verdicts of the new text");
    // And back.
    await client.change(file, { text });
    const again = cold(client.root, text);
    await client.until(() => String(shown(latest(client))) === String(again), "the first verdicts again");
  });

  it("are pulled again by clients that pull", async () => {
    const { client, text } = await start(pullCapabilities);
    const pull = async (): Promise<Diagnostic[]> => {
      const params = { textDocument: { uri: client.uri(file) } };
      const report = await client.request<DocumentDiagnosticReport>("textDocument/diagnostic", params);
      return report.kind === "full" ? report.items : [];
    };
    expect((await pull()).filter((d) => replayOf(d) !== "")).toEqual([]);
    const refreshes = client.refreshes;
    await client.until(() => client.refreshes > refreshes, "a refresh");
    expect(shown(await pull())).toEqual(cold(client.root, text));
  });

  it("never come between an edit and its diagnostics", async () => {
    const { client, text } = await start();
    await client.diagnostics(file);
    const times: number[] = [];
    for (let n = 0; n < 8; n++) {
      // Into the middle of the replays.
      await new Promise((resolve) => setTimeout(resolve, 160 + 7 * n));
      const began = performance.now();
      const version = await client.change(file, { text: `${text}\n/* ${n} */\n` });
      await client.until(() => client.published.some((p) => p.version === version), "diagnostics");
      times.push(performance.now() - began);
    }
    times.sort((a, b) => a - b);
    console.log(
      `edit to diagnostics beside replays: median ${times[4]!.toFixed(0)} ms, worst ${times[7]!.toFixed(0)} ms`,
    );
    expect(times[4]).toBeLessThan(1000);
  });
});
