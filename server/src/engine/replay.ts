/** Replays for the skins: which scenario a line asks for, in which profiles, and the trace that answers. */
import { LineIndex } from "../base/lineIndex";
import type { Finding } from "../protocol/finding";
import type { Trace } from "../protocol/trace";
import { Shared, TOO_LARGE } from "../replay/build";
import type { Waypoint } from "../replay/path";
import { type ReplayInput, replayPromela, replaySchedule, replaySteps } from "../replay/replay";
import type { Scenario, ScenarioSet } from "../replay/scenario";
import type { CheckRule } from "../rules/model";
import { EngineImpl } from "./engine";
import { leavesLocks } from "./leaves";
import { reportedOn } from "./ownPath";
import type { Engine } from "./types";

export { loadScenarios, type ScenarioSet } from "../replay/scenario";

export interface ReplayRequest {
  file: string;
  /** 1-based. */
  line: number;
  /** Slug or alias of the rule, if several findings stand on the line. */
  rule: string | null;
  /** Instead of the one that the finding's rule names. */
  scenario: string | null;
  profile: string | null;
  schedule: string | null;
  pause?: () => void;
}

export type ReplayAnswer = { trace: Trace; promela(): string | null } | { problem: string };

/** The race of a line. Anything that cannot be answered is a sentence: what, where, what to do. */
export function replayLine(engine: Engine, set: ScenarioSet, request: ReplayRequest): ReplayAnswer {
  const steps = replayLineSteps(engine, set, request);
  for (;;) {
    const next = steps.next();
    if (next.done) return next.value;
    request.pause?.();
  }
}

/** The same in slices, for hosts that have other things to do meanwhile. */
export function* replayLineSteps(
  engine: Engine,
  set: ScenarioSet,
  request: ReplayRequest,
): Generator<undefined, ReplayAnswer> {
  if (!(engine instanceof EngineImpl)) return { problem: "this engine does not replay" };
  const place = `${request.file}:${request.line}`;
  const text = engine.overlay.text(request.file);
  if (text === undefined) return { problem: `${request.file}: cannot be read` };
  const lines = new LineIndex(text);
  const subject = engine.program
    .functionsOf(request.file)
    .find(
      (r) =>
        lines.positionAt(r.item.start).line + 1 <= request.line &&
        request.line <= lines.positionAt(r.item.end).line + 1,
    );
  if (!subject) return { problem: `${place}: no function here` };
  const finding = findingAt(engine, request);
  const chosen = scenariosFor(engine, set, request, finding);
  if (typeof chosen === "string") return { problem: chosen };
  const runs = runsOf(chosen, request.profile);
  if (typeof runs === "string") return { problem: runs };
  // Texts may change between two slices: nothing is shared.
  const input = ({ scenario, profile }: Run): ReplayInput => ({
    program: engine.program,
    textOf: (path) => engine.overlay.text(path),
    set,
    scenario,
    profile,
    subject,
    held: heldBy(engine, request.file, subject.item.name, finding && engine.causeOf(finding)?.raw.missing),
    leaves: leavesLocks(engine, request.file, subject.item.name),
    line: finding ? finding.line : null,
    ...pathOf(engine, finding),
    ...(request.pause ? { pause: request.pause } : {}),
  });
  const answer = (trace: Trace): ReplayAnswer => ({
    trace,
    promela: () => {
      const run = runs.find((r) => r.scenario.id === trace.scenario && r.profile === trace.profile) ?? runs[0]!;
      const text = replayPromela(input(run), trace);
      return "promela" in text ? text.promela : null;
    },
  });
  if (request.schedule !== null) {
    const trace = replaySchedule(input(runs[0]!), request.schedule);
    return "problem" in trace ? { problem: trace.problem } : answer(trace);
  }
  yield;
  return answer(yield* overRuns(runs, input));
}

/** A scenario in one of its profiles. */
interface Run {
  scenario: Scenario;
  profile: string | null;
}

/**
 * What shows most is the answer: harm, harm that depends on something, doubt, none; a run that misses the function tells least.
 * `clean` gets the scenarios that are about the function and in which it does no harm.
 */
function* overRuns(
  runs: readonly Run[],
  input: (run: Run) => ReplayInput,
  clean = new Set<string>(),
): Generator<undefined, Trace> {
  const rank = (t: Trace): number =>
    t.verdict === "violation"
      ? t.choices.length === 0
        ? 0
        : 1
      : t.verdict === "clean"
        ? 3
        : t.reason?.startsWith("vacuous") === true
          ? 4
          : 2;
  let best: Trace | undefined;
  for (const run of runs) {
    yield;
    const trace = yield* replaySteps(input(run));
    if (trace.verdict === "clean") clean.add(run.scenario.id);
    if (rank(trace) === 0) return trace;
    if (best === undefined || rank(trace) < rank(best)) best = trace;
    // Another racer makes the function no smaller.
    if (trace.verdict === "inconclusive" && trace.reason?.includes(TOO_LARGE) === true) break;
  }
  return best!;
}

interface ReplayOptions {
  /** Of the rule's scenarios, these. */
  only?: ReadonlySet<string> | null;
  /** Hears of the files that are looked at. */
  read?: ((file: string) => void) | undefined;
  /** Gets the scenarios in which the finding does no harm. */
  clean?: Set<string>;
}

/** The race of a finding that this engine has just reported, or null if its rule has none. */
export function* replayFinding(
  engine: EngineImpl,
  set: ScenarioSet,
  finding: Finding,
  budget: Pick<ReplayInput, "maxStates" | "maxOps" | "shared">,
  { only = null, read = () => {}, clean }: ReplayOptions = {},
): Generator<undefined, Trace | null> {
  const cause = engine.causeOf(finding);
  const chosen = cause ? wantedBy(cause.check, set).filter((s) => only === null || only.has(s.id)) : [];
  if (!cause || chosen.length === 0) return null;
  const held = heldBy(engine, finding.file, finding.function, cause.raw.missing);
  const leaves = leavesLocks(engine, finding.file, finding.function);
  const shared = budget.shared ?? new Shared();
  const input = ({ scenario, profile }: Run): ReplayInput => ({
    program: engine.program,
    textOf: (path) => {
      read(path);
      return engine.overlay.text(path);
    },
    set,
    scenario,
    profile,
    subject: cause.ref,
    held,
    leaves,
    line: finding.line,
    ...pathOf(engine, finding),
    ...budget,
    shared,
  });
  return yield* overRuns(everyRun(chosen), input, clean);
}

/** The steps that the analysis names, in the function's text, and the finding itself. */
function pathOf(engine: EngineImpl, finding: Finding | undefined): Pick<ReplayInput, "path" | "reported"> {
  const cause = finding && engine.causeOf(finding);
  if (!cause) return {};
  const { raw } = cause;
  const reported: ReplayInput["reported"] = (decisions, open) => reportedOn(engine, cause, decisions, open);
  const step = ({ at, end }: { at: number; end: number }): Waypoint => ({ function: finding.function, at, end });
  // What is told of the time after the finding need not be passed.
  const first = raw.steps.findIndex((s) => s.at === raw.at);
  return { reported, path: [...(first < 0 ? raw.steps : raw.steps.slice(0, first)), raw].map(step) };
}

function findingAt(engine: EngineImpl, request: ReplayRequest): Finding | undefined {
  const findings = engine
    .check(request.file)
    .findings.filter((f) => f.line <= request.line && request.line <= f.endLine);
  if (request.rule === null)
    return findings.find((f) => engine.checks.find((c) => c.id === f.rule)?.scenario) ?? findings[0];
  return findings.find((f) => f.rule === request.rule || f.alias === request.rule);
}

function scenariosFor(
  engine: EngineImpl,
  set: ScenarioSet,
  request: ReplayRequest,
  finding: Finding | undefined,
): Scenario[] | string {
  const place = `${request.file}:${request.line}`;
  const names = set.scenarios.map((s) => s.id).join(", ");
  if (request.scenario !== null) {
    const named = set.scenarios.find((s) => s.id === request.scenario);
    return named ? [named] : `no scenario "${request.scenario}"; there are ${names}`;
  }
  if (!finding) {
    const rule = request.rule === null ? "" : ` of ${request.rule}`;
    return `${place}: no finding${rule} on this line; --scenario NAME replays its function all the same (${names})`;
  }
  const check = engine.checks.find((c) => c.id === finding.rule);
  const found = check ? wantedBy(check, set) : [];
  return found.length > 0
    ? found
    : `${place}: ${finding.rule} has no scenario yet; --scenario NAME picks one of ${names}`;
}

function wantedBy(check: CheckRule, set: ScenarioSet): Scenario[] {
  return (check.scenarios ?? []).flatMap((id) => set.scenarios.find((s) => s.id === id) ?? []);
}

function everyRun(scenarios: readonly Scenario[]): Run[] {
  return scenarios.flatMap((scenario) =>
    (scenario.profiles.length > 0 ? scenario.profiles : [null]).map((profile) => ({ scenario, profile })),
  );
}

function runsOf(scenarios: readonly Scenario[], wanted: string | null): Run[] | string {
  const all = everyRun(scenarios);
  if (wanted === null) return all;
  const some = all.filter((r) => r.profile === wanted);
  if (some.length > 0) return some;
  const [scenario] = scenarios;
  const known = scenario!.profiles;
  const have = known.length > 0 ? `it has ${known.join(", ")}` : "it has none";
  return `scenario ${scenario!.id} has no profile "${wanted}"; ${have}`;
}

/** Locks that callers hold, by the class's id. `missing`: one that they do not, though it is given back. */
export function heldBy(engine: EngineImpl, file: string, fn: string, missing?: string): ReplayInput["held"] {
  const { classes } = engine.program.o.compiled;
  const contract = engine.contract(file, fn);
  // What it gives back it must have got.
  const held = [...(contract?.requires ?? []), ...(contract?.releases ?? [])];
  return held.flatMap(({ lock, mode, when }, n) => {
    if (held.findIndex((h) => h.lock === lock) !== n) return [];
    const cls = [...classes.values()].find((c) => c.label === lock || c.id === lock);
    return cls && cls.id !== missing && (when === "" || n >= (contract?.requires.length ?? 0))
      ? [{ lock: cls.id, mode: mode === "write" ? ("write" as const) : ("read" as const) }]
      : [];
  });
}
