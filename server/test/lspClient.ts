/** A small language client for tests: starts the bundled server and speaks real JSON-RPC with it. */
import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import {
  type CancellationToken,
  type ClientCapabilities,
  createProtocolConnection,
  type Diagnostic,
  type InitializeResult,
  type ProtocolConnection,
  type PublishDiagnosticsParams,
  StreamMessageReader,
  StreamMessageWriter,
  type TextDocumentContentChangeEvent,
} from "vscode-languageserver/node";

export const project = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");

/** A copy of the demo tree that a test may change. */
export function copyDemo(): { root: string; remove(): void } {
  const root = mkdtempSync(path.join(tmpdir(), "lockstep-demo-"));
  cpSync(path.join(project, "test-fixtures/demo"), root, { recursive: true });
  return { root, remove: () => rmSync(root, { recursive: true, force: true }) };
}

export interface ClientOptions {
  /** Arguments after `node`; the bundled server by default. */
  command?: string[];
  root: string;
  capabilities?: ClientCapabilities;
  initializationOptions?: object;
}

/** A client that shows what it is sent, like most editors. */
export const pushCapabilities: ClientCapabilities = {
  textDocument: {
    publishDiagnostics: {
      relatedInformation: true,
      codeDescriptionSupport: true,
      dataSupport: true,
      versionSupport: true,
    },
  },
  window: { workDoneProgress: true },
};

/** A client that asks for diagnostics itself, like VS Code. */
export const pullCapabilities: ClientCapabilities = {
  textDocument: { ...pushCapabilities.textDocument, diagnostic: {} },
  workspace: { diagnostics: { refreshSupport: true } },
  window: { workDoneProgress: true },
};

export class TestClient {
  readonly published: PublishDiagnosticsParams[] = [];
  readonly messages: string[] = [];
  readonly log: string[] = [];
  refreshes = 0;
  initialized!: InitializeResult;
  private readonly versions = new Map<string, number>();
  private readonly waiting = new Set<() => void>();

  private constructor(
    readonly process: ChildProcess,
    readonly connection: ProtocolConnection,
    readonly root: string,
  ) {}

  static async start(options: ClientOptions): Promise<TestClient> {
    const child = spawn(process.execPath, options.command ?? [path.join(project, "dist/server.js"), "--stdio"], {
      cwd: options.root,
      stdio: ["pipe", "pipe", "inherit"],
    });
    const connection = createProtocolConnection(
      new StreamMessageReader(child.stdout!),
      new StreamMessageWriter(child.stdin!),
    );
    const client = new TestClient(child, connection, options.root);
    client.listen();
    client.initialized = await connection.sendRequest("initialize", {
      processId: process.pid,
      rootUri: pathToFileURL(options.root).href,
      workspaceFolders: [{ uri: pathToFileURL(options.root).href, name: "tree" }],
      capabilities: options.capabilities ?? pushCapabilities,
      initializationOptions: options.initializationOptions,
    });
    await connection.sendNotification("initialized", {});
    return client;
  }

  uri(file: string): string {
    return pathToFileURL(path.join(this.root, file)).href;
  }

  async open(file: string, text: string): Promise<void> {
    this.versions.set(file, 1);
    await this.connection.sendNotification("textDocument/didOpen", {
      textDocument: { uri: this.uri(file), languageId: "c", version: 1, text },
    });
  }

  async change(file: string, ...contentChanges: TextDocumentContentChangeEvent[]): Promise<number> {
    const version = this.versions.get(file)! + 1;
    this.versions.set(file, version);
    await this.connection.sendNotification("textDocument/didChange", {
      textDocument: { uri: this.uri(file), version },
      contentChanges,
    });
    return version;
  }

  async close(file: string): Promise<void> {
    await this.connection.sendNotification("textDocument/didClose", { textDocument: { uri: this.uri(file) } });
  }

  request<Result>(method: string, params: object, token?: CancellationToken): Promise<Result> {
    return token ? this.connection.sendRequest(method, params, token) : this.connection.sendRequest(method, params);
  }

  /** Waits for diagnostics of a file that satisfy the test; the latest ones count. */
  async diagnostics(file: string, version?: number): Promise<Diagnostic[]> {
    const uri = this.uri(file);
    const latest = () =>
      this.published.filter((item) => item.uri === uri && (version === undefined || item.version === version)).at(-1);
    await this.until(() => latest() !== undefined, `diagnostics of ${file}`);
    return latest()!.diagnostics;
  }

  /** Waits until a condition holds that incoming messages may change. */
  async until(condition: () => boolean, what: string, milliseconds = 15_000): Promise<void> {
    const end = Date.now() + milliseconds;
    while (!condition()) {
      if (Date.now() > end) throw new Error(`timed out waiting for ${what}`);
      await new Promise<void>((resolve) => {
        const wake = () => {
          this.waiting.delete(wake);
          clearTimeout(timer);
          resolve();
        };
        const timer = setTimeout(wake, 200);
        this.waiting.add(wake);
      });
    }
  }

  /** Leaves as the protocol says; resolves to the server's exit code. */
  async stop(): Promise<number | null> {
    const ended = new Promise<number | null>((resolve) => this.process.once("exit", resolve));
    await this.connection.sendRequest("shutdown");
    await this.connection.sendNotification("exit");
    const code = await ended;
    this.connection.dispose();
    return code;
  }

  private listen(): void {
    const { connection } = this;
    const wakeAll = () => {
      for (const wake of [...this.waiting]) wake();
    };
    connection.onNotification("textDocument/publishDiagnostics", (params: PublishDiagnosticsParams) => {
      this.published.push(params);
      wakeAll();
    });
    connection.onNotification("window/showMessage", ({ message }: { message: string }) => {
      this.messages.push(message);
      wakeAll();
    });
    connection.onNotification("window/logMessage", ({ message }: { message: string }) => void this.log.push(message));
    connection.onRequest("workspace/diagnostic/refresh", () => {
      this.refreshes++;
      wakeAll();
      return null;
    });
    connection.onRequest("window/workDoneProgress/create", () => null);
    connection.onRequest("client/registerCapability", () => null);
    connection.listen();
  }
}
