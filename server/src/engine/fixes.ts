/** Fixes for a finding, each one checked: the finding is gone afterwards and nothing new is found. */
import { propose } from "../fixes/propose";
import type { Finding } from "../protocol/finding";
import { parseFunction } from "../syntax/parseFunction";
import type { EngineImpl } from "./engine";
import type { Fix } from "./types";

/** The fixes that help, in the order of the rule's data. */
export function fixesOf(engine: EngineImpl, path: string, fingerprint: string): Fix[] {
  const before = engine.check(path);
  const finding = before.findings.find((f) => f.fingerprint === fingerprint);
  const text = engine.overlay.read(path);
  const cause = finding && engine.causeOf(finding);
  if (finding === undefined || text === undefined || cause === undefined) return [];
  const { raw, ref, check } = cause;
  if (check.fixes.length === 0) return [];
  const { o, env } = engine.program;
  const parse = (body: string) =>
    parseFunction(o.parser, body, {
      kind: ref.item.kind,
      macros: o.macros,
      macroClass: (name) => env.classOf(ref.file, name),
    });
  const { start, end } = ref.item;
  const mistake = { text: text.slice(start, end), site: raw, steps: raw.steps, words: raw.words };
  const known = counts(before.findings);
  const contract = lockEffects(engine, path, finding.function);
  const found: (Fix & { left: number })[] = [];
  for (const proposal of propose(check, mistake, parse)) {
    const changed = text.slice(0, start) + proposal.text + text.slice(end);
    const { after, effects } = engine.asIf(path, changed, () => ({
      after: engine.check(path),
      effects: lockEffects(engine, path, finding.function),
    }));
    if (after.degraded.length > before.degraded.length) continue;
    if (!helps(known, counts(after.findings), keyOf(finding))) continue;
    // A lock that is now taken or released on behalf of the caller is no repair.
    if (effects.some((e) => !contract.includes(e))) continue;
    const edit = smallest(mistake.text, proposal.text);
    if (found.some((f) => f.text === edit.text && f.start === start + edit.start && f.end === start + edit.end))
      continue;
    found.push({
      title: proposal.title,
      start: start + edit.start,
      end: start + edit.end,
      text: edit.text,
      left: after.findings.length,
    });
  }
  // What repairs more of the same mistake is the better fix.
  const least = Math.min(...found.map((f) => f.left));
  return found.filter((f) => f.left === least).map(({ left: _, ...fix }) => fix);
}

/** What the function does to its caller's locks; marks, which end by themselves, left out. */
function lockEffects(engine: EngineImpl, path: string, name: string): string[] {
  const c = engine.contract(path, name);
  const { classes } = engine.program.o.compiled;
  const lasting = (lock: string): boolean => classes.get(lock)?.kind !== "mark";
  const list = (verb: "acquires" | "releases"): string[] =>
    (c?.[verb] ?? []).filter((l) => lasting(l.lock)).map((l) => `${verb} ${l.lock} of ${l.object}`);
  return [...list("acquires"), ...list("releases")];
}

const keyOf = ({ rule, function: name }: Finding): string => `${rule} in ${name}`;

function counts(findings: readonly Finding[]): Map<string, number> {
  const out = new Map<string, number>();
  for (const f of findings) out.set(keyOf(f), (out.get(keyOf(f)) ?? 0) + 1);
  return out;
}

/** Fewer of the one, not more of any. */
function helps(before: Map<string, number>, after: Map<string, number>, key: string): boolean {
  if ((after.get(key) ?? 0) >= (before.get(key) ?? 0)) return false;
  return [...after].every(([k, n]) => n <= (before.get(k) ?? 0));
}

/** The changed part, in whole lines. */
function smallest(before: string, after: string): { start: number; end: number; text: string } {
  const limit = Math.min(before.length, after.length);
  let start = 0;
  while (start < limit && before[start] === after[start]) start++;
  start = before.lastIndexOf("\n", start - 1) + 1;
  let tail = 0;
  while (tail < limit - start && before.at(-1 - tail) === after.at(-1 - tail)) tail++;
  // Back to the end of a line that both have.
  const end = before.length - tail;
  const line = before.indexOf("\n", end);
  const keep = line < 0 ? before.length : line + 1;
  return { start, end: keep, text: after.slice(start, after.length - (before.length - keep)) };
}
