/** `lockstep/checkWorkspace`: checks folders on demand, with progress, and publishes the findings of files that are not open. */
import type { CancellationToken, WorkDoneProgressReporter } from "vscode-languageserver";
import { Cancelled, isCancelled } from "../../base/cancellation";
import { count } from "../../base/text";
import { type CheckWorkspaceParams, type CheckWorkspaceResult, checkWorkspaceRequest } from "../../protocol/requests";
import { checkDocument } from "../checkDocument";
import type { Project } from "../project";
import type { Session } from "../session";
import type { Feature, FeatureContext } from "./feature";
import { filesToScan, scan } from "./scan";

const nothing: CheckWorkspaceResult = { files: 0, findings: 0, failures: [], cancelled: false };

export const checkWorkspace: Feature = {
  register(context) {
    const { connection, session, dispatch } = context;
    const published = new Published();
    // A client that pulls asks for itself while a file is open, and for nothing once it is closed.
    session.documents.onDidOpen(({ document: { uri } }) => {
      const pushed = published.open(session.placeOf(uri));
      if (session.client.pullsDiagnostics && pushed !== undefined)
        void connection.sendDiagnostics({ uri: pushed, diagnostics: [] });
    });
    session.documents.onDidClose(({ document: { uri } }) => {
      const place = session.placeOf(uri);
      if (!session.client.pullsDiagnostics || !published.close(place)) return;
      void dispatch.run("diagnostics of a closed file", async () => {
        const project = await session.projectOf(uri);
        if (session.documents.get(uri) !== undefined) return;
        const items = checkDocument(session, project, project.treePath(place));
        published.push(place, uri, items.length);
        await connection.sendDiagnostics({ uri, diagnostics: items });
      });
    });
    dispatch.answer(
      checkWorkspaceRequest,
      async (params: CheckWorkspaceParams | null, token) => {
        const uris = params?.uris;
        const project = uris?.[0] === undefined ? await session.firstProject() : await session.projectOf(uris[0]);
        if (project === undefined) return nothing;
        const paths = uris?.map((uri) => project.treePath(session.placeOf(uri)));
        return await run(context, project, paths, params?.workDoneToken, token, published);
      },
      nothing,
    );
    return undefined;
  },
};

async function run(
  { connection, session }: FeatureContext,
  project: Project,
  paths: string[] | undefined,
  workDoneToken: string | number | undefined,
  token: CancellationToken,
  published: Published,
): Promise<CheckWorkspaceResult> {
  const files = filesToScan(session, project, paths);
  const progress = await openProgress(session, workDoneToken);
  progress.reporter.begin("Lockstep", 0, count(files.length, "file"), true);
  const result: CheckWorkspaceResult = { files: 0, findings: 0, failures: [], cancelled: false };
  // Either side may cancel: the request itself or the progress it shows.
  const either = {
    get isCancellationRequested() {
      return token.isCancellationRequested || progress.isCancelled();
    },
    onCancellationRequested: token.onCancellationRequested,
  };
  try {
    await scan(session, project, files, either, (file, items, done) => {
      const problem = project.tree.problemOf(file);
      if (problem !== undefined) result.failures.push({ file, message: problem });
      result.files = done;
      result.findings += items.filter((item) => item.code !== undefined).length;
      const uri = session.uriOf(project, file);
      const place = session.placeOf(uri);
      if (session.documents.get(uri) !== undefined) published.keep(place);
      else if (published.push(place, uri, items.length)) void connection.sendDiagnostics({ uri, diagnostics: items });
      progress.reporter.report(Math.floor((100 * done) / files.length), `${done}/${files.length} ${file}`);
    });
  } catch (error) {
    if (!isCancelled(error)) throw error;
    // Cancelled through the request: the protocol wants an error. Through the progress: what is there.
    if (token.isCancellationRequested) throw new Cancelled();
    result.cancelled = true;
  } finally {
    progress.reporter.done();
  }
  return result;
}

/** What was pushed for files that are not open, by place: clients spell the addresses of unusual names in their own ways. */
class Published {
  private readonly uris = new Map<string, string>();
  /** Checked too, but open: theirs to show until they are closed. */
  private readonly waiting = new Set<string>();

  /** Must this be sent? Nothing is said of files about which nothing was said before. */
  push(place: string, uri: string, items: number): boolean {
    const before = this.uris.has(place);
    if (items > 0) this.uris.set(place, uri);
    else this.uris.delete(place);
    return items > 0 || before;
  }

  keep(place: string): void {
    this.waiting.add(place);
  }

  /** The address that was pushed for, if one was. */
  open(place: string): string | undefined {
    const uri = this.uris.get(place);
    if (this.uris.delete(place)) this.waiting.add(place);
    return uri;
  }

  close(place: string): boolean {
    return this.waiting.delete(place);
  }
}

interface Progress {
  reporter: WorkDoneProgressReporter;
  isCancelled(): boolean;
}

/** The client's own progress if it gave a token, else one of ours, which shows nothing in clients without progress. */
async function openProgress(session: Session, token: string | number | undefined): Promise<Progress> {
  const { window } = session.connection;
  if (token !== undefined) {
    return { reporter: window.attachWorkDoneProgress(token), isCancelled: () => false };
  }
  try {
    const reporter = await window.createWorkDoneProgress();
    return { reporter, isCancelled: () => reporter.token.isCancellationRequested };
  } catch {
    // The client announced progress but refuses it: work on without.
    return { reporter: window.attachWorkDoneProgress(undefined), isCancelled: () => false };
  }
}
