/** Hover: rules with their sources, inferred contracts, locks held at this point. */
import { type Hover, MarkupKind } from "vscode-languageserver";
import type { Feature } from "./feature";

export const hover: Feature = {
  register({ connection, session, dispatch }) {
    connection.onHover(
      dispatch.request(
        "textDocument/hover",
        async ({ textDocument, position }): Promise<Hover | null> => {
          if (!session.client.settings.hover) return null;
          const file = await session.open(textDocument.uri);
          const found = file?.project.engine.hover(file.path, file.document.offsetAt(position));
          if (file === undefined || found === undefined) return null;
          const range = { start: file.document.positionAt(found.start), end: file.document.positionAt(found.end) };
          return { contents: { kind: MarkupKind.Markdown, value: found.markdown }, range };
        },
        null,
      ),
    );
    return { hoverProvider: true };
  },
};
