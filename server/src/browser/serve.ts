/** Connects the language server to a Web Worker's port. */
import {
  BrowserMessageReader,
  BrowserMessageWriter,
  createConnection,
  ProposedFeatures,
} from "vscode-languageserver/browser";
import { startServer } from "../lsp/server";
import { type VirtualFilesParams, virtualFilesNotification, type WorkerStart } from "../protocol/virtual";
import { createBrowserHost } from "./lspHost";

/** The port as the message reader and writer want it. */
export type Port = ConstructorParameters<typeof BrowserMessageReader>[0];

/** Waits for what the client hands in, then speaks the protocol. Messages that come early wait. */
export function serveWorker(port: Port): void {
  const early: unknown[] = [];
  const target = port as unknown as { onmessage: ((event: { data: unknown }) => void) | null };
  target.onmessage = ({ data }) => {
    const start = data as WorkerStart;
    if (start?.kind !== "lockstep-start") {
      early.push(data);
      return;
    }
    const reader = new BrowserMessageReader(port);
    const connection = createConnection(ProposedFeatures.all, reader, new BrowserMessageWriter(port));
    const host = createBrowserHost(start);
    connection.onNotification(virtualFilesNotification, ({ files }: VirtualFilesParams) => {
      for (const [path, text] of Object.entries(files)) host.files.set(path, text);
    });
    startServer(connection, host);
    for (const message of early) target.onmessage?.({ data: message });
  };
}
