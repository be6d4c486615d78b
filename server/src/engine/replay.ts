/** Replays for the skins: which scenario a line asks for, in which profiles, and the trace that answers. */
import { LineIndex } from "../base/lineIndex";
import type { Finding } from "../protocol/finding";
import type { Trace } from "../protocol/trace";
import { type ReplayInput, replayPromela, replaySchedule, replaySteps } from "../replay/replay";
import type { Scenario, ScenarioSet } from "../replay/scenario";
import { EngineImpl } from "./engine";
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
  const chosen = scenarioOf(engine, set, request, finding);
  if (typeof chosen === "string") return { problem: chosen };
  const profiles = profilesOf(chosen, request.profile);
  if (typeof profiles === "string") return { problem: profiles };
  const input = (profile: string | null): ReplayInput => ({
    program: engine.program,
    textOf: (path) => engine.overlay.text(path),
    set,
    scenario: chosen,
    profile,
    subject,
    held: heldBy(engine, request.file, subject.item.name),
    line: finding ? finding.line : null,
    ...pathOf(engine, finding),
    ...(request.pause ? { pause: request.pause } : {}),
  });
  const answer = (trace: Trace): ReplayAnswer => ({
    trace,
    promela: () => {
      const text = replayPromela(input(trace.profile), trace.onPath);
      return "promela" in text ? text.promela : null;
    },
  });
  if (request.schedule !== null) {
    const trace = replaySchedule(input(profiles[0]!), request.schedule);
    return "problem" in trace ? { problem: trace.problem } : answer(trace);
  }
  yield;
  return answer(yield* overProfiles(profiles, input));
}

/** The profile that violates is the answer; else the one that leaves doubt; else the first. */
function* overProfiles(
  profiles: readonly (string | null)[],
  input: (profile: string | null) => ReplayInput,
): Generator<undefined, Trace> {
  const traces: Trace[] = [];
  for (const profile of profiles) {
    const trace = yield* replaySteps(input(profile));
    if (trace.verdict === "violation") return trace;
    traces.push(trace);
  }
  return traces.find((t) => t.verdict === "inconclusive") ?? traces[0]!;
}

/** The race of a finding that this engine has just reported, or null if its rule has none. */
export function replayFinding(
  engine: EngineImpl,
  set: ScenarioSet,
  finding: Finding,
  budget: Pick<ReplayInput, "maxStates" | "maxOps">,
): Trace | null {
  const cause = engine.causeOf(finding);
  const scenario = set.scenarios.find((s) => s.id === cause?.check.scenario);
  if (!cause || !scenario) return null;
  const held = heldBy(engine, finding.file, finding.function);
  const steps = overProfiles(scenario.profiles.length > 0 ? scenario.profiles : [null], (profile) => ({
    program: engine.program,
    textOf: (path) => engine.overlay.text(path),
    set,
    scenario,
    profile,
    subject: cause.ref,
    held,
    line: finding.line,
    ...pathOf(engine, finding),
    ...budget,
  }));
  for (;;) {
    const next = steps.next();
    if (next.done) return next.value;
  }
}

/** The steps that the analysis names, in the function's text, and the finding itself. */
function pathOf(engine: EngineImpl, finding: Finding | undefined): Pick<ReplayInput, "path"> {
  const raw = finding && engine.causeOf(finding)?.raw;
  if (!raw) return {};
  const steps = raw.steps.map(({ at, end }) => ({ function: finding.function, at, end }));
  return {
    path: steps.some((s) => s.at === raw.at)
      ? steps
      : [...steps, { function: finding.function, at: raw.at, end: raw.end }],
  };
}

function findingAt(engine: EngineImpl, request: ReplayRequest): Finding | undefined {
  const findings = engine
    .check(request.file)
    .findings.filter((f) => f.line <= request.line && request.line <= f.endLine);
  if (request.rule === null)
    return findings.find((f) => engine.checks.find((c) => c.id === f.rule)?.scenario) ?? findings[0];
  return findings.find((f) => f.rule === request.rule || f.alias === request.rule);
}

function scenarioOf(
  engine: EngineImpl,
  set: ScenarioSet,
  request: ReplayRequest,
  finding: Finding | undefined,
): Scenario | string {
  const place = `${request.file}:${request.line}`;
  const names = set.scenarios.map((s) => s.id).join(", ");
  if (request.scenario !== null)
    return (
      set.scenarios.find((s) => s.id === request.scenario) ?? `no scenario "${request.scenario}"; there are ${names}`
    );
  if (!finding) {
    const rule = request.rule === null ? "" : ` of ${request.rule}`;
    return `${place}: no finding${rule} on this line; --scenario NAME replays its function all the same (${names})`;
  }
  const wanted = engine.checks.find((c) => c.id === finding.rule)?.scenario;
  const scenario = set.scenarios.find((s) => s.id === wanted);
  return scenario ?? `${place}: ${finding.rule} has no scenario yet; --scenario NAME picks one of ${names}`;
}

function profilesOf(scenario: Scenario, wanted: string | null): (string | null)[] | string {
  const known = scenario.profiles;
  if (wanted === null) return known.length > 0 ? known : [null];
  if (known.includes(wanted)) return [wanted];
  const have = known.length > 0 ? `it has ${known.join(", ")}` : "it has none";
  return `scenario ${scenario.id} has no profile "${wanted}"; ${have}`;
}

/** Locks that callers hold, by the class's id. */
export function heldBy(engine: EngineImpl, file: string, fn: string): ReplayInput["held"] {
  const { classes } = engine.program.o.compiled;
  const contract = engine.contract(file, fn);
  // What it gives back it must have got.
  const held = [...(contract?.requires ?? []), ...(contract?.releases ?? [])];
  return held.flatMap(({ lock, mode, when }, n) => {
    if (held.findIndex((h) => h.lock === lock) !== n) return [];
    const cls = [...classes.values()].find((c) => c.label === lock || c.id === lock);
    return cls && (when === "" || n >= (contract?.requires.length ?? 0))
      ? [{ lock: cls.id, mode: mode === "write" ? ("write" as const) : ("read" as const) }]
      : [];
  });
}
