/** The shipped scenarios, read when a session first asks for them. */
import { loadScenarios, type ScenarioSet } from "../engine/replay";
import type { Session } from "./session";

const loaded = new WeakMap<Session, ScenarioSet>();

export function scenariosOf(session: Session): ScenarioSet {
  let set = loaded.get(session);
  if (set === undefined) loaded.set(session, (set = loadScenarios(session.host.builtinRules())));
  return set;
}
