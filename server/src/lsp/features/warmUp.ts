/** Practice in a quiet moment after the first document was opened: code that ran a few times only is slow. */
import { CancellationToken } from "vscode-languageserver";
import { inSlices } from "../slices";
import type { Feature } from "./feature";

/** Long enough for the first diagnostics to be under way. */
const quietMs = 100;

export const warmUp: Feature = {
  register({ session }) {
    let done = false;
    session.onChange(([uri]) => {
      if (done || uri === undefined) return;
      done = true;
      session.host.later(quietMs, async () => {
        try {
          const file = await session.open(uri);
          if (file === undefined) return;
          const steps = file.project.engine.warmUp(file.path);
          await inSlices(session, uri, steps, CancellationToken.None);
        } catch {
          // Edited meanwhile, or a function that fails: its diagnostics say so.
        }
      });
    });
    return undefined;
  },
};
