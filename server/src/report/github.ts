/** Annotations for GitHub workflows: one command line per finding. */
import type { Finding, Level } from "../protocol/finding";
import type { Report } from "./model";

const commands: Record<Level, string> = { error: "error", warning: "warning", hint: "notice" };

export function renderGithub(report: Report): string {
  return report.findings.map((finding) => `${annotation(finding)}\n`).join("");
}

function annotation(finding: Finding): string {
  const place = [`file=${escapeProperty(finding.file)}`, `line=${finding.line}`, `endLine=${finding.endLine}`];
  // Columns are only allowed for annotations within one line.
  if (finding.line === finding.endLine) place.push(`col=${finding.column}`, `endColumn=${finding.endColumn}`);
  place.push(`title=${escapeProperty(`${finding.rule} (${finding.alias})`)}`);
  const steps = finding.path.map((step) => `${step.file}:${step.line}: ${step.note}`);
  const message = [finding.message, ...steps, finding.advice].filter((part) => part !== "").join("\n");
  return `::${commands[finding.level]} ${place.join(",")}::${escapeData(message)}`;
}

function escapeData(text: string): string {
  return text.replace(/%/g, "%25").replace(/\r/g, "%0D").replace(/\n/g, "%0A");
}

function escapeProperty(text: string): string {
  return escapeData(text).replace(/:/g, "%3A").replace(/,/g, "%2C");
}
