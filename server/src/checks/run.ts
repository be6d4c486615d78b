/** Runs all rules on one analysed function and settles overlaps. */
import type { DetectorContext, RawFinding } from "./detector";
import { DETECTORS } from "./registry";

/** Findings of one function, at most one per rule and place, the weightier rule where several speak of one place. */
export function runChecks(whole: DetectorContext): RawFinding[] {
  const { analysis } = whole;
  const ctx = {
    ...whole,
    analysis: {
      ...analysis,
      events: analysis.events.filter(
        (e) => e.k === "exit" || e.k === "field" || e.k === "ignored-result" || !e.state.hearsay,
      ),
    },
  };
  const all: RawFinding[] = [];
  for (const check of ctx.checks) {
    const detector = DETECTORS[check.detector];
    if (detector) all.push(...detector(ctx, check));
  }
  if (all.length === 0) return all;
  const best = new Map<string, RawFinding>();
  for (const f of all) {
    const key = `${f.rule}|${f.at}|${f.words.object ?? ""}`;
    const old = best.get(key);
    if (!old || f.steps.length < old.steps.length) best.set(key, f);
  }
  return settle([...best.values()], ctx).sort((a, b) => a.at - b.at || (a.rule < b.rule ? -1 : 1));
}

/**
 * One mistake, one finding. Where a rule about results of attempts speaks, what follows from the same attempt is silent;
 * where several rules object to one call under one lock, the more particular speaks.
 */
function settle(all: RawFinding[], ctx: DetectorContext): RawFinding[] {
  const detectorOf = new Map(ctx.checks.map((c) => [c.id, c.detector]));
  const causes = new Map<number, number>();
  for (const f of all) {
    const cause = f.steps[0]?.at;
    if (cause === undefined || detectorOf.get(f.rule) !== "result-check") continue;
    causes.set(cause, Math.max(causes.get(cause) ?? 0, f.weight));
  }
  return all.filter((f) => {
    const cause = f.steps[0]?.at;
    if (cause === undefined) return true;
    const result = causes.get(cause);
    const ofResult = detectorOf.get(f.rule) === "result-check" || detectorOf.get(f.rule) === "balance";
    if (result !== undefined && ofResult && (f.weight < result || detectorOf.get(f.rule) === "balance")) return false;
    return !all.some(
      (g) =>
        g.at === f.at &&
        g.steps[0]?.at === cause &&
        g.rule !== f.rule &&
        detectorOf.get(g.rule) === detectorOf.get(f.rule) &&
        g.weight > f.weight,
    );
  });
}
