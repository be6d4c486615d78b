/** Races two functions of the user: builds the model, explores it from every start, tells the result as a trace. */
import type { Choice, Model, Violation } from "../explore/model";
import { toPromela } from "../explore/promela";
import { formatSchedule } from "../explore/run";
import { Search, type SearchResult } from "../explore/search";
import type { Trace, TraceStep } from "../protocol/trace";
import { blankTrace } from "./blank";
import { dependsOn } from "./confirm";
import { type BuiltRace, buildRace, type RaceInput } from "./raceBuild";
import type { Start } from "./raceStarts";
import { idOf, sitesOf, unfinished } from "./replay";
import { slice, type Told, tell } from "./tell";

export type { RaceInput } from "./raceBuild";

const SLICE = 2000;
/** Of all starts together. */
const MAX_STATES = 200_000;
/** What a function does wrong alone, from a start that its callers may never leave it, is no race. */
const OF_DATA: ReadonlySet<Violation["kind"]> = new Set(["harm", "use-after-free", "double-free"]);

export type RaceAnswer = { trace: Trace; promela(): string | null } | { problem: string };

/** In slices: between two of them others may run, or give up. */
export function* raceSteps(input: RaceInput): Generator<undefined, RaceAnswer> {
  const built = yield* buildRace(input);
  if (typeof built === "string") return { trace: without(input, built), promela: () => null };
  if ("problem" in built) return built;
  const sites = new Set(built.model.threads.flatMap((_, t) => [...sitesOf(built, t)]));
  const found: { start: Start; model: Model; result: SearchResult }[] = [];
  let alone: { start: Start; model: Model; result: SearchResult } | null = null;
  let states = 0;
  for (const start of built.starts) {
    const model = startingWith(built.model, start);
    const bad = yield* spoiltAlone(model);
    if (bad) {
      alone ??= { start, model, result: bad };
      continue;
    }
    const search = new Search(model, { maxStates: Math.max(1, MAX_STATES - states), watch: sites });
    while (!search.step(SLICE)) yield;
    const result = search.result();
    states += result.states;
    found.push({ start, model, result });
    if (result.capped) break;
  }
  const all = found.length > 0 ? found : alone ? [alone] : [];
  const worst = all.filter((f) => f.result.violation).sort((a, b) => a.result.switches - b.result.switches)[0];
  const told = worst && tell({ ...built, model: worst.model }, worst.result.schedule, worst.result.violation!, "sc");
  const open =
    worst && told
      ? (yield* dependsOn({ ...built, model: worst.model }, told, { maxStates: MAX_STATES })).open.map(
          (c) => `${c.question}: ${c.answer}`,
        )
      : [];
  const trace = toTrace(input, built, all, worst ?? null, { told: told ?? null, open, states, sites });
  return { trace, promela: () => toPromela((worst ?? all[0])?.model ?? built.model) };
}

function startingWith(model: Model, start: Start): Model {
  const cells = model.cells.slice();
  for (const { cell, value } of start.cells) cells[cell] = { ...cells[cell]!, init: value };
  return { ...model, cells };
}

/** What one of the functions does wrong with nobody else about. */
function* spoiltAlone(model: Model): Generator<undefined, SearchResult | null> {
  for (let t = 0; t < model.threads.length; t++) {
    const threads = model.threads.map((thread, u) =>
      u === t ? thread : { ...thread, ops: [{ k: "stop" as const, site: 0 }], registers: 0 },
    );
    const search = new Search({ ...model, threads }, { maxStates: MAX_STATES });
    while (!search.step(SLICE)) yield;
    const { violation } = search.result();
    if (violation && OF_DATA.has(violation.kind)) return search.result();
  }
  return null;
}

function toTrace(
  input: RaceInput,
  built: BuiltRace,
  all: readonly { start: Start; result: SearchResult }[],
  worst: { start: Start; model: Model; result: SearchResult } | null,
  { told, open, states, sites }: { told: Told | null; open: string[]; states: number; sites: ReadonlySet<number> },
): Trace {
  const { notes } = built;
  const schedule: readonly Choice[] = worst?.result.schedule ?? [];
  const seen = new Set(all.flatMap(({ result }) => [...result.seen]));
  const cuts = [...new Set(all.flatMap(({ result }) => result.cuts))].map((id) => notes.cuts[id]!);
  const reason = told ? doubt(told, open, states === 0) : whyNot(built, all, cuts, seen);
  const tried = worst ? worst.start.words : startWords(all.map((f) => f.start));
  return {
    ...base(input),
    verdict: told && reason === null ? "violation" : reason === null ? "clean" : "inconclusive",
    reason,
    bounds: { cpus: built.model.threads.length, loops: input.loopBound, cuts },
    states: Math.max(states, worst?.result.states ?? 0),
    switches: worst?.result.switches ?? 0,
    threads: built.threads.map(({ name, code }, cpu) => ({ cpu, name, function: code.name, file: code.file })),
    steps: told ? slice(told.steps).map((step) => visible(step, built.hidden)) : [],
    cells: (worst?.model.cells ?? []).flatMap((c, i) =>
      built.hidden?.has(i) ? [] : [{ cell: c.name, initial: c.init }],
    ),
    violated: told?.violated ?? null,
    bindings: built.bindings,
    assumptions: [
      `shared: ${built.shared.join(", ")}`,
      ...(tried.length > 0 ? [`at first ${tried.join(", ")}`] : []),
      ...[...notes.assumptions].sort(),
    ],
    choices: open,
    unmodelled: [...notes.unmodelled].sort(),
    coverage: { reached: [...sites].filter((s) => seen.has(s)).length, of: sites.size },
    schedule: formatSchedule(schedule),
    id: idOf(built),
  };
}

/** Without the cells that only the model keeps. */
function visible(step: TraceStep, hidden: ReadonlySet<number> | undefined): TraceStep {
  if (!step.detail || !hidden) return step;
  return { ...step, detail: { ...step.detail, values: step.detail.values.filter((_, i) => !hidden.has(i)) } };
}

/** Why harm that was found is no answer to the question, or null. */
function doubt(told: Told, open: readonly string[], alone: boolean): string | null {
  // From every start that was tried, one of them fails without the other.
  if (alone) return `alone: ${told.violated.text}, with nobody else about, from every start that was tried`;
  return open.length > 0 ? `free-choice: it happens only if ${open.join("; ")}` : null;
}

/** `x is 0` and `x is 1` were both tried: `x is 0 or 1`. */
function startWords(starts: readonly Start[]): string[] {
  const ways = new Map<string, Set<string>>();
  for (const { words } of starts)
    for (const word of words) {
      const [, path, value] = /^(.*?) ((?:is|points to) .*)$/.exec(word)!;
      ways.set(path!, (ways.get(path!) ?? new Set()).add(value!));
    }
  return [...ways].map(([path, values]) => `${path} ${[...values].join(" or ").replace(/ or is /g, " or ")}`);
}

/** What stands between an empty queue and "clean". */
function whyNot(
  built: BuiltRace,
  all: readonly { result: SearchResult }[],
  cuts: readonly string[],
  seen: ReadonlySet<number>,
): string | null {
  for (const { result } of all) {
    const reason = unfinished(built.notes, result, cuts);
    if (reason !== null) return reason;
  }
  if (built.shallow) return "too large a model with what other files do: their calls were left out";
  if (built.notes.unmodelled.size > 0) return `unmodelled: ${[...built.notes.unmodelled].sort().join("; ")}`;
  for (const [t, { name }] of built.threads.entries())
    if (![...sitesOf(built, t)].some((s) => seen.has(s))) return `vacuous: ${name} never gets to what both use`;
  return null;
}

function base(input: RaceInput): Trace {
  const [a, b] = input.subjects.map((s) => `${s.ref.item.name}()`);
  return blankTrace({
    reason: null,
    scenario: "race",
    title: `${a} against ${b}`,
    profile: null,
    memoryModel: "sc",
    bounds: { cpus: 2, loops: input.loopBound, cuts: [] },
  });
}

function without(input: RaceInput, reason: string): Trace {
  return { ...base(input), reason };
}
