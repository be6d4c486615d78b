/** notifier-contract: what code that announces invalidations, and callbacks that hear of them, owe each other. */
import { ERRPTR, NEGATIVE, ZERO } from "../locks/facts";
import { holds } from "../locks/query";
import type { Site, State } from "../locks/state";
import type { ValueId } from "../locks/values";
import type { CheckRule } from "../rules/model";
import { type Detector, type DetectorContext, findingsOf, label, list, print, type RawFinding } from "./detector";
import { actionsOf, type Exit, exitsOf } from "./exits";

export const notifierContract: Detector = (ctx, check) => {
  const slots = list(check.with.slots);
  if (slots.length > 0 && !slots.some((s) => ctx.slots.includes(s))) return [];
  switch (check.with.kind) {
    case "coverage":
      return coverage(ctx, check);
    case "start-return":
      return [...sleeps(ctx, check), ...returns(ctx, check)];
    case "set-seq":
      return setSeq(ctx, check);
    case "exclusive":
      return exclusive(ctx, check);
    default:
      return [];
  }
};

const finding = findingsOf(3);

/** Rights are taken away after the announced range was ended, or before it is announced. */
function coverage(ctx: DetectorContext, check: CheckRule): RawFinding[] {
  const classes = new Set(list(check.with.locks));
  const actions = new Set(list(check.with.actions));
  const out: RawFinding[] = [];
  for (const e of ctx.analysis.events) {
    if (e.k === "action" && e.direct && actions.has(e.action)) {
      const ranges = [...e.state.locks.values()].filter((l) => classes.has(l.cls));
      if (
        ranges.length === 0 ||
        !ranges.every((l) => l.mode === "free" && l.last !== null && !l.attempt && !l.entry && !l.dropped)
      )
        continue;
      const range = ranges[0] as (typeof ranges)[number];
      out.push(
        finding(
          ctx,
          check,
          e.site,
          "after the range was ended",
          [range.origin, range.last as Site, { ...e.site, note: "not announced any more" }],
          print(ctx, e.obj),
        ),
      );
    } else if (
      e.k === "acquire" &&
      classes.has(e.cls) &&
      e.callee === null &&
      ![...e.state.locks.values()].some((l) => classes.has(l.cls))
    ) {
      for (const a of actions) {
        const early = e.state.did.get(a);
        if (early)
          out.push(
            finding(ctx, check, early, "before the range is announced", [
              { ...early, note: "not announced yet" },
              { ...e.site, note: "announced only here" },
            ]),
          );
      }
    }
  }
  return out;
}

/** Value of "may I sleep?" on the callback's range, where the function asks. */
function questions(ctx: DetectorContext, check: CheckRule): ValueId[] {
  const { t } = ctx.analysis.machine;
  return actionsOf(ctx, check.with.test).map((e) => t.pure(e.callee, [e.obj]));
}

function sleeps(ctx: DetectorContext, check: CheckRule): RawFinding[] {
  const { t } = ctx.analysis.machine;
  const asked = questions(ctx, check);
  const out: RawFinding[] = [];
  for (const e of ctx.analysis.events) {
    if (e.k !== "sleep" || e.conditional) continue;
    if (asked.some((v) => (e.state.mask(t, v) & ZERO) === 0)) continue;
    const through = e.through ? ` (through ${e.through})` : "";
    out.push(
      finding(ctx, check, e.site, `${e.callee}() may sleep${through} although the range may not be blockable`, [
        { ...e.site, note: "sleeps without knowing that it may" },
      ]),
    );
  }
  return out.slice(0, 1);
}

function returns(ctx: DetectorContext, check: CheckRule): RawFinding[] {
  const { t } = ctx.analysis.machine;
  const asked = questions(ctx, check);
  const allowed = new Set(list(check.with.errors));
  const truth = /\bbool\b/.test(ctx.fn.returnType);
  const out: RawFinding[] = [];
  for (const x of exitsOf(ctx)) {
    if (x.ret === null) continue;
    const mask = x.state.mask(t, x.ret);
    const failed = truth ? mask === ZERO : (mask & ~(NEGATIVE | ERRPTR)) === 0;
    if (!failed) continue;
    const mustWork = asked.some((v) => (x.state.mask(t, v) & ZERO) === 0);
    const wrong = truth ? undefined : errorName(ctx, x);
    if (mustWork)
      out.push(
        finding(ctx, check, x.site, "it fails although the range is blockable", [
          { ...x.site, note: "may sleep here, so must not fail" },
        ]),
      );
    else if (wrong !== undefined && !allowed.has(wrong))
      out.push(
        finding(
          ctx,
          check,
          x.site,
          `it returns -${wrong}; only ${[...allowed].map((a) => `-${a}`).join(", ")} is understood`,
          [{ ...x.site, note: "unexpected error" }],
        ),
      );
  }
  return out;
}

/** Name of the constant error returned: `ENOMEM` of `-ENOMEM`. */
function errorName(ctx: DetectorContext, x: Exit): string | undefined {
  const { t } = ctx.analysis.machine;
  const v = t.get(x.state.facts.get(x.ret as ValueId)?.eq ?? (x.ret as ValueId));
  if (v.k !== "un" || v.op !== "-") return undefined;
  const name = t.get(v.a);
  return name.k === "sym" ? name.name : undefined;
}

/** A callback says "done" without having recorded the invalidation. */
function setSeq(ctx: DetectorContext, check: CheckRule): RawFinding[] {
  const [record, retry] = list(check.with.actions);
  // Nobody decides by the sequence here: nothing to record.
  if (retry !== undefined && !decides(ctx, retry)) return [];
  if (passesOn(ctx)) return [];
  const { t } = ctx.analysis.machine;
  const out: RawFinding[] = [];
  for (const x of exitsOf(ctx)) {
    if (x.ret === null || x.state.did.has(record ?? "") || x.state.mask(t, x.ret) === ZERO) continue;
    if (exempt(ctx, x.state, list(check.with.events), list(check.with.only))) continue;
    out.push(finding(ctx, check, x.site, "", [{ ...x.site, note: "the invalidation is not recorded on this path" }]));
  }
  return out;
}

/** Does somebody in the same folder decide by the sequence of such an object? */
function decides(ctx: DetectorContext, retry: string): boolean {
  const owner = /\bcontainer_of\s*\(\s*\w+\s*,\s*struct\s+(\w+)/.exec(ctx.text)?.[1];
  return ctx.unitCalls(retry).some((c) => {
    // `&x->member` where x is declared as a pointer to another struct: another kind of object.
    const object = new RegExp(`\\b${c.api}\\s*\\(\\s*&(\\w+)->\\w+\\s*,`).exec(c.text)?.[1];
    const type =
      object === undefined ? undefined : new RegExp(`struct\\s+(\\w+)\\s*\\*\\s*${object}\\b`).exec(c.text)?.[1];
    return owner === undefined || type === undefined || type === owner;
  });
}

/** Does some callee get the new sequence (the last parameter)? Then recording it is its business. */
function passesOn(ctx: DetectorContext): boolean {
  const { t } = ctx.analysis.machine;
  const last = ctx.fn.params.length - 1;
  for (const list of ctx.analysis.calls.values()) {
    for (const c of list) if (c.args.some((a) => a === t.param(last, ""))) return true;
  }
  return false;
}

/** The path looked at the kind of event, or failed to get hold of the dying object. */
function exempt(ctx: DetectorContext, s: State, events: string[], only: string[]): boolean {
  const { machine } = ctx.analysis;
  const { t } = machine;
  const named = (v: ValueId, names: string[]): boolean => {
    const x = t.get(v);
    return x.k === "sym" && names.includes(x.name);
  };
  for (const [v, f] of s.facts) {
    if (f.eq !== undefined && named(f.eq, events)) return true;
    if (f.ne?.some((n) => named(n, only))) return true;
    const x = t.get(v);
    if (x.k !== "op" || x.op !== "==") continue;
    if ((f.mask & ZERO) === 0 && (named(x.a, events) || named(x.b, events))) return true;
    if (f.mask === ZERO && (named(x.a, only) || named(x.b, only))) return true;
  }
  for (const [v, f] of machine.fallible) {
    const e = machine.rules.api(f.api, -1);
    const takesRef = e?.effects.some(
      (x) => x.mark !== undefined || (x.acquire !== undefined && machine.rules.classes.get(x.acquire)?.kind === "ref"),
    );
    if (takesRef && (s.mask(t, v) & ~f.mask) === 0) return true;
  }
  return false;
}

/** Did the function call something that takes the lock itself? Then nobody up the stack holds it. */
function takenBefore(ctx: DetectorContext, check: CheckRule, obj: ValueId, site: Site, lock: string): boolean {
  if (
    ctx.analysis.events.some(
      (e) => e.k === "acquire" && e.cls === lock && e.obj === obj && e.site.at < site.at && e.blocking,
    )
  )
    return true;
  return actionsOf(ctx, check.with.test).some((e) => e.obj === obj && e.site.at < site.at);
}

/** Making pages exclusive, or collecting them for a migration, without the lock that keeps the mappings. */
function exclusive(ctx: DetectorContext, check: CheckRule): RawFinding[] {
  const m = ctx.analysis.machine;
  const lock = list(check.with.locks)[0] ?? "";
  const owner = m.rules.classes.get(lock)?.objectType;
  const out: RawFinding[] = [];
  for (const e of list(check.with.actions).flatMap((a) => actionsOf(ctx, a))) {
    if (!e.direct) continue;
    const object = m.structs.get(e.obj) === owner ? e.obj : null;
    const r =
      takenBefore(ctx, check, e.obj, e.site, lock) && ![...e.state.locks.values()].some((l) => l.cls === lock)
        ? { answer: "no" }
        : holds(m, e.state, lock, object, "any");
    const released = [...e.state.locks.values()].find(
      (l) => l.cls === lock && l.mode === "free" && l.last !== null && !l.attempt,
    );
    if (r.answer !== "no" && !(object === null && r.answer === "entry" && released && !released.entry)) continue;
    const steps = released ? [released.origin, ...(released.last ? [released.last] : [])] : [];
    out.push(
      finding(ctx, check, e.site, `${label(ctx, lock)} is not held here`, [
        ...steps,
        { ...e.site, note: `needs ${label(ctx, lock)}` },
      ]),
    );
  }
  return out;
}
