/** States in which a function calls a given callee, with the argument values. */
import type { FunctionAnalysis } from "./analyse";
import type { State } from "./state";
import type { ValueId } from "./values";

export interface PerformedCall {
  callee: string;
  state: State;
  args: ValueId[];
  at: number;
}

/** All reported calls of `name`. */
export function performedCalls(a: FunctionAnalysis, name: string): PerformedCall[] {
  return a.calls.get(name) ?? [];
}
