/**
 * Where a reference stays: the places of a function behind which it is not given back any more. On every way there, what it was
 * taken for has to be known to be what it was.
 */
import { type Block, type Cfg, type Instr, successors } from "../cfg/cfg";
import { ZERO } from "../locks/facts";
import type { State } from "../locks/state";
import type { ValueId } from "../locks/values";
import type { Expr } from "../syntax/ast";
import { isPointer } from "../syntax/types";
import { type Call, callsIn } from "./blockCalls";
import { compared, type Looks } from "./contradicted";
import type { DetectorContext } from "./detector";
import { type Action, resultAt } from "./exits";

/** Where a reference is kept that should not be, and why that is known. */
export interface Kept {
  /** Offset in the function. */
  at: number;
  /** Levels of the walk that are not known there to be the same. */
  unknown: string[];
  note: string;
}

/**
 * The first place where the reference that `g` took stays though a level is not known to be what it was. `levels`: what the comparisons'
 * actions begin with; `mark`: what the object bears as long as the reference is there. Comparisons that the analysis does not follow
 * count as made.
 */
export function keptUnverified(
  ctx: DetectorContext,
  g: Action,
  levels: readonly string[],
  looks: Looks,
  mark: string,
): Kept | undefined {
  const { cfg, states } = ctx.analysis;
  const object = resultAt(ctx, g) ?? g.obj;
  const holds = (s: State): boolean => s.hasMark(object, mark) && s.did.get(g.action)?.at === g.site.at;
  const here = cfg.order.filter((b) => states[b]?.some(holds));
  const followed = levels.filter((l) =>
    here.some((b) => states[b]!.some((s) => verdicts(ctx, looks, s, g, l).size > 0)),
  );
  const names = namesAt(ctx, g.site.at);
  const returned = returning(ctx, cfg, mark, names);
  // What was found out may be kept in a variable: paths that met since are told apart by it alone.
  const noted = here.some((b) => keepsVerdict(ctx, cfg, cfg.blocks[b] as Block, g));
  for (const b of here) {
    if (returned[b]) continue;
    for (const s of states[b]!.filter(holds)) {
      const unknown = followed.filter((l) => {
        const said = verdicts(ctx, looks, s, g, l);
        return said.has("changed") || (!said.has("same") && !noted);
      });
      const note = `kept here, though the comparison of the ${named(unknown)} need not say that it is the same`;
      if (unknown.length > 0) return { at: offsetOf(cfg.blocks[b] as Block), unknown, note };
    }
  }
  for (const b of here) {
    const block = cfg.blocks[b] as Block;
    const level = followed.find((l) => leaves(ctx, block, g, l, returned));
    if (level !== undefined && "at" in block.term)
      return { at: block.term.at, unknown: [level], note: "where it has changed the reference is not given back" };
    // A variable may say behind it that nothing is left to be used.
    const plain = !noted && !block.instrs.some(assigns) && givesBack(ctx, block, mark, names);
    const used = plain ? usedBehind(ctx, cfg, block, mark, names) : undefined;
    if (used !== undefined)
      return { at: used, unknown: followed, note: "used here, after the reference was given back on some path" };
  }
  return undefined;
}

const named = (levels: readonly string[]): string => levels.map((l) => l.toUpperCase()).join(" and ");

/** Does the block compare a level after `g` and go, where it has changed, to where nothing is given back? */
function leaves(
  ctx: DetectorContext,
  { term }: Block,
  g: Action,
  level: string,
  returned: readonly boolean[],
): boolean {
  if (term.k !== "branch" || term.at < g.site.at) return false;
  const side = changedSide(ctx, term.cond, `${level}-compare`);
  return side !== null && returned[side ? term.t : term.f] === false;
}

/** Does a comparison behind `g` lead to an assignment of a variable? */
function keepsVerdict(ctx: DetectorContext, cfg: Cfg, { term }: Block, g: Action): boolean {
  if (term.k !== "branch" || term.at < g.site.at || changedSide(ctx, term.cond, "") === null) return false;
  return [term.t, term.f].some((to) => cfg.blocks[to]?.instrs.some(assigns));
}

const assigns = (i: Instr): boolean => i.k === "temp" || (i.k === "eval" && i.e.k === "assign" && i.e.l.k === "id");

/** The outcome of a condition that says of two entries that they differ; null: it compares no entries. `action`: how it begins. */
function changedSide(ctx: DetectorContext, cond: Expr, action: string): boolean | null {
  const { rules } = ctx.analysis.machine;
  const compares = (e: Expr): boolean =>
    e.k === "call" &&
    e.fn.k === "id" &&
    rules
      .api(e.fn.name, e.args.length)
      ?.effects.some((x) => x.does?.includes("-compare") && x.does.startsWith(action)) === true;
  if (cond.k === "bin" && (cond.op === "!=" || cond.op === "==") && compares(cond.l) && compares(cond.r))
    return cond.op === "!=";
  return compares(cond) && cond.k === "call" && cond.args.length > 1 ? false : null;
}

/** Place behind the block, before another turn of a loop, where what the reference was for is handed to somebody. */
function usedBehind(
  ctx: DetectorContext,
  cfg: Cfg,
  from: Block,
  mark: string,
  names: ReadonlySet<string>,
): number | undefined {
  const seen = new Set<number>();
  const queue = [...successors(from)];
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    if (seen.has(id) || cfg.loopHeads.has(id)) continue;
    seen.add(id);
    const block = cfg.blocks[id] as Block;
    const use = callsIn(block).find(
      (c) => !PUT.test(c.name) && c.e.args.some((a) => a.k === "id" && names.has(a.name)),
    );
    if (use && !givesBack(ctx, block, mark, names)) return use.e.at;
    queue.push(...successors(block));
  }
  return undefined;
}

/** What comparisons of entries read since `g` with older ones say on this path of a level. */
function verdicts(ctx: DetectorContext, looks: Looks, s: State, g: Action, level: string): Set<"same" | "changed"> {
  const { t, rules } = ctx.analysis.machine;
  const out = new Set<"same" | "changed">();
  const isFresh = (v: ValueId): boolean => {
    const r = t.get(v);
    return r.k === "result" && r.site >= g.site.at && looks.cellOf.has(v);
  };
  for (const [v, fact] of s.facts) {
    if (fact.mask !== ZERO && (fact.mask & ZERO) !== 0) continue;
    const pair = compared(ctx, looks, v);
    if (!pair || isFresh(pair.a) === isFresh(pair.b)) continue;
    if (!rules.api(pair.by, -1)?.effects.some((x) => x.does?.startsWith(`${level}-`))) continue;
    out.add(fact.mask === ZERO ? "changed" : "same");
  }
  return out;
}

/** Per block: is a reference given back in it or behind it, before another turn of a loop? */
function returning(ctx: DetectorContext, cfg: Cfg, mark: string, names: ReadonlySet<string>): boolean[] {
  const out: boolean[] = [];
  for (const id of [...cfg.order].reverse()) {
    const block = cfg.blocks[id] as Block;
    out[id] =
      givesBack(ctx, block, mark, names) || successors(block).some((to) => !cfg.loopHeads.has(to) && out[to] === true);
  }
  return out;
}

/** A name may silence, never accuse. */
const PUT = /put|drop|release|unpin|free|undo|abort/;

function givesBack(ctx: DetectorContext, block: Block, mark: string, names: ReadonlySet<string>): boolean {
  const { rules, scope } = ctx.analysis.machine;
  return callsIn(block).some(({ name, e: { args } }) => {
    const api = rules.api(name, args.length);
    if (api) return api.effects.some((x) => x.unmark === mark);
    const model = scope.call(name, args.length);
    if (model) return model.outcomes.some((o) => o.effects.some((x) => x.k === "mark" && x.mark === mark && !x.on));
    return PUT.test(name) && args.some((a) => a.k === "id" && names.has(a.name));
  });
}

/** Pointer variables that the call at a place is given, or that its result goes to. */
function namesAt(ctx: DetectorContext, at: number): Set<string> {
  const { cfg, machine } = ctx.analysis;
  const isCall = (e: Expr | null): e is Call["e"] => e?.k === "call" && e.at === at;
  const out = new Set<string>();
  for (const { instrs } of cfg.blocks) {
    for (const i of instrs) {
      if (i.k === "decl" && isCall(i.v.init ?? null)) out.add(i.v.name);
      if (i.k === "eval" && i.e.k === "assign" && isCall(i.e.r) && i.e.l.k === "id") out.add(i.e.l.name);
    }
  }
  const call = cfg.blocks.flatMap(callsIn).find((c) => c.e.at === at);
  for (const a of call?.e.args ?? []) if (a.k === "id" && isPointer(machine.types.get(a.name) ?? "")) out.add(a.name);
  return out;
}

function offsetOf({ instrs, term }: Block): number {
  return instrs[0]?.at ?? ("at" in term ? term.at : 0);
}
