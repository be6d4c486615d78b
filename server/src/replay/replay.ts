/** Replays one function in one scenario: builds the model, explores it, tells the result as a trace. */
import { hashText } from "../base/hash";
import type { Choice, Violation } from "../explore/model";
import { toPromela } from "../explore/promela";
import { formatSchedule, parseSchedule, runSchedule } from "../explore/run";
import { nothingFound, type SearchOptions, type SearchResult } from "../explore/search";
import type { Trace, TraceStep } from "../protocol/trace";
import { blankTrace } from "./blank";
import { type BuildInput, type Built, build, type Models, NoModel, TOO_LARGE } from "./build";
import type { Contracts } from "./byContract";
import { dependsOn, explore } from "./confirm";
import type { Decision, OpenChoice } from "./questions";
import { isShared, slice, type Told, tell } from "./tell";
import { TooLarge } from "./thread";

export interface ReplayInput extends Omit<BuildInput, "loopBound"> {
  loopBound?: number;
  maxStates?: number;
  memory?: "sc" | "tso";
  /** Does the analysis report the finding on paths with these decisions alone? */
  reported?: (decisions: readonly Decision[], open: readonly OpenChoice[]) => boolean;
  /** Called between slices of the search; throws to cancel. */
  pause?: () => void;
}

const LOOPS = 2;
/** First with all bodies, then with less. */
const CONTRACTS: readonly Contracts[] = ["none", "before", "all"];

export function replay(input: ReplayInput): Trace {
  const steps = replaySteps(input);
  for (;;) {
    const next = steps.next();
    if (next.done) return next.value;
    input.pause?.();
  }
}

/** The same in slices: between two of them others may run, or give up. The answer does not depend on where it paused. */
export function* replaySteps(input: ReplayInput): Generator<undefined, Trace> {
  const models = build({ ...input, loopBound: input.loopBound ?? LOOPS });
  if (typeof models === "string") return inconclusive(input, models);
  try {
    return yield* answered(input, models);
  } catch (error) {
    return inconclusive(input, noModel(input, error));
  }
}

/** The sentence of an error about a model that cannot be made; others go on. */
function noModel(input: ReplayInput, error: unknown): string {
  if (error instanceof NoModel) return error.message;
  if (!(error instanceof TooLarge)) throw error;
  return `${input.subject.item.name}() ${TOO_LARGE}: ${error.message}`;
}

/** What confirms a finding happens on its path. Only if nothing does, all that the function may do is explored. */
function* answered(input: ReplayInput, models: Models): Generator<undefined, Trace> {
  const options: SearchOptions = {
    memory: input.memory ?? "sc",
    ...(input.maxStates === undefined ? {} : { maxStates: input.maxStates }),
  };
  for (const contracts of CONTRACTS) {
    const found = yield* onPath(input, models, contracts, options);
    if (typeof found === "object") return found;
    // All that the path may do was looked at, and more than that contracts do not say.
    if (found === "all looked at") break;
    yield;
  }
  const whole = models.whole();
  const sites = sitesOf(whole, 0);
  const racers = whole.model.threads.flatMap((_, t) => (t === 0 ? [] : [...sitesOf(whole, t)]));
  const watch = new Set([...sites, ...racers]);
  const { result, told } = yield* explore(whole, whole.model, { ...options, watch });
  const open = said(told?.open ?? []);
  const reached = [...sites].filter((s) => result.seen.has(s));
  const reason = told ? doubt(input, open) : whyNot(input, whole, result, reached, racers);
  return toTrace(input, whole, result, told, { reason, open, either: [], taken: [], sites });
}

/** The harm on the finding's path, if there is any; else whether bodies were left out or states unexplored. */
function* onPath(
  input: ReplayInput,
  models: Models,
  contracts: Contracts,
  options: SearchOptions,
): Generator<undefined, Trace | "all looked at" | "some left out"> {
  const path = builtOnPath(models, contracts);
  if (path === null || path === "too large") return path === null ? "all looked at" : "some left out";
  const sites = sitesOf(path, 0);
  const { result, told, footprints } = yield* explore(path, path.model, { ...options, watch: sites });
  const { notes } = path;
  if (!told) {
    const left = unfinished(
      notes,
      result,
      result.cuts.map((id) => notes.cuts[id]!),
    );
    return left === null ? "all looked at" : "some left out";
  }
  // A path that the analysis itself reports the finding on is the finding's, whatever else there is.
  const own =
    told.open.length > 0 &&
    told.open.every((c) => c.thread === 0) &&
    input.reported?.(told.decisions, told.open) === true;
  const { open, either } = own ? { open: [], either: [] } : yield* dependsOn(path, told, { ...options, footprints });
  const is = { reason: null, open: said(open), either, taken: own ? said(told.open) : [], sites };
  return { ...toTrace(input, path, result, told, is), contracts };
}

/** Some path is too long only with all that it calls. */
function builtOnPath(models: Models, contracts: Contracts): Built | null | "too large" {
  try {
    return models.onPath(contracts);
  } catch (error) {
    if (error instanceof TooLarge) return "too large";
    throw error;
  }
}

/** The model as Promela, or why there is none. `trace`: the model that it was found in. */
export function replayPromela(
  input: ReplayInput,
  trace: Pick<Trace, "onPath" | "contracts"> = { onPath: false, contracts: "none" },
): { promela: string } | { problem: string } {
  const models = build({ ...input, loopBound: input.loopBound ?? LOOPS });
  if (typeof models === "string") return { problem: models };
  try {
    const built = (trace.onPath ? models.onPath(trace.contracts) : null) ?? models.whole();
    return { promela: toPromela(built.model) };
  } catch (error) {
    return { problem: noModel(input, error) };
  }
}

/** The trace of a given schedule: what happens if threads run in this order. */
export function replaySchedule(input: ReplayInput, text: string): Trace | { problem: string } {
  const models = build({ ...input, loopBound: input.loopBound ?? LOOPS });
  if (typeof models === "string") return { problem: models };
  try {
    for (const contracts of CONTRACTS) {
      const path = builtOnPath(models, contracts);
      const found = path && path !== "too large" && scheduled(input, path, text);
      // A schedule of the whole function is none of its path.
      if (found && "verdict" in found && found.violated) return { ...found, contracts };
    }
    return scheduled(input, models.whole(), text);
  } catch (error) {
    return { problem: noModel(input, error) };
  }
}

function scheduled(input: ReplayInput, built: Built, text: string): Trace | { problem: string } {
  const schedule = parseSchedule(text, built.model.threads.length);
  if (typeof schedule === "string") return { problem: schedule };
  const run = runSchedule(built.model, schedule, input.memory ?? "sc");
  if (run.stuckAt !== null) {
    const who = schedule[run.stuckAt]!;
    const name = built.model.threads[who.thread]!.name;
    return {
      problem: `step ${run.stuckAt + 1} of the schedule cannot be taken: ${name} waits, has ended, or has no such alternative`,
    };
  }
  const ended = built.model.threads.every((_, t) => run.waiting.includes(t) || run.ended.includes(t));
  const violation: Violation | null =
    run.violation ??
    (run.outcome === "ok" && ended && run.waiting.length > 0
      ? { kind: "deadlock", thread: run.waiting[0]!, subject: -1 }
      : null);
  const result: SearchResult = {
    ...nothingFound(),
    violation,
    switches: switchesOf(schedule),
    steps: schedule.length,
    schedule,
    states: schedule.length,
    transitions: schedule.length,
  };
  const told = violation && tell(built, schedule, violation, input.memory ?? "sc");
  const open = said(told?.open ?? []);
  const trace = toTrace(input, built, result, told, {
    reason: told && built.passed === null ? doubt(input, open) : null,
    open,
    either: [],
    taken: [],
    sites: new Set(),
  });
  if (violation) return trace;
  return { ...trace, verdict: "inconclusive", reason: "this one schedule does no harm; that says nothing of others" };
}

function switchesOf(schedule: readonly Choice[]): number {
  const steps = schedule.filter((c) => !c.flush);
  return steps.filter((c, i) => i > 0 && c.thread !== steps[i - 1]!.thread).length;
}

/** Sites of shared accesses in one thread's code. */
export function sitesOf(built: Built, t: number): Set<number> {
  const { sites } = built.notes;
  return new Set(
    built.model.threads[t]!.ops.filter((op) => isShared(op) && (t > 0 || sites[op.site]!.user)).map((op) => op.site),
  );
}

const said = (open: readonly OpenChoice[]): string[] => open.map((c) => `${c.question}: ${c.answer}`);

interface Judgement {
  reason: string | null;
  /** Open choices that the harm depends on, and those that it does not. */
  open: string[];
  either: string[];
  /** Choices on a path on which the analysis reports the finding. */
  taken: string[];
  /** Shared accesses of the subject. */
  sites: ReadonlySet<number>;
}

function toTrace(input: ReplayInput, built: Built, found: SearchResult, told: Told | null, is: Judgement): Trace {
  const { notes, model } = built;
  const reached = [...is.sites].filter((s) => found.seen.has(s));
  const steps: TraceStep[] = told ? slice(told.steps) : [];
  const assumptions = [
    ...notes.assumptions,
    ...(told?.fixed ?? []).map((c) => `on the finding's path: ${c}`),
    ...is.taken.map((c) => `on a path of the finding: ${c}`),
    ...is.either.map((q) => `whatever ${q} is, there is such an interleaving`),
  ];
  return {
    verdict: found.violation && is.reason === null ? "violation" : is.reason === null ? "clean" : "inconclusive",
    reason: is.reason,
    scenario: input.scenario.id,
    title: input.scenario.title,
    profile: input.profile,
    memoryModel: input.memory ?? "sc",
    bounds: {
      cpus: model.threads.length,
      loops: input.loopBound ?? LOOPS,
      cuts: found.cuts.map((id) => notes.cuts[id]!),
    },
    states: found.states,
    switches: found.switches,
    threads: built.threads.map(({ name, code }, cpu) => ({ cpu, name, function: code.name, file: code.file })),
    steps,
    cells: told ? model.cells.map((c) => ({ cell: c.name, initial: c.init })) : [],
    violated: told?.violated ?? null,
    bindings: built.bindings,
    assumptions: [...new Set(assumptions)].sort(),
    choices: is.open,
    unmodelled: [...notes.unmodelled].sort(),
    coverage: { reached: reached.length, of: is.sites.size },
    schedule: formatSchedule(found.schedule),
    id: idOf(built),
    onPath: built.passed !== null,
    contracts: "none",
  };
}

/** Why an interleaving that does harm somewhere in the function proves nothing about the finding, or null. */
function doubt(input: ReplayInput, open: readonly string[]): string | null {
  if (input.line === null) return open.length === 0 ? null : `free-choice: it happens only if ${open.join("; ")}`;
  return `the interleaving that does harm does not take the path to line ${input.line}`;
}

/** What stands between an empty queue and "clean". */
function whyNot(
  input: ReplayInput,
  built: Built,
  found: SearchResult,
  reached: readonly number[],
  racerSites: readonly number[],
): string | null {
  const { notes } = built;
  const early = unfinished(
    notes,
    found,
    found.cuts.map((id) => notes.cuts[id]!),
  );
  if (early !== null) return early;
  if (reached.length === 0) return `vacuous: ${built.subject.name}() never touches what the scenario is about`;
  if (!racerSites.some((s) => found.seen.has(s))) return "vacuous: the racing thread never gets anywhere";
  if (input.line !== null) {
    const at = notes.sites.flatMap((s, i) =>
      s.user && s.line === input.line && s.file === built.subject.file ? [i] : [],
    );
    const shared = at.filter((i) => built.model.threads[0]!.ops.some((op) => op.site === i && isShared(op)));
    if (shared.length === 0) return `vacuous: line ${input.line} touches nothing that the scenario is about`;
    if (!shared.some((i) => found.seen.has(i))) return `vacuous: line ${input.line} is never reached`;
  }
  return null;
}

/** What a search left unexplored, or null. */
export function unfinished(notes: Built["notes"], found: SearchResult, cuts: readonly string[]): string | null {
  if (found.capped) return `cap: more than ${found.states - 1} states`;
  const unmodelled = cuts.filter((c) => /not modelled|not known|calls deeper/.test(c));
  if (unmodelled.length > 0) return `unmodelled: ${unmodelled.join("; ")}`;
  if (notes.unlooked.size > 0)
    return `unmodelled: ${[...notes.unlooked].sort().join(", ")}() leads to more functions than were looked at`;
  const lost = [...found.lost].map((id) => `${notes.sites[id]!.text} (${notes.sites[id]!.function})`).slice(0, 3);
  if (found.overflow) return `overflow: a value left the range that the model has: ${lost.join("; ")}`;
  if (found.wild) return `unmodelled: a pointer of unknown value is followed: ${lost.join("; ")}`;
  return null;
}

/** Hash of the program without names and texts. */
export function idOf(built: Built): string {
  const plain = JSON.stringify({
    threads: built.model.threads.map((t) => t.ops.map((op) => ({ ...op, site: 0 }))),
    cells: built.model.cells.map((c) => c.init),
    locks: built.model.locks.map((l) => l.kind),
    invariants: built.model.invariants.map((i) => i.e),
  });
  return hashText(plain).toString(16).padStart(8, "0") + hashText(`${plain}~`).toString(16).padStart(8, "0");
}

function inconclusive(input: ReplayInput, reason: string): Trace {
  return blankTrace({
    reason,
    scenario: input.scenario.id,
    title: input.scenario.title,
    profile: input.profile,
    memoryModel: input.memory ?? "sc",
    bounds: { cpus: input.scenario.racers.length + 1, loops: input.loopBound ?? LOOPS, cuts: [] },
  });
}
