/** `lockstep/why`: the evidence at a line. */
import { type PlaceParams, type WhyResult, whyRequest } from "../../protocol/requests";
import { verdictsOf } from "../verdicts";
import type { Feature } from "./feature";

const nothing: WhyResult = { function: null, locks: [], evidence: [], findings: [], silent: [] };

export const why: Feature = {
  register({ session, dispatch }) {
    dispatch.answer(
      whyRequest,
      async ({ textDocument, position }: PlaceParams): Promise<WhyResult> => {
        const file = await session.open(textDocument.uri);
        if (file === undefined) return nothing;
        const found = file.project.engine.why(file.path, position.line + 1);
        // As in the diagnostics: what a replay said counts.
        verdictsOf(session, file.project).apply(found.findings);
        return found;
      },
      nothing,
    );
    return undefined;
  },
};
