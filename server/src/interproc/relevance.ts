/** Which functions are worth analysing: those that touch what the rules speak of. */
import type { Compiled } from "../locks/context";
import type { FunctionRef } from "./callGraph";

/** A test for functions that touch, themselves, what the rules speak of. */
export function touchingRules(
  compiled: Compiled,
  textOf: (ref: FunctionRef) => string,
  inAskedSlot: (ref: FunctionRef) => boolean,
): (ref: FunctionRef) => boolean {
  const known = new Map<string, boolean>();
  const { watched } = compiled;
  const pattern = new RegExp(
    `(?:->|\\.)\\s*(?:${[...watched.keys()].join("|")})\\b\\s*(?:[-+|&^*/%]|<<|>>)?=(?!=)|scoped_guard|guard\\(`,
  );
  const touching = (name: string): boolean => {
    let value = known.get(name);
    if (value === undefined) {
      value = matters(compiled, name);
      known.set(name, value);
    }
    return value;
  };
  return (ref) => inAskedSlot(ref) || ref.item.calls.some(touching) || (watched.size > 0 && pattern.test(textOf(ref)));
}

/** Does a call of this API alone make a function worth analysing? Sleeping, pure values and looks do not. */
function matters(compiled: Compiled, name: string): boolean {
  const e = compiled.api(name, -1) ?? compiled.api(name, 1);
  if (!e) return false;
  if (e.returns?.protectedBy) return true;
  return e.effects.some((x) => {
    if (x.does && (compiled.askedActions.has(x.does) || compiled.reachActions.has(x.does))) return true;
    const cls = x.acquire ?? x.release ?? x.downgrade ?? x.assert ?? x.releaseAll;
    if (cls !== undefined) {
      const c = compiled.classes.get(cls);
      if (c?.kind === "seq") return true;
      return !c?.generic && c?.kind !== "ref" && c?.kind !== "preempt" && c?.kind !== "rcu" && c?.kind !== "irq";
    }
    if (x.does)
      return compiled.needs.has(x.does) || compiled.splitActions.has(x.does) || compiled.lookActions.has(x.does);
    return false;
  });
}
