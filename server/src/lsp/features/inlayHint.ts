/** Inlay hints: what callers hold at function entry, and what is held after each place that changes it. */
import { type InlayHint, InlayHintKind, MarkupKind, type Range } from "vscode-languageserver";
import type { TextDocument } from "vscode-languageserver-textdocument";
import { count } from "../../base/text";
import type { FunctionLocks, LockChange } from "../../protocol/locks";
import { prose } from "../../protocol/markdown";
import { listText } from "../lockText";
import type { Feature } from "./feature";

export const inlayHint: Feature = {
  register({ connection, session, dispatch }) {
    connection.languages.inlayHint.on(
      dispatch.request(
        "textDocument/inlayHint",
        async ({ textDocument, range }): Promise<InlayHint[] | null> => {
          if (!session.client.settings.inlayHints) return null;
          const file = await session.open(textDocument.uri);
          if (file === undefined) return null;
          const maps = file.project.engine.lockMaps(file.path);
          return maps.filter((map) => !isTrivial(map)).flatMap((map) => hintsOf(map, file.document, range));
        },
        null,
      ),
    );
    return { inlayHintProvider: true };
  },
};

/** Wrappers of one statement say by themselves what they do. */
export function isTrivial({ firstLine, lastLine, changes, entry }: FunctionLocks): boolean {
  return lastLine - firstLine <= 2 || (changes.length === 0 && entry.length === 0);
}

function hintsOf(map: FunctionLocks, document: TextDocument, range: Range): InlayHint[] {
  const hints: InlayHint[] = [];
  const inside = (line: number) => line >= range.start.line && line <= range.end.line;
  const head = document.positionAt(map.headEnd);
  if (map.entry.length > 0 && inside(head.line)) {
    hints.push(hint(head, `entered with ${listText(map.entry)}`, `Every caller of \`${map.function}()\` holds this.`));
  }
  const byLine = new Map<number, LockChange[]>();
  for (const change of map.changes) {
    const { line } = document.positionAt(change.end);
    if (inside(line)) byLine.set(line, [...(byLine.get(line) ?? []), change]);
  }
  for (const [line, changes] of byLine) {
    const text = document.getText({ start: { line, character: 0 }, end: { line: line + 1, character: 0 } });
    const character = text.replace(/\r?\n$/, "").trimEnd().length;
    hints.push(hint({ line, character }, labelOf(changes), tooltipOf(changes)));
  }
  return hints;
}

function hint(position: InlayHint["position"], label: string, tooltip: string): InlayHint {
  return {
    position,
    label,
    kind: InlayHintKind.Type,
    paddingLeft: true,
    tooltip: { kind: MarkupKind.Markdown, value: tooltip },
  };
}

function labelOf(changes: LockChange[]): string {
  const parts = changes.flatMap(({ taken, released, conditional }) => [
    ...(taken.length > 0 ? [`${conditional ? "if taken: " : "holds "}${listText(taken)}`] : []),
    ...(released.length > 0 ? [`drops ${released.map(releaseText).join(", ")}`] : []),
  ]);
  return [...new Set(parts)].join("; ");
}

function releaseText({ takenAtLine, ...lock }: LockChange["released"][number]): string {
  const from = takenAtLine === null ? "held since entry" : `from line ${takenAtLine}`;
  return `${listText([{ ...lock, mode: "any" }])} ${from}`;
}

function tooltipOf(changes: LockChange[]): string {
  const held = changes.at(-1)?.held ?? [];
  const list = held.map((lock) => `- ${prose(listText([lock]))}`).join("\n");
  return held.length === 0
    ? "Nothing is held for certain after this line."
    : `Held after this line, ${count(held.length, "lock")}:\n\n${list}`;
}
