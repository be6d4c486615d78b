/** The tables that `npm run mutations` prints. */
import { diff } from "./diff";
import type { Verdict } from "./harness";
import { applyEdits, type Mutant } from "./model";
import { wilson } from "./stats";
import type { Tree } from "./tree";

export interface Row {
  name: string;
  good: number;
  total: number;
}

export function tabulate(verdicts: readonly Verdict[], key: (v: Verdict) => string): Row[] {
  const rows = new Map<string, Row>();
  for (const v of verdicts) {
    const name = key(v);
    const row = rows.get(name) ?? { name, good: 0, total: 0 };
    row.total++;
    if (v.good) row.good++;
    rows.set(name, row);
  }
  return [...rows.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function percent(x: number): string {
  return `${(100 * x).toFixed(0).padStart(3)} %`;
}

export function rowText(row: Row, width: number): string {
  const { low, high } = wilson(row.good, row.total);
  return `  ${row.name.padEnd(width)} ${String(row.good).padStart(4)} / ${String(row.total).padEnd(4)} ${percent(row.total ? row.good / row.total : 0)}  [${percent(low).trim()} … ${percent(high).trim()}]`;
}

export function summary(title: string, verdicts: readonly Verdict[], word: string): string {
  const lines = [`${title}: ${word} / total, 95 % Wilson interval`];
  for (const [heading, key] of [
    ["by operator", (v: Verdict) => v.mutant.operator],
    ["by family", (v: Verdict) => v.mutant.family],
  ] as const) {
    lines.push(heading);
    const rows = tabulate(verdicts, key);
    const width = Math.max(12, ...rows.map((r) => r.name.length));
    lines.push(...rows.map((r) => rowText(r, width)));
  }
  lines.push("all", rowText({ name: "", good: verdicts.filter((v) => v.good).length, total: verdicts.length }, 12));
  const times = verdicts.map((v) => v.ms).sort((a, b) => a - b);
  if (times.length > 0)
    lines.push(
      `  time per mutant: median ${(times[times.length >> 1] as number).toFixed(0)} ms, p95 ${(times[Math.floor(times.length * 0.95)] as number).toFixed(0)} ms`,
    );
  const degraded = verdicts.filter((v) => v.degraded !== undefined).length;
  const failed = verdicts.filter((v) => v.problem !== undefined).length;
  if (degraded + failed > 0) lines.push(`  ${degraded} mutants degraded their function, ${failed} failed to run`);
  return lines.join("\n");
}

/** One verdict for a developer to study. */
export function detail(verdict: Verdict, tree: Tree): string {
  const m: Mutant = verdict.mutant;
  const lines = [
    `--- ${m.id} ${m.operator} ${m.family} ${m.file}:${m.line} ${m.function}: ${m.description}`,
    `    expected ${m.expect.join(", ") || "nothing new"}`,
  ];
  if (verdict.degraded) lines.push(`    degraded: ${verdict.degraded}`);
  if (verdict.problem) lines.push(`    problem: ${verdict.problem}`);
  for (const f of verdict.fresh.slice(0, 6))
    lines.push(`    new: ${f.level} ${f.alias} ${f.file}:${f.line} ${f.function}: ${f.message}`);
  const text = tree.read(m.file);
  if (text !== undefined) lines.push(diff(text, applyEdits(text, m.edits)));
  return lines.join("\n");
}
