/** The extension, whatever host it runs in: starts the client and offers the commands. */
import { type ExtensionContext, window, workspace } from "vscode";
import type { BaseLanguageClient, LanguageClientOptions } from "vscode-languageclient";
import { registerCommands } from "./commands";

/** The host's part: how the server is started. */
export type CreateClient = (context: ExtensionContext, options: LanguageClientOptions) => BaseLanguageClient;

let client: BaseLanguageClient | undefined;

export async function activateWith(context: ExtensionContext, createClient: CreateClient): Promise<void> {
  const output = window.createOutputChannel("Lockstep", { log: true });
  const settings = workspace.getConfiguration("lockstep");
  client = createClient(context, {
    // VS Code takes kernel headers for C++.
    documentSelector: [{ language: "c" }, { language: "cpp", pattern: "**/*.h" }],
    outputChannel: output,
    initializationOptions: { severity: settings.get("severity"), hover: settings.get("hover") },
  });
  context.subscriptions.push(output, ...registerCommands(client));
  context.subscriptions.push(
    workspace.onDidChangeConfiguration(async (change) => {
      if (change.affectsConfiguration("lockstep"))
        await window.showInformationMessage("Restart the Lockstep server to use the new settings.");
    }),
  );
  await client.start();
}

export async function deactivate(): Promise<void> {
  await client?.stop();
  client = undefined;
}
