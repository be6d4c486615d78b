/** The commands of the palette, by name. */
import {
  commands,
  type Disposable,
  type ExtensionContext,
  type LogOutputChannel,
  type Uri,
  window,
  workspace,
} from "vscode";
import type { BaseLanguageClient } from "vscode-languageclient";
import { showRaceCommand } from "../../server/src/protocol/replay";
import { checkPatch, checkWorkspace } from "./checkCommands";
import { registerDebugger } from "./debug/adapter";
import { explainRule, showContract, why } from "./explainCommands";
import { ignoreFinding, reportFalsePositive } from "./findingCommands";
import { complain } from "./notify";
import { Pages } from "./pages";
import { debugRace, openSharedRace, raceAgainst, replayRace } from "./replay/commands";
import { ReplayPanel } from "./replay/panel";
import { ShippedFiles, shippedScheme } from "./replay/shippedFiles";

/** Those that lenses and code actions of the server may name. */
export const commandNames = ["lockstep.showContract", "lockstep.ignoreFinding", showRaceCommand];

export function registerCommands(
  context: ExtensionContext,
  client: BaseLanguageClient,
  output: LogOutputChannel,
  bring: (folder: Uri) => Promise<void>,
): Disposable[] {
  const pages = new Pages();
  const race = new ReplayPanel(client, context.extensionUri);
  const version = String((context.extension.packageJSON as { version?: unknown }).version ?? "");
  const handlers: Record<string, (...given: never[]) => unknown> = {
    checkWorkspace: () => checkWorkspace(client, output),
    checkFolder: async (uri?: Uri) => {
      if (uri !== undefined) await bring(uri);
      return await checkWorkspace(client, output, uri);
    },
    checkPatch: (patch?: string) => checkPatch(client, pages, typeof patch === "string" ? patch : undefined),
    explainRule: (given?: unknown) => explainRule(client, pages, given),
    showContract: (uri?: string, name?: string) => showContract(client, pages, uri, name),
    why: () => why(client, pages),
    ignoreFinding,
    reportFalsePositive: (node?: Parameters<typeof reportFalsePositive>[2]) =>
      reportFalsePositive(client, version, node),
    replayRace: (given?: unknown) => replayRace(client, race, given),
    raceAgainst: (given?: unknown) => raceAgainst(client, race, given),
    debugRace: (given?: unknown) => debugRace(client, given),
    openSharedRace: (given?: string) => openSharedRace(race, given),
    raceStep: () => race.move("step"),
    raceBack: () => race.move("back"),
    raceNextSwitch: () => race.move("nextSwitch"),
    racePreviousSwitch: () => race.move("previousSwitch"),
    raceViolation: () => race.move("violation"),
    showOutput: () => output.show(true),
    restart: async () => {
      await client.stop();
      await client.start();
      window.setStatusBarMessage("Lockstep: the server was started again.", 5_000);
    },
  };
  return [
    pages,
    race,
    workspace.registerTextDocumentContentProvider(shippedScheme, new ShippedFiles(context.extensionUri)),
    ...registerDebugger(client, (answer, at) => race.lead(answer, at)),
    ...Object.entries(handlers).map(([name, handler]) =>
      commands.registerCommand(`lockstep.${name}`, async (...given: unknown[]) => {
        const started = Date.now();
        try {
          return await handler(...(given as never[]));
        } catch (error) {
          output.error(`${name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
          complain(error instanceof Error ? error.message : String(error));
          return undefined;
        } finally {
          output.debug(`${name}: ${Date.now() - started} ms`);
        }
      }),
    ),
  ];
}
