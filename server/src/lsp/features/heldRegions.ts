/** `lockstep/heldRegions`: the lines on which locks are held, for decorations. */
import {
  type HeldRegion,
  type HeldRegionsParams,
  type HeldRegionsResult,
  heldRegionsRequest,
} from "../../protocol/requests";
import type { Feature } from "./feature";

export const heldRegions: Feature = {
  register({ session, dispatch }) {
    dispatch.answer(
      heldRegionsRequest,
      async ({ textDocument }: HeldRegionsParams): Promise<HeldRegionsResult> => {
        const file = await session.open(textDocument.uri);
        if (file === undefined) return [];
        return file.project.engine.lockMaps(file.path).flatMap((map) => regionsOf(map.function, map.lines));
      },
      [],
    );
    return undefined;
  },
};

/** Joins neighbouring lines that hold the same. */
function regionsOf(name: string, lines: readonly { line: number; held: HeldRegion["held"] }[]): HeldRegion[] {
  const regions: HeldRegion[] = [];
  for (const { line, held } of lines) {
    const last = regions.at(-1);
    if (last && last.endLine === line - 2 && JSON.stringify(last.held) === JSON.stringify(held)) last.endLine++;
    else regions.push({ function: name, startLine: line - 1, endLine: line - 1, held });
  }
  return regions;
}
