/** The commands of the palette: each one a request to the server. */
import { commands, type Disposable, ProgressLocation, window } from "vscode";
import type { BaseLanguageClient } from "vscode-languageclient";
import {
  type CheckWorkspaceResult,
  type ContractResult,
  checkWorkspaceRequest,
  contractRequest,
} from "../../server/src/protocol/requests";

export function registerCommands(client: BaseLanguageClient): Disposable[] {
  return [
    commands.registerCommand("lockstep.checkWorkspace", () => checkWorkspace(client)),
    commands.registerCommand("lockstep.showContract", () => showContract(client)),
    commands.registerCommand("lockstep.restart", () => restart(client)),
  ];
}

async function restart(client: BaseLanguageClient): Promise<void> {
  await client.stop();
  await client.start();
}

async function checkWorkspace(client: BaseLanguageClient): Promise<void> {
  await window.withProgress({ location: ProgressLocation.Window, title: "Lockstep" }, async () => {
    const result = await client.sendRequest<CheckWorkspaceResult>(checkWorkspaceRequest, {});
    const state = result.cancelled ? " (stopped early)" : "";
    await commands.executeCommand("workbench.actions.view.problems");
    window.setStatusBarMessage(`Lockstep: ${result.findings} findings in ${result.files} files${state}`, 10_000);
  });
}

async function showContract(client: BaseLanguageClient): Promise<void> {
  const editor = window.activeTextEditor;
  if (editor === undefined) return;
  const contract = await client.sendRequest<ContractResult>(contractRequest, {
    textDocument: client.code2ProtocolConverter.asTextDocumentIdentifier(editor.document),
    position: client.code2ProtocolConverter.asPosition(editor.selection.active),
  });
  if (contract === null) {
    await window.showInformationMessage("Lockstep: no function here.");
    return;
  }
  const locks = (verb: string, held: typeof contract.requires) =>
    held.map(
      ({ lock, object, mode, when }) =>
        `${verb} ${lock} of ${object}${mode === "any" ? "" : ` for ${mode}`}${when === "" ? "" : ` if ${when}`}`,
    );
  const lines = [
    ...locks("requires", contract.requires),
    ...locks("acquires", contract.acquires),
    ...locks("releases", contract.releases),
    ...locks("drops and retakes", contract.drops),
  ];
  await window.showInformationMessage(
    `${contract.function}() ${lines.length === 0 ? "has no lock contract" : lines.join("; ")}`,
  );
}
