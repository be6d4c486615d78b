/**
 * Text for people: the line with a caret, the path that leads there, what to do.
 * The first line of every finding is `file:line:column: level: …`, which editors understand.
 */
import { count } from "../base/text";
import type { Finding, PathStep, ReplaySummary } from "../protocol/finding";
import { type Colours, coloursFor } from "./colours";
import type { Report } from "./model";

export function renderText(report: Report): string {
  const colours = coloursFor(report.colour);
  const blocks = report.findings.map((finding) => renderFinding(finding, report, colours));
  return [...blocks, summary(report, colours)].join("\n");
}

/** One finding, ended by a line break. Also used by other commands. */
export function renderFinding(finding: Finding, report: Pick<Report, "sourceLine">, colours: Colours): string {
  const place = `${finding.file}:${finding.line}:${finding.column}:`;
  const level = colours.level(finding.level, `${finding.level}:`);
  const lines = [
    `${colours.bold(place)} ${level} ${colours.bold(finding.message)} [${finding.rule}, ${finding.alias}]`,
    ...excerpt(finding, report.sourceLine(finding.file, finding.line), colours),
  ];
  if (finding.function !== "") lines.push(`  in ${finding.function}()`);
  if (finding.path.length > 0) lines.push("  how it gets there:", ...pathLines(finding));
  if (finding.replay !== null) lines.push(`  replay: ${replayLine(finding.replay)}`);
  if (finding.advice !== "") lines.push(`  what to do: ${finding.advice}`);
  return lines.join("\n") + "\n";
}

/** The source line and a caret line below it. Tabs stay tabs so that both lines agree at any tab width. */
function excerpt(finding: Finding, source: string | undefined, colours: Colours): string[] {
  if (source === undefined) return [];
  const number = String(finding.line).padStart(5);
  const before = source.slice(0, finding.column - 1).replace(/[^\t]/g, " ");
  const end = finding.endLine === finding.line ? finding.endColumn : source.length + 1;
  const width = Math.max(1, Math.min(end, source.length + 1) - finding.column);
  const caret = "^" + "~".repeat(width - 1);
  return [
    `${colours.dim(`${number} |`)} ${source}`,
    `${colours.dim("      |")} ${before}${colours.level(finding.level, caret)}`,
  ];
}

function pathLines(finding: Finding): string[] {
  const place = (step: PathStep) => (step.file === finding.file ? `line ${step.line}` : `${step.file}:${step.line}`);
  const width = Math.max(...finding.path.map((step) => place(step).length));
  return finding.path.map((step) => {
    const text = step.text.length > 72 ? `${step.text.slice(0, 71)}…` : step.text;
    return `    ${place(step).padEnd(width)}  ${step.note}${text === "" ? "" : `:  ${text}`}`;
  });
}

function replayLine(replay: ReplaySummary): string {
  const profile = replay.profile === null ? "" : ` on ${replay.profile}`;
  const reason = replay.reason === null ? "" : ` (${replay.reason})`;
  return `${replay.verdict} in ${replay.scenario}${profile}${reason}`;
}

function summary(report: Report, colours: Colours): string {
  const checked = count(report.files, "file");
  if (report.findings.length === 0) return `No findings in ${checked}.\n`;
  const parts = (["error", "warning", "hint"] as const)
    .map((level) => ({ level, amount: report.findings.filter((finding) => finding.level === level).length }))
    .filter(({ amount }) => amount > 0)
    .map(({ level, amount }) => colours.level(level, count(amount, level)));
  return `${parts.join(", ")} in ${checked}.\n`;
}
