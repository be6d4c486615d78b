/** Optional out-parameters: trace partitioning by whether the caller passed one. */
import type { FunctionAst } from "../syntax/ast";
import { truth } from "./assume";
import type { State } from "./state";
import type { ValueId, ValueTable } from "./values";

/** Parameters by which a caller may ask to be told something (`int *locked`): what a function does often hangs on them, and on what they say at entry. */
export function optionalOuts(fn: FunctionAst, t: ValueTable): ValueId[] {
  return fn.params.flatMap((p, i) =>
    /^(unsigned )?(int|bool|long|_Bool) ?\*$/.test(p.type.trim())
      ? [t.param(i, p.name), t.load(t.param(i, p.name), 0)]
      : [],
  );
}

/** Whether each of the values is known to be zero, or not to be. */
export function given(t: ValueTable, s: State, values: readonly ValueId[]): string {
  let out = "";
  for (const v of values) {
    const now = truth(t, s, v);
    if (now !== "unknown") out += `?${v}${now}`;
  }
  return out;
}
