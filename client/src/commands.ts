/** The commands of the palette, by name. */
import { commands, type Disposable, type ExtensionContext, type LogOutputChannel, type Uri, window } from "vscode";
import type { BaseLanguageClient } from "vscode-languageclient";
import { checkPatch, checkWorkspace } from "./checkCommands";
import { explainRule, showContract, why } from "./explainCommands";
import { ignoreFinding, reportFalsePositive } from "./findingCommands";
import { Pages } from "./pages";

/** Those that lenses and code actions of the server may name. */
export const commandNames = ["lockstep.showContract", "lockstep.ignoreFinding"];

export function registerCommands(
  context: ExtensionContext,
  client: BaseLanguageClient,
  output: LogOutputChannel,
): Disposable[] {
  const pages = new Pages();
  const version = String((context.extension.packageJSON as { version?: unknown }).version ?? "");
  const handlers: Record<string, (...given: never[]) => unknown> = {
    checkWorkspace: () => checkWorkspace(client, output),
    checkFolder: (uri?: Uri) => checkWorkspace(client, output, uri),
    checkPatch: (patch?: string) => checkPatch(client, pages, typeof patch === "string" ? patch : undefined),
    explainRule: (given?: unknown) => explainRule(client, pages, given),
    showContract: (uri?: string, name?: string) => showContract(client, pages, uri, name),
    why: () => why(client, pages),
    ignoreFinding,
    reportFalsePositive: (node?: Parameters<typeof reportFalsePositive>[2]) =>
      reportFalsePositive(client, version, node),
    showOutput: () => output.show(true),
    restart: async () => {
      await client.stop();
      await client.start();
      window.setStatusBarMessage("Lockstep: the server was started again.", 5_000);
    },
  };
  return [
    pages,
    ...Object.entries(handlers).map(([name, handler]) =>
      commands.registerCommand(`lockstep.${name}`, async (...given: unknown[]) => {
        const started = Date.now();
        try {
          return await handler(...(given as never[]));
        } catch (error) {
          output.error(`${name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
          void window.showErrorMessage(`Lockstep: ${error instanceof Error ? error.message : String(error)}`);
          return undefined;
        } finally {
          output.debug(`${name}: ${Date.now() - started} ms`);
        }
      }),
    ),
  ];
}
