/**
 * Is the path that an interleaving takes one of the finding's own? The function is analysed again with nothing but that path
 * left of its branches; the finding must still be there. Functions that it calls must still come to an end on theirs.
 */
import type { Block, Cfg } from "../cfg/cfg";
import { folderOf } from "../interproc/program";
import { analyseFunction, type FunctionAnalysis } from "../locks/analyse";
import type { Decision } from "../replay/questions";
import type { Cause, EngineImpl } from "./engine";

export function reportedOn(engine: EngineImpl, cause: Cause, decisions: readonly Decision[]): boolean {
  const frames = new Map<string, Decision[]>();
  for (const d of decisions) frames.set(d.frame, [...(frames.get(d.frame) ?? []), d]);
  return [...frames.values()].every((list) => possible(engine, cause, list));
}

/** One call of one function. */
function possible(engine: EngineImpl, cause: Cause, decisions: readonly Decision[]): boolean {
  const { file, function: name } = decisions[0]!;
  const own = file === cause.ref.file && name === cause.ref.item.name;
  const ref = own ? cause.ref : engine.program.functionsOf(file).find((r) => r.item.name === name);
  const dir = folderOf(cause.ref.file);
  const whole = ref && engine.program.checked(ref, dir);
  if (!ref || !whole) return false;
  const cfg = confined(whole.cfg, decisions);
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

/** The graph with one way out of each decided branch. Null: a condition is none of its branches, or was decided both ways. */
function confined(cfg: Cfg, decisions: readonly Decision[]): Cfg | null {
  const blocks: Block[] = cfg.blocks.slice();
  const nowhere = blocks.push({ id: blocks.length, instrs: [], term: { k: "stop", at: 0 } }) - 1;
  for (const d of decisions) {
    if (decisions.some((x) => x.at === d.at && x.end === d.end && x.answer !== d.answer)) return null;
    let met = false;
    for (const [n, block] of cfg.blocks.entries()) {
      const { term } = block;
      if (term.k !== "branch" && term.k !== "config" && term.k !== "iterate") continue;
      const place = term.k === "branch" ? term.cond : { at: term.at, end: term.k === "iterate" ? term.end : term.at };
      if (place.at !== d.at || place.end !== d.end) continue;
      met = true;
      blocks[n] = { ...block, term: { ...term, ...(d.answer ? { f: nowhere } : { t: nowhere }) } };
    }
    if (!met) return null;
  }
  return { ...cfg, blocks };
}
