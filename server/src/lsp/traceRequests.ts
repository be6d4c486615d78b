/** Requests that end in a trace come in pairs: one answers with all that a viewer shows, one with a text. */
import type { CancellationToken } from "vscode-languageserver";
import type { ReplayFormat, ReplayResult, ReplayTextResult } from "../protocol/replay";
import { type Replayed, textOf } from "./answers";
import type { Dispatcher } from "./dispatch";

interface TraceRequests<Params, Found extends Replayed> {
  request: string;
  textRequest: string;
  search(params: Params, token: CancellationToken): Promise<Found | { problem: string }>;
  /** What the viewer gets. */
  shown(found: Found | { problem: string }): ReplayResult;
  failed: string;
}

/** Answers both requests of a pair by the same search. */
export function answerTraces<Params, Found extends Replayed>(
  dispatch: Dispatcher,
  { request, textRequest, search, shown, failed }: TraceRequests<Params, Found>,
): void {
  const problem = { problem: failed };
  dispatch.answer<Params, ReplayResult>(request, async (params, token) => shown(await search(params, token)), problem);
  dispatch.answer<Params & { format: ReplayFormat }, ReplayTextResult>(
    textRequest,
    async (params, token) => {
      const found = await search(params, token);
      return "problem" in found ? found : textOf(found, params.format);
    },
    problem,
  );
}
