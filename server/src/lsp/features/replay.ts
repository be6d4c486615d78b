/** `lockstep/replay`: searches in slices, so that typing never waits for it; an edit of the file ends it. */
import { LSPErrorCodes, ResponseError } from "vscode-languageserver";
import { loadScenarios, replayLineSteps, type ScenarioSet } from "../../engine/replay";
import { diagram } from "../../protocol/diagram";
import { type ReplayParams, type ReplayResult, replayRequest } from "../../protocol/requests";
import { throwIfCancelled } from "../dispatch";
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
          const { document, project, path } = file;
          const { version } = document;
          const steps = replayLineSteps(project.engine, scenarios, {
            file: path,
            line: params.position.line + 1,
            rule: params.rule ?? null,
            scenario: params.scenario ?? null,
            profile: params.profile ?? null,
            schedule: params.schedule ?? null,
          });
          for (;;) {
            await session.host.breathe();
            throwIfCancelled(token);
            const now = (await session.open(params.textDocument.uri))?.document.version;
            if (now !== version)
              throw new ResponseError(LSPErrorCodes.ContentModified, "the file was edited meanwhile");
            const next = steps.next();
            if (!next.done) continue;
            if ("problem" in next.value) return next.value;
            return { trace: next.value.trace, diagram: diagram(next.value.trace) };
          }
        },
        { problem: "the replay failed; see the log." },
      ),
    );
    return undefined;
  },
};
