/**
 * The first check of a large file takes seconds: many headers are read, and callers in other files are analysed. An editor
 * that asks for diagnostics is first answered with what is known by then, and told to ask again when the rest is known.
 */
import type { CancellationToken, Diagnostic } from "vscode-languageserver";
import { checkDocument, checkForAWhile } from "./checkDocument";
import type { FeatureContext } from "./features/feature";
import type { Project } from "./project";
import type { OpenFile } from "./session";

/** From here on a reader wonders whether anything happens. */
const soonMs = 2000;
/** Between two looks at what else is asked meanwhile. */
const sliceMs = 80;

export class FirstChecks {
  /** Files that were checked to the end. */
  private readonly known = new WeakMap<Project, Set<string>>();
  /** Files whose rest is being looked at. */
  private readonly under = new Set<string>();

  /** `whole` is told the documents that are known to the end now, though less was said before. */
  constructor(
    private readonly context: FeatureContext,
    private readonly whole: (uri: string) => Promise<void>,
    private readonly patience = soonMs,
  ) {}

  /** Diagnostics of a file, and whether they are all. */
  check(file: OpenFile, token: CancellationToken): { items: Diagnostic[]; all: boolean } {
    const { session, dispatch } = this.context;
    const { project, path, document } = file;
    if (!session.client.refreshesDiagnostics || this.known.get(project)?.has(path))
      return { items: checkDocument(session, project, path, token), all: true };
    const { items, unfinished } = checkForAWhile(session, project, path, token, this.patience);
    if (!unfinished) this.note(file);
    else if (!this.under.has(document.uri)) void dispatch.run("first check", () => this.finish(document.uri));
    return { items, all: !unfinished };
  }

  private note({ project, path }: OpenFile): void {
    const files = this.known.get(project);
    if (files) files.add(path);
    else this.known.set(project, new Set([path]));
  }

  /** Looks at the rest while nothing else is asked; ends when the document is closed. */
  private async finish(uri: string): Promise<void> {
    const { session } = this.context;
    this.under.add(uri);
    try {
      // Longer and longer: what is known already takes time too, in a file of thousands of functions.
      for (let slice = sliceMs; ; slice *= 1.2) {
        await session.host.breathe();
        const file = await session.open(uri);
        if (file === undefined) return;
        if (!checkForAWhile(session, file.project, file.path, undefined, slice).unfinished) {
          this.note(file);
          break;
        }
      }
    } finally {
      this.under.delete(uri);
    }
    await this.whole(uri);
  }
}
