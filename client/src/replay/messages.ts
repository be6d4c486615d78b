/** What the panel and its host say to each other. Plain data; the host believes nothing that it has not read. */
import type { RaceTarget, ReplayAnswer, ScenarioChoice } from "../../../server/src/protocol/replay";

/** What the panel shows. */
export interface PanelData {
  target: RaceTarget;
  /** Name of the file in the tree, for people. */
  file: string;
  /** A search is under way; what is shown is about the text before. */
  busy: boolean;
  answer: ReplayAnswer | null;
  /** Why there is nothing to show. */
  problem: string | null;
  scenarios: ScenarioChoice[];
}

export type CopyFormat = "diagram" | "markdown" | "promela" | "share";
const formats: readonly string[] = ["diagram", "markdown", "promela", "share"] satisfies CopyFormat[];

export type ToPanel =
  | { kind: "show"; data: PanelData }
  /** Said aloud and shown for a moment. */
  | { kind: "say"; text: string }
  | { kind: "move"; action: string }
  | { kind: "go"; at: number };

export type FromPanel =
  | { kind: "ready" }
  /** Steps that have happened; the editor follows. */
  | { kind: "at"; at: number }
  /** Show this step's line and go there. */
  | { kind: "open"; at: number }
  | { kind: "copy"; format: CopyFormat }
  /** Null: the one of the rule, the one that violates. */
  | { kind: "choose"; scenario: string | null; profile: string | null }
  | { kind: "debug" };

/** What the panel keeps over a reload of the window. */
export interface Kept {
  target: RaceTarget;
  at: number;
}

/** A message of the panel, or undefined if it is none. */
export function readMessage(given: unknown): FromPanel | undefined {
  if (typeof given !== "object" || given === null) return undefined;
  const { kind, at, format, scenario, profile } = given as Record<string, unknown>;
  const position = typeof at === "number" && Number.isInteger(at) && at >= 0 ? at : undefined;
  const name = (value: unknown) => (typeof value === "string" && /^[\w.-]{1,100}$/.test(value) ? value : null);
  switch (kind) {
    case "ready":
    case "debug":
      return { kind };
    case "at":
    case "open":
      return position === undefined ? undefined : { kind, at: position };
    case "copy":
      return typeof format === "string" && formats.includes(format)
        ? { kind, format: format as CopyFormat }
        : undefined;
    case "choose":
      return { kind, scenario: name(scenario), profile: name(profile) };
    default:
      return undefined;
  }
}
