/** One order of findings for every output. */
import { comparePaths } from "../base/path";
import type { Degraded, Finding } from "../protocol/finding";

export function compareFindings(a: Finding, b: Finding): number {
  return (
    comparePaths(a.file, b.file) ||
    a.line - b.line ||
    a.column - b.column ||
    comparePaths(a.rule, b.rule) ||
    comparePaths(a.message, b.message) ||
    comparePaths(a.fingerprint, b.fingerprint)
  );
}

export function compareDegraded(a: Degraded, b: Degraded): number {
  return (
    comparePaths(a.file, b.file) ||
    a.line - b.line ||
    comparePaths(a.function, b.function) ||
    comparePaths(a.reason, b.reason)
  );
}
