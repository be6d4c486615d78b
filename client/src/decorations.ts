/** Marks the lines on which locks are held, in the gutter and the overview ruler. */
import {
  type Disposable,
  type ExtensionContext,
  OverviewRulerLane,
  Range,
  type TextEditor,
  type TextEditorDecorationType,
  ThemeColor,
  Uri,
  window,
  workspace,
} from "vscode";
import { type BaseLanguageClient, State } from "vscode-languageclient";
import { prose } from "../../server/src/protocol/markdown";
import { type HeldRegionsResult, heldRegionsRequest } from "../../server/src/protocol/requests";
import { lockText } from "./lockText";
import { identify, isOurs } from "./places";

const delayMs = 300;

export class HeldLockDecorations implements Disposable {
  private readonly type: TextEditorDecorationType;
  private readonly disposables: Disposable[];
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly client: BaseLanguageClient,
    context: ExtensionContext,
  ) {
    const icon = (theme: string) => Uri.joinPath(context.extensionUri, `media/held-${theme}.svg`);
    this.type = window.createTextEditorDecorationType({
      isWholeLine: true,
      overviewRulerLane: OverviewRulerLane.Left,
      overviewRulerColor: new ThemeColor("lockstep.heldLock"),
      light: { gutterIconPath: icon("light") },
      dark: { gutterIconPath: icon("dark") },
      gutterIconSize: "contain",
    });
    this.disposables = [
      this.type,
      window.onDidChangeVisibleTextEditors(() => this.later()),
      workspace.onDidChangeTextDocument(({ document }) => isOurs(document) && this.later()),
      workspace.onDidChangeConfiguration((change) => {
        if (change.affectsConfiguration("lockstep.heldLockDecorations")) this.later();
      }),
      client.onDidChangeState(({ newState }) => newState === State.Running && this.later()),
    ];
  }

  dispose(): void {
    clearTimeout(this.timer);
    for (const disposable of this.disposables) disposable.dispose();
  }

  private later(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      for (const editor of window.visibleTextEditors) void this.update(editor).catch(() => {});
    }, delayMs);
  }

  private async update(editor: TextEditor): Promise<void> {
    const { document } = editor;
    if (!isOurs(document)) return;
    const wanted = workspace.getConfiguration("lockstep", document).get("heldLockDecorations", true);
    if (!wanted || this.client.state !== State.Running) {
      editor.setDecorations(this.type, []);
      return;
    }
    const { version } = document;
    const regions = await this.client.sendRequest<HeldRegionsResult>(heldRegionsRequest, {
      textDocument: identify(this.client, document),
    });
    if (document.version !== version) return;
    editor.setDecorations(
      this.type,
      regions.map(({ startLine, endLine, held }) => ({
        range: new Range(startLine, 0, endLine, 0),
        hoverMessage: `Held in lines ${startLine + 1} to ${endLine + 1}: ${prose(held.map(lockText).join(", "))}`,
      })),
    );
  }
}
