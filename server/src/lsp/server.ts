/** Wires the server: capabilities, documents, features. The only thing an entry point calls. */
import {
  type Connection,
  type InitializeParams,
  type InitializeResult,
  TextDocumentSyncKind,
} from "vscode-languageserver";
import { readClient } from "./client";
import { createDispatcher } from "./dispatch";
import { checkPatch } from "./features/checkPatch";
import { checkWorkspace } from "./features/checkWorkspace";
import { codeAction } from "./features/codeAction";
import { codeLens } from "./features/codeLens";
import { configuration } from "./features/configuration";
import { contract } from "./features/contract";
import { definition } from "./features/definition";
import { diagnostics } from "./features/diagnostics";
import { documentHighlight } from "./features/documentHighlight";
import type { Feature } from "./features/feature";
import { heldRegions } from "./features/heldRegions";
import { hover } from "./features/hover";
import { inlayHint } from "./features/inlayHint";
import { lockState } from "./features/lockState";
import { race } from "./features/race";
import { replay } from "./features/replay";
import { rules } from "./features/rules";
import { tree } from "./features/tree";
import { watchedFiles } from "./features/watchedFiles";
import { why } from "./features/why";
import { workspaceDiagnostics } from "./features/workspaceDiagnostics";
import type { LspHost } from "./host";
import { Session } from "./session";

/** One line per feature; `diagnostics` comes first because others ask it to refresh. */
const features: Feature[] = [
  diagnostics,
  workspaceDiagnostics,
  hover,
  documentHighlight,
  definition,
  inlayHint,
  codeLens,
  codeAction,
  heldRegions,
  lockState,
  contract,
  replay,
  race,
  rules,
  tree,
  why,
  checkWorkspace,
  checkPatch,
  watchedFiles,
  configuration,
];

/** Starts serving; returns at once. */
export function startServer(connection: Connection, host: LspHost): void {
  let session: Session | undefined;
  connection.onInitialize((params: InitializeParams): InitializeResult => {
    session = new Session(connection, host, readClient(params));
    const context = { connection, session, dispatch: createDispatcher(connection) };
    const capabilities = Object.assign({}, ...features.map((feature) => feature.register(context) ?? {}));
    return {
      capabilities: {
        positionEncoding: "utf-16",
        textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental, save: true },
        workspace: { workspaceFolders: { supported: true, changeNotifications: false } },
        ...capabilities,
      },
      serverInfo: { name: "lockstep", version: host.version },
    };
  });
  connection.onInitialized(() => session?.onReady());
  connection.listen();
}
