/** What the client can do and wants, read once from `initialize`. */
import type { InitializeParams } from "vscode-languageserver";
import { readSettings, type Settings } from "./settings";

export interface Client {
  /** URIs of the workspace folders. */
  folders: string[];
  pullsDiagnostics: boolean;
  refreshesDiagnostics: boolean;
  relatedInformation: boolean;
  codeDescription: boolean;
  diagnosticData: boolean;
  workDoneProgress: boolean;
  /** The client opens documents that the server names. */
  showsDocuments: boolean;
  watchesFiles: boolean;
  refreshesInlayHints: boolean;
  refreshesCodeLenses: boolean;
  /** Settings can be asked for with `workspace/configuration`. */
  answersConfiguration: boolean;
  /** Names of the commands the client offers itself, which lenses and actions may name. */
  commands: string[];
  /** What the user wants to see; changes while the server runs. */
  settings: Settings;
  /** The client may poll the diagnostics of the whole workspace. */
  workspaceDiagnostics: boolean;
}

/** `initializationOptions` holds the settings, and `workspaceDiagnostics`, `commands`. */
export function readClient(params: InitializeParams): Client {
  const { textDocument, workspace, window } = params.capabilities;
  const options = (params.initializationOptions ?? {}) as Record<string, unknown>;
  const folders = params.workspaceFolders?.map((folder) => folder.uri) ?? (params.rootUri ? [params.rootUri] : []);
  return {
    folders,
    pullsDiagnostics: textDocument?.diagnostic !== undefined,
    refreshesDiagnostics: workspace?.diagnostics?.refreshSupport === true,
    relatedInformation:
      textDocument?.publishDiagnostics?.relatedInformation === true || textDocument?.diagnostic !== undefined,
    codeDescription:
      textDocument?.publishDiagnostics?.codeDescriptionSupport === true || textDocument?.diagnostic !== undefined,
    diagnosticData: textDocument?.publishDiagnostics?.dataSupport === true || textDocument?.diagnostic !== undefined,
    workDoneProgress: window?.workDoneProgress === true,
    showsDocuments: window?.showDocument?.support === true,
    watchesFiles: workspace?.didChangeWatchedFiles?.dynamicRegistration === true,
    refreshesInlayHints: workspace?.inlayHint?.refreshSupport === true,
    refreshesCodeLenses: workspace?.codeLens?.refreshSupport === true,
    answersConfiguration: workspace?.configuration === true,
    commands: Array.isArray(options.commands) ? options.commands.filter((name) => typeof name === "string") : [],
    settings: readSettings(options),
    workspaceDiagnostics: options.workspaceDiagnostics === true,
  };
}
