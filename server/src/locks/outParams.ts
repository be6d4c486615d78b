/** Optional out-parameters: trace partitioning by whether the caller passed one. */
import type { FunctionAst } from "../syntax/ast";
import { truth } from "./assume";
import type { State } from "./state";
import type { ValueId, ValueTable } from "./values";

/** Parameters by which a caller may ask to be told something (`int *locked`): what a function does often hangs on them. */
export function optionalOuts(fn: FunctionAst, t: ValueTable): ValueId[] {
  return fn.params.flatMap((p, i) =>
    /^(unsigned )?(int|bool|long|_Bool) ?\*$/.test(p.type.trim()) ? [t.param(i, p.name)] : [],
  );
}

/** Whether each of the parameters is known to be null, or not to be. */
export function given(t: ValueTable, s: State, params: readonly ValueId[]): string {
  let out = "";
  for (const v of params) {
    const now = truth(t, s, v);
    if (now !== "unknown") out += `?${v}${now}`;
  }
  return out;
}
