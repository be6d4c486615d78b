/**
 * Is a harm that was found on a finding's path there for certain? Conditions that nobody knows and the path does not decide
 * are tried the other way: where harm happens as well, or where the model ends, the answer did not matter.
 */
import type { Footprints } from "../explore/footprint";
import type { Model } from "../explore/model";
import { Search, type SearchOptions, type SearchResult } from "../explore/search";
import type { Built } from "./build";
import type { OpenChoice } from "./questions";
import { type Told, tell } from "./tell";

/** Searches for one finding, at most. */
const MAX_TRIES = 24;
const SLICE = 2000;

export interface Explored {
  result: SearchResult;
  told: Told | null;
  footprints: Footprints;
}

/** One search, in slices. */
export function* explore(built: Built, model: Model, options: SearchOptions): Generator<undefined, Explored> {
  const search = new Search(model, { ...options, ...(built.passed ? { counts: built.passed } : {}) });
  while (!search.step(SLICE)) yield;
  const result = search.result();
  const told = result.violation
    ? tell({ ...built, model }, result.schedule, result.violation, options.memory ?? "sc")
    : null;
  return { result, told, footprints: search.foot };
}

/** Conditions that the harm depends on and the path leaves open; and those that it turned out not to depend on. */
export function* dependsOn(
  built: Built,
  found: Told,
  options: SearchOptions,
): Generator<undefined, { open: string[]; either: string[] }> {
  let tries = 0;
  const either = new Set<string>();
  function* settled(model: Model, told: Told): Generator<undefined, boolean> {
    const [choice] = told.open;
    if (!choice) return true;
    if (++tries > MAX_TRIES) return false;
    const other = assuming(model, choice, !choice.answer);
    const { result, told: there } = yield* explore(built, other, options);
    if (there ? !(yield* settled(other, there)) : !endsInside(built, result)) return false;
    either.add(choice.question);
    // The rest of what was found, with this answer kept.
    const same = assuming(model, choice, choice.answer);
    return yield* settled(same, { ...told, open: told.open.slice(1) });
  }
  const all = (list: readonly OpenChoice[]): string[] => list.map((c) => `${c.question}: ${c.answer}`);
  if (yield* settled(built.model, found)) return { open: [], either: [...either].sort() };
  return { open: all(found.open), either: [] };
}

/** Nothing but bounds of the model lies this way: the function does not come to its end there. */
function endsInside(built: Built, result: SearchResult): boolean {
  if (result.capped || result.bounded || result.overflow || result.wild || result.ended.has(0)) return false;
  return result.cuts.every((id) => built.notes.bounds.has(id));
}

/** The model in which a condition has this answer. */
function assuming(model: Model, choice: OpenChoice, answer: boolean): Model {
  const asking = new Set(choice.pcs);
  const threads = model.threads.map((t, n) =>
    n !== choice.thread
      ? t
      : { ...t, ops: t.ops.map((op, pc) => (op.k === "branch" && asking.has(pc) ? { ...op, assume: answer } : op)) },
  );
  return { ...model, threads };
}
