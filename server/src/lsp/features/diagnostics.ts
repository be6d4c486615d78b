/**
 * Diagnostics of open documents. Clients that pull ask for them; the others get them pushed a moment
 * after the last change. A change may alter other open documents too: they are refreshed with it.
 */
import { type Diagnostic, type DocumentDiagnosticReport, DocumentDiagnosticReportKind } from "vscode-languageserver";
import { hashText } from "../../base/hash";
import { checkDocument } from "../checkDocument";
import { FirstChecks } from "../firstChecks";
import type { OpenFile, Session } from "../session";
import { IdleReplays } from "../verdicts";
import type { Feature, FeatureContext } from "./feature";

/** Short enough to feel immediate, long enough to join the edits of one command. */
const pushDelayMs = 2;

export const diagnostics: Feature = {
  register(context) {
    const { connection, session, dispatch } = context;
    if (!session.client.pullsDiagnostics) {
      pushOnChange(context);
      return undefined;
    }
    refreshOnChange(context);
    const replays = new IdleReplays(context, async () => {
      if (session.client.refreshesDiagnostics) await connection.languages.diagnostics.refresh();
    });
    const first = new FirstChecks(context, () => connection.languages.diagnostics.refresh());
    connection.languages.diagnostics.on(
      dispatch.request(
        "textDocument/diagnostic",
        async (params, token): Promise<DocumentDiagnosticReport> => {
          const file = await session.open(params.textDocument.uri);
          const { items, all } = file === undefined ? { items: [], all: true } : first.check(file, token);
          if (all) replays.want(params.textDocument.uri);
          return report(items, params.previousResultId);
        },
        { kind: DocumentDiagnosticReportKind.Full, items: [] },
      ),
    );
    return {
      diagnosticProvider: {
        identifier: "lockstep",
        interFileDependencies: true,
        workspaceDiagnostics: session.client.workspaceDiagnostics,
      },
    };
  },
};

/** A report that is short if nothing changed since `previous`. */
export function report(items: Diagnostic[], previous: string | undefined): DocumentDiagnosticReport {
  const resultId = String(hashText(JSON.stringify(items)));
  if (resultId === previous) return { kind: DocumentDiagnosticReportKind.Unchanged, resultId };
  return { kind: DocumentDiagnosticReportKind.Full, resultId, items };
}

function pushOnChange(context: FeatureContext): void {
  const { connection, session, dispatch } = context;
  const replays = new IdleReplays(context, async (uris) => {
    for (const uri of uris) await push(uri);
  });
  const dirty = new Set<string>();
  let cancelTimer: (() => void) | undefined;

  const push = async (uri: string): Promise<void> => {
    const file = await session.open(uri);
    if (file === undefined) {
      await connection.sendDiagnostics({ uri, diagnostics: [] });
      return;
    }
    const version = file.document.version;
    const items = checkDocument(session, file.project, file.path);
    await connection.sendDiagnostics({ uri, version, diagnostics: items });
    replays.want(uri);
  };

  const flush = async (): Promise<void> => {
    const changed = [...dirty];
    dirty.clear();
    for (const uri of changed) await push(uri);
    for (const uri of await otherAffected(session, changed)) {
      if (dirty.has(uri)) continue;
      await push(uri);
      await session.host.breathe();
    }
  };

  session.onChange((changed) => {
    for (const uri of changed) dirty.add(uri);
    cancelTimer?.();
    cancelTimer = session.host.later(pushDelayMs, () => void dispatch.run("diagnostics", flush));
  });
}

/** Pulling clients pull the document they edit on their own; they need a hint only for the others. */
function refreshOnChange({ connection, session, dispatch }: FeatureContext): void {
  let cancelTimer: (() => void) | undefined;
  const changedSince = new Set<string>();
  session.onChange((changed) => {
    for (const uri of changed) changedSince.add(uri);
    if (!session.client.refreshesDiagnostics) return;
    cancelTimer?.();
    cancelTimer = session.host.later(200, () =>
      dispatch.run("refresh", async () => {
        const uris = [...changedSince];
        changedSince.clear();
        const outside = uris.some((uri) => session.documents.get(uri) === undefined);
        if (outside || (await otherAffected(session, uris)).length > 0)
          await connection.languages.diagnostics.refresh();
      }),
    );
  });
}

/** Open documents, other than the changed ones, whose findings may differ now. */
async function otherAffected(session: Session, changed: string[]): Promise<string[]> {
  const others = session.documents.keys().filter((uri) => !changed.includes(uri));
  if (others.length === 0) return [];
  const affected = new Set<string>();
  for (const uri of changed) {
    const project = await session.projectOf(uri);
    for (const path of project.engine.dependents(project.treePath(session.placeOf(uri))))
      affected.add(`${project.root}\n${path}`);
  }
  const files = await Promise.all(others.map((uri) => session.open(uri)));
  return files
    .filter((file): file is OpenFile => file !== undefined && affected.has(`${file.project.root}\n${file.path}`))
    .map((file) => file.document.uri);
}
