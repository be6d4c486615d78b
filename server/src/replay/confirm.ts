/**
 * Is a harm that was found on a finding's path there for certain? Conditions that nobody knows and the path does not decide
 * are tried the other way: where harm happens as well, or where the model ends, the answer did not matter.
 */
import type { Footprints } from "../explore/footprint";
import type { Model, Op } from "../explore/model";
import { Search, type SearchOptions, type SearchResult } from "../explore/search";
import type { Built } from "./build";
import type { OpenChoice } from "./questions";
import { type Told, tell } from "./tell";

/** Searches for one finding, at most, and the states that they may find together. */
const MAX_TRIES = 16;
const MAX_STATES = 60_000;
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
): Generator<undefined, { open: OpenChoice[]; either: string[] }> {
  let tries = 0;
  let states = 0;
  const either = new Set<string>();
  function* settled(model: Model, told: Told): Generator<undefined, boolean> {
    const [choice] = told.open;
    if (!choice) return true;
    if (++tries > MAX_TRIES || states > MAX_STATES) return false;
    const other = assuming(model, choice, !choice.answer);
    const { result, told: there } = yield* explore(built, other, options);
    states += result.states;
    if (there ? !(yield* settled(other, there)) : !(yield* endsInside(built, other, choice, options))) return false;
    either.add(choice.question);
    // The rest of what was found, with this answer kept.
    const same = assuming(model, choice, choice.answer);
    return yield* settled(same, { ...told, open: told.open.slice(1) });
  }
  if (yield* settled(built.model, found)) return { open: [], either: [...either].sort() };
  return { open: found.open, either: [] };
}

/** Nothing but bounds of the model lies this way: the thread does not come to its end once it has answered so. */
function* endsInside(
  built: Built,
  model: Model,
  choice: OpenChoice,
  { footprints: _, ...options }: SearchOptions,
): Generator<undefined, boolean> {
  const probe = built.notes.sites.push({ ...built.notes.sites[0]! }) - 1;
  const watched = withProbe(model, choice, probe);
  const { result } = yield* explore(built, watched, { ...options, watch: new Set([probe]) });
  if (result.capped || result.bounded || result.overflow || result.wild || result.seen.has(probe)) return false;
  return result.cuts.every((id) => built.notes.bounds.has(id));
}

/** The thread notes that it was asked, and ends at a place of its own if it was. */
function withProbe(model: Model, choice: OpenChoice, probe: number): Model {
  const threads = model.threads.map((t, n) => {
    if (n !== choice.thread) return t;
    const asked = t.registers;
    const ops: Op[] = t.ops.slice();
    const append = (...more: Op[]): number => ops.push(...more) - more.length;
    for (const pc of choice.pcs) {
      const op = ops[pc]!;
      if (op.k !== "branch" || op.assume === undefined) continue;
      const to = op.assume ? op.t : op.f;
      const { site } = op;
      const detour = append({ k: "set", r: asked, e: { k: "num", v: 1 }, site }, { k: "jump", to, site });
      ops[pc] = { ...op, ...(op.assume ? { t: detour } : { f: detour }) };
    }
    t.ops.forEach((op, pc) => {
      if (op.k !== "stop") return;
      const [plain, noted] = [append(op), append({ ...op, site: probe })];
      const { site } = op;
      const test = append({ k: "branch", cond: { k: "reg", r: asked }, t: noted, f: plain, site });
      ops[pc] = { k: "jump", to: test, site };
    });
    return { ...t, ops, registers: asked + 1 };
  });
  return { ...model, threads };
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
