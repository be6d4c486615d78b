/** Files that change outside the editor: other programs, a checkout, generated headers, rules, configuration. */
import { DidChangeWatchedFilesNotification } from "vscode-languageserver";
import { isCFile } from "../../base/path";
import { projectFolder } from "../../workspace/rules";
import type { Project } from "../project";
import type { Feature } from "./feature";

export const watchedFiles: Feature = {
  register({ connection, session, dispatch }) {
    connection.onDidChangeWatchedFiles(({ changes }) => {
      void dispatch.run("workspace/didChangeWatchedFiles", async () => {
        const reload = new Set<Project>();
        const changed: string[] = [];
        for (const { uri } of changes) {
          const project = await session.projectOf(uri);
          const path = project.treePath(session.placeOf(uri));
          if (path.startsWith(`${projectFolder}/`)) reload.add(project);
          else if (isCFile(path)) {
            project.tree.forget(path);
            project.engine.invalidate(path);
            changed.push(uri);
          }
        }
        for (const project of reload) await session.reload(project);
        if (reload.size > 0) changed.push(...session.documents.keys());
        if (changed.length > 0) session.changed(changed);
      });
    });
    session.whenReady(() => {
      if (!session.client.watchesFiles) return;
      const watchers = [{ globPattern: "**/*.{c,h}" }, { globPattern: `**/${projectFolder}/**` }];
      void dispatch.run("watching files", async () => {
        await connection.client.register(DidChangeWatchedFilesNotification.type, { watchers });
      });
    });
    return undefined;
  },
};
