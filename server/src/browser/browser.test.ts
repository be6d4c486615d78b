/** The worker's bundle, run in a plain JavaScript world without Node: everything comes in by messages. */
import { readFileSync } from "node:fs";
import path from "node:path";
import vm from "node:vm";
import { describe, expect, it } from "vitest";
import type { Diagnostic } from "vscode-languageserver";
import { project } from "../../test/lspClient";
import type { WorkerStart } from "../protocol/virtual";
import { MemoryFiles } from "./memoryFiles";

const demo = path.join(project, "test-fixtures/demo");
const origin = "vscode-test://tree";
const names = ["Kbuild", "include/linux/mm.h", "include/linux/mm_types.h", "mm/range.c", "mm/forget.c"];
const texts = Object.fromEntries(names.map((name) => [`/k/${name}`, readFileSync(path.join(demo, name), "utf8")]));

interface Message {
  id?: number;
  method?: string;
  params?: { uri?: string; diagnostics?: Diagnostic[] };
  result?: unknown;
}

/** Starts the bundle in a world of its own with the globals of a worker; returns its two ends. */
function startWorker() {
  const received: Message[] = [];
  const waiting = new Set<() => void>();
  const world: Record<string, unknown> = {
    postMessage: (message: Message) => {
      received.push(structuredClone(message));
      for (const wake of [...waiting]) wake();
    },
    addEventListener() {},
    setTimeout,
    clearTimeout,
    setInterval,
    clearInterval,
    queueMicrotask,
    performance,
    TextEncoder,
    TextDecoder,
    URL,
    // One set of intrinsics for both sides, as if the messages had been cloned.
    Uint8Array,
    ArrayBuffer,
    WebAssembly: (globalThis as { WebAssembly?: unknown }).WebAssembly,
    console,
    onmessage: null,
  };
  world.self = world;
  world.globalThis = world;
  vm.runInNewContext(readFileSync(path.join(project, "dist/web/server.js"), "utf8"), world);
  const post = (data: unknown) => (world.onmessage as (event: { data: unknown }) => void)({ data });
  const until = async (wanted: (message: Message) => boolean): Promise<Message> => {
    for (;;) {
      const found = received.find(wanted);
      if (found) {
        received.splice(received.indexOf(found), 1);
        return found;
      }
      await new Promise<void>((resolve) => {
        const wake = () => {
          waiting.delete(wake);
          resolve();
        };
        waiting.add(wake);
      });
    }
  };
  return { post, until };
}

const bytes = (name: string) => new Uint8Array(readFileSync(path.join(project, "dist", name)));

const start: WorkerStart = {
  kind: "lockstep-start",
  version: "1.2.3",
  runtime: bytes("wasm/web-tree-sitter.wasm"),
  grammar: bytes("wasm/tree-sitter-c.wasm"),
  rules: readFileSync(path.join(project, "dist/rules.json"), "utf8"),
  ruleFiles: JSON.parse(readFileSync(path.join(project, "dist/web/rules-source.json"), "utf8")),
  origin,
  files: texts,
};

describe("server in a worker", () => {
  it("checks a virtual tree and follows changes of files that nobody has open", async () => {
    const { post, until } = startWorker();
    const rpc = (message: object) => post({ jsonrpc: "2.0", ...message });
    const initialize = {
      processId: null,
      rootUri: null,
      capabilities: {},
      workspaceFolders: [{ uri: `${origin}/k`, name: "k" }],
    };
    // The first message of the protocol may overtake the start.
    rpc({ id: 1, method: "initialize", params: initialize });
    post(start);
    expect(await until(({ id }) => id === 1)).toMatchObject({ result: { serverInfo: { version: "1.2.3" } } });
    rpc({ method: "initialized", params: {} });
    const uri = `${origin}/k/mm/range.c`;
    const text = texts["/k/mm/range.c"];
    rpc({ method: "textDocument/didOpen", params: { textDocument: { uri, languageId: "c", version: 1, text } } });
    const shown = await until(
      ({ method, params }) => method === "textDocument/publishDiagnostics" && params?.uri === uri,
    );
    expect(shown.params!.diagnostics!.map(({ code }) => code)).toEqual(["vma-use-after-unlock", "mmap-lock-balance"]);
    rpc({ id: 2, method: "lockstep/tree", params: { textDocument: { uri } } });
    expect(await until(({ id }) => id === 2)).toMatchObject({ result: { kernel: true, root: "/k" } });
    const line = text!.slice(0, text!.indexOf("return vma->vm_end;")).split("\n").length - 1;
    rpc({ id: 4, method: "lockstep/replay", params: { textDocument: { uri }, position: { line, character: 0 } } });
    expect(await until(({ id }) => id === 4)).toMatchObject({ result: { trace: { verdict: "violation" } } });
    const files = { "/k/mm/forget.c": texts["/k/mm/forget.c"]!.replace("return error;", "error = 0;") };
    rpc({ method: "lockstep/virtualFiles", params: { files } });
    const changed = `${origin}/k/mm/forget.c`;
    rpc({ method: "workspace/didChangeWatchedFiles", params: { changes: [{ uri: changed, type: 2 }] } });
    rpc({ id: 3, method: "lockstep/checkWorkspace", params: {} });
    expect(await until(({ id }) => id === 3)).toMatchObject({ result: { files: 2, findings: 2, cancelled: false } });
  });
});

describe("files in memory", () => {
  it("make a tree of their paths", () => {
    const files = new MemoryFiles({ "/k/Kbuild": "", "/k/mm/a.c": "int a;", "/k/mm/b/c.c": "" });
    const tree = files.openTree("/k");
    expect(tree.list("")).toEqual(["Kbuild"]);
    expect(tree.folders("")).toEqual(["mm"]);
    expect(tree.folders("mm")).toEqual(["b"]);
    expect(tree.read("mm/a.c")).toBe("int a;");
    expect(tree.list("none")).toBeUndefined();
    expect(tree.read("mm/none.c")).toBeUndefined();
    expect(tree.problemOf("mm/none.c")).toBe("no such file");
    files.set("/k/mm/a.c", null);
    files.set("/k/fs/d.h", "");
    expect(tree.list("mm")).toEqual([]);
    expect(tree.folders("")).toEqual(["fs", "mm"]);
    expect([files.kindOf("/k"), files.kindOf("/k/mm/a.c"), files.kindOf("/k/fs/d.h")]).toEqual([
      "folder",
      undefined,
      "file",
    ]);
  });
});
