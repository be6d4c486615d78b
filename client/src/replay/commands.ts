/** Commands about races: show one, step through it in the debugger, open one that a colleague shared. */
import { languages, Uri, window, workspace } from "vscode";
import type { BaseLanguageClient } from "vscode-languageclient";
import { type RacersResult, type RaceTarget, racersRequest } from "../../../server/src/protocol/replay";
import { type LockStateResult, lockStateRequest } from "../../../server/src/protocol/requests";
import { ruleOf } from "../findings";
import { inform, warn } from "../notify";
import { activeEditor, placeOf } from "../places";
import { stepInDebugger } from "./launch";
import type { ReplayPanel } from "./panel";
import { readPair, readShared, readTarget } from "./target";

/** The race of a lens, a link or a finding of the view; without one, of the function at the cursor. */
export async function replayRace(client: BaseLanguageClient, panel: ReplayPanel, given?: unknown): Promise<void> {
  const target = await targetOf(client, given);
  if (target !== undefined) await panel.open(target);
}

/** Two functions against each other: the one at the cursor, and one that is picked. */
export async function raceAgainst(client: BaseLanguageClient, panel: ReplayPanel, given?: unknown): Promise<void> {
  const named = readTarget(given);
  if (named?.against !== undefined) return await panel.open(named);
  const editor = activeEditor();
  if (editor === undefined) {
    inform("put the cursor into a function.");
    return;
  }
  const place = placeOf(client, editor);
  const found = await client.sendRequest<RacersResult>(racersRequest, place);
  if ("problem" in found) {
    inform(found.problem);
    return;
  }
  const { uri } = place.textDocument;
  const against = await pickOpponent(found, uri);
  if (against !== undefined) await panel.open({ uri, line: place.position.line, function: found.function, against });
}

/** From those that use the same things, or any other of the tree by its name. */
async function pickOpponent(
  { function: name, racers }: Exclude<RacersResult, { problem: string }>,
  uri: string,
): Promise<RaceTarget["against"]> {
  const shown = 6;
  const items = racers.map((racer) => ({
    label: racer.function === name && racer.uri === uri ? `${name}(), on another CPU` : `${racer.function}()`,
    description: racer.uri === uri ? "" : racer.file,
    detail: `both use ${racer.shares.slice(0, shown).join(", ")}${racer.shares.length > shown ? ", …" : ""}`,
    racer,
  }));
  const other = { label: "$(edit) Another function…", description: "of this tree, by its name", racer: undefined };
  const picked = await window.showQuickPick([...items, other], {
    title: `Race ${name}() against…`,
    placeHolder: items.length === 0 ? "No function here uses what it uses." : "Functions that use the same things",
    matchOnDescription: true,
    matchOnDetail: true,
  });
  if (picked === undefined) return undefined;
  if (picked.racer !== undefined) return { uri: picked.racer.uri, function: picked.racer.function };
  const typed = await window.showInputBox({
    title: `Race ${name}() against…`,
    prompt: "Name of a function of this tree",
    validateInput: (text) => (/^\s*[A-Za-z_]\w*\s*$/.test(text) ? undefined : "A name of C is needed."),
  });
  return typed === undefined ? undefined : { uri, function: typed.trim() };
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
            value.trim() === "" || readShared(value) || readPair(value)
              ? undefined
              : "This is no shared race of this tree.",
        });
  const target = text === undefined ? undefined : await sharedTarget(text);
  if (typeof target === "string") warn(`${target} is not in this workspace.`);
  else if (target !== undefined) await panel.open(target);
}

/** The race that a shared text names, or the file that is missing. */
async function sharedTarget(text: string): Promise<RaceTarget | string | undefined> {
  const pair = readPair(text);
  if (pair !== undefined) {
    const [a, b] = [await find(pair.first.file), await find(pair.second.file)];
    if (a === undefined || b === undefined) return a === undefined ? pair.first.file : pair.second.file;
    const against = { uri: b.toString(), function: pair.second.function };
    return { uri: a.toString(), line: 0, function: pair.first.function, against };
  }
  const shared = readShared(text);
  if (shared === undefined) return undefined;
  const { file, id: _, ...rest } = shared;
  const uri = await find(file);
  return uri === undefined ? file : { uri: uri.toString(), ...rest };
}

/** A file of the workspace by its name in the tree. */
async function find(file: string): Promise<Uri | undefined> {
  for (const folder of workspace.workspaceFolders ?? []) {
    const uri = Uri.joinPath(folder.uri, file);
    if (await exists(uri)) return uri;
  }
  return undefined;
}

async function targetOf(client: BaseLanguageClient, given: unknown): Promise<RaceTarget | undefined> {
  const finding = (given as { finding?: { uri?: Uri } } | undefined)?.finding;
  const named = readTarget(finding ? { ...finding, uri: finding.uri?.toString() } : given);
  if (named !== undefined) return named;
  const editor = activeEditor();
  if (editor === undefined) {
    inform("put the cursor into a function.");
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
