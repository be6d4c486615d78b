/** Commands that check more than the file in front: the workspace, a patch. */
import { commands, env, type LogOutputChannel, ProgressLocation, type Uri, window, workspace } from "vscode";
import { type BaseLanguageClient, CancellationTokenSource, WorkDoneProgress } from "vscode-languageclient";
import { unlinked } from "../../server/src/protocol/markdown";
import {
  type CheckPatchParams,
  type CheckPatchResult,
  type CheckWorkspaceParams,
  type CheckWorkspaceResult,
  checkPatchRequest,
  checkWorkspaceRequest,
} from "../../server/src/protocol/requests";
import { inform } from "./notify";
import type { Pages } from "./pages";
import { patchPage } from "./pageText";

/** Checks folders with progress; `uri` is set when the command comes from the explorer. */
export async function checkWorkspace(
  client: BaseLanguageClient,
  output: LogOutputChannel,
  uri?: Uri,
): Promise<CheckWorkspaceResult | undefined> {
  const params: CheckWorkspaceParams = uri === undefined ? {} : { uris: [client.code2ProtocolConverter.asUri(uri)] };
  const started = Date.now();
  const options = { location: ProgressLocation.Notification, title: "Lockstep", cancellable: true };
  return await window.withProgress(options, async (progress, cancelled) => {
    const token = `lockstep-check-${started}`;
    let done = 0;
    const listener = client.onProgress(WorkDoneProgress.type, token, (value) => {
      if (value.kind !== "report") return;
      const percentage = value.percentage ?? done;
      progress.report({ message: unlinked(value.message ?? ""), increment: percentage - done });
      done = percentage;
    });
    const source = new CancellationTokenSource();
    cancelled.onCancellationRequested(() => source.cancel());
    try {
      const result = await client.sendRequest<CheckWorkspaceResult>(
        checkWorkspaceRequest,
        { ...params, workDoneToken: token },
        source.token,
      );
      report(result, output, Date.now() - started);
      if (result.findings > 0) await commands.executeCommand("workbench.panel.markers.view.focus");
      return result;
    } catch (error) {
      if (!cancelled.isCancellationRequested) throw error;
      window.setStatusBarMessage("Lockstep: the check was stopped; what was found so far is shown.", 10_000);
      return undefined;
    } finally {
      listener.dispose();
    }
  });
}

function report(result: CheckWorkspaceResult, output: LogOutputChannel, milliseconds: number): void {
  const { files, findings, failures } = result;
  output.info(`checked ${files} files in ${(milliseconds / 1000).toFixed(1)} s: ${findings} findings`);
  for (const { file, message } of failures) output.warn(`${file}: ${message}`);
  const left = failures.length === 0 ? "" : `; ${failures.length} could not be checked, see the output`;
  window.setStatusBarMessage(`Lockstep: ${findings} findings in ${files} files${left}`, 10_000);
}

type Source = { label: string; description: string; read: () => Promise<string | undefined> };

/** Asks where the patch is, and shows what it introduces. */
export async function checkPatch(
  client: BaseLanguageClient,
  pages: Pages,
  patch?: string,
): Promise<CheckPatchResult | undefined> {
  const text = patch ?? (await readPatch());
  if (text === undefined || text === "") return undefined;
  // The editor in front may show the patch itself: what it shows need not be in a tree.
  const front = window.activeTextEditor?.document.uri;
  const inTree = front !== undefined && workspace.getWorkspaceFolder(front) !== undefined;
  const folder = inTree ? front : workspace.workspaceFolders?.[0]?.uri;
  const params: CheckPatchParams = {
    patch: text,
    ...(folder === undefined ? {} : { textDocument: { uri: client.code2ProtocolConverter.asUri(folder) } }),
  };
  const title = "Lockstep: checking the patch, before and after";
  const options = { location: ProgressLocation.Notification, title, cancellable: true };
  const result = await window.withProgress(options, (_, token) =>
    client.sendRequest<CheckPatchResult>(checkPatchRequest, params, token),
  );
  await pages.show("Patch", patchPage(result));
  return result;
}

async function readPatch(): Promise<string | undefined> {
  const sources: Source[] = [
    { label: "$(file) A file…", description: "unified diff, mbox or format-patch", read: fromFile },
    {
      label: "$(clippy) The clipboard",
      description: "a diff that was copied",
      read: async () => await env.clipboard.readText(),
    },
    { label: "$(edit) The editor in front", description: "it shows a diff or a mail", read: fromEditor },
    { label: "$(git-commit) The index of git", description: "what is staged", read: () => fromGit(true) },
    {
      label: "$(git-compare) Changes that are not staged",
      description: "the working tree",
      read: () => fromGit(false),
    },
  ];
  const picked = await window.showQuickPick(sources, {
    title: "Check a patch",
    placeHolder: "Where is the patch?",
    // The patch may still have to be copied in another window.
    ignoreFocusOut: true,
  });
  const text = await picked?.read();
  if (picked !== undefined && text === "") inform("there is nothing to check.");
  return text;
}

async function fromFile(): Promise<string | undefined> {
  const [file] = (await window.showOpenDialog({ title: "Patch to check", openLabel: "Check" })) ?? [];
  return file === undefined ? undefined : new TextDecoder().decode(await workspace.fs.readFile(file));
}

async function fromEditor(): Promise<string | undefined> {
  return window.activeTextEditor?.document.getText();
}

/** Through the extension that ships with VS Code, so that nothing is executed here. */
async function fromGit(staged: boolean): Promise<string | undefined> {
  const { extensions } = await import("vscode");
  const git = extensions.getExtension<GitExtension>("vscode.git");
  const api = git === undefined ? undefined : (await git.activate()).getAPI(1);
  const repository = api?.repositories[0];
  if (repository === undefined) {
    inform("no git repository is open.");
    return undefined;
  }
  return await repository.diff(staged);
}

/** The part of the git extension's interface that is used here. */
interface GitExtension {
  getAPI(version: 1): { repositories: { rootUri: Uri; diff(cached: boolean): Promise<string> }[] };
}
