/** Scenarios that come with Lockstep, read-only: `lockstep-rules:/rules/scenarios/….yaml`. */
import { type TextDocumentContentProvider, Uri, workspace } from "vscode";

export const shippedScheme = "lockstep-rules";

export function shippedUri(file: string): Uri {
  return Uri.from({ scheme: shippedScheme, path: `/${file}` });
}

export class ShippedFiles implements TextDocumentContentProvider {
  constructor(private readonly extension: Uri) {}

  async provideTextDocumentContent({ path }: Uri): Promise<string> {
    // Nothing but rules is read, whatever the address says.
    if (!/^\/rules\/[\w-]+\/[\w-]+\.yaml$/.test(path)) return "";
    const bytes = await workspace.fs.readFile(Uri.joinPath(this.extension, "dist", path));
    return new TextDecoder().decode(bytes);
  }
}
