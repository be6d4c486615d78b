/** Replays functions of C texts in the shipped scenarios. */
import type { EngineImpl } from "../src/engine/engine";
import { findResources } from "../src/node/resources";
import type { Trace } from "../src/protocol/trace";
import { type ReplayInput, replay } from "../src/replay/replay";
import { loadScenarios, type ScenarioSet } from "../src/replay/scenario";
import type { CParser } from "../src/syntax/parser";
import { exampleEngine } from "./exampleTree";

const resources = findResources();
const rules = resources.ruleSet();
export const shippedScenarios: ScenarioSet = loadScenarios(resources.rules());

export interface Wish {
  scenario: string;
  profile?: string;
  held?: ReplayInput["held"];
  leaves?: boolean;
  line?: number;
  set?: ScenarioSet;
  /** Headers beside or instead of the usual ones. */
  headers?: Record<string, string>;
}

/** What the replay needs to know of one function in a file of its own. */
export function replayInput(parser: CParser, text: string, fn: string, wish: Wish): ReplayInput {
  const file = "drivers/replay/user.c";
  const engine = exampleEngine(parser, rules, { ...wish.headers, [file]: text }) as EngineImpl;
  const set = wish.set ?? shippedScenarios;
  const scenario = set.scenarios.find((s) => s.id === wish.scenario);
  const subject = engine.program.functionsOf(file).find((r) => r.item.name === fn);
  if (!scenario) throw new Error(`no scenario ${wish.scenario}`);
  if (!subject) throw new Error(`no function ${fn}`);
  return {
    program: engine.program,
    textOf: (path) => (path === file ? text : undefined),
    set,
    scenario,
    profile: wish.profile ?? scenario.profiles[0] ?? null,
    subject,
    held: wish.held ?? [],
    leaves: wish.leaves ?? true,
    line: wish.line ?? null,
  };
}

export function replayed(parser: CParser, text: string, fn: string, wish: Wish): Trace {
  return replay(replayInput(parser, text, fn, wish));
}
