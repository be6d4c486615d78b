/** Definition of a function of the tree or of the API data. */
import type { Location } from "vscode-languageserver";
import { LineIndex } from "../../base/lineIndex";
import type { Feature } from "./feature";

export const definition: Feature = {
  register({ connection, session, dispatch }) {
    connection.onDefinition(
      dispatch.request(
        "textDocument/definition",
        async ({ textDocument, position }): Promise<Location | null> => {
          const file = await session.open(textDocument.uri);
          const found = file?.project.engine.definition(file.path, file.document.offsetAt(position));
          if (file === undefined || found === undefined) return null;
          const uri = session.uriOf(file.project, found.file);
          const text = session.documents.get(uri)?.getText() ?? file.project.tree.read(found.file);
          if (text === undefined) return null;
          const lines = new LineIndex(text);
          const at = (offset: number) => {
            const { line, column } = lines.positionAt(offset);
            return { line, character: column };
          };
          return { uri, range: { start: at(found.start), end: at(found.end) } };
        },
        null,
      ),
    );
    return { definitionProvider: true };
  },
};
