/** seqcount-protocol: write sections that protect what they should, readers that look twice. */
import { canonicalLock } from "../locks/canonical";
import type { Event } from "../locks/events";
import { POSITIVE, ZERO } from "../locks/facts";
import { termOn } from "../locks/obligations";
import { holds, isHeld } from "../locks/query";
import type { LockEntry, Site, State } from "../locks/state";
import type { ValueId } from "../locks/values";
import type { CheckRule, Need } from "../rules/model";
import { isPointer } from "../syntax/types";
import { balance } from "./balance";
import { type Detector, type DetectorContext, findingsOf, label, list, print, type RawFinding } from "./detector";
import {
  type Action,
  actionsOf,
  type Exit,
  exitsOf,
  leavesFunction,
  maySucceed,
  performs,
  resultAt,
  zeroSucceeds,
} from "./exits";
import { unopened } from "./unopened";

type Unheld = Extract<Event, { k: "release-unheld" }>;
type Acquire = Extract<Event, { k: "acquire" }>;

export const seqcount: Detector = (ctx, check) => {
  switch (check.with.kind) {
    case "writer-section":
      return [...sectionMode(ctx, check), ...outsideSection(ctx, check)];
    case "writer-lock":
      return unserialised(ctx, check);
    case "balance":
      return [
        ...balance(ctx, { ...check, with: { locks: check.with.locks } }),
        ...closedOnly(ctx, check),
        ...readers(ctx, check),
      ];
    case "reader-retry":
      return readers(ctx, check);
    default:
      return [];
  }
};

const finding = findingsOf(4);

function closedOnly(ctx: DetectorContext, check: CheckRule): RawFinding[] {
  const ends = unopened(ctx, new Set(list(check.with.locks)), String(check.with.opens), String(check.with.closes));
  return ends.map((e) =>
    finding(
      ctx,
      check,
      e.site,
      "the write section was never opened",
      [{ ...e.site, note: "closed here, but never opened" }],
      print(ctx, e.obj),
    ),
  );
}

function begins(ctx: DetectorContext, counters: Set<string>): Acquire[] {
  return ctx.analysis.events.filter((e): e is Acquire => e.k === "acquire" && counters.has(e.cls) && e.callee === null);
}

/** The write section is opened without the lock that its protocol asks for. */
function sectionMode(ctx: DetectorContext, check: CheckRule): RawFinding[] {
  const m = ctx.analysis.machine;
  const out: RawFinding[] = [];
  for (const e of begins(ctx, new Set(list(check.with.counters)))) {
    for (const group of (check.with.needs as Need[][] | undefined) ?? []) {
      const missing = group.every(
        (n) =>
          holds(
            m,
            e.state,
            n.lock,
            termOn(m, e.state, e.obj, n.on === "any" ? { any: true } : { any: false, fields: [], folio: false }),
            n.mode,
          ).answer === "no",
      );
      if (!missing) continue;
      const need = group[0] as Need;
      const lock = label(ctx, need.lock);
      out.push(
        finding(ctx, check, e.site, `${lock} is not held${need.mode === "write" ? " for write" : ""} here`, [
          ...evidence(e.state, need.lock),
          { ...e.site, note: "write section opened" },
        ]),
      );
    }
  }
  return out;
}

function evidence(s: State, cls: string): Site[] {
  for (const l of s.locks.values()) if (l.cls === cls) return l.last ? [l.last] : l.origin.end > 0 ? [l.origin] : [];
  return [];
}

/** What belongs inside the section happens after its end, or before its begin, on a path that has the section. */
function outsideSection(ctx: DetectorContext, check: CheckRule): RawFinding[] {
  const counters = new Set(list(check.with.counters));
  const actions = list(check.with.actions);
  const out: RawFinding[] = [];
  const done = actions.flatMap((a) => actionsOf(ctx, a));
  const inside = done.some((e) => [...e.state.locks.values()].some((l) => counters.has(l.cls) && isHeld(l)));
  const open = begins(ctx, counters)[0];
  const close = ctx.analysis.events.find(
    (e): e is Unheld => e.k === "release-unheld" && counters.has(e.cls) && e.callee === null,
  );
  const edge = open?.site ?? close?.site;
  // The function has a section, and does outside of it all that belongs inside.
  const stray = edge && !inside ? (done.filter((e) => e.site.at < edge.at).pop() ?? done[0]) : undefined;
  if (edge && stray) {
    return [
      finding(ctx, check, stray.site, "done outside the write section", [
        { ...stray.site, note: "outside the section" },
        { ...edge, note: open ? "the section is opened here" : "closed here, but never opened" },
      ]),
    ];
  }
  for (const e of ctx.analysis.events) {
    if (e.k === "action" && actions.includes(e.action)) {
      const sections = [...e.state.locks.values()].filter((l) => counters.has(l.cls));
      if (sections.some(isHeld)) continue;
      const closed = sections.find((l) => l.mode === "free" && l.last !== null && !l.entry && !l.dropped);
      if (closed?.last)
        out.push(
          finding(
            ctx,
            check,
            e.site,
            `done after the write section of ${label(ctx, closed.cls).split(" ")[0]} was closed`,
            [closed.origin, closed.last, { ...e.site, note: "outside the section" }],
          ),
        );
    } else if (e.k === "acquire" && counters.has(e.cls) && e.callee === null) {
      for (const a of actions) {
        const early = e.state.did.get(a);
        if (early && !e.state.locks.has(`${e.cls}@${e.obj}`))
          out.push(
            finding(ctx, check, early, "done before the write section is opened", [
              { ...early, note: "outside the section" },
              { ...e.site, note: "write section opened only here" },
            ]),
          );
      }
    }
  }
  return out;
}

/** A write section of a plain counter that nothing keeps other writers out of. */
function unserialised(ctx: DetectorContext, check: CheckRule): RawFinding[] {
  const counters = new Set(list(check.with.counters));
  const exclusive = list(check.with.locks);
  const m = ctx.analysis.machine;
  const out: RawFinding[] = [];
  for (const e of begins(ctx, counters)) {
    const held = [...e.state.locks.values()].filter((l) => isHeld(l) && !counters.has(l.cls));
    if (held.some((l) => l.mode !== "read" && l.mode !== "down")) continue;
    // Two-sided: entered with nothing held, or a lock of the same object is let go of before or taken inside.
    const near = nearby(ctx, e, exclusive);
    const bare = ctx.slots.length > 0 || ctx.fn.kind === "syscall";
    const open = exclusive.some((c) => !m.rules.classes.get(c)?.generic && !m.entry.free.has(c));
    if (!near && (!bare || open || m.entry.some.size > 0)) continue;
    const steps = near
      ? [near.origin, ...(near.last ? [near.last] : [])]
      : [{ at: 0, end: 1, note: `${m.entry.why}: no lock is held on entry` }];
    out.push(
      finding(
        ctx,
        check,
        e.site,
        "",
        [...steps, { ...e.site, note: "write section opened without a lock" }],
        print(ctx, e.obj),
      ),
    );
  }
  return out;
}

/** A lock beside the counter, in the same object, that this path has already released. */
function nearby(ctx: DetectorContext, e: Acquire, classes: string[]): LockEntry | undefined {
  const { t } = ctx.analysis.machine;
  const counter = t.get(e.obj);
  if (counter.k !== "field") return undefined;
  return [...e.state.locks.values()].find((l) => {
    const lock = t.get(l.obj);
    return (
      classes.includes(l.cls) &&
      l.mode === "free" &&
      l.last !== null &&
      !l.attempt &&
      !l.entry &&
      lock.k === "field" &&
      lock.base === counter.base
    );
  });
}

/** The class of the counter that a reader's action is about. */
function counterClass(ctx: DetectorContext, e: Action): string {
  const m = ctx.analysis.machine;
  const all = [...m.rules.classes.values()].filter((c) => c.kind === "seq");
  const generic = all.find((c) => c.generic)?.id ?? "";
  const known = canonicalLock(m, generic, e.obj).cls;
  if (known !== generic) return known;
  // The owner's type is not known here (`current->mm`): the field's name tells.
  const cell = m.t.get(e.obj);
  return (cell.k === "field" && all.find((c) => c.field === cell.field)?.id) || generic;
}

function readers(ctx: DetectorContext, check: CheckRule): RawFinding[] {
  const counters = new Set(list(check.with.counters));
  const mine = (e: Action): boolean => e.direct && counters.has(counterClass(ctx, e));
  const starts = actionsOf(ctx, check.with.begin).filter(mine);
  const retries = actionsOf(ctx, check.with.retry).filter(mine);
  if (starts.length === 0) return [];
  const odd = new Set(actionsOf(ctx, check.with.odd).map((e) => e.site.at));
  const strict = check.with.kind === "reader-retry";
  const out: RawFinding[] = [];
  for (const e of ctx.analysis.events) {
    if (e.k !== "ignored-result" || !performs(ctx, e.api, check.with.retry)) continue;
    if (retries.some((r) => r.site.at === e.site.at))
      out.push(
        finding(ctx, check, e.site, "the answer is ignored, so data read during a write is used", [
          { ...e.site, note: "result ignored" },
        ]),
      );
  }
  const begun = firstPer(starts);
  for (const b of begun) {
    const seq = resultAt(ctx, b);
    if (strict && !odd.has(b.site.at))
      out.push(
        finding(
          ctx,
          check,
          b.site,
          "waits for a writer that may be preempted; read the counter without waiting and fall back when it is odd",
          [{ ...b.site, note: "spins while a writer is inside" }],
        ),
      );
    if (strict)
      out.push(
        ...misplaced(
          ctx,
          check,
          starts.filter((s) => s.site.at === b.site.at),
        ),
      );
    if (seq === undefined || leavesFunction(ctx, seq) || handedOn(ctx, seq, retries)) continue;
    if (retries.length > 0 || strict || !odd.has(b.site.at))
      out.push(...unchecked(ctx, check, b, seq, retries, strict && odd.has(b.site.at)));
  }
  return out;
}

/** Is the value an argument of some call that is no second look (also of one through a pointer)? */
function handedOn(ctx: DetectorContext, seq: number, retries: Action[]): boolean {
  const name = ctx.analysis.machine.t.suggestedName(seq);
  if (name === undefined) return false;
  let text = ctx.text;
  for (const r of retries)
    text = text.slice(0, r.site.at) + " ".repeat(r.site.end - r.site.at) + text.slice(r.site.end);
  return new RegExp(`[(,]\\s*&?${name}\\s*[,)]`).test(text.replace(/\b(?:if|while|switch)\s*\(/g, ""));
}

function firstPer(list: Action[]): Action[] {
  return list.filter((e, i) => list.findIndex((x) => x.site.at === e.site.at) === i);
}

/** Successful returns behind the first look at the counter without a second, or after a first look that was not understood. */
function unchecked(
  ctx: DetectorContext,
  check: CheckRule,
  b: Action,
  seq: number,
  retries: Action[],
  parity: boolean,
): RawFinding[] {
  const { t } = ctx.analysis.machine;
  const out: RawFinding[] = [];
  const first: Site = { ...b.site, note: "counter read here" };
  for (const x of exitsOf(ctx)) {
    const began = x.state.did.get(String(check.with.begin));
    if (began?.at !== b.site.at || !maySucceed(ctx, x) || wrote(ctx, x.state, b) || lockedInstead(ctx, x.state, b))
      continue;
    if (!x.state.did.has(String(check.with.retry))) {
      if (onlyMissesMatter(ctx, x, retries, check)) continue;
      out.push(
        finding(ctx, check, b.site, "on a path to a successful return nobody looks whether a writer came in between", [
          first,
          { ...x.site, note: "returns without a second look" },
        ]),
      );
      continue;
    }
    const verdicts = retries.map((r) => resultAt(ctx, r)).filter((v) => v !== undefined);
    const acted = verdicts.some((v) => (x.state.mask(t, v) & ~ZERO) === 0) || verdicts.length === 0;
    const moved = verdicts.length > 0 && verdicts.every((v) => (x.state.mask(t, v) & ZERO) === 0);
    // Paths met again, and return what was found before: nothing was done about the answer.
    const before = (v: ValueId): boolean => retries.some((r) => [...r.state.mem].some(([, old]) => old === v));
    const open =
      check.with.kind === "reader-retry" &&
      verdicts.length > 0 &&
      verdicts.every((v) => (x.state.mask(t, v) & ~ZERO) !== 0) &&
      (x.ret === null || before(x.ret));
    if (moved || open)
      out.push(
        finding(ctx, check, (retries[0] as Action).site, "succeeds although the counter moved", [
          first,
          { ...x.site, note: "returns success" },
        ]),
      );
    else if (acted && parity && (x.state.mask(t, t.op("&", seq, t.one)) & POSITIVE) !== 0) {
      out.push(
        finding(ctx, check, b.site, "an odd value means a writer is inside, and is not refused", [
          first,
          { ...x.site, note: "succeeds though the counter may have been odd" },
        ]),
      );
    }
  }
  return out.slice(0, 1);
}

/** Did the path wait for a lock after the first look? Under it the data is read anew. */
function lockedInstead(ctx: DetectorContext, s: State, b: Action): boolean {
  const { classes } = ctx.analysis.machine.rules;
  return [...s.locks.values()].some((l) => {
    const kind = classes.get(l.cls)?.kind;
    return (
      (kind === "spin" || kind === "mutex" || kind === "rwsem") && !l.attempt && !l.entry && l.origin.at > b.site.at
    );
  });
}

/** A search that is sure of what it finds: only "nothing there" is looked at twice. */
function onlyMissesMatter(ctx: DetectorContext, x: Exit, retries: Action[], check: CheckRule): boolean {
  const { t } = ctx.analysis.machine;
  if (x.ret === null || x.state.mask(t, x.ret) === ZERO) return false;
  if (!isPointer(ctx.fn.returnType) && zeroSucceeds(ctx)) return false;
  const answers = (e: Exit): boolean =>
    retries.some((r) => r.site.at > e.site.at && !ctx.text.slice(e.site.at, r.site.at).includes(";"));
  const looked = exitsOf(ctx).filter((e) => e.state.did.has(String(check.with.retry)));
  return looked.length > 0 && looked.every((e) => e.ret !== null && (e.state.mask(t, e.ret) === ZERO || answers(e)));
}

/** Did the path take the write side of the same counter instead? */
function wrote(ctx: DetectorContext, s: State, b: Action): boolean {
  const { classes } = ctx.analysis.machine.rules;
  return [...s.locks.values()].some((l) => l.obj === b.obj && classes.get(l.cls)?.kind === "seq");
}

/** What belongs between the two looks happens before the first or after the second. */
function misplaced(ctx: DetectorContext, check: CheckRule, starts: Action[]): RawFinding[] {
  const retry = String(check.with.retry);
  for (const a of list(check.with.actions)) {
    for (const b of starts) {
      const early = b.state.did.get(a);
      if (early && !b.state.did.has(String(check.with.begin)))
        return [
          finding(ctx, check, b.site, "the counter is read only after the walk began", [
            { ...early, note: "walk" },
            b.site,
          ]),
        ];
    }
    for (const e of actionsOf(ctx, a)) {
      const late = e.state.did.get(retry);
      if (late)
        return [
          finding(ctx, check, late, "the counter is compared before the walk, not after it", [
            late,
            { ...e.site, note: "walk" },
          ]),
        ];
    }
  }
  return [];
}
