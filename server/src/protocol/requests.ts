/** Lockstep's own requests of the language server protocol: names and plain types, shared with clients. */
import type { Contract, Finding, LockStateAt } from "./finding";
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

/** `lockstep/tree`: the tree a document belongs to, and what of it decides which rules apply. */
export const treeRequest = "lockstep/tree";
export interface TreeParams {
  textDocument: { uri: string };
}
export type TreeResult = {
  root: string;
  /** Is it a kernel tree? */
  kernel: boolean;
  /** `6.12.41`, if its Makefile says so. */
  version: string | null;
  features: { symbol: string; present: boolean; rules: string[] }[];
} | null;

/** `lockstep/why`: what is known at a line, and why rules speak or stay silent there. */
export const whyRequest = "lockstep/why";
export interface WhyResult {
  function: string | null;
  locks: LockStateAt["locks"];
  evidence: string[];
  findings: Finding[];
  silent: { rule: string; reason: string }[];
}

/** `lockstep/checkPatch`: what a patch introduces, applied or not; the meaning of `check --diff`. */
export const checkPatchRequest = "lockstep/checkPatch";
export interface CheckPatchParams {
  /** A unified diff, an mbox or a format-patch file. */
  patch: string;
  /** A document or folder of the tree; by default the first workspace folder. */
  textDocument?: { uri: string };
}
export interface CheckPatchResult {
  findings: (Finding & { uri: string })[];
  files: number;
  /** What the reader should know about how the patch fits the tree, or why there is no result. */
  note: string | null;
}

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

export * from "./replay";
