/**
 * Levels by verdict: a finding whose race was found on its own path is an error, one whose race cannot happen a hint. Only
 * findings are replayed, each with a budget of states and steps; no clock decides anything.
 */
import type { Finding, ReplaySummary } from "../protocol/finding";
import type { Trace } from "../protocol/trace";
import { Shared } from "../replay/build";
import type { ScenarioSet } from "../replay/scenario";
import type { CheckRule } from "../rules/model";
import { EngineImpl } from "./engine";
import { replayFinding } from "./replay";
import type { Engine, TreeProvider } from "./types";

/** What the replay of one finding may cost: states of the search, and steps of a thread before it is trimmed. */
export interface Budget {
  maxStates: number;
  maxOps: number;
}

/** In a whole check. */
const BUDGET: Budget = { maxStates: 20_000, maxOps: 1_500 };

const EXAMPLE = "drivers/example/example.c";
const HEADERS = "include/linux";

export class Verdicts {
  private set: ScenarioSet | undefined;
  private readonly refuting = new Map<string, readonly Trace[]>();

  /** `scenarios` is asked only if there is something to replay. */
  constructor(
    private readonly scenarios: () => ScenarioSet,
    private readonly budget = BUDGET,
  ) {}

  /** Replays what can be replayed, and sets the levels. */
  judge(engine: Engine, findings: readonly Finding[]): void {
    if (!(engine instanceof EngineImpl)) return;
    const shared = new Shared();
    for (const finding of findings) {
      const cause = engine.causeOf(finding);
      // What is complete within one thread needs no other one.
      if (finding.level === "hint" || cause?.check.scenario === undefined || cause.check.harm !== "race") continue;
      this.set ??= this.scenarios();
      const trace = replayFinding(engine, this.set, finding, { ...this.budget, shared });
      if (trace === null) continue;
      finding.replay = summaryOf(trace);
      // An interleaving that needs choices the path of the finding does not make is shown, but proves nothing.
      if (trace.verdict === "violation" && trace.choices.length === 0) finding.level = "error";
      else if (trace.verdict === "clean") this.refute(engine, finding, cause.check, trace);
    }
  }

  /** A scenario that misses one of the rule's own wrong examples refutes nothing. */
  private refute(engine: EngineImpl, finding: Finding, check: CheckRule, trace: Trace): void {
    const roles = rolesOf(trace);
    const key = `${check.id} ${check.file} ${trace.scenario}`;
    let examples = this.refuting.get(key);
    if (examples === undefined) this.refuting.set(key, (examples = this.examples(engine, check, trace.scenario)));
    const shown = examples.filter((t) => t.verdict === "violation");
    if (shown.length === examples.length && shown.some((t) => rolesOf(t) === roles)) {
      finding.level = "hint";
      return;
    }
    const reason = "no interleaving does the harm, but neither does one on every wrong example of the rule";
    finding.replay = { ...summaryOf(trace), verdict: "inconclusive", reason };
  }

  /** Replays of the rule's wrong examples, over the headers of this tree. */
  private examples(engine: EngineImpl, check: CheckRule, scenario: string): Trace[] {
    return check.bad.flatMap((code) => {
      const { rules, parser } = engine.options;
      const other = new EngineImpl({ tree: exampleTree(engine, `#include <linux/mm.h>\n\n${code}`), rules, parser });
      return other.check(EXAMPLE).findings.flatMap((f) => {
        const trace = f.rule === check.id ? replayFinding(other, this.set!, f, this.budget, scenario) : null;
        return trace === null ? [] : [trace];
      });
    });
  }
}

function rolesOf(trace: Trace): string {
  return [...new Set(trace.bindings.map((b) => b.role))].sort().join(" ");
}

export function summaryOf(trace: Trace): ReplaySummary {
  const { verdict, scenario, profile, states, switches, reason, threads, steps } = trace;
  const rows = steps.map(({ detail: _, ...step }) => step);
  const race = verdict === "violation" ? { threads, steps: rows, choices: trace.choices } : {};
  return { verdict, scenario, profile, states, switches, reason, ...race };
}

/** One file beside the headers of a tree. */
function exampleTree(engine: EngineImpl, text: string): TreeProvider {
  const { tree } = engine.options;
  const inside = (dir: string): boolean => dir === HEADERS || dir.startsWith(`${HEADERS}/`);
  const parents: Record<string, string[]> = {
    "": ["drivers", "include"],
    drivers: ["example"],
    include: ["linux"],
  };
  return {
    read: (path) => (path === EXAMPLE ? text : inside(path) ? tree.read(path) : undefined),
    list: (dir) => (dir === "drivers/example" ? ["example.c"] : inside(dir) ? tree.list(dir) : []),
    folders: (dir) => parents[dir] ?? (inside(dir) ? tree.folders(dir) : []),
  };
}
