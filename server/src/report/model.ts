/** What every output format gets: plain data, sorted. */
import type { Degraded, Finding } from "../protocol/finding";
import type { CheckRule } from "../rules/model";

export const formats = ["text", "json", "sarif", "github"] as const;
export type Format = (typeof formats)[number];

export interface Statistics {
  files: number;
  functions: number;
  degraded: Degraded[];
  phasesMs: Record<string, number>;
  totalMs: number;
  peakRssMb: number;
}

export interface Report {
  /** Sorted by place. */
  findings: Finding[];
  /** Number of files that were checked. */
  files: number;
  /** Present with `--stats`. */
  stats?: Statistics;
  /** Rules the findings may refer to. */
  rules: readonly CheckRule[];
  version: string;
  /** Source line (1-based) of a file as it was checked; undefined if it cannot be read. */
  sourceLine(file: string, line: number): string | undefined;
  colour: boolean;
}

export type Renderer = (report: Report) => string;
