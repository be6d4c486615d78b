/** `lockstep/why`: the evidence at a line. */
import { type PlaceParams, type WhyResult, whyRequest } from "../../protocol/requests";
import type { Feature } from "./feature";

const nothing: WhyResult = { function: null, locks: [], evidence: [], findings: [], silent: [] };

export const why: Feature = {
  register({ connection, session, dispatch }) {
    connection.onRequest(
      whyRequest,
      dispatch.request(
        whyRequest,
        async ({ textDocument, position }: PlaceParams): Promise<WhyResult> => {
          const file = await session.open(textDocument.uri);
          return file === undefined ? nothing : file.project.engine.why(file.path, position.line + 1);
        },
        nothing,
      ),
    );
    return undefined;
  },
};
