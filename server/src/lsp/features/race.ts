/** `lockstep/race`, its texts, and who may race: searched in slices; an edit of either file ends it. */
import type { CancellationToken } from "vscode-languageserver";
import { type FunctionPlace, raceFunctions } from "../../engine/race";
import { fileDefining, racersOf } from "../../engine/racers";
import {
  type FunctionParams,
  type RaceParams,
  type RacersResult,
  raceRequest,
  racersRequest,
  raceTextRequest,
} from "../../protocol/replay";
import { answerOf, type Replayed } from "../answers";
import type { Project } from "../project";
import { scenariosOf } from "../races";
import type { Session } from "../session";
import { inSlices } from "../slices";
import { answerTraces } from "../traceRequests";
import type { Feature } from "./feature";

export const race: Feature = {
  register({ session, dispatch }) {
    answerTraces<RaceParams, Found>(dispatch, {
      request: raceRequest,
      textRequest: raceTextRequest,
      search: (params, token) => search(session, params, token),
      shown: (found) =>
        "problem" in found
          ? found
          : answerOf(session, found.project, found.trace, { function: found.name, finding: null, scenarios: [] }),
      failed: "the race failed; see the log.",
    });
    dispatch.answer<FunctionParams, RacersResult>(
      racersRequest,
      async (params, token) => {
        const first = await placeOf(session, params);
        if (typeof first === "string") return { problem: first };
        const { project, place } = first;
        const open = await Promise.all(session.documents.keys().map((uri) => session.open(uri)));
        const files = open.flatMap((file) => (file?.project === project ? [file.path] : []));
        const found = await inSlices(session, [], racersOf(project.engine, place, files), token);
        const racers = found.map((racer) => ({ ...racer, uri: session.uriOf(project, racer.file) }));
        return { function: place.name, racers };
      },
      { problem: "functions could not be looked for; see the log." },
    );
    return undefined;
  },
};

type Found = { project: Project; name: string } & Replayed;

async function search(
  session: Session,
  { first, second, distinct }: RaceParams,
  token: CancellationToken,
): Promise<Found | { problem: string }> {
  const a = await placeOf(session, first);
  const b = await placeOf(session, second);
  if (typeof a === "string") return { problem: a };
  if (typeof b === "string") return { problem: b };
  if (a.project !== b.project) return { problem: "the two functions are not in one tree." };
  const { project } = a;
  const request = { first: a.place, second: b.place, distinct: distinct ?? false };
  const steps = raceFunctions(project.engine, scenariosOf(session), request);
  const uris = [a, b].map(({ place }) => session.uriOf(project, place.file));
  const answer = await inSlices(session, uris, steps, token);
  return "problem" in answer ? answer : { project, name: a.place.name, ...answer };
}

/** A function by name, or the one around a place; files need not be open. A sentence if there is none. */
async function placeOf(
  session: Session,
  params: FunctionParams,
): Promise<{ project: Project; place: FunctionPlace } | string> {
  const { uri } = params.textDocument;
  const project = await session.projectOf(uri);
  const file = project.treePath(session.placeOf(uri));
  if ("function" in params) {
    const elsewhere = fileDefining(project.engine, file, params.function);
    return { project, place: { file: elsewhere ?? file, name: params.function } };
  }
  const open = await session.open(uri);
  if (open === undefined) return `${file}: not open: name the function instead of a place.`;
  const { function: name } = project.engine.lockStateAt(file, open.document.offsetAt(params.position));
  return name === null ? `${file}:${params.position.line + 1}: no function here.` : { project, place: { file, name } };
}
