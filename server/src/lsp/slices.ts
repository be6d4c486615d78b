/** Long work between messages: typing never waits for it, a cancellation or an edit of the file ends it. */
import { type CancellationToken, LSPErrorCodes, ResponseError } from "vscode-languageserver";
import { throwIfCancelled } from "./dispatch";
import type { Session } from "./session";

/** Runs the steps to their end; throws when cancelled, or when a document is not the one it was. */
export async function inSlices<T>(
  session: Session,
  uris: string | readonly string[],
  steps: Generator<undefined, T>,
  token: CancellationToken,
): Promise<T> {
  const list = typeof uris === "string" ? [uris] : uris;
  const version = async (): Promise<string> =>
    (await Promise.all(list.map(async (uri) => (await session.open(uri))?.document.version))).join(" ");
  const first = await version();
  for (;;) {
    await session.host.breathe();
    throwIfCancelled(token);
    if ((await version()) !== first)
      throw new ResponseError(LSPErrorCodes.ContentModified, "the file was edited meanwhile");
    const next = steps.next();
    if (next.done) return next.value;
  }
}
