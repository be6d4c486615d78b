/** JSON for scripts. Fields are only ever added. */
import type { Finding } from "../protocol/finding";
import type { Report } from "./model";

/** One finding with its fields in a fixed order, whatever the order they were built in. */
export function findingToJson(finding: Finding) {
  return {
    rule: finding.rule,
    alias: finding.alias,
    level: finding.level,
    file: finding.file,
    line: finding.line,
    column: finding.column,
    endLine: finding.endLine,
    endColumn: finding.endColumn,
    function: finding.function,
    message: finding.message,
    advice: finding.advice,
    fingerprint: finding.fingerprint,
    path: finding.path.map((step) => ({
      file: step.file,
      line: step.line,
      column: step.column,
      text: step.text,
      note: step.note,
    })),
    replay: finding.replay,
  };
}

export function renderJson(report: Report): string {
  const stats = report.stats === undefined ? {} : { stats: report.stats };
  return toJson({ findings: report.findings.map(findingToJson), ...stats });
}

/** The one way JSON leaves the program. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, null, 2) + "\n";
}
