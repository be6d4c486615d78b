/**
 * Is the path that an interleaving takes one of the finding's own? The function is analysed again with nothing but that path
 * left of its branches; the finding must still be there. Functions that it calls must still come to an end on theirs.
 */

import { folderOf } from "../base/path";
import type { Block, Cfg } from "../cfg/cfg";
import { analyseFunction, type FunctionAnalysis } from "../locks/analyse";
import type { Decision, OpenChoice } from "../replay/questions";
import type { Cause, EngineImpl } from "./engine";

export function reportedOn(
  engine: EngineImpl,
  cause: Cause,
  decisions: readonly Decision[],
  open: readonly OpenChoice[],
): boolean {
  const must = new Set(open.flatMap((c) => (c.decision ? [place(c.decision)] : [])));
  const frames = new Map<string, Decision[]>();
  for (const d of decisions) frames.set(d.frame, [...(frames.get(d.frame) ?? []), d]);
  // Calls in which nothing was open are as the model has computed them.
  const asked = [...frames.values()].filter((list) => isOwn(cause, list[0]!) || list.some((d) => must.has(place(d))));
  return asked.every((list) => possible(engine, cause, list, must));
}

const place = (d: Decision): string => `${d.frame} ${d.at} ${d.end}`;

const isOwn = (cause: Cause, d: Decision): boolean => d.file === cause.ref.file && d.function === cause.ref.item.name;

/** One call of one function. */
function possible(
  engine: EngineImpl,
  cause: Cause,
  decisions: readonly Decision[],
  must: ReadonlySet<string>,
): boolean {
  const { file, function: name } = decisions[0]!;
  const own = isOwn(cause, decisions[0]!);
  const ref = own ? cause.ref : engine.program.functionsOf(file).find((r) => r.item.name === name);
  const dir = folderOf(cause.ref.file);
  const whole = ref && engine.program.checked(ref, dir);
  if (!ref || !whole) return false;
  const cfg = confined(whole.cfg, decisions, must);
  if (!cfg) return false;
  const { machine: m } = whole;
  const analysis = analyseFunction(m.fn, cfg, m.rules, m.scope, m.entry);
  if (analysis.incomplete) return false;
  return own ? stillFound(engine, cause, dir, analysis) : analysis.events.some((e) => e.k === "exit");
}

function stillFound(engine: EngineImpl, { raw, ref }: Cause, dir: string, analysis: FunctionAnalysis): boolean {
  const found = engine.judge(ref, dir, analysis.machine.fn, analysis);
  return found.some((f) => f.rule === raw.rule && f.at === raw.at);
}

/** The graph with one way out of each branch that was decided one way. Null: an open condition is none of its branches. */
function confined(cfg: Cfg, decisions: readonly Decision[], must: ReadonlySet<string>): Cfg | null {
  const blocks: Block[] = cfg.blocks.slice();
  const nowhere = blocks.push({ id: blocks.length, instrs: [], term: { k: "stop", at: 0 } }) - 1;
  for (const d of decisions) {
    // Answered one way in one turn of a loop and the other way in another: both ways stay.
    if (decisions.some((x) => x.at === d.at && x.end === d.end && x.answer !== d.answer)) continue;
    let met = false;
    for (const [n, block] of cfg.blocks.entries()) {
      const { term } = block;
      if (term.k !== "branch" && term.k !== "config" && term.k !== "iterate") continue;
      const where = term.k === "branch" ? term.cond : { at: term.at, end: term.k === "iterate" ? term.end : term.at };
      if (where.at !== d.at || where.end !== d.end) continue;
      met = true;
      blocks[n] = { ...block, term: { ...term, ...(d.answer ? { f: nowhere } : { t: nowhere }) } };
    }
    if (!met && must.has(place(d))) return null;
  }
  return { ...cfg, blocks };
}
