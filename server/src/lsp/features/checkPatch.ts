/** `lockstep/checkPatch`: what a patch introduces, with the meaning of `check --diff`. */
import { Cancelled } from "../../base/cancellation";
import { type CheckPatchParams, type CheckPatchResult, checkPatchRequest } from "../../protocol/requests";
import { applyFilter } from "../../report/filter";
import { compareFindings } from "../../report/order";
import { fitPatch, introducedBy } from "../../report/patch/introduced";
import { overlayTree } from "../../report/patch/overlayTree";
import { parsePatch } from "../../report/patch/parse";
import { openEngine } from "../../workspace/open";
import type { Feature } from "./feature";

const nothing: CheckPatchResult = { findings: [], files: 0, note: "the patch could not be checked; see the log." };

export const checkPatch: Feature = {
  register({ session, dispatch }) {
    dispatch.answer(
      checkPatchRequest,
      async (params: CheckPatchParams, token): Promise<CheckPatchResult> => {
        const uri = params.textDocument?.uri;
        const project = uri === undefined ? await session.firstProject() : await session.projectOf(uri);
        if (project === undefined) return { ...nothing, note: "no folder is open." };
        const patches = parsePatch(params.patch);
        if (patches.length === 0) return { ...nothing, note: "no patch found (a unified diff, mbox or format-patch)." };
        const tree = overlayTree(project.tree);
        const engine = await openEngine(session.host, tree, project.rules);
        const fit = fitPatch(patches, (path) => project.tree.read(path));
        const filter = { ...project.config, severity: project.config.severity ?? session.client.settings.severity };
        let files = 0;
        const check = (paths: readonly string[]) => {
          files = paths.length;
          const found = paths.flatMap(
            (path) =>
              engine.check(path, () => {
                if (token.isCancellationRequested) throw new Cancelled();
              }).findings,
          );
          return { findings: applyFilter(found.sort(compareFindings), filter) };
        };
        const { findings } = introducedBy({ patches, fit, tree, engine, wanted: () => true, check });
        return {
          findings: findings.map((f) => ({ ...f, uri: session.uriOf(project, f.file) })),
          files,
          note: fit.note,
        };
      },
      nothing,
    );
    return undefined;
  },
};
