/** The debugger of races in VS Code: runs inside the extension, on any host. */
import { DebugAdapterInlineImplementation, type DebugConfiguration, type Disposable, debug, Uri } from "vscode";
import type { BaseLanguageClient } from "vscode-languageclient";
import { inform } from "../notify";
import { activeEditor, identify } from "../places";
import { askRace } from "../replay/ask";
import { debugType } from "../replay/launch";
import { shippedUri } from "../replay/shippedFiles";
import { readTarget } from "../replay/target";
import { RaceSession, type RaceSource } from "./session";

/** `moved` hears where a race stands, whenever it stops. */
export function registerDebugger(client: BaseLanguageClient, moved: NonNullable<RaceSource["moved"]>): Disposable[] {
  return [
    debug.registerDebugConfigurationProvider(debugType, {
      /** F5 without a configuration: the line of the cursor. */
      resolveDebugConfiguration(_, given): DebugConfiguration | undefined {
        if (readTarget(given) !== undefined) return given;
        const editor = activeEditor();
        if (editor === undefined) {
          inform("put the cursor on a line that is reported.");
          return undefined;
        }
        const { uri } = identify(client, editor.document);
        const { line } = editor.selection.active;
        return { ...given, type: debugType, request: "launch", name: "Race at the cursor", uri, line };
      },
    }),
    debug.registerDebugAdapterDescriptorFactory(debugType, {
      createDebugAdapterDescriptor: () =>
        new DebugAdapterInlineImplementation(
          new RaceSession({
            replay: (target) => askRace(client, target),
            moved,
            pathOf: ({ files }, file) => {
              const address = files[file];
              return pathOf(address ? Uri.parse(address, true) : shippedUri(file));
            },
          }),
        ),
    }),
  ];
}

/** Breakpoints name plain files by path, all else by address. */
function pathOf(uri: Uri): string {
  return uri.scheme === "file" ? uri.fsPath : uri.toString();
}
