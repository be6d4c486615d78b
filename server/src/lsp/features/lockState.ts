/** `lockstep/lockState`: the locks held at a place. */
import { type LockStateResult, lockStateRequest, type PlaceParams } from "../../protocol/requests";
import type { Feature } from "./feature";

const nothing: LockStateResult = { function: null, locks: [] };

export const lockState: Feature = {
  register({ session, dispatch }) {
    dispatch.answer(
      lockStateRequest,
      async ({ textDocument, position }: PlaceParams): Promise<LockStateResult> => {
        const file = await session.open(textDocument.uri);
        return file === undefined
          ? nothing
          : file.project.engine.lockStateAt(file.path, file.document.offsetAt(position));
      },
      nothing,
    );
    return undefined;
  },
};
