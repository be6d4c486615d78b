/** Two entries of the status bar: the locks held at the cursor, and the tree with what it is known to have. */
import { type Disposable, MarkdownString, StatusBarAlignment, type StatusBarItem, window, workspace } from "vscode";
import { type BaseLanguageClient, State } from "vscode-languageclient";
import {
  type LockStateResult,
  lockStateRequest,
  type TreeParams,
  type TreeResult,
  treeRequest,
} from "../../server/src/protocol/requests";
import { statusText, statusTooltip } from "./lockText";
import { activeEditor, identify, placeOf } from "./places";
import { treeTooltip } from "./treeText";

/** Long enough not to ask for every step of a held arrow key. */
const delayMs = 80;

export class LockStatus implements Disposable {
  private readonly locks: StatusBarItem;
  private readonly tree: StatusBarItem;
  private readonly disposables: Disposable[];
  private timer: ReturnType<typeof setTimeout> | undefined;
  private shownTree = "";

  constructor(private readonly client: BaseLanguageClient) {
    this.locks = window.createStatusBarItem("lockstep.locks", StatusBarAlignment.Left, 40);
    this.locks.name = "Lockstep: locks held at the cursor";
    this.locks.command = "lockstep.why";
    this.tree = window.createStatusBarItem("lockstep.tree", StatusBarAlignment.Right, 40);
    this.tree.name = "Lockstep: the kernel tree";
    this.tree.command = "lockstep.showOutput";
    this.disposables = [
      this.locks,
      this.tree,
      window.onDidChangeTextEditorSelection(() => this.later()),
      window.onDidChangeActiveTextEditor(() => this.later()),
      workspace.onDidChangeTextDocument(() => this.later()),
      workspace.onDidChangeConfiguration((change) => {
        if (change.affectsConfiguration("lockstep.statusBar")) this.later();
      }),
      client.onDidChangeState(({ newState }) => {
        this.shownTree = "";
        if (newState === State.Running) this.later();
        else this.hide();
      }),
    ];
  }

  dispose(): void {
    clearTimeout(this.timer);
    for (const disposable of this.disposables) disposable.dispose();
  }

  private hide(): void {
    // What is hidden is to be asked for again.
    this.shownTree = "";
    this.locks.hide();
    this.tree.hide();
  }

  private later(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.update().catch(() => this.hide()), delayMs);
  }

  private async update(): Promise<void> {
    const editor = activeEditor();
    const wanted = workspace.getConfiguration("lockstep").get("statusBar", true);
    if (editor === undefined || !wanted || this.client.state !== State.Running) {
      this.hide();
      return;
    }
    await this.updateTree(editor.document.uri.toString(), identify(this.client, editor.document));
    const { document, selection } = editor;
    const { version } = document;
    const state = await this.client.sendRequest<LockStateResult>(lockStateRequest, placeOf(this.client, editor));
    // The cursor has moved on: another answer is on its way.
    if (activeEditor() !== editor || document.version !== version || !editor.selection.isEqual(selection)) return;
    const text = statusText(state);
    if (text === undefined) {
      this.locks.hide();
      return;
    }
    this.locks.text = state.locks.length === 0 ? `$(unlock) ${text}` : `$(lock) ${text}`;
    this.locks.tooltip = new MarkdownString(statusTooltip(state));
    this.locks.accessibilityInformation = { label: `Locks held at the cursor: ${text}` };
    this.locks.show();
  }

  private async updateTree(uri: string, textDocument: { uri: string }): Promise<void> {
    if (this.shownTree === uri) return;
    const params: TreeParams = { textDocument };
    const tree = await this.client.sendRequest<TreeResult>(treeRequest, params);
    this.shownTree = uri;
    if (tree === null) {
      this.tree.hide();
      return;
    }
    this.tree.text = tree.kernel
      ? `$(circuit-board) Linux ${tree.version ?? ""}`.trimEnd()
      : "$(circuit-board) no kernel tree";
    this.tree.tooltip = new MarkdownString(treeTooltip(tree));
    this.tree.show();
  }
}
