/** The shipped scenarios. */
import type { ScenarioSet } from "../engine/replay";
import type { Session } from "./session";

export function scenariosOf(session: Session): ScenarioSet {
  return session.host.shippedScenarios();
}
