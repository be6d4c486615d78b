/** Suppression comments: a comment `lockstep-ignore(rule): reason` on the line or the line above. */

import type { Suppression, SuppressionState } from "../protocol/finding";

type Comment = Omit<Suppression, "state">;

const PATTERN = /lockstep-ignore\(\s*([\w-]+)\s*\)\s*:?\s*([^*\n]*)/g;

/** Finds the suppressions of a file. `lineAt` maps an offset to a 1-based line. */
export function suppressions(text: string, lineAt: (offset: number) => number): Comment[] {
  if (!text.includes("lockstep-ignore")) return [];
  return [...text.matchAll(PATTERN)].map((m) => ({
    rule: m[1] ?? "",
    reason: (m[2] ?? "").trim(),
    line: lineAt(m.index),
  }));
}

/** Is a finding of `rule` (slug or alias) at `line` suppressed with a reason? */
export function isSuppressed(list: Comment[], rule: string, alias: string, line: number): boolean {
  return list.some(
    (s) => (s.rule === rule || s.rule === alias) && s.reason !== "" && (s.line === line || s.line === line - 1),
  );
}

/**
 * What became of each comment. `silenced` are the findings it kept quiet; `active` and `known` tell whether a rule runs
 * on this tree and whether there is one of that name.
 */
export function judge(
  list: Comment[],
  silenced: readonly { rule: string; alias: string; line: number }[],
  active: (rule: string) => boolean,
  known: (rule: string) => boolean,
): Suppression[] {
  const stateOf = (s: Comment): SuppressionState => {
    if (!known(s.rule)) return "unknown-rule";
    if (s.reason === "") return "no-reason";
    if (silenced.some((f) => isSuppressed([s], f.rule, f.alias, f.line))) return "used";
    return active(s.rule) ? "stale" : "inactive";
  };
  return list.map((s) => ({ ...s, state: stateOf(s) }));
}
