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
const BUDGET: Budget = { maxStates: 20_000, maxOps: 6_000 };

const EXAMPLE = "drivers/example/example.c";
const HEADERS = "include/linux";

export class Verdicts {
  private set: ScenarioSet | undefined;
  private readonly refuting = new Map<string, readonly Trace[]>();
  /** Reads one example after the other, over the headers of the tree. */
  private examples: EngineImpl | undefined;

  /** `scenarios` is asked only if there is something to replay. */
  constructor(
    private readonly scenarios: () => ScenarioSet,
    private readonly budget = BUDGET,
  ) {}

  /** Replays what can be replayed, and sets the levels. */
  judge(engine: Engine, findings: readonly Finding[]): void {
    const shared = new Shared();
    for (const finding of findings) for (const _ of this.judgeSteps(engine, finding, undefined, shared));
  }

  /** Does the level of a finding hang on a replay? */
  isOpen(engine: Engine, finding: Finding): boolean {
    const check = engine instanceof EngineImpl ? engine.causeOf(finding)?.check : undefined;
    // What is complete within one thread needs no other one.
    return finding.level !== "hint" && check?.scenario !== undefined && check.harm === "race";
  }

  /** One finding, in slices. `read` hears of the files that its replay looks at. */
  *judgeSteps(
    engine: Engine,
    finding: Finding,
    read?: (file: string) => void,
    shared = new Shared(),
  ): Generator<undefined, void> {
    const cause = engine instanceof EngineImpl ? engine.causeOf(finding) : undefined;
    if (!(engine instanceof EngineImpl) || !cause || !this.isOpen(engine, finding)) return;
    this.set ??= this.scenarios();
    const clean = new Set<string>();
    const trace = yield* replayFinding(engine, this.set, finding, { ...this.budget, shared }, { read, clean });
    if (trace === null) return;
    finding.replay = summaryOf(trace);
    // An interleaving that needs choices the path of the finding does not make is shown, but proves nothing.
    if (trace.verdict === "violation" && trace.choices.length === 0) finding.level = "error";
    else if (trace.verdict === "clean") yield* this.refute(engine, finding, cause.check, trace, clean);
  }

  /** Replays what shipped rules are known by, so that the first replay that somebody waits for is a warm one. */
  *warmUp(engine: Engine): Generator<undefined, void> {
    if (!(engine instanceof EngineImpl)) return;
    this.set ??= this.scenarios();
    yield;
    // Without headers: what counts is that the code has run.
    const bare: TreeProvider = { read: () => undefined, list: () => [], folders: () => [] };
    const other = besides(engine, bare);
    yield;
    for (const check of engine.checks)
      if (check.harm === "race" && this.set.scenarios.some((s) => check.scenarios?.includes(s.id)))
        yield* this.replayExamples(other, check, null);
  }

  /** No scenario sees harm. Those that are about the function refute it, unless they all miss one of the rule's own wrong examples. */
  private *refute(
    engine: EngineImpl,
    finding: Finding,
    check: CheckRule,
    trace: Trace,
    clean: ReadonlySet<string>,
  ): Generator<undefined, void> {
    const roles = rolesOf(trace);
    const examples = yield* this.examplesOf(engine, check, clean);
    const shown = examples.filter((t) => t.verdict === "violation");
    if (shown.length === examples.length && shown.some((t) => rolesOf(t) === roles)) {
      finding.level = "hint";
      return;
    }
    const reason = "no interleaving does the harm, but neither does one on every wrong example of the rule";
    finding.replay = { ...summaryOf(trace), verdict: "inconclusive", reason };
  }

  /** Replays of the rule's wrong examples, over the headers of this tree. */
  private *examplesOf(
    engine: EngineImpl,
    check: CheckRule,
    scenarios: ReadonlySet<string>,
  ): Generator<undefined, readonly Trace[]> {
    const key = `${check.id} ${check.file} ${[...scenarios].sort().join(" ")}`;
    const known = this.refuting.get(key);
    if (known) return known;
    this.examples ??= besides(engine, engine.options.tree);
    const out = yield* this.replayExamples(this.examples, check, scenarios);
    this.refuting.set(key, out);
    return out;
  }

  private *replayExamples(
    other: EngineImpl,
    check: CheckRule,
    only: ReadonlySet<string> | null,
  ): Generator<undefined, Trace[]> {
    const out: Trace[] = [];
    for (const code of check.bad) {
      yield;
      other.setOverlay(EXAMPLE, `#include <linux/mm.h>\n\n${code}`);
      const findings = other.check(EXAMPLE).findings.filter((f) => f.rule === check.id);
      for (const f of findings) {
        const trace = yield* replayFinding(other, this.set!, f, this.budget, { only });
        if (trace !== null) out.push(trace);
      }
    }
    return out;
  }
}

function rolesOf(trace: Trace): string {
  return [...new Set(trace.bindings.map((b) => b.role))].sort().join(" ");
}

export function summaryOf(trace: Trace): ReplaySummary {
  const { verdict, scenario, profile, states, switches, reason, threads, steps } = trace;
  const rows = steps.map(({ detail: _, ...step }) => step);
  const race = verdict === "violation" ? { threads, steps: rows, choices: trace.choices } : {};
  const bounds = { cpus: trace.bounds.cpus, loops: trace.bounds.loops };
  return { verdict, scenario, profile, states, switches, reason, memoryModel: trace.memoryModel, bounds, ...race };
}

/** An engine with the same rules over a tree of one file. */
function besides({ options: { rules, parser } }: EngineImpl, headers: TreeProvider): EngineImpl {
  return new EngineImpl({ tree: exampleTree(headers), rules, parser });
}

/** One file beside the headers of a tree. */
function exampleTree(tree: TreeProvider): TreeProvider {
  const inside = (dir: string): boolean => dir === HEADERS || dir.startsWith(`${HEADERS}/`);
  const parents: Record<string, string[]> = {
    "": ["drivers", "include"],
    drivers: ["example"],
    include: ["linux"],
  };
  return {
    read: (path) => (path === EXAMPLE ? "" : inside(path) ? tree.read(path) : undefined),
    list: (dir) => (dir === "drivers/example" ? ["example.c"] : inside(dir) ? tree.list(dir) : []),
    folders: (dir) => parents[dir] ?? (inside(dir) ? tree.folders(dir) : []),
  };
}
