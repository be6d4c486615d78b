/** `lockstep/replay` and its texts: searched in slices, so that typing never waits; an edit of the file ends the search. */
import {
  type CancellationToken,
  type ExecuteCommandParams,
  MessageType,
  ShowDocumentRequest,
  ShowMessageNotification,
} from "vscode-languageserver";
import { type ReplayAnswer as Replayed, replayLineSteps } from "../../engine/replay";
import type { Finding } from "../../protocol/finding";
import {
  type RaceTarget,
  type ReplayAnswer,
  type ReplayParams,
  raceTextCommand,
  replayRequest,
  replayTextRequest,
  showRaceCommand,
} from "../../protocol/replay";
import { traceText } from "../../report/trace";
import { answerOf } from "../answers";
import { type Located, locate, scenarioChoices, scenariosOf } from "../races";
import type { OpenFile, Session } from "../session";
import { inSlices } from "../slices";
import { answerTraces } from "../traceRequests";
import type { Feature } from "./feature";

export const replay: Feature = {
  register({ connection, session, dispatch }) {
    answerTraces<ReplayParams, Found>(dispatch, {
      request: replayRequest,
      textRequest: replayTextRequest,
      search: (params, token) => search(session, params, token),
      shown: (found) => {
        const scenarios = scenarioChoices(session);
        if ("problem" in found) return { ...found, scenarios };
        const { file, located, trace } = found;
        const finding = located.finding && pick(located.finding);
        return answerOf(session, file.project, trace, { function: located.function, finding, scenarios });
      },
      failed: "the replay failed; see the log.",
    });
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
          if ("problem" in found) {
            tell(session, found.problem);
            return found.problem;
          }
          const text = traceText(found.trace);
          void show(session, found.located.function, text);
          return text;
        },
        null,
      ),
    );
    return { executeCommandProvider: { commands: [raceTextCommand] } };
  },
};

/** As a document beside the code, where the client opens documents; as a message elsewhere. */
async function show(session: Session, name: string, text: string): Promise<void> {
  const { client, connection, host } = session;
  const file = `race-in-${name.replace(/\W+/g, "-")}.txt`;
  const uri = client.showsDocuments ? host.passingFile(file, text) : undefined;
  if (uri === undefined) return tell(session, text);
  const { success } = await connection
    .sendRequest(ShowDocumentRequest.type, { uri, takeFocus: false })
    .catch(() => ({ success: false }));
  if (!success) tell(session, text);
}

function tell({ connection }: Session, message: string): void {
  void connection.sendNotification(ShowMessageNotification.type, { type: MessageType.Info, message });
}

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
