/** Findings that are already known: those of an earlier `check --format json`. */
import type { Finding } from "../protocol/finding";

export type Fingerprints = Map<string, number>;

/** Counts fingerprints: two findings may share one. */
export function countFingerprints(findings: readonly Pick<Finding, "fingerprint">[]): Fingerprints {
  const counts: Fingerprints = new Map();
  for (const { fingerprint } of findings) counts.set(fingerprint, (counts.get(fingerprint) ?? 0) + 1);
  return counts;
}

/** Reads a baseline; throws an Error with a message for the user if the text is none. */
export function parseBaseline(text: string): Fingerprints {
  const findings = parseFindings(text);
  if (findings === undefined) throw new Error('not a baseline: expected the output of "lockstep check --format json"');
  return countFingerprints(findings);
}

/**
 * The findings beyond those known. Where a fingerprint occurs more often than known, the ones that
 * `prefer` names come first, then the later ones in the file: new code tends to stand below old code.
 */
export function beyond(
  findings: readonly Finding[],
  known: Fingerprints,
  prefer: (finding: Finding) => boolean = () => false,
): Finding[] {
  const groups = new Map<string, Finding[]>();
  for (const finding of findings) {
    const group = groups.get(finding.fingerprint);
    if (group) group.push(finding);
    else groups.set(finding.fingerprint, [finding]);
  }
  const fresh = new Set<Finding>();
  for (const [fingerprint, group] of groups) {
    const extra = group.length - (known.get(fingerprint) ?? 0);
    if (extra <= 0) continue;
    const ranked = [...group].reverse().sort((a, b) => Number(prefer(b)) - Number(prefer(a)));
    for (const finding of ranked.slice(0, extra)) fresh.add(finding);
  }
  return findings.filter((finding) => fresh.has(finding));
}

function parseFindings(text: string): { fingerprint: string }[] | undefined {
  try {
    const findings = (JSON.parse(text) as { findings?: unknown }).findings;
    const isFinding = (item: unknown) => typeof (item as { fingerprint?: unknown } | null)?.fingerprint === "string";
    return Array.isArray(findings) && findings.every(isFinding) ? findings : undefined;
  } catch {
    return undefined;
  }
}
