/** Hover: the race behind a finding, rules with their sources, inferred contracts, locks held at this point. */
import { type CancellationToken, type Hover, MarkupKind, type Position } from "vscode-languageserver";
import { replayLineSteps } from "../../engine/replay";
import { showRaceCommand } from "../../protocol/replay";
import { traceHover } from "../../report/trace";
import { shownFindings } from "../checkDocument";
import { raceTarget, scenarioOf, scenariosOf } from "../races";
import type { Session } from "../session";
import { inSlices } from "../slices";
import type { Feature } from "./feature";

/** The race of the finding at a place, drawn; null if none is reported there or its rule has no race. */
async function raceAt(
  session: Session,
  uri: string,
  { line, character }: Position,
  token: CancellationToken,
): Promise<string | null> {
  const file = await session.open(uri);
  if (file === undefined) return null;
  const { path, project } = file;
  const { findings } = shownFindings(session, project, path, token);
  const finding = findings.find(
    (f) => f.line === line + 1 && f.column <= character + 1 && (f.endLine > f.line || character + 1 <= f.endColumn),
  );
  if (finding === undefined || scenarioOf(project, finding.rule) === undefined) return null;
  const { rule } = finding;
  const request = { file: path, line: finding.line, rule, scenario: null, profile: null, schedule: null };
  const answer = await inSlices(session, uri, replayLineSteps(project.engine, scenariosOf(session), request), token);
  if ("problem" in answer) return null;
  const link = session.client.commands.includes(showRaceCommand)
    ? `[▶ Replay race](command:${showRaceCommand}?${argumentsOf(raceTarget(uri, finding))} "Step through it")`
    : "";
  return traceHover(answer.trace, link);
}

/** As a link in Markdown takes them; brackets and quotes in names must not end it. */
function argumentsOf(argument: object): string {
  return encodeURIComponent(JSON.stringify([argument])).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

export const hover: Feature = {
  register({ connection, session, dispatch }) {
    connection.onHover(
      dispatch.request(
        "textDocument/hover",
        async ({ textDocument, position }, token): Promise<Hover | null> => {
          if (!session.client.settings.hover) return null;
          const file = await session.open(textDocument.uri);
          if (file === undefined) return null;
          const { document, path, project } = file;
          const found = project.engine.hover(path, document.offsetAt(position));
          const range = found && { start: document.positionAt(found.start), end: document.positionAt(found.end) };
          const race = await raceAt(session, textDocument.uri, position, token);
          const parts = [...(race === null ? [] : [race]), ...(found ? [found.markdown] : [])];
          if (parts.length === 0) return null;
          const contents = { kind: MarkupKind.Markdown, value: parts.join("\n\n---\n\n") };
          return range ? { contents, range } : { contents };
        },
        null,
      ),
    );
    return { hoverProvider: true };
  },
};
