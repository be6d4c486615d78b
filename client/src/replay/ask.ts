/** Asks the server for a race: behind a finding, in a scenario, or of two functions. */
import { Uri, workspace } from "vscode";
import type { BaseLanguageClient, CancellationToken } from "vscode-languageclient";
import {
  type RaceTarget,
  type ReplayFormat,
  type ReplayResult,
  type ReplayTextResult,
  raceRequest,
  raceTextRequest,
  replayRequest,
  replayTextRequest,
} from "../../../server/src/protocol/replay";
import { identify } from "../places";
import { paramsOf, raceParamsOf } from "./target";

export async function askRace(
  client: BaseLanguageClient,
  target: RaceTarget,
  token?: CancellationToken,
): Promise<ReplayResult> {
  const [method, params] = await requestOf(client, target);
  // An undefined token would be sent as a second parameter.
  return await (token === undefined
    ? client.sendRequest<ReplayResult>(method, params)
    : client.sendRequest<ReplayResult>(method, params, token));
}

/** The same for reading elsewhere. */
export async function askRaceText(
  client: BaseLanguageClient,
  target: RaceTarget,
  format: ReplayFormat,
): Promise<ReplayTextResult> {
  const [method, params] = await requestOf(client, target);
  const textMethod = method === raceRequest ? raceTextRequest : replayTextRequest;
  return await client.sendRequest<ReplayTextResult>(textMethod, { ...params, format });
}

async function requestOf(client: BaseLanguageClient, target: RaceTarget): Promise<[string, object]> {
  // The server knows open documents only; after a reload nobody may have opened this one.
  const document = await workspace.openTextDocument(Uri.parse(target.uri, true));
  const textDocument = identify(client, document);
  const race = raceParamsOf({ ...target, uri: textDocument.uri });
  return race ? [raceRequest, race] : [replayRequest, { ...paramsOf(target), textDocument }];
}
