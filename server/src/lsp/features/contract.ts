/** `lockstep/contract`: the contract of a function by name, or of the one at a place. */
import { type ContractParams, type ContractResult, contractRequest } from "../../protocol/requests";
import type { Feature } from "./feature";

export const contract: Feature = {
  register({ session, dispatch }) {
    dispatch.answer(
      contractRequest,
      async (params: ContractParams): Promise<ContractResult> => {
        const file = await session.open(params.textDocument.uri);
        if (file === undefined) return null;
        const { engine } = file.project;
        const name =
          "function" in params
            ? params.function
            : engine.lockStateAt(file.path, file.document.offsetAt(params.position)).function;
        return name === null ? null : (engine.contract(file.path, name) ?? null);
      },
      null,
    );
    return undefined;
  },
};
