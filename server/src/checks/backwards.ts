/** A decision that is taken the wrong way round, seen from what each of its sides does under the lock. */
import { type Block, type Cfg, successors } from "../cfg/cfg";
import type { Expr } from "../syntax/ast";
import { walkInto } from "../syntax/walk";
import { callsIn, expressionsIn } from "./blockCalls";
import type { DetectorContext } from "./detector";

/**
 * Is the call at `at` a condition behind whose "no" nothing is done but to release the lock, while its "yes" goes on working under it?
 * A side that fails is none that works.
 */
export function worksOnYes(ctx: DetectorContext, at: number, classes: ReadonlySet<string>): boolean {
  const { cfg } = ctx.analysis;
  const block = cfg.blocks.find(({ term }) => term.k === "branch" && term.cond.k === "call" && term.cond.at === at);
  if (block?.term.k !== "branch") return false;
  const no = underLock(ctx, cfg, block.term.f, classes);
  const yes = underLock(ctx, cfg, block.term.t, classes);
  return no.releases && !no.works && yes.works && !yes.fails;
}

interface Side {
  works: boolean;
  releases: boolean;
  fails: boolean;
}

/** What is done from a block on until the lock is released. */
function underLock(ctx: DetectorContext, cfg: Cfg, start: number, classes: ReadonlySet<string>): Side {
  const out: Side = { works: false, releases: false, fails: false };
  const seen = new Set<number>();
  const queue = [start];
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    if (seen.has(id)) continue;
    seen.add(id);
    const block = cfg.blocks[id] as Block;
    const release = callsIn(block)
      .filter((c) => releases(ctx, c.name, c.e.args.length, classes))
      .map((c) => c.e.at)
      .sort((a, b) => a - b)[0];
    for (const e of expressionsIn(block)) {
      if (release !== undefined && e.at >= release) break;
      if (failure(e)) out.fails = true;
      else if (isWork(e)) out.works = true;
    }
    if (release !== undefined) out.releases = true;
    else queue.push(...successors(block));
  }
  return out;
}

function releases(ctx: DetectorContext, name: string, args: number, classes: ReadonlySet<string>): boolean {
  const { rules, scope } = ctx.analysis.machine;
  const api = rules.api(name, args);
  if (api) return api.effects.some((x) => x.release !== undefined && classes.has(x.release));
  const model = scope.call(name, args);
  return model?.outcomes.some((o) => o.effects.some((x) => x.k === "release" && classes.has(x.cls))) === true;
}

/** Does it call something or write to memory that is no variable? */
function isWork(e: Expr): boolean {
  let found = false;
  walkInto(e, (n) => {
    if (n.k === "call" || (n.k === "assign" && n.l.k !== "id")) found = true;
  });
  return found;
}

/** `ret = -EAGAIN`, or the same returned. */
function failure(e: Expr): boolean {
  const v = e.k === "assign" ? e.r : e;
  return v.k === "un" && v.op === "-" && (v.e.k === "id" || v.e.k === "num");
}
