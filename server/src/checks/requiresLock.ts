/** requires-lock and field-access: an action happens while the lock it needs is certainly not held. */
import type { Event } from "../locks/events";
import type { CheckRule } from "../rules/model";
import {
  type Detector,
  type DetectorContext,
  label,
  list,
  print,
  type RawFinding,
  sourceAt,
  stepsOf,
} from "./detector";

type NeedEvent = Extract<Event, { k: "need" }>;

export const requiresLock: Detector = (ctx, check) => {
  const out: RawFinding[] = [];
  for (const e of ctx.analysis.events) {
    if (e.k === "need" && check.with.own === true && !opensSection(e)) continue;
    if (e.k === "need" && e.need.rule === check.id && !downgradeRule(ctx, e)) out.push(unmet(ctx, check.id, e));
  }
  if (check.detector === "field-access" && check.with.accessorOnly === true) out.push(...direct(ctx, check));
  return out;
};

/** Does the function itself take (or assert) a lock for write? What only its callers know is not judged here. */
function opensSection(e: NeedEvent): boolean {
  return [...e.state.locks.values()].some((l) => l.mode === "write" && l.origin.end > 0 && l.cls !== e.need.cls);
}

/** The rule about writes after a downgrade takes over where the lock is held downgraded. */
function downgradeRule(ctx: DetectorContext, e: NeedEvent): CheckRule | undefined {
  const downgraded = e.info?.mode === "down" || e.info?.last?.note.includes("downgraded");
  if (!downgraded) return undefined;
  return ctx.checks.find((c) => c.detector === "stale-after-release" && c.with.phase === "downgraded");
}

/** Findings of the downgrade rule itself. */
export const downgraded: Detector = (ctx, check) => {
  const out: RawFinding[] = [];
  for (const e of ctx.analysis.events)
    if (e.k === "need" && downgradeRule(ctx, e)?.id === check.id) out.push(unmet(ctx, check.id, e));
  return out;
};

function unmet(ctx: DetectorContext, rule: string, e: NeedEvent): RawFinding {
  const cls = label(ctx, e.need.cls);
  const source = sourceAt(ctx, e.need.site);
  const steps = stepsOf(e.info);
  if (e.late) steps.push({ ...e.late, note: `${cls} is taken only here` });
  const entry = ctx.analysis.machine.entry;
  if (steps.length === 0 && entry.why) steps.push({ at: 0, end: 1, note: `${entry.why}: ${cls} is not held on entry` });
  return {
    rule,
    at: e.need.site.at,
    end: e.need.site.end,
    words: { call: source, object: print(ctx, e.need.obj), lock: cls, what: e.need.what, mode: e.need.mode },
    steps: [
      ...steps,
      {
        ...e.need.site,
        note: e.callee
          ? `${e.callee}() needs ${cls}${e.need.mode === "write" ? " for write" : ""} (for ${e.need.what})`
          : `needs ${cls}${e.need.mode === "write" ? " held for write" : ""}`,
      },
    ],
    weight: 2,
    // One that callers held and that was dropped on the way is theirs all the same.
    ...(e.info?.entry || e.info?.dropped ? {} : { missing: e.need.cls }),
  };
}

function direct(ctx: DetectorContext, check: CheckRule): RawFinding[] {
  const fields = new Set(list(check.with.fields));
  const unless = list(check.with.unless);
  const out: RawFinding[] = [];
  for (const e of ctx.analysis.events) {
    if (e.k !== "field" || !e.write || e.struct !== check.with.struct || !fields.has(e.field)) continue;
    if (unless.some((m) => e.state.hasMark(e.base, m))) continue;
    out.push({
      rule: check.id,
      at: e.site.at,
      end: e.site.end,
      words: { call: sourceAt(ctx, e.site), object: print(ctx, e.base), what: e.field },
      steps: [{ ...e.site, note: "written directly" }],
      weight: 3,
    });
  }
  return out;
}
