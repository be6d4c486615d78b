/** Scenarios as a tree has their primitives: some kernels do the same thing with other means. */
import { applies } from "../locks/compile";
import type { Form, Scenario, ScenarioSet } from "./scenario";

export interface Formed {
  scenario: Scenario;
  /** Forms that hold in the tree and are about the scenario. Their code comes before that of the common primitives. */
  forms: readonly Form[];
}

/** `defines`: does the tree have the symbol? `leaves`: may the function return with locks that it took? */
export function inForm(
  set: Pick<ScenarioSet, "forms">,
  scenario: Scenario,
  defines: (symbol: string) => boolean,
  leaves: boolean,
): Formed {
  const forms = set.forms.filter((f) => scenario.locks.has(f.instead) && applies(f.applies, defines));
  if (forms.length === 0) return { scenario, forms };
  const gone = new Set(forms.map((f) => f.instead));
  return {
    forms,
    scenario: {
      ...scenario,
      locks: new Map([...scenario.locks].filter(([name]) => !gone.has(name))),
      cells: [...scenario.cells, ...forms.flatMap((f) => f.cells)],
      constants: new Map([...scenario.constants, ...forms.flatMap((f) => [...f.constants])]),
      harms: [...scenario.harms, ...forms.flatMap((f) => [...f.harms, ...(leaves ? [] : f.kept)])],
    },
  };
}
