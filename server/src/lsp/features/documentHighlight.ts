/** Highlights a lock together with its releases on all paths. */
import { type DocumentHighlight, DocumentHighlightKind } from "vscode-languageserver";
import type { Feature } from "./feature";

export const documentHighlight: Feature = {
  register({ connection, session, dispatch }) {
    connection.onDocumentHighlight(
      dispatch.request(
        "textDocument/documentHighlight",
        async ({ textDocument, position }): Promise<DocumentHighlight[] | null> => {
          const file = await session.open(textDocument.uri);
          if (file === undefined) return null;
          const { document } = file;
          const found = file.project.engine.highlight(file.path, document.offsetAt(position));
          // Nothing of ours: other providers, such as clangd, may have an answer.
          if (found.length === 0) return null;
          return found.map(({ start, end, kind }) => ({
            range: { start: document.positionAt(start), end: document.positionAt(end) },
            kind: kind === "acquire" ? DocumentHighlightKind.Write : DocumentHighlightKind.Read,
          }));
        },
        null,
      ),
    );
    return { documentHighlightProvider: true };
  },
};
