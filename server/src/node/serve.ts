/** Connects the language server to this process. */
import { createConnection, ProposedFeatures } from "vscode-languageserver/node";
import { startServer } from "../lsp/server";
import { createLspHost } from "./lspHost";

/** What nobody awaited must not end the server. */
function surviveStrayErrors(): void {
  process.on("unhandledRejection", (reason) => console.error(reason));
}

/** Serves over standard input and output; resolves when the client has left. */
export function serveStdio(): Promise<number> {
  surviveStrayErrors();
  const connection = createConnection(ProposedFeatures.all, process.stdin, process.stdout);
  startServer(connection, createLspHost());
  return new Promise((resolve) => connection.onExit(() => resolve(0)));
}

/** Serves however the arguments say (`--node-ipc`, `--socket`, `--pipe`), as editors start it. */
export function serveByArguments(): void {
  surviveStrayErrors();
  startServer(createConnection(ProposedFeatures.all), createLspHost());
}
