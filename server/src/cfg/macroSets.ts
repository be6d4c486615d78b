/** The macro table in the form the builder asks it. */
import type { MacroTable } from "../rules/model";

export interface MacroSets {
  stopIf: ReadonlySet<string>;
  noReturn: ReadonlySet<string>;
  truthOf: ReadonlySet<string>;
  /** stopIf, noReturn and truthOf: calls that are control flow or no calls at all. */
  special: ReadonlySet<string>;
  configTests: readonly string[];
  configSet: ReadonlySet<string>;
}

const cache = new WeakMap<MacroTable, MacroSets>();

export function macroSets(m: MacroTable): MacroSets {
  let s = cache.get(m);
  if (!s) {
    s = {
      stopIf: new Set(m.stopIf),
      noReturn: new Set(m.noReturn),
      truthOf: new Set(m.truthOf),
      special: new Set([...m.stopIf, ...m.noReturn, ...m.truthOf]),
      configTests: m.configTests,
      configSet: new Set(m.configTests),
    };
    cache.set(m, s);
  }
  return s;
}
