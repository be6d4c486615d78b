/** `lockstep/tree`: which tree a document belongs to, and what was found there that decides which rules apply. */
import { type TreeParams, type TreeResult, treeRequest } from "../../protocol/requests";
import { isKernelRoot } from "../../workspace/kernelRoot";
import type { Feature } from "./feature";

export const tree: Feature = {
  register({ session, dispatch }) {
    dispatch.answer(
      treeRequest,
      async ({ textDocument }: TreeParams): Promise<TreeResult> => {
        const file = await session.open(textDocument.uri);
        if (file === undefined) return null;
        const { project } = file;
        const kernel = isKernelRoot(session.host, project.root);
        const rules = new Map<string, string[]>();
        for (const rule of project.rules.checks)
          for (const condition of rule.applies) {
            const symbol = condition.slice(1);
            rules.set(symbol, [...(rules.get(symbol) ?? []), rule.alias]);
          }
        const features = [...rules]
          .map(([symbol, ids]) => ({ symbol, present: project.engine.defines(symbol), rules: ids }))
          .sort((a, b) => (a.symbol < b.symbol ? -1 : 1));
        return { root: project.root, kernel, version: versionOf(project.tree.read("Makefile")), features };
      },
      null,
    );
    return undefined;
  },
};

/** The version a kernel's top Makefile declares. */
function versionOf(makefile: string | undefined): string | null {
  const part = (name: string): string => new RegExp(`^${name}\\s*=\\s*(\\S*)`, "m").exec(makefile ?? "")?.[1] ?? "";
  const [version, patch, sub] = [part("VERSION"), part("PATCHLEVEL"), part("SUBLEVEL")];
  if (version === "" || patch === "") return null;
  return `${version}.${patch}${sub === "" || sub === "0" ? "" : `.${sub}`}`;
}
