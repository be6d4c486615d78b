/** A race as a launch configuration of the debugger. */
import { commands, type DebugConfiguration, debug } from "vscode";
import type { RaceTarget } from "../../../server/src/protocol/replay";

export const debugType = "lockstep";

export async function stepInDebugger(target: RaceTarget): Promise<void> {
  const where = target.function === undefined ? `line ${target.line + 1}` : `${target.function}()`;
  const configuration: DebugConfiguration = {
    type: debugType,
    request: "launch",
    name: `Race in ${where}`,
    internalConsoleOptions: "neverOpen",
    ...target,
  };
  // The text is replayed as it is in the editor: nothing needs to be saved.
  const started = await debug.startDebugging(undefined, configuration, { suppressSaveBeforeStart: true });
  if (started) await commands.executeCommand("workbench.view.debug");
}
