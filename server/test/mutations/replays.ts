/** Replays of the findings that seeded bugs bring up: which races are shown, and why the others are not. */
import type { EngineImpl } from "../../src/engine/engine";
import { Verdicts } from "../../src/engine/levels";
import type { ScenarioSet } from "../../src/engine/replay";
import type { Engine } from "../../src/engine/types";
import type { Finding } from "../../src/protocol/finding";
import type { Verdict } from "./harness";
import type { Mutant } from "./model";

/** What a single replay takes, when somebody asks for it. */
const AMPLE = { maxStates: 50_000, maxOps: 12_000 };

export type Outcome = "confirmed" | "open choices" | "refuted" | "inconclusive";

export interface Replayed {
  mutant: Mutant;
  alias: string;
  outcome: Outcome;
  reason: string;
  ms: number;
}

export class Replays {
  readonly rows: Replayed[] = [];
  private readonly verdicts: Verdicts;

  constructor(
    private readonly engine: Engine,
    scenarios: ScenarioSet,
    tight: boolean,
  ) {
    this.verdicts = tight ? new Verdicts(() => scenarios) : new Verdicts(() => scenarios, AMPLE);
  }

  /** Aliases of the rules whose findings need a race. */
  races(): Set<string> {
    const { checks } = this.engine as EngineImpl;
    return new Set(checks.flatMap((c) => (c.harm === "race" && c.scenario !== undefined ? [c.alias] : [])));
  }

  /** Replays the finding that caught a mutant; its text must still be in place. */
  judge(verdict: Verdict): Replayed | null {
    const races = this.races();
    const finding = verdict.good ? verdict.fresh.find((f) => races.has(f.alias)) : undefined;
    if (!finding) return null;
    const start = performance.now();
    this.verdicts.judge(this.engine, [finding]);
    const { outcome, reason } = outcomeOf(finding);
    const row = { mutant: verdict.mutant, alias: finding.alias, outcome, reason, ms: performance.now() - start };
    this.rows.push(row);
    return row;
  }
}

function outcomeOf(f: Finding): { outcome: Outcome; reason: string } {
  const where = `${f.function}:${f.line}`;
  if (f.level === "error") return { outcome: "confirmed", reason: where };
  if (f.level === "hint") return { outcome: "refuted", reason: where };
  if (f.replay?.verdict === "violation")
    return { outcome: "open choices", reason: `${where} ${(f.replay.choices ?? []).join("; ")}` };
  return { outcome: "inconclusive", reason: `${where} ${f.replay?.reason ?? "not replayed"}` };
}

/** Figures by rule, and the reasons of what is not confirmed. */
export function replayTable(rows: readonly Replayed[]): string {
  const outcomes: Outcome[] = ["confirmed", "open choices", "refuted", "inconclusive"];
  const count = (list: readonly Replayed[]): string =>
    outcomes.map((o) => `${list.filter((r) => r.outcome === o).length} ${o}`).join(", ");
  const lines = ["Replays of the found bugs of rules with a race"];
  for (const alias of [...new Set(rows.map((r) => r.alias))].sort()) {
    const list = rows.filter((r) => r.alias === alias);
    lines.push(`  ${alias.padEnd(4)} ${String(list.length).padStart(3)}: ${count(list)}`);
    for (const r of list)
      if (r.outcome !== "confirmed") lines.push(`         ${r.mutant.id} ${r.outcome}: ${r.reason.slice(0, 200)}`);
  }
  const confirmed = rows.filter((r) => r.outcome === "confirmed").length;
  const times = rows.map((r) => r.ms).sort((a, b) => a - b);
  const at = (p: number): string => `${Math.round(times[Math.floor((times.length - 1) * p)] ?? 0)} ms`;
  lines.push(
    `  all  ${String(rows.length).padStart(3)}: ${count(rows)}; ${Math.round((100 * confirmed) / Math.max(1, rows.length))} % confirmed`,
    `  time per replay: median ${at(0.5)}, p95 ${at(0.95)}`,
  );
  return lines.join("\n");
}
