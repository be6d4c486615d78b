/** The extension, whatever host it runs in: starts the client and offers commands, views and decorations. */
import { type ExtensionContext, type Uri, window, workspace } from "vscode";
import type { BaseLanguageClient, LanguageClientOptions } from "vscode-languageclient";
import { showRaceCommand } from "../../server/src/protocol/replay";
import { commandNames, registerCommands } from "./commands";
import { HeldLockDecorations } from "./decorations";
import { RulesTree } from "./rulesTree";
import { LockStatus } from "./statusBar";

/** What differs from host to host. */
export interface Host {
  createClient(context: ExtensionContext, options: LanguageClientOptions): BaseLanguageClient;
  /** Makes sure that the server can read a folder or a file that somebody named. */
  bring(uri: Uri): Promise<void>;
}

let client: BaseLanguageClient | undefined;

export async function activateWith(context: ExtensionContext, host: Host): Promise<void> {
  const started = performance.now();
  const output = window.createOutputChannel("Lockstep", { log: true });
  client = host.createClient(context, {
    // VS Code takes kernel headers for C++; the server looks at those inside a kernel tree only.
    documentSelector: [{ language: "c" }, { language: "cpp", pattern: "**/*.h" }],
    outputChannel: output,
    // Links in hovers may show a race, and nothing else.
    markdown: { isTrusted: { enabledCommands: [showRaceCommand] } },
    initializationOptions: { ...plainSettings(), commands: commandNames },
  });
  context.subscriptions.push(
    output,
    ...registerCommands(context, client, output, (uri) => host.bring(uri)),
    new LockStatus(client),
    new RulesTree(client),
    new HeldLockDecorations(client, context),
  );
  const synchronous = performance.now() - started;
  await client.start();
  output.info(`activated in ${Math.round(synchronous)} ms, server ready after ${elapsed(started)} ms`);
}

export async function deactivate(): Promise<void> {
  await client?.stop();
  client = undefined;
}

/** Settings without the methods that VS Code puts beside them: a worker takes plain data only. */
function plainSettings(): object {
  return JSON.parse(JSON.stringify(workspace.getConfiguration("lockstep"))) as object;
}

function elapsed(since: number): number {
  return Math.round(performance.now() - since);
}
