/** May a function return with locks that it took? What callers cannot tell, they cannot give back. */
import { LineIndex } from "../base/lineIndex";
import { folderOf } from "../base/path";
import { isSuppressed, suppressions } from "../checks/suppress";
import type { FunctionRef } from "../interproc/callGraph";
import { ZERO } from "../locks/facts";
import type { Clause, Outcome } from "../locks/outcomes";
import type { EngineImpl } from "./engine";

/**
 * The contract says so, no rule calls it a mistake, and every return with a lock differs in something that callers see from
 * those without it.
 */
export function leavesLocks(engine: EngineImpl, file: string, fn: string): boolean {
  const { program } = engine;
  const refs = program.functionsOf(file).filter((r) => r.item.name === fn);
  const model = refs[0] && program.summary(refs[0], folderOf(file));
  if (!model) return true;
  const takes = (o: Outcome): boolean => o.effects.some((e) => e.k === "acquire");
  const without = model.outcomes.filter((o) => !takes(o));
  const taking = model.outcomes.filter(takes);
  if (taking.length === 0) return false;
  if (!taking.every((a) => without.every((b) => apart(a, b)))) return false;
  return !refs.some((ref) => isUnbalanced(engine, ref));
}

/** Does a rule about the balance of locks report the function, and no comment says otherwise? */
function isUnbalanced(engine: EngineImpl, ref: FunctionRef): boolean {
  const found = engine.program.verdict(ref, folderOf(ref.file))?.verdict ?? [];
  const rules = new Map(engine.checks.map((c) => [c.id, c]));
  const reported = found.filter((f) => rules.get(f.rule)?.detector === "balance");
  if (reported.length === 0) return false;
  const text = engine.overlay.text(ref.file) ?? "";
  const lines = new LineIndex(text);
  const lineOf = (offset: number): number => lines.positionAt(offset).line + 1;
  const ignored = suppressions(text, lineOf);
  return reported.some((f) => !isSuppressed(ignored, f.rule, rules.get(f.rule)!.alias, lineOf(ref.item.start + f.at)));
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
