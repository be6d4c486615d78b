/** Read-only pages in Markdown, rendered by VS Code itself: rules, contracts, explanations, patch results. */
import { commands, type Disposable, type TextDocumentContentProvider, Uri, workspace } from "vscode";

const scheme = "lockstep";

export class Pages implements TextDocumentContentProvider, Disposable {
  private readonly texts = new Map<string, string>();
  private readonly registration = workspace.registerTextDocumentContentProvider(scheme, this);
  private shown = 0;

  provideTextDocumentContent(uri: Uri): string {
    return this.texts.get(uri.path.slice(uri.path.lastIndexOf("/") + 1)) ?? "This page is not there any more.";
  }

  /** Shows a page; one of the same name is replaced. */
  async show(name: string, markdown: string): Promise<void> {
    const file = `${name.replace(/[^\w. ()-]/g, " ")}.md`;
    this.texts.set(file, markdown);
    // A path of its own each time: the preview remembers what a path looked like when it was last opened.
    const uri = Uri.from({ scheme, path: `/${++this.shown}/${file}` });
    await commands.executeCommand("markdown.showPreview", uri);
  }

  dispose(): void {
    this.registration.dispose();
  }
}
