/** Which findings are shown: level, switched-off rules, excluded files. */
import { matchesAny } from "../base/glob";
import type { Finding, Level } from "../protocol/finding";

const weight: Record<Level, number> = { error: 2, warning: 1, hint: 0 };

export interface Filter {
  /** The weakest level that counts. */
  severity: Level;
  /** Slugs or aliases of rules that are switched off. */
  disable: readonly string[];
  /** Globs of files that are left out. */
  exclude: readonly string[];
}

export function atLeast(level: Level, threshold: Level): boolean {
  return weight[level] >= weight[threshold];
}

/** The findings that pass, in the same order. */
export function applyFilter(findings: readonly Finding[], filter: Filter): Finding[] {
  const off = new Set(filter.disable.map((name) => name.toLowerCase()));
  return findings.filter(
    (finding) =>
      atLeast(finding.level, filter.severity) &&
      !off.has(finding.rule.toLowerCase()) &&
      !off.has(finding.alias.toLowerCase()) &&
      !matchesAny(filter.exclude, finding.file),
  );
}
