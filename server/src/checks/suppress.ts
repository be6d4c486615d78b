/** Suppression comments: a comment `lockstep-ignore(rule): reason` on the line or the line above. */

export interface Suppression {
  rule: string;
  reason: string;
  /** 1-based line of the comment. */
  line: number;
}

const PATTERN = /lockstep-ignore\(\s*([\w-]+)\s*\)\s*:?\s*([^*\n]*)/g;

/** Finds the suppressions of a file. `lineAt` maps an offset to a 1-based line. */
export function suppressions(text: string, lineAt: (offset: number) => number): Suppression[] {
  if (!text.includes("lockstep-ignore")) return [];
  return [...text.matchAll(PATTERN)].map((m) => ({
    rule: m[1] ?? "",
    reason: (m[2] ?? "").trim(),
    line: lineAt(m.index),
  }));
}

/** Is a finding of `rule` (slug or alias) at `line` suppressed with a reason? */
export function isSuppressed(list: Suppression[], rule: string, alias: string, line: number): boolean {
  return list.some(
    (s) => (s.rule === rule || s.rule === alias) && s.reason !== "" && (s.line === line || s.line === line - 1),
  );
}
