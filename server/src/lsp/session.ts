/** The server's state: open documents, one project per tree, and who wants to know about changes. */
import { type Connection, MessageType, ShowMessageNotification, TextDocuments } from "vscode-languageserver";
import { TextDocument } from "vscode-languageserver-textdocument";
import { folderOf, joinPath } from "../base/path";
import { messageOf } from "../base/text";
import { unlinked } from "../protocol/markdown";
import { findKernelRoot, isKernelRoot } from "../workspace/kernelRoot";
import type { Client } from "./client";
import type { LspHost } from "./host";
import { openProject, type Project } from "./project";

/** A document together with its tree. */
export interface OpenFile {
  document: TextDocument;
  project: Project;
  /** As the engine knows it. */
  path: string;
}

/** `changed` holds the URIs whose text changed; everything may depend on them. */
export type ChangeListener = (changed: string[]) => void;

export class Session {
  readonly documents = new TextDocuments(TextDocument);
  private readonly projects = new Map<string, Promise<Project>>();
  private readonly listeners: ChangeListener[] = [];
  private readonly readyListeners: (() => void)[] = [];

  constructor(
    readonly connection: Connection,
    readonly host: LspHost,
    readonly client: Client,
  ) {
    this.documents.onDidChangeContent(({ document }) => this.onText(document));
    this.documents.onDidClose(({ document }) => this.onClosed(document));
    this.documents.listen(connection);
  }

  onChange(listener: ChangeListener): void {
    this.listeners.push(listener);
  }

  /** Runs once the client is ready to receive requests. */
  whenReady(listener: () => void): void {
    this.readyListeners.push(listener);
  }

  onReady(): void {
    for (const listener of this.readyListeners) listener();
  }

  /** The open document, its project and its path; undefined if it is not open or not C. */
  async open(uri: string): Promise<OpenFile | undefined> {
    const document = this.documents.get(uri);
    if (document === undefined) return undefined;
    const place = this.placeOf(uri);
    const project = await this.projectAt(place);
    // Editors take kernel headers for C++; real C++ is none of our business.
    if (document.languageId === "cpp" && !isKernelRoot(this.host, project.root)) return undefined;
    return { document, project, path: project.treePath(place) };
  }

  /** The project of a document or folder, opened on first use. */
  async projectOf(uri: string): Promise<Project> {
    return await this.projectAt(this.placeOf(uri));
  }

  /** All projects opened so far. */
  async openProjects(): Promise<Project[]> {
    return await Promise.all(this.projects.values());
  }

  /** The project of the first workspace folder or open document. */
  async firstProject(): Promise<Project | undefined> {
    const uri = this.client.folders[0] ?? this.documents.keys()[0];
    return uri === undefined ? undefined : await this.projectOf(uri);
  }

  /** URI of a path as the engine knows it. Open documents keep the URI their client uses. */
  uriOf(project: Project, path: string): string {
    const place = joinPath(project.root, path);
    const open = this.documents.keys().find((uri) => this.placeOf(uri) === place);
    return open ?? this.host.uriOf(place);
  }

  /** Text of a file as its editor has it, else as it is on disk. */
  textOf(project: Project, path: string): string | undefined {
    return this.documents.get(this.uriOf(project, path))?.getText() ?? project.tree.read(path);
  }

  /** Something outside the open documents changed. */
  changed(uris: string[]): void {
    for (const listener of this.listeners) listener(uris);
  }

  /** Reads rules and configuration anew; open documents keep their unsaved text. */
  async reload(project: Project): Promise<void> {
    this.projects.delete(project.root);
    for (const document of this.documents.all()) {
      const place = this.placeOf(document.uri);
      const owner = await this.projectAt(place);
      if (owner.root === project.root) owner.engine.setOverlay(owner.treePath(place), document.getText());
    }
  }

  /** Absolute path of a document; unsaved ones live in a folder that does not exist. */
  placeOf(uri: string): string {
    return this.host.pathOf(uri) ?? joinPath("/", uri.replace(/[^A-Za-z0-9._/-]+/g, "-"));
  }

  private onText(document: TextDocument): void {
    void this.projectOf(document.uri).then((project) => {
      // The document may have moved on while the project was opening: always hand over the latest text.
      const latest = this.documents.get(document.uri);
      if (latest === undefined) return;
      project.engine.setOverlay(project.treePath(this.placeOf(document.uri)), latest.getText());
      this.changed([document.uri]);
    });
  }

  private onClosed(document: TextDocument): void {
    void this.projectOf(document.uri).then((project) => {
      if (this.documents.get(document.uri) !== undefined) return;
      project.engine.setOverlay(project.treePath(this.placeOf(document.uri)), null);
      this.changed([document.uri]);
    });
  }

  private projectAt(place: string): Promise<Project> {
    const root = this.rootOf(place);
    let project = this.projects.get(root);
    if (project === undefined) {
      project = openProject(this.host, root);
      this.projects.set(root, project);
      project.then(
        (opened) => this.reportProblems(opened),
        (error) => {
          this.projects.delete(root);
          this.showError(messageOf(error));
        },
      );
    }
    return project;
  }

  /** The kernel tree above, else the workspace folder around, else the file's own folder. */
  private rootOf(place: string): string {
    const kernel = findKernelRoot(this.host, place);
    if (kernel !== undefined) return kernel;
    const folders = this.client.folders.map((uri) => this.host.pathOf(uri)).filter((path) => path !== undefined);
    const around = folders
      .filter((folder) => place === folder || place.startsWith(`${folder}/`))
      .sort((a, b) => b.length - a.length)[0];
    return around ?? (this.host.kindOf(place) === "folder" ? place : folderOf(place));
  }

  private reportProblems(project: Project): void {
    const lines = project.problems.map(({ file, line, column, message }) => `${file}:${line}:${column}: ${message}`);
    if (lines.length === 0) return;
    for (const line of lines) this.connection.console.error(line);
    const more = lines.length > 1 ? ` (and ${lines.length - 1} more, see the log)` : "";
    this.showError(`${lines[0]}${more}`);
  }

  /** As a notification: not every client answers requests. */
  private showError(message: string): void {
    void this.connection.sendNotification(ShowMessageNotification.type, {
      type: MessageType.Error,
      message: `Lockstep: ${unlinked(message)}`,
    });
  }
}
