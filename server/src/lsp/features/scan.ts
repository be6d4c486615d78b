/** Walks many files of a project, letting other messages in between, until done or cancelled. */
import type { CancellationToken, Diagnostic } from "vscode-languageserver";
import { joinPath } from "../../base/path";
import { filesBelow } from "../../workspace/files";
import { isKernelRoot } from "../../workspace/kernelRoot";
import { checkDocument } from "../checkDocument";
import { throwIfCancelled } from "../dispatch";
import type { Project } from "../project";
import type { Session } from "../session";

/** The files of a scan: those at or below the given tree paths; by default `mm` of a kernel tree, else everything. */
export function filesToScan(session: Session, project: Project, paths: string[] | undefined): string[] {
  const places = paths ?? (isKernelRoot(session.host, project.root) ? ["mm"] : [""]);
  const files = places.flatMap((path) =>
    session.host.kindOf(joinPath(project.root, path)) === "file"
      ? [path]
      : filesBelow(project.tree, path, project.config.exclude),
  );
  return [...new Set(files)].sort();
}

/** Checks file after file. `visit` gets every result; throws Cancelled. */
export async function scan(
  session: Session,
  project: Project,
  files: readonly string[],
  token: CancellationToken,
  visit: (file: string, items: Diagnostic[], done: number) => void,
): Promise<void> {
  project.engine.expect(files);
  try {
    for (const [index, file] of files.entries()) {
      throwIfCancelled(token);
      visit(file, checkDocument(session, project, file, token), index + 1);
      await session.host.breathe();
    }
  } finally {
    project.engine.expect([]);
  }
}
