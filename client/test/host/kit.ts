/** What the checks inside the extension host work with: the API of VS Code, and hands and eyes in its window. */
import type * as VsCode from "vscode";

export type Api = typeof VsCode;
export type HostKind = "node" | "web";

/** One check: it fails by throwing. */
export type Check = (kit: Kit) => Promise<void>;
/** Checks by the name of what they are about. */
export type Checks = Readonly<Record<string, Check>>;

/** The window as people see it: reached through the driver of the browser, since extensions cannot see it. */
export interface Screen {
  /** Waits until something is shown, in the workbench or in any webview. */
  shown(selector: string, text?: string): Promise<void>;
  hidden(selector: string, text?: string): Promise<void>;
  texts(selector: string): Promise<string[]>;
  attribute(selector: string, name: string): Promise<string | null>;
  click(selector: string, text?: string): Promise<void>;
  /** Opens the context menu of something, returns its entries, closes it. */
  menuOf(selector: string, text?: string): Promise<string[]>;
  press(keys: string): Promise<void>;
  type(text: string): Promise<void>;
}

/** A slip in a check reads better than a stack. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(message);
}

export function equal(actual: unknown, expected: unknown, what: string): void {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== b) throw new Error(`${what}: ${a} instead of ${b}`);
}

export function matches(actual: string, pattern: RegExp, what: string): void {
  if (!pattern.test(actual))
    throw new Error(`${what}: ${JSON.stringify(actual.slice(0, 600))} does not match ${pattern}`);
}

export class Kit {
  private pages = 0;

  constructor(
    readonly vscode: Api,
    readonly screen: Screen,
    readonly host: HostKind,
  ) {}

  uri(file: string): VsCode.Uri {
    const [folder] = this.vscode.workspace.workspaceFolders ?? [];
    assert(folder, "a folder is open");
    return this.vscode.Uri.joinPath(folder.uri, file);
  }

  run<T>(command: string, ...given: unknown[]): Thenable<T> {
    return this.vscode.commands.executeCommand<T>(command, ...given);
  }

  /** Shows a file with the cursor at the start of the first line with a text in it, and waits for the server to know it. */
  async open(file: string, text?: string): Promise<VsCode.TextEditor> {
    const document = await this.vscode.workspace.openTextDocument(this.uri(file));
    const editor = await this.vscode.window.showTextDocument(document, {
      preview: false,
      viewColumn: this.vscode.ViewColumn.One,
    });
    if (text !== undefined) this.cursor(editor, text);
    return editor;
  }

  /** The cursor goes into the first occurrence of a text. */
  cursor(editor: VsCode.TextEditor, text: string, offset = 0): VsCode.Position {
    const position = this.placeOf(editor.document, text, offset);
    editor.selection = new this.vscode.Selection(position, position);
    editor.revealRange(editor.selection);
    return position;
  }

  placeOf(document: VsCode.TextDocument, text: string, offset = 0): VsCode.Position {
    const at = document.getText().indexOf(text);
    assert(at >= 0, `${document.uri.path} has ${text}`);
    return document.positionAt(at + offset);
  }

  /** Replaces the first occurrence of a text, as typing does. */
  async edit(editor: VsCode.TextEditor, from: string, to: string): Promise<void> {
    const start = this.placeOf(editor.document, from);
    const end = this.placeOf(editor.document, from, from.length);
    assert(await editor.edit((edit) => edit.replace(new this.vscode.Range(start, end), to)), `${from} is replaced`);
  }

  /** Our diagnostics of a file. */
  diagnostics(file: string): VsCode.Diagnostic[] {
    const seen = new Set<string>();
    return this.vscode.languages.getDiagnostics(this.uri(file)).filter(({ source, range, message }) => {
      const key = `${range.start.line} ${message}`;
      return source === "lockstep" && !seen.has(key) && seen.add(key);
    });
  }

  /** `vma-use-after-unlock@14` of all our diagnostics, counted from 1. */
  reported(file: string): string[] {
    return this.diagnostics(file)
      .map(({ code, range }) => `${typeof code === "object" ? code.value : code}@${range.start.line + 1}`)
      .sort();
  }

  /** Waits until a probe answers something true, and returns it. */
  async until<T>(what: string, probe: () => T | Thenable<T>, milliseconds = 20_000): Promise<NonNullable<T>> {
    const end = Date.now() + milliseconds;
    for (;;) {
      const answer = await probe();
      if (answer) return answer;
      if (Date.now() > end) throw new Error(`waited in vain until ${what}`);
      await this.pause(100);
    }
  }

  pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, milliseconds));
  }

  /** Runs something with a setting changed, and changes it back. */
  async with(name: string, value: unknown, during: () => Promise<void>): Promise<void> {
    const { workspace, ConfigurationTarget } = this.vscode;
    // VS Code refuses while it is still busy with the change before.
    const set = async (to: unknown) => {
      await this.until(`${name} is written`, () =>
        workspace
          .getConfiguration()
          .update(name, to, ConfigurationTarget.Global)
          .then(
            () => true,
            () => false,
          ),
      );
    };
    await set(value);
    try {
      await during();
    } finally {
      await set(undefined);
    }
  }

  /** Text of one of the extension's own pages. */
  async page(name: string): Promise<string> {
    const uri = this.vscode.Uri.from({ scheme: "lockstep", path: `/test-${++this.pages}/${name}.md` });
    return (await this.vscode.workspace.openTextDocument(uri)).getText();
  }

  tabs(): string[] {
    return this.vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs.map(({ label }) => label));
  }

  hovers(uri: VsCode.Uri, position: VsCode.Position): Promise<string> {
    return this.run<VsCode.Hover[]>("vscode.executeHoverProvider", uri, position).then((hovers) =>
      hovers
        .flatMap(({ contents }) => contents)
        .map((c) => (typeof c === "string" ? c : c.value))
        .join("\n"),
    ) as Promise<string>;
  }

  async hints({ uri, lineCount }: VsCode.TextDocument): Promise<string[]> {
    const range = new this.vscode.Range(0, 0, lineCount, 0);
    const hints = (await this.run<VsCode.InlayHint[]>("vscode.executeInlayHintProvider", uri, range)) ?? [];
    return hints.map(({ label, position }) => {
      const text = typeof label === "string" ? label : label.map((part) => part.value).join("");
      return `${position.line + 1}: ${text}`;
    });
  }

  async lenses(uri: VsCode.Uri): Promise<VsCode.Command[]> {
    const lenses = (await this.run<VsCode.CodeLens[]>("vscode.executeCodeLensProvider", uri, 100)) ?? [];
    return lenses.flatMap(({ command }) => (command ? [command] : []));
  }

  async actions(uri: VsCode.Uri, at: VsCode.Position, kind?: string): Promise<VsCode.CodeAction[]> {
    const range = new this.vscode.Range(at, at);
    return (await this.run<VsCode.CodeAction[]>("vscode.executeCodeActionProvider", uri, range, kind)) ?? [];
  }

  /** Does what a click on a code action does. */
  async apply({ edit, command }: VsCode.CodeAction): Promise<void> {
    if (edit) assert(await this.vscode.workspace.applyEdit(edit), "the edit is applied");
    if (command) await this.run(command.command, ...(command.arguments ?? []));
  }

  /** A notification with this text, wherever VS Code puts it: while tests run it may go to the list of all at once. */
  async notified(text: string): Promise<void> {
    await this.until(`a notification says ${text}`, async () => {
      await this.run("notifications.showList");
      return (await this.screen.texts(".notification-list-item")).some((item) => item.includes(text));
    });
  }

  /** Everything as at the start: no editors, no unsaved text, no debug session. */
  async reset(): Promise<void> {
    const { debug, workspace, window } = this.vscode;
    await debug.stopDebugging();
    for (let left = 20; left > 0 && workspace.textDocuments.some((d) => d.isDirty); left--) {
      const dirty = workspace.textDocuments.find((d) => d.isDirty);
      if (dirty === undefined) break;
      await window.showTextDocument(dirty);
      await this.run("workbench.action.files.revert");
      await this.pause(50);
    }
    await this.run("workbench.action.closeAllEditors");
    await this.run("workbench.action.closePanel");
    await this.run("notifications.clearAll");
  }
}
