/** Read-only pages in Markdown, rendered by VS Code itself: rules, contracts, explanations, patch results. */
import { commands, type Disposable, EventEmitter, type TextDocumentContentProvider, Uri, workspace } from "vscode";

const scheme = "lockstep";

export class Pages implements TextDocumentContentProvider, Disposable {
  private readonly texts = new Map<string, string>();
  private readonly changed = new EventEmitter<Uri>();
  private readonly registration = workspace.registerTextDocumentContentProvider(scheme, this);
  readonly onDidChange = this.changed.event;

  provideTextDocumentContent(uri: Uri): string {
    return this.texts.get(uri.path) ?? "This page is not there any more.";
  }

  /** Shows a page; one of the same name is replaced. */
  async show(name: string, markdown: string): Promise<void> {
    const uri = Uri.from({ scheme, path: `/${name.replace(/[^\w. ()-]/g, " ")}.md` });
    this.texts.set(uri.path, markdown);
    this.changed.fire(uri);
    await commands.executeCommand("markdown.showPreview", uri);
  }

  /** The text of a page that was shown, for tests and for copying. */
  textOf(name: string): string | undefined {
    return this.texts.get(`/${name}.md`);
  }

  dispose(): void {
    this.registration.dispose();
    this.changed.dispose();
  }
}
