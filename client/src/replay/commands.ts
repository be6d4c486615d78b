/** Commands about races: show one, step through it in the debugger, open one that a colleague shared. */
import { languages, Uri, window, workspace } from "vscode";
import type { BaseLanguageClient } from "vscode-languageclient";
import type { RaceTarget } from "../../../server/src/protocol/replay";
import { type LockStateResult, lockStateRequest } from "../../../server/src/protocol/requests";
import { ruleOf } from "../findings";
import { activeEditor, placeOf } from "../places";
import { stepInDebugger } from "./launch";
import type { ReplayPanel } from "./panel";
import { readShared, readTarget } from "./target";

/** The race of a lens, a link or a finding of the view; without one, of the function at the cursor. */
export async function replayRace(client: BaseLanguageClient, panel: ReplayPanel, given?: unknown): Promise<void> {
  const target = await targetOf(client, given);
  if (target !== undefined) await panel.open(target);
}

export async function debugRace(client: BaseLanguageClient, given?: unknown): Promise<void> {
  const target = await targetOf(client, given);
  if (target !== undefined) await stepInDebugger(target);
}

export async function openSharedRace(panel: ReplayPanel, given?: string): Promise<void> {
  const text =
    typeof given === "string"
      ? given
      : await window.showInputBox({
          title: "Open a shared race",
          prompt: "Paste what “Copy share text” copied.",
          placeHolder: "lockstep replay mm/memory.c:1234:rule --scenario … --schedule …",
          validateInput: (value) =>
            value.trim() === "" || readShared(value) ? undefined : "This is no shared race of this tree.",
        });
  const shared = text === undefined ? undefined : readShared(text);
  if (shared === undefined) return;
  const { file, id: _, ...rest } = shared;
  for (const folder of workspace.workspaceFolders ?? []) {
    const uri = Uri.joinPath(folder.uri, file);
    if (await exists(uri)) return await panel.open({ uri: uri.toString(), ...rest });
  }
  await window.showWarningMessage(`Lockstep: ${file} is not in this workspace.`);
}

async function targetOf(client: BaseLanguageClient, given: unknown): Promise<RaceTarget | undefined> {
  const finding = (given as { finding?: { uri?: Uri } } | undefined)?.finding;
  const named = readTarget(finding ? { ...finding, uri: finding.uri?.toString() } : given);
  if (named !== undefined) return named;
  const editor = activeEditor();
  if (editor === undefined) {
    await window.showInformationMessage("Lockstep: put the cursor into a function.");
    return undefined;
  }
  const place = placeOf(client, editor);
  const { function: name } = await client.sendRequest<LockStateResult>(lockStateRequest, place);
  const { line } = place.position;
  const rule = languages
    .getDiagnostics(editor.document.uri)
    .filter(({ range }) => range.start.line === line)
    .map(ruleOf)
    .find((r) => r !== undefined);
  return readTarget({ uri: place.textDocument.uri, line, function: name ?? undefined, rule });
}

async function exists(uri: Uri): Promise<boolean> {
  try {
    await workspace.fs.stat(uri);
    return true;
  } catch {
    return false;
  }
}
