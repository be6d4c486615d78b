/** `lockstep/replay` and its texts: searched in slices, so that typing never waits; an edit of the file ends the search. */
import {
  type CancellationToken,
  type ExecuteCommandParams,
  MessageType,
  ShowMessageNotification,
} from "vscode-languageserver";
import { type ReplayAnswer as Replayed, replayLineSteps } from "../../engine/replay";
import { diagram } from "../../protocol/diagram";
import type { Finding } from "../../protocol/finding";
import {
  type RaceTarget,
  type ReplayAnswer,
  type ReplayParams,
  type ReplayResult,
  type ReplayTextParams,
  type ReplayTextResult,
  raceTextCommand,
  replayRequest,
  replayTextRequest,
  showRaceCommand,
} from "../../protocol/replay";
import type { Trace } from "../../protocol/trace";
import { modelLine, traceMarkdown, traceText, verdictLine } from "../../report/trace";
import { type Located, locate, scenarioChoices, scenariosOf } from "../races";
import type { OpenFile, Session } from "../session";
import { inSlices } from "../slices";
import type { Feature } from "./feature";

const failed = { problem: "the replay failed; see the log." };

export const replay: Feature = {
  register({ connection, session, dispatch }) {
    connection.onRequest(
      replayRequest,
      dispatch.request<ReplayParams, ReplayResult>(
        replayRequest,
        async (params, token) => {
          const scenarios = scenarioChoices(session);
          const found = await search(session, params, token);
          if ("problem" in found) return { ...found, scenarios };
          const { file, located, trace } = found;
          return {
            trace,
            diagram: diagram(trace),
            verdict: verdictLine(trace),
            model: modelLine(trace),
            function: located.function,
            finding: located.finding && pick(located.finding),
            scenarios,
            files: addresses(session, file, trace),
          };
        },
        failed,
      ),
    );
    connection.onRequest(
      replayTextRequest,
      dispatch.request<ReplayTextParams, ReplayTextResult>(
        replayTextRequest,
        async (params, token) => {
          const found = await search(session, params, token);
          if ("problem" in found) return found;
          const text = textOf(found, params.format);
          return text === null ? { problem: `there is no model: ${found.trace.reason ?? ""}` } : { text };
        },
        failed,
      ),
    );
    if (session.client.commands.includes(showRaceCommand)) return undefined;
    connection.onExecuteCommand(
      dispatch.request<ExecuteCommandParams, string | null>(
        raceTextCommand,
        async ({ command, arguments: given }, token) => {
          const target = given?.[0] as RaceTarget | undefined;
          if (command !== raceTextCommand || typeof target?.uri !== "string") return null;
          const { uri, line, ...rest } = target;
          const params = { textDocument: { uri }, position: { line, character: 0 }, ...rest };
          const found = await search(session, params, token);
          const text = "problem" in found ? found.problem : traceText(found.trace);
          void connection.sendNotification(ShowMessageNotification.type, { type: MessageType.Info, message: text });
          return text;
        },
        null,
      ),
    );
    return { executeCommandProvider: { commands: [raceTextCommand] } };
  },
};

function pick({ rule, alias, message, advice, line }: Finding): ReplayAnswer["finding"] {
  return { rule, alias, message, advice, line };
}

type Found = { file: OpenFile; located: Located } & Exclude<Replayed, { problem: string }>;

async function search(
  session: Session,
  params: ReplayParams,
  token: CancellationToken,
): Promise<Found | { problem: string }> {
  const { uri } = params.textDocument;
  const file = await session.open(uri);
  if (file === undefined) return { problem: "this file is not one that is checked." };
  const located = locate(session, file, params, token);
  if ("problem" in located) return located;
  const steps = replayLineSteps(file.project.engine, scenariosOf(session), located.request);
  const answer = await inSlices(session, uri, steps, token);
  return "problem" in answer ? answer : { file, located, ...answer };
}

function textOf({ trace, promela }: Found, format: ReplayTextParams["format"]): string | null {
  switch (format) {
    case "markdown":
      return traceMarkdown(trace);
    case "promela":
      return promela();
    case "diagram":
      return [...diagram(trace), ""].join("\n");
    default:
      return traceText(trace);
  }
}

/** Racing threads may come with Lockstep: their files are in no tree. */
function addresses(session: Session, { project }: OpenFile, trace: Trace): Record<string, string | null> {
  const files = trace.steps.flatMap((s) => [s.file, ...(s.detail?.stack ?? []).map((f) => f.file)]);
  const all = new Set([...files, ...trace.threads.map((t) => t.file)]);
  return Object.fromEntries(
    [...all].sort().map((file) => {
      const known = session.textOf(project, file) !== undefined;
      return [file, known ? session.uriOf(project, file) : null];
    }),
  );
}
