/** The extension in VS Code on the desktop or over SSH: the server runs as a Node process of its own. */
import type { ExtensionContext } from "vscode";
import { LanguageClient, TransportKind } from "vscode-languageclient/node";
import { activateWith } from "./extension";

export { deactivate } from "./extension";

export async function activate(context: ExtensionContext): Promise<void> {
  await activateWith(context, {
    createClient(extension, options) {
      const module = extension.asAbsolutePath("dist/server.js");
      const server = { module, transport: TransportKind.ipc };
      return new LanguageClient("lockstep", "Lockstep", { run: server, debug: server }, options);
    },
    // The server reads the disk itself.
    bring: async () => {},
  });
}
