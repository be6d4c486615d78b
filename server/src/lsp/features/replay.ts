/** `lockstep/replay`: searches in slices, so that typing never waits for it; an edit of the file ends it. */
import { loadScenarios, replayLineSteps, type ScenarioSet } from "../../engine/replay";
import { diagram } from "../../protocol/diagram";
import { type ReplayParams, type ReplayResult, replayRequest } from "../../protocol/requests";
import { inSlices } from "../slices";
import type { Feature } from "./feature";

export const replay: Feature = {
  register({ connection, session, dispatch }) {
    let scenarios: ScenarioSet | undefined;
    connection.onRequest(
      replayRequest,
      dispatch.request(
        replayRequest,
        async (params: ReplayParams, token): Promise<ReplayResult> => {
          const file = await session.open(params.textDocument.uri);
          if (file === undefined) return { problem: "this file is not one that is checked." };
          scenarios ??= loadScenarios(session.host.builtinRules());
          const { project, path } = file;
          const steps = replayLineSteps(project.engine, scenarios, {
            file: path,
            line: params.position.line + 1,
            rule: params.rule ?? null,
            scenario: params.scenario ?? null,
            profile: params.profile ?? null,
            schedule: params.schedule ?? null,
          });
          const answer = await inSlices(session, params.textDocument.uri, steps, token);
          return "problem" in answer ? answer : { trace: answer.trace, diagram: diagram(answer.trace) };
        },
        { problem: "the replay failed; see the log." },
      ),
    );
    return undefined;
  },
};
