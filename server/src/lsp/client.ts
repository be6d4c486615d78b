/** What the client can do and wants, read once from `initialize`. */
import type { InitializeParams } from "vscode-languageserver";
import type { Level } from "../protocol/finding";
import { isLevel } from "../workspace/config";

export interface Client {
  /** URIs of the workspace folders. */
  folders: string[];
  pullsDiagnostics: boolean;
  refreshesDiagnostics: boolean;
  relatedInformation: boolean;
  codeDescription: boolean;
  diagnosticData: boolean;
  workDoneProgress: boolean;
  watchesFiles: boolean;
  /** Weakest level to show. */
  severity: Level;
  hover: boolean;
  /** The client may poll the diagnostics of the whole workspace. */
  workspaceDiagnostics: boolean;
}

/** Settings come as `initializationOptions: { severity, hover, workspaceDiagnostics }`. */
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
    watchesFiles: workspace?.didChangeWatchedFiles?.dynamicRegistration === true,
    severity: isLevel(options.severity) ? options.severity : "hint",
    hover: options.hover !== false,
    workspaceDiagnostics: options.workspaceDiagnostics === true,
  };
}
