/** Raw findings of detectors → findings with places, texts, levels and fingerprints. */
import { hashText } from "../base/hash";
import type { LineIndex } from "../base/lineIndex";
import type { RawFinding } from "../checks/detector";
import type { Finding, PathStep } from "../protocol/finding";
import type { CheckRule } from "../rules/model";

export interface Place {
  file: string;
  lines: LineIndex;
  /** Offset of the function's text in the file. */
  start: number;
  function: string;
}

function step(place: Place, at: number, note: string): PathStep {
  const p = place.lines.positionAt(place.start + at);
  return { file: place.file, line: p.line + 1, column: p.column + 1, text: place.lines.lineText(p.line).trim(), note };
}

function fill(template: string, words: Record<string, string>): string {
  return template
    .replace(/\{(\w+)\}/g, (_, name: string) => words[name] ?? "")
    .replace(/ of ``|``\s?/g, "")
    .replace(/\s+/g, " ")
    .trim();
}

export function toFinding(raw: RawFinding, check: CheckRule, place: Place): Finding {
  const from = place.lines.positionAt(place.start + raw.at);
  const to = place.lines.positionAt(place.start + Math.max(raw.end, raw.at + 1));
  return {
    rule: check.id,
    alias: check.alias,
    level: check.status === "preview" ? "hint" : check.harm === "single-thread" ? "error" : "warning",
    file: place.file,
    line: from.line + 1,
    column: from.column + 1,
    endLine: to.line + 1,
    endColumn: to.column + 1,
    function: place.function,
    message: fill(check.message, raw.words),
    advice: check.fix,
    fingerprint: "",
    path: raw.steps.map((s) => step(place, s.at, s.note)),
    replay: null,
  };
}

/** Fingerprints survive line shifts: rule, file, function, the text of the line, and a counter among equals. */
export function fingerprint(findings: Finding[], lines: LineIndex): void {
  const seen = new Map<string, number>();
  for (const f of findings) {
    const text = lines
      .lineText(f.line - 1)
      .replace(/\s+/g, " ")
      .trim();
    const base = `${f.rule}|${f.file}|${f.function}|${text}`;
    const n = seen.get(base) ?? 0;
    seen.set(base, n + 1);
    const key = `${base}|${n}`;
    f.fingerprint = hashText(key).toString(16).padStart(8, "0") + hashText(`${key}~`).toString(16).padStart(8, "0");
  }
}
