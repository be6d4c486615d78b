/** Races for the skins: two functions by file and name, the trace that answers. */
import { type RaceAnswer, raceSteps } from "../replay/race";
import type { RaceSubject } from "../replay/raceBuild";
import type { ScenarioSet } from "../replay/scenario";
import { EngineImpl } from "./engine";
import { leavesLocks } from "./leaves";
import { heldBy } from "./replay";
import type { Engine } from "./types";

export type { RaceAnswer } from "../replay/race";

export interface FunctionPlace {
  file: string;
  name: string;
}

export interface RaceRequest {
  first: FunctionPlace;
  second: FunctionPlace;
  /** Every parameter is an object of its own. */
  distinct: boolean;
}

const LOOPS = 2;

/** The race of two functions, in slices. Anything that cannot be answered is a sentence: what, where, what to do. */
export function* raceFunctions(
  engine: Engine,
  set: ScenarioSet,
  request: RaceRequest,
): Generator<undefined, RaceAnswer> {
  if (!(engine instanceof EngineImpl)) return { problem: "this engine does not replay" };
  const first = subjectAt(engine, request.first);
  if (typeof first === "string") return { problem: first };
  const second = subjectAt(engine, request.second);
  if (typeof second === "string") return { problem: second };
  yield;
  return yield* raceSteps({
    program: engine.program,
    textOf: (path) => engine.overlay.text(path),
    set,
    subjects: [first, second],
    distinct: request.distinct,
    loopBound: LOOPS,
  });
}

/** The same at once, for hosts that have nothing else to do. */
export function race(engine: Engine, set: ScenarioSet, request: RaceRequest): RaceAnswer {
  const steps = raceFunctions(engine, set, request);
  for (;;) {
    const next = steps.next();
    if (next.done) return next.value;
  }
}

function subjectAt(engine: EngineImpl, { file, name }: FunctionPlace): RaceSubject | string {
  if (engine.overlay.text(file) === undefined) return `${file}: cannot be read`;
  const all = engine.program.functionsOf(file);
  const ref = all.find((r) => r.item.name === name);
  if (!ref) {
    const near = nearest(
      name,
      all.map((r) => r.item.name),
    );
    return `${file}: no function ${name}() here${near === null ? "" : `; did you mean ${near}()?`}`;
  }
  return { ref, held: heldBy(engine, file, name), leaves: leavesLocks(engine, file, name) };
}

/** The name that differs in the fewest letters at its end or beginning, if one is close. */
function nearest(name: string, all: readonly string[]): string | null {
  const close = all.filter((n) => n.includes(name) || name.includes(n)).sort((a, b) => a.length - b.length);
  return close[0] ?? null;
}
