/** Lockstep's own requests of the language server protocol: names and plain types, shared with clients. */
import type { Contract, LockStateAt } from "./finding";
import type { LockName } from "./locks";

/** A place in a document; line and character are 0-based, as everywhere in the protocol. */
export interface PlaceParams {
  textDocument: { uri: string };
  position: { line: number; character: number };
}

/** `lockstep/lockState`: which locks are held just before this place. */
export const lockStateRequest = "lockstep/lockState";
export type LockStateResult = LockStateAt;

/** `lockstep/heldRegions`: runs of lines of a document on which the same locks are held. */
export const heldRegionsRequest = "lockstep/heldRegions";
export interface HeldRegionsParams {
  textDocument: { uri: string };
}
export interface HeldRegion {
  function: string;
  /** 0-based, both included. */
  startLine: number;
  endLine: number;
  held: LockName[];
}
export type HeldRegionsResult = HeldRegion[];

/** `lockstep/contract`: the contract of a named function, or of the one at a place. */
export const contractRequest = "lockstep/contract";
export type ContractParams = { textDocument: { uri: string } } & (
  | { function: string }
  | { position: PlaceParams["position"] }
);
export type ContractResult = Contract | null;

/** `lockstep/rules`: the rules in force for a document's tree, or for the first workspace folder. */
export const rulesRequest = "lockstep/rules";
export interface RulesParams {
  textDocument?: { uri: string };
}
export interface RuleSummary {
  id: string;
  alias: string;
  title: string;
  status: "stable" | "preview" | "deprecated";
  confidence: "high" | "moderate" | "low";
  /** Whether the project's configuration leaves it on. */
  enabled: boolean;
  /** Complete description. */
  markdown: string;
}
export interface RulesResult {
  rules: RuleSummary[];
}

/**
 * `lockstep/checkWorkspace`: checks whole folders with progress and publishes what it finds.
 * Without folders: `mm` in a kernel tree, else everything.
 */
export const checkWorkspaceRequest = "lockstep/checkWorkspace";
export interface CheckWorkspaceParams {
  /** URIs of folders or files. */
  uris?: string[];
  workDoneToken?: string | number;
}
export interface CheckWorkspaceResult {
  files: number;
  findings: number;
  /** Files that could not be checked, with the reason. */
  failures: { file: string; message: string }[];
  cancelled: boolean;
}
