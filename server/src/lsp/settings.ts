/** What the user wants to see. Clients send it at start and whenever it changes. */
import type { Level } from "../protocol/finding";
import { isLevel } from "../workspace/config";

export interface Settings {
  /** Weakest level to show. */
  severity: Level;
  hover: boolean;
  inlayHints: boolean;
  codeLens: boolean;
}

export const defaults: Settings = { severity: "hint", hover: true, inlayHints: true, codeLens: true };

/** Reads settings from what a client sent; whatever is missing or wrong keeps its value in `base`. */
export function readSettings(given: unknown, base: Settings = defaults): Settings {
  const from = typeof given === "object" && given !== null ? (given as Record<string, unknown>) : {};
  const flag = (name: "hover" | "inlayHints" | "codeLens"): boolean => {
    const value = from[name];
    return typeof value === "boolean" ? value : base[name];
  };
  return {
    severity: isLevel(from.severity) ? from.severity : base.severity,
    hover: flag("hover"),
    inlayHints: flag("inlayHints"),
    codeLens: flag("codeLens"),
  };
}
