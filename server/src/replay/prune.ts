/**
 * The part of a function that a finding's path can come by: blocks of its graph from which the steps that the analysis names can
 * still be passed in their order, and all that follows the last one. What only other paths call need not be laid out.
 */
import { type Block, type Cfg, successors } from "../cfg/cfg";
import type { Code } from "./code";
import type { Waypoint } from "./path";

/** Null: the finding is in no block, or no way through the graph passes it. */
export function blocksOnPath(code: Code, path: readonly Waypoint[]): ReadonlySet<number> | null {
  const { cfg } = code;
  const steps = path.flatMap((w) =>
    "line" in w || w.function === code.name ? [blocksAt(code, w)] : [new Set<number>()],
  );
  const last = steps.at(-1);
  if (!last || last.size === 0) return null;
  const present = steps.filter((s) => s.size > 0);
  return follow(cfg, present) ?? (present.length > 1 ? follow(cfg, [last]) : null);
}

/** Blocks that a step may stand in: those that hold it, else those that touch it. */
function blocksAt(code: Code, w: Waypoint): Set<number> {
  const found = (fits: (at: number, end: number) => boolean): Set<number> => {
    const inside = (b: Block): boolean =>
      b.instrs.some((i) => fits(i.at, i.end)) ||
      ("at" in b.term && fits(b.term.at, "end" in b.term ? b.term.end : b.term.at));
    return new Set(code.cfg.blocks.filter(inside).map((b) => b.id));
  };
  if ("line" in w) return found((at, end) => code.line(at) <= w.line && w.line <= code.line(end));
  return found((at, end) => at < Math.max(w.end, w.at + 1) && end >= w.at);
}

/** Nodes are blocks with the number of steps passed; a block passes as many as it holds. */
function follow(cfg: Cfg, steps: readonly ReadonlySet<number>[]): ReadonlySet<number> | null {
  const goal = steps.length;
  const levels = goal + 1;
  const enter = (block: number, level: number): number => {
    let k = level;
    while (k < goal && steps[k]!.has(block)) k++;
    return block * levels + k;
  };
  const start = enter(cfg.order[0]!, 0);
  const before = new Map<number, number[]>([[start, []]]);
  const all = [start];
  for (const node of all)
    for (const to of successors(cfg.blocks[Math.floor(node / levels)]!)) {
      const next = enter(to, node % levels);
      const known = before.get(next);
      if (known) known.push(node);
      else {
        before.set(next, [node]);
        all.push(next);
      }
    }
  const leads = new Set<number>();
  const work = all.filter((node) => node % levels === goal);
  for (let node = work.pop(); node !== undefined; node = work.pop()) {
    if (leads.has(node)) continue;
    leads.add(node);
    work.push(...before.get(node)!);
  }
  return leads.has(start) ? new Set([...leads].map((node) => Math.floor(node / levels))) : null;
}
