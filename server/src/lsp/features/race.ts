/** `lockstep/race`: two functions against each other, searched in slices; an edit of either file ends it. */
import { type FunctionPlace, raceFunctions } from "../../engine/race";
import { diagram } from "../../protocol/diagram";
import { type FunctionParams, type RaceParams, type RaceResult, raceRequest } from "../../protocol/requests";
import type { Project } from "../project";
import { scenariosOf } from "../races";
import type { Session } from "../session";
import { inSlices } from "../slices";
import type { Feature } from "./feature";

export const race: Feature = {
  register({ connection, session, dispatch }) {
    connection.onRequest(
      raceRequest,
      dispatch.request(
        raceRequest,
        async ({ first, second, distinct }: RaceParams, token): Promise<RaceResult> => {
          const a = await placeOf(session, first);
          const b = await placeOf(session, second);
          if (typeof a === "string") return { problem: a };
          if (typeof b === "string") return { problem: b };
          if (a.project !== b.project) return { problem: "the two functions are not in one tree." };
          const request = { first: a.place, second: b.place, distinct: distinct ?? false };
          const steps = raceFunctions(a.project.engine, scenariosOf(session), request);
          const uris = [first.textDocument.uri, second.textDocument.uri];
          const answer = await inSlices(session, uris, steps, token);
          return "problem" in answer ? answer : { trace: answer.trace, diagram: diagram(answer.trace) };
        },
        { problem: "the race failed; see the log." },
      ),
    );
    return undefined;
  },
};

/** A function by name, or the one around a place; files need not be open. A sentence if there is none. */
async function placeOf(
  session: Session,
  params: FunctionParams,
): Promise<{ project: Project; place: FunctionPlace } | string> {
  const { uri } = params.textDocument;
  const project = await session.projectOf(uri);
  const file = project.treePath(session.placeOf(uri));
  if ("function" in params) return { project, place: { file, name: params.function } };
  const open = await session.open(uri);
  if (open === undefined) return `${file}: not open: name the function instead of a place.`;
  const { function: name } = project.engine.lockStateAt(file, open.document.offsetAt(params.position));
  return name === null ? `${file}:${params.position.line + 1}: no function here.` : { project, place: { file, name } };
}
