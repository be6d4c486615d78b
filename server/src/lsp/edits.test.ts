/** After any sequence of edits, the server's diagnostics equal those of a cold run on the final texts, levels and replays included. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { DiagnosticSeverity, type DocumentDiagnosticReport } from "vscode-languageserver";
import { copyDemo, project, pullCapabilities, TestClient } from "../../test/lspClient";
import { LineIndex } from "../base/lineIndex";
import type { Finding } from "../protocol/finding";
import { replayLine } from "../report/trace";

const seed = Number(process.env.LOCKSTEP_SEED ?? 20);
const steps = 200;
const stepsBetweenChecks = 25;
const files = [
  "mm/range.c",
  "mm/protect.c",
  "mm/young.c",
  "mm/forget.c",
  "drivers/mirror/mirror.c",
  "include/linux/mm.h",
];

/** Things people type, whole and half. */
const snippets = [
  "\tmmap_read_lock(mm);\n",
  "\tmmap_read_unlock(mm);\n",
  "\tif (!mm)\n\t\treturn 0;\n",
  "\tif (mm && (\n",
  "}\n",
  "{\n",
  "\tpte_unmap_unlock(pte, ptl);\n",
  "\tvma = vma_lookup(mm, addr);\n",
  "#ifdef CONFIG_DEMO\n",
  "#endif\n",
  "/*\n",
  "*/\n",
  "\treturn range_end_right(mm, 0);\n",
  "static void helper_unlock(struct mm_struct *mm)\n{\n\tmmap_read_unlock(mm);\n}\n",
  "\thelper_unlock(mm);\n",
  '\tname = "unfinished;\n',
];

const levels = new Map<DiagnosticSeverity, string>([
  [DiagnosticSeverity.Error, "error"],
  [DiagnosticSeverity.Warning, "warning"],
]);

/** A small repeatable source of chance. */
function chance(from: number): (below: number) => number {
  let state = from >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

interface Buffer {
  text: string;
  /** Earlier texts, for undo. */
  past: string[];
}

class Session {
  readonly open = new Map<string, Buffer>();
  readonly disk = new Map<string, string>();
  readonly history: string[] = [];

  constructor(
    readonly client: TestClient,
    readonly below: (limit: number) => number,
  ) {
    for (const file of files) this.disk.set(file, readFileSync(path.join(client.root, file), "utf8"));
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)]!;
  }

  async step(): Promise<void> {
    const file = this.pick(files);
    const buffer = this.open.get(file);
    if (buffer === undefined) return this.below(3) === 0 ? await this.changeOnDisk(file) : await this.show(file);
    const action = this.below(10);
    if (action === 0) await this.close(file);
    else if (action <= 2 && buffer.past.length > 0) await this.replaceAll(file, buffer, buffer.past.pop()!, "undo");
    else if (action === 3) await this.rename(file, buffer);
    else await this.type(file, buffer);
  }

  private async show(file: string): Promise<void> {
    this.history.push(`open ${file}`);
    this.open.set(file, { text: this.disk.get(file)!, past: [] });
    await this.client.open(file, this.disk.get(file)!);
  }

  private async close(file: string): Promise<void> {
    this.history.push(`close ${file}`);
    this.open.delete(file);
    await this.client.close(file);
  }

  private async changeOnDisk(file: string): Promise<void> {
    this.history.push(`change ${file} on disk`);
    const text = this.spliced(this.disk.get(file)!).text;
    this.disk.set(file, text);
    writeFileSync(path.join(this.client.root, file), text);
    const changes = [{ uri: this.client.uri(file), type: 2 }];
    await this.client.connection.sendNotification("workspace/didChangeWatchedFiles", { changes });
  }

  /** One incremental edit: a snippet in, or some lines out. */
  private async type(file: string, buffer: Buffer): Promise<void> {
    const { text, start, end, inserted } = this.spliced(buffer.text);
    const lines = new LineIndex(buffer.text);
    const place = (offset: number) => {
      const { line, column } = lines.positionAt(offset);
      return { line, character: column };
    };
    this.history.push(
      `edit ${file} at ${lines.positionAt(start).line + 1}: ${JSON.stringify(inserted)} for ${end - start}`,
    );
    buffer.past.push(buffer.text);
    buffer.text = text;
    await this.client.change(file, { range: { start: place(start), end: place(end) }, text: inserted });
  }

  private async rename(file: string, buffer: Buffer): Promise<void> {
    const names = [...new Set(buffer.text.match(/\b\w+_(wrong|right)\b/g))];
    if (names.length === 0) return;
    const name = this.pick(names);
    buffer.past.push(buffer.text);
    await this.replaceAll(file, buffer, buffer.text.replaceAll(name, `${name}_right`), `rename ${name}`);
  }

  private async replaceAll(file: string, buffer: Buffer, text: string, what: string): Promise<void> {
    this.history.push(`${what} in ${file}`);
    buffer.text = text;
    await this.client.change(file, { text });
  }

  private spliced(text: string) {
    const lines = new LineIndex(text);
    const line = this.below(lines.lineCount);
    const start = lines.offsetAt(line, this.below(4) === 0 ? this.below(8) : 0);
    const removes = this.below(3) === 0;
    const end = removes ? Math.max(start, lines.offsetAt(line + 1 + this.below(2), 0)) : start;
    const inserted = removes && this.below(2) === 0 ? "" : this.pick(snippets);
    return { text: text.slice(0, start) + inserted + text.slice(end), start, end, inserted };
  }

  async shown(): Promise<string[]> {
    const found: string[] = [];
    for (const file of this.open.keys()) {
      const params = { textDocument: { uri: this.client.uri(file) } };
      const report = await this.client.request<DocumentDiagnosticReport>("textDocument/diagnostic", params);
      if (report.kind !== "full") throw new Error("expected a full report");
      for (const { range, code, message, severity } of report.items) {
        const level = levels.get(severity!) ?? "hint";
        if (code !== undefined)
          found.push(`${file}:${range.start.line + 1}:${range.start.character + 1} ${level} ${code} ${message}`);
      }
    }
    return found.sort();
  }

  /** The same from the command line, on a tree that holds the final texts. */
  cold(): string[] {
    const root = mkdtempSync(path.join(tmpdir(), "lockstep-cold-"));
    try {
      cpSync(this.client.root, root, { recursive: true });
      for (const [file, { text }] of this.open) writeFileSync(path.join(root, file), text);
      const names = [...this.open.keys()];
      if (names.length === 0) return [];
      const args = [path.join(project, "dist/cli.js"), "check", "--format", "json", "--severity", "hint", ...names];
      const done = spawnSync(process.execPath, args, { cwd: root, encoding: "utf8" });
      const { findings } = JSON.parse(done.stdout) as { findings: Finding[] };
      return findings
        .map(({ file, line, column, rule, level, message, advice, replay }) => {
          const text = [message, advice, replay ? replayLine(replay) : ""].filter((part) => part !== "").join("\n");
          return `${file}:${line}:${column} ${level} ${rule} ${text}`;
        })
        .sort();
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  }
}

describe("edits", () => {
  it(`leave the same findings as a cold run (seed ${seed})`, { timeout: 300_000 }, async () => {
    const demo = copyDemo();
    const client = await TestClient.start({ root: demo.root, capabilities: pullCapabilities });
    try {
      const session = new Session(client, chance(seed));
      for (let step = 1; step <= steps; step++) {
        await session.step();
        // Asking now and then brings caches into every state.
        if (session.below(4) === 0) await session.shown();
        if (step % stepsBetweenChecks === 0) {
          const cold = session.cold();
          let shown = await session.shown();
          // Replays run once nobody types.
          for (let turn = 0; turn < 100 && String(shown) !== String(cold); turn++) {
            await new Promise((resolve) => setTimeout(resolve, 200));
            shown = await session.shown();
          }
          expect(shown, `after:\n${session.history.join("\n")}`).toEqual(cold);
        }
      }
      expect(await client.stop()).toBe(0);
    } finally {
      if (client.process.exitCode === null) client.process.kill();
      demo.remove();
    }
  });
});
