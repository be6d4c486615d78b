/** What the client hands to a server that runs in a Web Worker: there are no files to read there. */

/** First message to the worker, before the language server protocol begins. */
export interface WorkerStart {
  kind: "lockstep-start";
  version: string;
  /** The parser runtime and the C grammar. */
  runtime: Uint8Array;
  grammar: Uint8Array;
  /** The rule set as the build packed it. */
  rules: string;
  /** The rule files themselves; needed only if the workspace has rules of its own. */
  ruleFiles: { path: string; text: string }[];
  /** Start of all addresses: `vscode-vfs://github`, `file://`. */
  origin: string;
  /** Texts by path, as far as they were fetched. */
  files: Record<string, string>;
}

/** Notification: files whose text the server should know; null for those that are gone. */
export const virtualFilesNotification = "lockstep/virtualFiles";
export interface VirtualFilesParams {
  files: Record<string, string | null>;
}
