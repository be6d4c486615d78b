/** A race as a launch configuration of the debugger. */
import type { DebugConfiguration } from "vscode";
import type { RaceTarget } from "../../../server/src/protocol/replay";

export const debugType = "lockstep";

export function launchConfiguration(target: RaceTarget): DebugConfiguration {
  const where = target.function === undefined ? `line ${target.line + 1}` : `${target.function}()`;
  return { type: debugType, request: "launch", name: `Race in ${where}`, ...target };
}
