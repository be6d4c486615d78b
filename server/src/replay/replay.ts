/** Replays one function in one scenario: builds the model, explores it, tells the result as a trace. */
import { hashText } from "../base/hash";
import type { Choice, Violation } from "../explore/model";
import { toPromela } from "../explore/promela";
import { formatSchedule, parseSchedule, runSchedule } from "../explore/run";
import { Search, type SearchResult } from "../explore/search";
import type { Trace, TraceStep } from "../protocol/trace";
import { type BuildInput, type Built, build } from "./build";
import { isShared, slice, type Told, tell } from "./tell";

export interface ReplayInput extends Omit<BuildInput, "loopBound"> {
  loopBound?: number;
  maxStates?: number;
  memory?: "sc" | "tso";
  /** Called between slices of the search; throws to cancel. */
  pause?: () => void;
}

const LOOPS = 2;
const SLICE = 2000;

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
  const built = build({ ...input, loopBound: input.loopBound ?? LOOPS });
  if (typeof built === "string") return inconclusive(input, built);
  const subjectSites = sitesOf(built, 0);
  const racerSites = built.model.threads.flatMap((_, t) => (t === 0 ? [] : [...sitesOf(built, t)]));
  const search = new Search(built.model, {
    memory: input.memory ?? "sc",
    ...(input.maxStates === undefined ? {} : { maxStates: input.maxStates }),
    watch: new Set([...subjectSites, ...racerSites]),
  });
  while (!search.step(SLICE)) yield;
  return toTrace(input, built, search.result(), subjectSites, racerSites);
}

/** The model as Promela, or why there is none. */
export function replayPromela(input: ReplayInput): { promela: string } | { problem: string } {
  const built = build({ ...input, loopBound: input.loopBound ?? LOOPS });
  return typeof built === "string" ? { problem: built } : { promela: toPromela(built.model) };
}

/** The trace of a given schedule: what happens if threads run in this order. */
export function replaySchedule(input: ReplayInput, text: string): Trace | { problem: string } {
  const built = build({ ...input, loopBound: input.loopBound ?? LOOPS });
  if (typeof built === "string") return { problem: built };
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
    violation,
    switches: switchesOf(schedule),
    steps: schedule.length,
    schedule,
    states: schedule.length,
    transitions: schedule.length,
    overflow: false,
    wild: false,
    lost: new Set(),
    cuts: [],
    capped: false,
    bounded: false,
    seen: new Set(),
  };
  const trace = toTrace(input, built, result, new Set(), []);
  if (violation) return trace;
  return { ...trace, verdict: "inconclusive", reason: "this one schedule does no harm; that says nothing of others" };
}

function switchesOf(schedule: readonly Choice[]): number {
  const steps = schedule.filter((c) => !c.flush);
  return steps.filter((c, i) => i > 0 && c.thread !== steps[i - 1]!.thread).length;
}

/** Sites of shared accesses in one thread's code. */
function sitesOf(built: Built, t: number): Set<number> {
  const { sites } = built.notes;
  return new Set(
    built.model.threads[t]!.ops.filter((op) => isShared(op) && (t > 0 || sites[op.site]!.user)).map((op) => op.site),
  );
}

function toTrace(
  input: ReplayInput,
  built: Built,
  found: SearchResult,
  subjectSites: ReadonlySet<number>,
  racerSites: readonly number[],
): Trace {
  const { notes, model } = built;
  const reached = [...subjectSites].filter((s) => found.seen.has(s));
  const told = found.violation ? tell(built, found.schedule, found.violation, input.memory ?? "sc") : null;
  const reason = told ? doubt(input, told) : whyNot(input, built, found, reached, racerSites);
  const cuts = found.cuts.map((id) => notes.cuts[id]!);
  const steps: TraceStep[] = told ? slice(told.steps) : [];
  return {
    verdict: found.violation && reason === null ? "violation" : reason === null ? "clean" : "inconclusive",
    reason,
    scenario: input.scenario.id,
    title: input.scenario.title,
    profile: input.profile,
    memoryModel: input.memory ?? "sc",
    bounds: { cpus: model.threads.length, loops: input.loopBound ?? LOOPS, cuts },
    states: found.states,
    switches: found.switches,
    threads: built.threads.map(({ name, code }, cpu) => ({ cpu, name, function: code.name, file: code.file })),
    steps,
    cells: told ? model.cells.map((c) => ({ cell: c.name, initial: c.init })) : [],
    violated: told?.violated ?? null,
    bindings: built.bindings,
    assumptions: [...notes.assumptions].sort(),
    choices: told?.choices ?? [],
    unmodelled: [...notes.unmodelled].sort(),
    coverage: { reached: reached.length, of: subjectSites.size },
    schedule: formatSchedule(found.schedule),
    id: idOf(built),
  };
}

/** Why an interleaving that does harm proves nothing about the finding, or null. */
function doubt(input: ReplayInput, told: Told): string | null {
  if (input.line === null)
    return told.choices.length === 0 ? null : `free-choice: it happens only if ${told.choices.join("; ")}`;
  return told.lines.has(input.line) ? null : `the interleaving that does harm does not pass line ${input.line}`;
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
  if (found.capped) return `cap: more than ${found.states - 1} states`;
  const unmodelled = found.cuts
    .map((id) => notes.cuts[id]!)
    .filter((c) => /not modelled|not known|calls deeper/.test(c));
  if (unmodelled.length > 0) return `unmodelled: ${unmodelled.join("; ")}`;
  const lost = [...found.lost].map((id) => `${notes.sites[id]!.text} (${notes.sites[id]!.function})`).slice(0, 3);
  if (found.overflow) return `overflow: a value left the range that the model has: ${lost.join("; ")}`;
  if (found.wild) return `unmodelled: a pointer of unknown value is followed: ${lost.join("; ")}`;
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

/** Hash of the program without names and texts. */
function idOf(built: Built): string {
  const plain = JSON.stringify({
    threads: built.model.threads.map((t) => t.ops.map((op) => ({ ...op, site: 0 }))),
    cells: built.model.cells.map((c) => c.init),
    locks: built.model.locks.map((l) => l.kind),
    invariants: built.model.invariants.map((i) => i.e),
  });
  return hashText(plain).toString(16).padStart(8, "0") + hashText(`${plain}~`).toString(16).padStart(8, "0");
}

function inconclusive(input: ReplayInput, reason: string): Trace {
  return {
    verdict: "inconclusive",
    reason,
    scenario: input.scenario.id,
    title: input.scenario.title,
    profile: input.profile,
    memoryModel: input.memory ?? "sc",
    bounds: { cpus: input.scenario.racers.length + 1, loops: input.loopBound ?? LOOPS, cuts: [] },
    states: 0,
    switches: 0,
    threads: [],
    steps: [],
    cells: [],
    violated: null,
    bindings: [],
    assumptions: [],
    choices: [],
    unmodelled: [],
    coverage: { reached: 0, of: 0 },
    schedule: "",
    id: "",
  };
}
