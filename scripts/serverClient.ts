/** The bundled server as an editor starts it: over JSON-RPC on its standard streams. */
import { spawn } from "node:child_process";
import { pathToFileURL } from "node:url";
import {
  createProtocolConnection,
  type PublishDiagnosticsParams,
  StreamMessageReader,
  StreamMessageWriter,
} from "vscode-languageserver/node";

export interface ServerClient {
  pid: number | undefined;
  request<T>(method: string, params?: unknown): Promise<T>;
  /** Opens a C file; done when its diagnostics are there, of a pulling client the first that it gets. */
  open(uri: string, text: string): Promise<void>;
  /** How often a pulling client was told to ask again. */
  refreshes(): number;
  /** Sends a change; done when the diagnostics of the new version are there. */
  change(uri: string, version: number, change: unknown): Promise<void>;
  shutdown(): Promise<void>;
}

export interface ServerOptions {
  /** Where the process runs; the tree if absent. */
  folder?: string;
  /** Ask for diagnostics, as VS Code does, instead of getting them sent. */
  pulls?: boolean;
}

const PUSHED = { textDocument: { publishDiagnostics: { versionSupport: true } } };
const PULLED = { textDocument: { diagnostic: {} }, workspace: { diagnostics: { refreshSupport: true } } };

/** Starts the server and initializes it for a tree. */
export async function startServer(server: string, tree: string, options: ServerOptions = {}): Promise<ServerClient> {
  const { folder = tree, pulls = false } = options;
  const child = spawn(process.execPath, [server, "--stdio"], { cwd: folder, stdio: ["pipe", "pipe", "inherit"] });
  const connection = createProtocolConnection(
    new StreamMessageReader(child.stdout),
    new StreamMessageWriter(child.stdin),
  );
  let arrived: (params: PublishDiagnosticsParams) => void = () => {};
  connection.onNotification("textDocument/publishDiagnostics", (params: PublishDiagnosticsParams) => arrived(params));
  let refreshes = 0;
  connection.onRequest("workspace/diagnostic/refresh", () => {
    refreshes++;
    return null;
  });
  connection.listen();
  // A server that does not start, or falls, answers nothing.
  const ended = new Promise<never>((_, reject) =>
    child.once("exit", (code) => reject(new Error(`the server ended with ${code}`))),
  );
  ended.catch(() => {});
  const request = <T>(method: string, params?: unknown): Promise<T> =>
    Promise.race([ended, connection.sendRequest<T>(method, params)]);
  const notify = (method: string, params: unknown): Promise<void> => connection.sendNotification(method, params);
  const diagnosed = async (uri: string, version: number, method: string, params: object): Promise<void> => {
    if (pulls) {
      await notify(method, params);
      await request("textDocument/diagnostic", { textDocument: { uri } });
      return;
    }
    const published = new Promise<void>((resolve) => {
      arrived = (found) => {
        if (found.uri === uri && found.version === version) resolve();
      };
    });
    await notify(method, params);
    await Promise.race([ended, published]);
  };
  await request("initialize", {
    processId: process.pid,
    rootUri: pathToFileURL(tree).href,
    capabilities: pulls ? PULLED : PUSHED,
  });
  await notify("initialized", {});
  return {
    pid: child.pid,
    request,
    refreshes: () => refreshes,
    open: (uri, text) =>
      diagnosed(uri, 1, "textDocument/didOpen", { textDocument: { uri, languageId: "c", version: 1, text } }),
    change: (uri, version, change) =>
      diagnosed(uri, version, "textDocument/didChange", {
        textDocument: { uri, version },
        contentChanges: [change],
      }),
    async shutdown() {
      await connection.sendRequest("shutdown");
      await connection.sendNotification("exit");
    },
  };
}
