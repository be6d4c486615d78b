/** `workspace/diagnostic`, for clients that were told to poll the whole workspace. */
import type { WorkspaceDiagnosticReport, WorkspaceDocumentDiagnosticReport } from "vscode-languageserver";
import { report } from "./diagnostics";
import type { Feature } from "./feature";
import { filesToScan, scan } from "./scan";

export const workspaceDiagnostics: Feature = {
  register({ connection, session, dispatch }) {
    if (!session.client.workspaceDiagnostics) return undefined;
    connection.languages.diagnostics.onWorkspace(
      dispatch.request(
        "workspace/diagnostic",
        async (params, token): Promise<WorkspaceDiagnosticReport> => {
          const project = await session.firstProject();
          if (project === undefined) return { items: [] };
          const previous = new Map(params.previousResultIds.map(({ uri, value }) => [uri, value]));
          const items: WorkspaceDocumentDiagnosticReport[] = [];
          await scan(session, project, filesToScan(session, project, undefined), token, (file, found) => {
            const uri = session.uriOf(project, file);
            const version = session.documents.get(uri)?.version ?? null;
            if (found.length > 0 || previous.has(uri))
              items.push({ uri, version, ...report(found, previous.get(uri)) } as WorkspaceDocumentDiagnosticReport);
          });
          return { items };
        },
        { items: [] },
      ),
    );
    return undefined;
  },
};
