/** lock-order and sleep-in-atomic: what must not be done while certain locks are held. */
import { isHeld } from "../locks/query";
import type { LockEntry, State } from "../locks/state";
import { type Detector, label, list, print, type RawFinding, sourceAt } from "./detector";

interface Pair {
  held: string;
  acquire?: string;
  does?: string;
  mode?: string;
}

export const lockOrder: Detector = (ctx, check) => {
  const pairs = (check.with.pairs as Pair[] | undefined) ?? [];
  const shields = list(check.with.unlessHeld);
  const out: RawFinding[] = [];
  for (const e of ctx.analysis.events) {
    const acquired = e.k === "acquire" && e.blocking ? e.cls : null;
    const done = e.k === "action" && e.direct ? e.action : null;
    if ((e.k !== "acquire" && e.k !== "action") || (acquired === null && done === null)) continue;
    if (shields.some((cls) => [...e.state.locks.values()].some((l) => l.cls === cls && isHeld(l)))) continue;
    for (const p of pairs) {
      if (acquired !== null ? p.acquire !== acquired : p.does !== done) continue;
      const held = heldOf(e.state, p.held);
      // Two locks taken by one call are in the callee's order, not ours.
      if (
        !held ||
        e.state.hasMark(held.obj, "fresh") ||
        held.origin.at === e.site.at ||
        (p.mode && p.mode !== "any" && held.mode !== p.mode)
      )
        continue;
      const nameOf = e.k === "acquire" ? label(ctx, e.cls) : e.callee;
      out.push({
        rule: check.id,
        at: e.site.at,
        end: e.site.end,
        words: {
          call: sourceAt(ctx, e.site),
          object: print(ctx, held.obj),
          lock: nameOf,
          held: label(ctx, held.cls),
          what: nameOf,
        },
        steps: [held.origin, { ...e.site, note: `${nameOf} taken while ${label(ctx, held.cls)} is held` }],
        weight: 4,
      });
    }
  }
  return out;
};

function heldOf(s: State, cls: string): LockEntry | undefined {
  for (const e of s.locks.values()) if (e.cls === cls && isHeld(e) && e.mode !== "top" && !e.weak) return e;
  return undefined;
}

export const sleepInAtomic: Detector = (ctx, check) => {
  const classes = list(check.with.held);
  const actions = new Set(list(check.with.actions));
  const m = ctx.analysis.machine;
  const out: RawFinding[] = [];
  for (const e of ctx.analysis.events) {
    let site: { at: number; end: number; note: string };
    let what: string;
    let through = "";
    if (e.k === "sleep" && actions.size === 0 && !e.conditional) {
      site = e.site;
      what = e.callee;
      through = e.through;
    } else if (e.k === "action" && actions.has(e.action) && e.direct) {
      site = e.site;
      what = e.callee;
    } else continue;
    for (const cls of classes) {
      if (m.rules.classes.get(cls)?.atomic === false) continue;
      const held = heldOf(e.state, cls);
      if (!held) continue;
      out.push({
        rule: check.id,
        at: site.at,
        end: site.end,
        words: { call: what, object: print(ctx, held.obj), lock: label(ctx, cls), held: label(ctx, cls), what },
        steps: [
          held.origin,
          {
            ...site,
            note: `${what}() may sleep${through ? ` (through ${through})` : ""} while ${label(ctx, cls)} is held`,
          },
        ],
        weight: actions.size > 0 ? 6 : 4,
      });
      break;
    }
  }
  return out;
};
