/** `workspace/didChangeConfiguration`: settings take effect at once, without a restart. */
import { CodeLensRefreshRequest, DidChangeConfigurationNotification } from "vscode-languageserver";
import { readSettings } from "../settings";
import type { Feature, FeatureContext } from "./feature";

export const configuration: Feature = {
  register(context) {
    const { connection, session, dispatch } = context;
    connection.onDidChangeConfiguration(({ settings }) => {
      void dispatch.run("workspace/didChangeConfiguration", async () => {
        const { client } = session;
        const sent = (settings as { lockstep?: unknown } | null)?.lockstep;
        const given =
          sent ?? (client.answersConfiguration ? await connection.workspace.getConfiguration("lockstep") : settings);
        const before = JSON.stringify(client.settings);
        client.settings = readSettings(given, client.settings);
        if (JSON.stringify(client.settings) === before) return;
        session.changed(session.documents.keys());
        if (client.refreshesDiagnostics) await connection.languages.diagnostics.refresh();
        await refreshAnnotations(context);
      });
    });
    // What is shown in one document may rest on others: ask again when something outside changed.
    session.onChange((changed) => {
      if (changed.every((uri) => session.documents.get(uri) !== undefined)) return;
      void dispatch.run("refreshing annotations", () => refreshAnnotations(context));
    });
    session.whenReady(() => {
      if (!session.client.answersConfiguration) return;
      void dispatch.run("watching settings", async () => {
        await connection.client.register(DidChangeConfigurationNotification.type, { section: "lockstep" });
      });
    });
    return undefined;
  },
};

async function refreshAnnotations({ connection, session }: FeatureContext): Promise<void> {
  if (session.client.refreshesInlayHints) await connection.languages.inlayHint.refresh();
  if (session.client.refreshesCodeLenses) await connection.sendRequest(CodeLensRefreshRequest.type);
}
