/** Requests about races: the interleaving behind a finding, as data for viewers and as text. */
import type { Finding } from "./finding";
import type { Trace } from "./trace";

/** `lockstep/replay`: the racing interleaving behind a finding at a line, or of its function in a named scenario. */
export const replayRequest = "lockstep/replay";
export interface ReplayParams {
  textDocument: { uri: string };
  /** 0-based. With `function`, only a hint which of its findings is meant. */
  position: { line: number; character: number };
  /** The finding of the rule in this function, wherever it stands by now; without one, the function in the rule's scenario. */
  function?: string;
  rule?: string;
  scenario?: string;
  profile?: string;
  schedule?: string;
}

export interface ScenarioChoice {
  id: string;
  title: string;
  /** Architectures it can be asked for. */
  profiles: string[];
}

/** A trace, and what a viewer shows around it. */
export interface ReplayAnswer {
  trace: Trace;
  /** For a commit message. */
  diagram: string[];
  /** One sentence each: what was found, and in which model. */
  verdict: string;
  model: string;
  /** Function that was replayed, and its finding; null if nothing is reported any more. */
  function: string;
  finding: Pick<Finding, "rule" | "alias" | "message" | "advice" | "line"> | null;
  scenarios: ScenarioChoice[];
  /** Files of the steps → their addresses; null for those that come with Lockstep. */
  files: Record<string, string | null>;
}

/** Or why there is none. */
export type ReplayResult = ReplayAnswer | { problem: string; scenarios?: ScenarioChoice[] };

/** `lockstep/replayText`: the same for reading elsewhere. */
export const replayTextRequest = "lockstep/replayText";
export type ReplayFormat = "text" | "markdown" | "diagram" | "promela";
export interface ReplayTextParams extends ReplayParams {
  format: ReplayFormat;
}
export type ReplayTextResult = { text: string } | { problem: string };

/** A function by name, or the one around a place. A name that the document does not have is looked for in its tree. */
export type FunctionParams = { textDocument: { uri: string } } & (
  | { function: string }
  | { position: { line: number; character: number } }
);

/** `lockstep/race`: two functions as threads over the same objects. Answers like `lockstep/replay`, without finding and scenarios. */
export const raceRequest = "lockstep/race";
export interface RaceParams {
  first: FunctionParams;
  second: FunctionParams;
  /** Every parameter is an object of its own; else there is one object of each type. */
  distinct?: boolean;
}
export type RaceResult = ReplayResult;

/** `lockstep/raceText`: the same for reading elsewhere. */
export const raceTextRequest = "lockstep/raceText";
export interface RaceTextParams extends RaceParams {
  format: ReplayFormat;
}

/** `lockstep/racers`: functions that use what a function uses, the likeliest opponents first. */
export const racersRequest = "lockstep/racers";
export interface Racer {
  function: string;
  /** Relative to the tree. */
  file: string;
  uri: string;
  /** 0-based. */
  line: number;
  /** Fields and globals that both use. */
  shares: string[];
}
/** `function` is the one that was asked about. */
export type RacersResult = { function: string; racers: Racer[] } | { problem: string };

/** Offered by clients that can show a race: lenses, hovers and code actions of the server name it. */
export const showRaceCommand = "lockstep.replayRace";
/** Run by the server for clients that cannot: the race as a message, and as the answer. */
export const raceTextCommand = "lockstep.raceText";
/** Their argument. */
export interface RaceTarget {
  uri: string;
  /** 0-based line of the finding. */
  line: number;
  function?: string;
  rule?: string;
  scenario?: string;
  profile?: string;
  schedule?: string;
  /** Another function to race against, instead of a scenario. */
  against?: { uri: string; function: string };
}
