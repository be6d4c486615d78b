/** What pages say. Plain functions: they know neither VS Code nor C. */
import type { Finding } from "../../server/src/protocol/finding";
import { code, fenced, prose } from "../../server/src/protocol/markdown";
import type { CheckPatchResult, RuleSummary, WhyResult } from "../../server/src/protocol/requests";
import { lockText } from "./lockText";

export function whyPage(why: WhyResult, place: string): string {
  const where = why.function === null ? "outside functions" : `in ${code(`${why.function}()`)}`;
  const list = (title: string, lines: readonly string[], none: string) => [
    `## ${title}`,
    "",
    ...(lines.length === 0 ? [none] : lines.map((line) => `- ${line}`)),
    "",
  ];
  const locks = why.locks.map((lock) => {
    const since = lock.since === null ? "since entry" : `since line ${lock.since.line}: ${code(lock.since.text)}`;
    return `${prose(lockText(lock))}, ${since}${lock.certain ? "" : ", on some paths only"}`;
  });
  return [
    `# ${prose(place)}, ${where}`,
    "",
    ...list("Locks held", locks, "None is known to be held."),
    ...list("Reported here", why.findings.map(findingLine), "Nothing."),
    ...list(
      "Silent here",
      why.silent.map(({ rule, reason }) => `${code(rule)}: ${prose(reason)}`),
      "No rule looked at this line and held back.",
    ),
    ...list("Evidence and assumptions", why.evidence.map(prose), "None."),
  ].join("\n");
}

function findingLine(finding: Finding): string {
  const steps = finding.path.map((step) => `  - line ${step.line}, ${prose(step.note)}: ${code(step.text)}`);
  return [`${code(finding.rule)} (${finding.level}): ${prose(finding.message)}`, ...steps].join("\n");
}

export function patchPage(result: CheckPatchResult): string {
  const { findings, files, note } = result;
  const head = findings.length === 0 ? "The patch introduces nothing that Lockstep reports." : "The patch introduces:";
  return [
    "# Lockstep: patch",
    "",
    ...(note === null ? [] : [`*Note: ${prose(note)}*`, ""]),
    head,
    "",
    ...findings.flatMap((f) => [
      `- [${prose(`${f.file}:${f.line}`)}](<${f.uri}#L${f.line}>) in ${code(`${f.function}()`)}: ${findingLine(f)}`,
      "",
    ]),
    `${files} ${files === 1 ? "file was" : "files were"} checked, before and after.`,
    "",
  ].join("\n");
}

/** What a maintainer of the rules needs to judge a report: the function, the rule, the evidence. Nothing else. */
export function falsePositiveReport(
  finding: Finding,
  excerpt: string,
  rule: RuleSummary | undefined,
  version: string,
): string {
  return [
    `### False positive: ${finding.rule} (${finding.alias})`,
    "",
    `Lockstep ${version}; ${rule === undefined ? "" : `${rule.status}, ${rule.confidence} confidence; `}reported as ${finding.level} in ${code(`${finding.file}:${finding.line}`)}, ${code(`${finding.function}()`)}.`,
    "",
    `> ${prose(finding.message)}`,
    "",
    "Path:",
    "",
    ...finding.path.map((step) => `1. line ${step.line}, ${prose(step.note)}: ${code(step.text)}`),
    "",
    "Code:",
    "",
    fenced(excerpt.trimEnd().split("\n"), "c"),
    "",
    "Why this is no bug:",
    "",
    "<!-- please say what keeps others out, or who holds the lock -->",
    "",
  ].join("\n");
}

/** The lines of a function around a line, bounded: from the last line that starts a definition to its closing brace. */
export function excerptAround(lines: readonly string[], line: number, limit = 120): string {
  let first = line;
  while (first > 0 && !/^\{/.test(lines[first] ?? "") && line - first < limit) first--;
  while (first > 0 && (lines[first - 1] ?? "").trim() !== "" && !/^[}#]|\*\/$/.test(lines[first - 1] ?? "")) first--;
  let last = line;
  while (last < lines.length - 1 && !/^\}/.test(lines[last] ?? "") && last - first < limit) last++;
  return lines.slice(first, last + 1).join("\n");
}
