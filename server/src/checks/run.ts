/** Runs all rules on one analysed function and settles overlaps. */
import type { DetectorContext, RawFinding } from "./detector";
import { DETECTORS } from "./registry";

/** Findings of one function, at most one per rule and place, the weightier rule where several speak of one place. */
export function runChecks(ctx: DetectorContext): RawFinding[] {
  const all: RawFinding[] = [];
  for (const check of ctx.checks) {
    const detector = DETECTORS[check.detector];
    if (detector) all.push(...detector(ctx, check));
  }
  const best = new Map<string, RawFinding>();
  for (const f of all) {
    const key = `${f.rule}|${f.at}|${f.words.object ?? ""}`;
    const old = best.get(key);
    if (!old || f.steps.length < old.steps.length) best.set(key, f);
  }
  return [...best.values()].sort((a, b) => a.at - b.at || (a.rule < b.rule ? -1 : 1));
}
