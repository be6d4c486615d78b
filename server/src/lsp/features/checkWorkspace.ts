/** `lockstep/checkWorkspace`: checks folders on demand, with progress, and publishes the findings of files that are not open. */
import type { CancellationToken, WorkDoneProgressReporter } from "vscode-languageserver";
import { Cancelled, isCancelled } from "../../base/cancellation";
import { count } from "../../base/text";
import { type CheckWorkspaceParams, type CheckWorkspaceResult, checkWorkspaceRequest } from "../../protocol/requests";
import type { Project } from "../project";
import type { Session } from "../session";
import type { Feature, FeatureContext } from "./feature";
import { filesToScan, scan } from "./scan";

const nothing: CheckWorkspaceResult = { files: 0, findings: 0, failures: [], cancelled: false };

export const checkWorkspace: Feature = {
  register(context) {
    const { connection, session, dispatch } = context;
    /** Pushed for files that are not open; taken back when a client opens one and asks for itself. */
    const published = new Set<string>();
    session.documents.onDidOpen(({ document }) => {
      if (session.client.pullsDiagnostics && published.delete(document.uri))
        void connection.sendDiagnostics({ uri: document.uri, diagnostics: [] });
    });
    connection.onRequest(
      checkWorkspaceRequest,
      dispatch.request(
        checkWorkspaceRequest,
        async (params: CheckWorkspaceParams | null, token) => {
          const uris = params?.uris;
          const project = uris?.[0] === undefined ? await session.firstProject() : await session.projectOf(uris[0]);
          if (project === undefined) return nothing;
          const paths = uris?.map((uri) => project.treePath(session.placeOf(uri)));
          return await run(context, project, paths, params?.workDoneToken, token, published);
        },
        nothing,
      ),
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
  published: Set<string>,
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
      if (session.documents.get(uri) === undefined && (items.length > 0 || published.has(uri))) {
        if (items.length > 0) published.add(uri);
        else published.delete(uri);
        void connection.sendDiagnostics({ uri, diagnostics: items });
      }
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
