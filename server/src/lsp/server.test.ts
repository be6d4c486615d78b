/** The bundled server over real JSON-RPC, on a copy of the demo tree. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { Diagnostic, DocumentDiagnosticReport, DocumentHighlight, Hover, Location } from "vscode-languageserver";
import { copyDemo, project, pullCapabilities, TestClient } from "../../test/lspClient";
import type { Contract, LockStateAt } from "../protocol/finding";
import type { CheckWorkspaceResult, RulesResult } from "../protocol/requests";

const file = "mm/range.c";
const rule = "vma-use-after-unlock";
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function start(
  options: Partial<Parameters<typeof TestClient.start>[0]> = {},
  prepare: (root: string) => void = () => {},
) {
  const demo = copyDemo();
  cleanups.push(demo.remove);
  prepare(demo.root);
  const client = await TestClient.start({ root: demo.root, ...options });
  cleanups.push(() => client.process.exitCode === null && client.process.kill());
  const text = (name: string) => readFileSync(path.join(demo.root, name), "utf8");
  return { client, text, root: demo.root };
}

const codes = (diagnostics: Diagnostic[]) => diagnostics.map(({ code }) => code);
const lineOf = (text: string, part: string) => text.slice(0, text.indexOf(part)).split("\n").length - 1;
/** Place of the first character of `part`, which may start anywhere in its line. */
const placeOf = (text: string, part: string) => {
  const line = lineOf(text, part);
  return { line, character: text.split("\n")[line]!.indexOf(part) };
};

describe("language server", () => {
  it("announces what it can", async () => {
    const { client } = await start();
    const { capabilities, serverInfo } = client.initialized;
    expect(serverInfo?.name).toBe("lockstep");
    expect(capabilities).toMatchObject({
      textDocumentSync: { openClose: true, change: 2 },
      hoverProvider: true,
      documentHighlightProvider: true,
      definitionProvider: true,
    });
    expect(capabilities.diagnosticProvider).toBeUndefined();
    expect(await client.stop()).toBe(0);
  });

  it("pushes diagnostics with the path and a description of the rule", async () => {
    const { client, text } = await start();
    await client.open(file, text(file));
    const found = (await client.diagnostics(file)).find(({ code }) => code === rule)!;
    expect(found).toMatchObject({
      source: "lockstep",
      severity: 2,
      range: { start: { line: lineOf(text(file), "return vma->vm_end;") } },
    });
    expect(found.relatedInformation!.length).toBeGreaterThan(0);
    expect(found.relatedInformation![0]!.location.uri).toBe(client.uri(file));
    expect(found.codeDescription?.href).toMatch(/^(https:\/\/docs\.kernel\.org\/|file:)/);
    expect(found.data).toMatchObject({ rule });
  });

  it("follows typing: broken code, repaired code, undone and closed", async () => {
    const { client, text } = await start();
    await client.open(file, text(file));
    const before = codes(await client.diagnostics(file));
    expect(before).toContain(rule);
    // Half a statement in another function takes nothing away.
    const at = placeOf(text(file), "unsigned long end = 0;");
    const broken = "if (vma && (end ";
    let version = await client.change(file, { range: { start: at, end: at }, text: broken });
    expect(codes(await client.diagnostics(file, version))).toContain(rule);
    version = await client.change(file, {
      range: { start: at, end: { line: at.line, character: at.character + broken.length } },
      text: "",
    });
    expect(codes(await client.diagnostics(file, version))).toEqual(before);
    // The repair: use it before the lock is dropped.
    const use = placeOf(text(file), "return vma->vm_end;");
    version = await client.change(file, {
      range: { start: use, end: { line: use.line, character: use.character + "return vma->vm_end;".length } },
      text: "return 1;",
    });
    expect(codes(await client.diagnostics(file, version))).not.toContain(rule);
    version = await client.change(file, { text: text(file) });
    expect(codes(await client.diagnostics(file, version))).toEqual(before);
    client.published.length = 0;
    await client.close(file);
    expect(await client.diagnostics(file)).toEqual([]);
  });

  it("answers clients that pull, and says when nothing changed", async () => {
    const { client, text } = await start({ capabilities: pullCapabilities });
    expect(client.initialized.capabilities.diagnosticProvider).toMatchObject({ interFileDependencies: true });
    await client.open(file, text(file));
    const textDocument = { uri: client.uri(file) };
    const first = await client.request<DocumentDiagnosticReport>("textDocument/diagnostic", { textDocument });
    if (first.kind !== "full") throw new Error("expected a full report");
    expect(codes(first.items)).toContain(rule);
    const again = await client.request<DocumentDiagnosticReport>("textDocument/diagnostic", {
      textDocument,
      previousResultId: first.resultId,
    });
    expect(again).toEqual({ kind: "unchanged", resultId: first.resultId });
    expect(client.published).toEqual([]);
  });

  it("hovers, highlights and finds definitions", async () => {
    const { client, text } = await start();
    const content = text(file);
    await client.open(file, content);
    const at = { textDocument: { uri: client.uri(file) }, position: placeOf(content, "mmap_read_lock(mm)") };
    const hover = await client.request<Hover>("textDocument/hover", at);
    expect(hover.contents).toMatchObject({ kind: "markdown", value: expect.stringContaining("mmap") });
    const highlights = await client.request<DocumentHighlight[]>("textDocument/documentHighlight", at);
    expect(highlights.map(({ range }) => content.split("\n")[range.start.line]!.trim())).toEqual(
      expect.arrayContaining(["mmap_read_lock(mm);", "mmap_read_unlock(mm);"]),
    );
    const call = {
      ...at,
      textDocument: { uri: client.uri("mm/forget.c") },
      position: placeOf(text("mm/protect.c"), "vm_flags_set"),
    };
    await client.open("mm/protect.c", text("mm/protect.c"));
    const definition = await client.request<Location>("textDocument/definition", {
      ...call,
      textDocument: { uri: client.uri("mm/protect.c") },
    });
    expect(definition.uri).toBe(client.uri("include/linux/mm.h"));
    const target = text("include/linux/mm.h").split("\n")[definition.range.start.line];
    expect(target).toContain("vm_flags_set");
    expect(await client.request("textDocument/hover", call)).toBeNull();
  });

  it("tells lock state, contracts and rules", async () => {
    const { client, text } = await start();
    const content = text(file);
    await client.open(file, content);
    const textDocument = { uri: client.uri(file) };
    const held = await client.request<LockStateAt>("lockstep/lockState", {
      textDocument,
      position: placeOf(content, "vma = vma_lookup"),
    });
    expect(held).toMatchObject({
      function: "range_end_wrong",
      locks: [{ lock: "mmap_lock", mode: "read", certain: true }],
    });
    const position = placeOf(content, "range_end_right");
    const byPlace = await client.request<Contract>("lockstep/contract", { textDocument, position });
    expect(byPlace.function).toBe("range_end_right");
    expect(await client.request("lockstep/contract", { textDocument, function: "range_end_right" })).toEqual(byPlace);
    expect(await client.request("lockstep/contract", { textDocument, function: "nobody" })).toBeNull();
    const { rules } = await client.request<RulesResult>("lockstep/rules", {});
    expect(rules.find(({ id }) => id === rule)).toMatchObject({
      alias: "R07",
      enabled: true,
      markdown: expect.stringContaining("## R07"),
    });
  });

  it("checks the workspace with progress", async () => {
    const { client, root } = await start({}, (folder) =>
      writeFileSync(path.join(folder, "mm/blob.c"), Buffer.from([1, 0, 2])),
    );
    const progress: { kind: string; percentage?: number }[] = [];
    client.connection.onNotification(
      "$/progress",
      ({ token, value }: { token: string; value: { kind: string } }) => void (token === "t" && progress.push(value)),
    );
    const result = await client.request<CheckWorkspaceResult>("lockstep/checkWorkspace", { workDoneToken: "t" });
    expect(result).toMatchObject({
      cancelled: false,
      failures: [{ file: "mm/blob.c", message: expect.stringContaining("binary") }],
    });
    expect(result.findings).toBeGreaterThan(3);
    expect(progress.map(({ kind }) => kind)).toEqual(["begin", ...Array(result.files).fill("report"), "end"]);
    expect(codes(await client.diagnostics(file))).toContain(rule);
    const drivers = await client.request<CheckWorkspaceResult>("lockstep/checkWorkspace", {
      uris: [client.uri("drivers")],
    });
    expect(drivers.files).toBe(1);
    expect(root).not.toBe("");
  });

  it("stops when it is told to", async () => {
    const { client, text } = await start({}, (folder) => {
      const content = readFileSync(path.join(folder, file), "utf8");
      for (let index = 0; index < 300; index++)
        writeFileSync(path.join(folder, `mm/copy${index}.c`), content.replace(/range_/g, `range${index}_`));
    });
    const pending = client.connection.sendRequest("lockstep/checkWorkspace", {}, cancelAfter(30));
    await expect(pending).rejects.toMatchObject({ code: -32800 });
    await client.open(file, text(file));
    expect(codes(await client.diagnostics(file))).toContain(rule);
  });

  it("sees files that change on disk", async () => {
    const { client, text, root } = await start();
    await client.open(file, text(file));
    await client.diagnostics(file);
    mkdirSync(path.join(root, ".lockstep"));
    writeFileSync(path.join(root, ".lockstep/config.yaml"), `disable: [${rule}]\n`);
    client.published.length = 0;
    await client.connection.sendNotification("workspace/didChangeWatchedFiles", {
      changes: [{ uri: client.uri(".lockstep/config.yaml"), type: 1 }],
    });
    expect(codes(await client.diagnostics(file))).not.toContain(rule);
  });

  it("names mistakes in the project's rules and works without them", async () => {
    const { client, text } = await start({}, (folder) => {
      mkdirSync(path.join(folder, ".lockstep/rules"), { recursive: true });
      writeFileSync(path.join(folder, ".lockstep/rules/own.yaml"), "id: own\ndetector: nonsense\n");
    });
    await client.open(file, text(file));
    expect(codes(await client.diagnostics(file))).toContain(rule);
    expect(client.messages[0]).toMatch(/^Lockstep: \.lockstep\/rules\/own\.yaml:\d+:\d+: /);
  });

  it("survives documents of all kinds", async () => {
    const { client, text } = await start();
    const nested = `int deep(void)\n{\n\treturn ${"(".repeat(20_000)}1${")".repeat(20_000)};\n}\n`;
    await client.open("mm/deep.c", nested);
    await client.open("mm/zero.c", "int a;\u0000\n");
    await client.open("mm/empty.c", "");
    await client.open("mm/crlf.c", text(file).replace(/\n/g, "\r\n"));
    await client.connection.sendNotification("textDocument/didOpen", {
      textDocument: { uri: "untitled:Untitled-1", languageId: "c", version: 1, text: text(file) },
    });
    await client.open(file, text(file));
    expect(codes(await client.diagnostics(file))).toContain(rule);
    expect(codes(await client.diagnostics("mm/crlf.c"))).toContain(rule);
    expect(await client.diagnostics("mm/empty.c")).toEqual([]);
    const lost = { textDocument: { uri: "file:///nowhere/x.c" }, position: { line: 9999, character: 9999 } };
    expect(await client.request("textDocument/hover", lost)).toBeNull();
    expect(await client.request("lockstep/lockState", lost)).toEqual({ function: null, locks: [] });
    await client.until(
      () => client.published.some(({ uri }) => uri === "untitled:Untitled-1"),
      "diagnostics of the untitled document",
    );
    expect(await client.stop()).toBe(0);
  });

  it("also runs as `lockstep lsp --stdio`", async () => {
    const { client, text } = await start({ command: [path.join(project, "dist/cli.js"), "lsp", "--stdio"] });
    await client.open(file, text(file));
    expect(codes(await client.diagnostics(file))).toContain(rule);
    expect(await client.stop()).toBe(0);
  });
});

function cancelAfter(milliseconds: number) {
  let cancelled = false;
  return {
    get isCancellationRequested() {
      return cancelled;
    },
    onCancellationRequested(listener: () => void) {
      setTimeout(() => {
        cancelled = true;
        listener();
      }, milliseconds);
      return { dispose() {} };
    },
  } as never;
}
