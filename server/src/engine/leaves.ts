/** May a function return with locks that it took? What callers cannot tell, they cannot give back. */
import { folderOf } from "../interproc/program";
import type { Clause, Outcome } from "../locks/outcomes";
import type { EngineImpl } from "./engine";

const ZERO = 1;

/**
 * The contract says so, no rule calls it a mistake, and every return with a lock differs in something that callers see from
 * those without it.
 */
export function leavesLocks(engine: EngineImpl, file: string, fn: string): boolean {
  const { program } = engine;
  const ref = program.functionsOf(file).find((r) => r.item.name === fn);
  const model = ref && program.summary(ref, folderOf(file));
  if (!model) return true;
  const takes = (o: Outcome): boolean => o.effects.some((e) => e.k === "acquire");
  const without = model.outcomes.filter((o) => !takes(o));
  const taking = model.outcomes.filter(takes);
  if (taking.length === 0) return false;
  if (!taking.every((a) => without.every((b) => apart(a, b)))) return false;
  const unbalanced = new Set(engine.checks.filter((c) => c.detector === "balance").map((c) => c.id));
  return !engine.check(file).findings.some((f) => f.function === fn && unbalanced.has(f.rule));
}

/** Do two outcomes say opposite things of one value? */
function apart(a: Outcome, b: Outcome): boolean {
  return a.when.some((x) => b.when.some((y) => JSON.stringify(x.term) === JSON.stringify(y.term) && opposite(x, y)));
}

function opposite(x: Clause, y: Clause): boolean {
  if (x.k === "mask" && y.k === "mask") return (x.mask & y.mask) === 0;
  if (x.k === "flags" && y.k === "flags") return x.set !== y.set && x.flags.some((f) => y.flags.includes(f));
  if (x.k === "equals" && y.k === "equals") {
    const same = JSON.stringify(x.to) === JSON.stringify(y.to);
    return same ? x.positive !== y.positive : x.positive && y.positive;
  }
  if (y.k === "equals" && x.k !== "equals") return opposite(y, x);
  if (x.k !== "equals" || !x.positive) return false;
  const { to } = x;
  if (y.k === "mask") return to.k === "num" ? to.n === 0 && (y.mask & ZERO) === 0 : (y.mask & ~ZERO) === 0;
  if (y.k === "flags")
    return to.k === "num" ? to.n === 0 && y.set : to.k === "sym" && y.flags.includes(to.name) !== y.set;
  return false;
}
