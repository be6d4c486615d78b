/** Which documents are ours, and how they and places in them travel to the server. */
import { type TextDocument, type TextEditor, window } from "vscode";
import type { BaseLanguageClient } from "vscode-languageclient";
import type { PlaceParams } from "../../server/src/protocol/requests";

export function isOurs({ languageId, uri }: TextDocument): boolean {
  return languageId === "c" || (languageId === "cpp" && uri.path.endsWith(".h"));
}

/** The editor in front, if it shows C. */
export function activeEditor(): TextEditor | undefined {
  const editor = window.activeTextEditor;
  return editor !== undefined && isOurs(editor.document) ? editor : undefined;
}

export function identify(client: BaseLanguageClient, document: TextDocument): PlaceParams["textDocument"] {
  return client.code2ProtocolConverter.asTextDocumentIdentifier(document);
}

/** The cursor as the server counts. */
export function placeOf(client: BaseLanguageClient, editor: TextEditor): PlaceParams {
  return {
    textDocument: identify(client, editor.document),
    position: client.code2ProtocolConverter.asPosition(editor.selection.active),
  };
}
