/** The extension in a browser (vscode.dev and the like): the server runs in a Web Worker, files are handed to it. */
import { type ExtensionContext, Uri, window, workspace } from "vscode";
import {
  BrowserMessageReader,
  BrowserMessageWriter,
  type FileEvent,
  LanguageClient,
} from "vscode-languageclient/browser";
import { type VirtualFilesParams, virtualFilesNotification, type WorkerStart } from "../../server/src/protocol/virtual";
import { activateWith } from "./extension";
import { type Fetched, fetchBelow, fetchFolder, fetchRules, readText } from "./virtualFiles";

export { deactivate } from "./extension";

/** A Web Worker, as far as it is used here. */
interface WorkerLike {
  postMessage(message: unknown): void;
}
declare const Worker: new (url: string) => WorkerLike;

export async function activate(context: ExtensionContext): Promise<void> {
  const asset = (name: string) => Uri.joinPath(context.extensionUri, "dist", name);
  const fetched: Fetched = { files: {}, leftOut: 0 };
  for (const folder of workspace.workspaceFolders ?? []) await fetchFolder(folder.uri, fetched);
  tellLeftOut(fetched);
  const origin = originOf(workspace.workspaceFolders?.[0]?.uri ?? window.activeTextEditor?.document.uri);
  const start: WorkerStart = {
    kind: "lockstep-start",
    version: String((context.extension.packageJSON as { version?: unknown }).version ?? ""),
    runtime: await workspace.fs.readFile(asset("wasm/web-tree-sitter.wasm")),
    grammar: await workspace.fs.readFile(asset("wasm/tree-sitter-c.wasm")),
    rules: (await readText(asset("rules.json"))) ?? "",
    // The scenarios of replays are among them.
    ruleFiles: await fetchRules(asset("web/rules-source.json")),
    origin,
    files: fetched.files,
  };
  let client: LanguageClient | undefined;
  const hand = async (files: VirtualFilesParams["files"]) => {
    await client?.sendNotification(virtualFilesNotification, { files } satisfies VirtualFilesParams);
  };
  await activateWith(context, {
    createClient(_, options) {
      // A fresh worker for every start, so that a restart is one.
      const createServer = async () => {
        const worker = new Worker(asset("web/server.js").toString(true));
        worker.postMessage(start);
        // The host wraps workers: the client would not recognise this one.
        return { reader: new BrowserMessageReader(worker), writer: new BrowserMessageWriter(worker) };
      };
      client = new LanguageClient("lockstep", "Lockstep", createServer, {
        ...options,
        // The server cannot read what changed: it is told.
        middleware: {
          workspace: {
            async didChangeWatchedFile(event: FileEvent, next: (event: FileEvent) => Promise<void>) {
              const uri = Uri.parse(event.uri);
              await hand({ [uri.path]: (await readText(uri)) ?? null });
              await next(event);
            },
          },
        },
      });
      return client;
    },
    /** Folders beyond memory management are read when they are asked for, and kept: a restart starts with them. */
    async bring(uri) {
      const known = new Set(Object.keys(fetched.files));
      await fetchBelow(uri, fetched);
      tellLeftOut(fetched);
      await hand(Object.fromEntries(Object.entries(fetched.files).filter(([path]) => !known.has(path))));
    },
  });
}

/** What a bounded tab has no room for. */
function tellLeftOut({ leftOut }: Fetched): void {
  if (leftOut === 0) return;
  window.setStatusBarMessage(`Lockstep reads a part of this workspace: ${leftOut} files were left out.`, 15_000);
}

/** What stands before the path in the addresses of the workspace. */
function originOf(uri: Uri | undefined): string {
  if (uri === undefined) return "untitled:";
  return uri.with({ path: "/", query: "", fragment: "" }).toString().replace(/\/$/, "");
}
