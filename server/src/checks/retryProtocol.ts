/** retry-protocol: a sequence is read, the work done, and under the user's own lock it is decided whether to start over. */
import { ZERO } from "../locks/facts";
import { isHeld } from "../locks/query";
import type { LockEntry, Site } from "../locks/state";
import type { CheckRule } from "../rules/model";
import { worksOnYes } from "./backwards";
import { type Detector, type DetectorContext, label, list, type RawFinding, sourceAt } from "./detector";
import { type Action, actionsOf, exitsOf, leavesFunction, maySucceed, performs, resultAt } from "./exits";

export const retryProtocol: Detector = (ctx, check) => {
  const begins = actionsOf(ctx, check.with.begin);
  const retries = actionsOf(ctx, check.with.retry);
  if (begins.length === 0 && retries.length === 0) return [];
  return [
    ...withoutLock(ctx, check, retries),
    ...underSameLock(ctx, check, begins, retries),
    ...outOfOrder(ctx, check, begins),
    ...noDecision(ctx, check, begins, retries),
    ...lockedInVain(ctx, check, begins, retries),
    ...ignored(ctx, check, retries),
    ...backwards(ctx, check, retries),
  ];
};

function finding(ctx: DetectorContext, check: CheckRule, site: Site, what: string, steps: Site[]): RawFinding {
  return {
    rule: check.id,
    at: site.at,
    end: site.end,
    words: { call: sourceAt(ctx, site), what, object: "", lock: "" },
    steps,
    weight: 4,
  };
}

function held(e: Action, classes: Set<string>): LockEntry[] {
  return [...e.state.locks.values()].filter((l) => classes.has(l.cls) && isHeld(l));
}

/** The decision is made without the lock: an invalidation can come between it and the programming. */
function withoutLock(ctx: DetectorContext, check: CheckRule, retries: Action[]): RawFinding[] {
  const classes = new Set(list(check.with.lock));
  const out: RawFinding[] = [];
  for (const e of retries) {
    if (!e.direct || held(e, classes).length > 0) continue;
    // Reading the sequence waits for invalidations: nobody up the stack holds the lock they take.
    const began = e.state.did.get(String(check.with.begin));
    const letGo = [...e.state.locks.values()].find(
      (l) => classes.has(l.cls) && l.mode === "free" && l.last !== null && !l.attempt,
    );
    // Where no such lock is visible it may be one that the rules do not know.
    const visible = letGo !== undefined || ctx.analysis.events.some((x) => x.k === "acquire" && classes.has(x.cls));
    if ((!began && !letGo) || !visible) continue;
    const steps = letGo
      ? [letGo.origin, ...(letGo.last ? [letGo.last] : [])]
      : began
        ? [{ ...began, note: "sequence read" }]
        : [];
    out.push(
      finding(ctx, check, e.site, "the decision is made without the lock that the invalidate callback takes", [
        ...steps,
        { ...e.site, note: "no lock held" },
      ]),
    );
  }
  return out;
}

/** Waiting for invalidations while holding the only lock of the decision: the callback waits for it. */
function underSameLock(ctx: DetectorContext, check: CheckRule, begins: Action[], retries: Action[]): RawFinding[] {
  const classes = new Set(list(check.with.lock));
  const out: RawFinding[] = [];
  for (const b of begins) {
    if (!b.direct) continue;
    for (const lock of held(b, classes)) {
      if (lock.entry || lock.mode === "top" || lock.mode === "read") continue;
      const only = retries.some((r) => {
        const there = held(r, classes);
        return (
          there.length === 1 &&
          there[0]?.cls === lock.cls &&
          there[0].obj === lock.obj &&
          there[0].origin.at === lock.origin.at
        );
      });
      if (only)
        out.push(
          finding(
            ctx,
            check,
            b.site,
            `waits for invalidations while ${label(ctx, lock.cls)} is held, which they need`,
            [lock.origin, { ...b.site, note: "waits here" }],
          ),
        );
    }
  }
  return out;
}

/** The sequence is read after the work, or used again after a decision. */
function outOfOrder(ctx: DetectorContext, check: CheckRule, begins: Action[]): RawFinding[] {
  const begin = String(check.with.begin);
  const retry = String(check.with.retry);
  const out: RawFinding[] = [];
  for (const use of list(check.with.use)) {
    for (const b of begins) {
      const early = b.state.did.get(use);
      if (early && !b.state.did.has(begin))
        out.push(
          finding(ctx, check, b.site, "the sequence is read only after the page tables were walked", [
            { ...early, note: "walk" },
            { ...b.site, note: "sequence read" },
          ]),
        );
    }
    for (const u of actionsOf(ctx, use)) {
      const decided = u.state.did.get(retry);
      if (decided && begins.length > 0)
        out.push(
          finding(ctx, check, u.site, "walks again with the sequence of an attempt that has failed; read it anew", [
            { ...decided, note: "decided here" },
            { ...u.site, note: "no new sequence since" },
          ]),
        );
    }
  }
  return out;
}

/** Work between begin and a successful return that nobody decided upon. */
function noDecision(ctx: DetectorContext, check: CheckRule, begins: Action[], retries: Action[]): RawFinding[] {
  const out: RawFinding[] = [];
  for (const b of begins) {
    if (!b.direct || out.some((f) => f.at === b.site.at)) continue;
    const seq = resultAt(ctx, b);
    for (const x of exitsOf(ctx)) {
      const { did } = x.state;
      const use = list(check.with.use)
        .map((u) => did.get(u))
        .find((s) => s !== undefined);
      if (
        did.get(String(check.with.begin))?.at !== b.site.at ||
        !use ||
        did.has(String(check.with.retry)) ||
        !maySucceed(ctx, x)
      )
        continue;
      // Somebody else may decide later, unless this function does elsewhere.
      if (!retries.some((r) => r.direct) && (seq === undefined || leavesFunction(ctx, seq))) continue;
      out.push(
        finding(ctx, check, b.site, "a successful return has no check that no invalidation came in between", [
          { ...b.site, note: "sequence read" },
          { ...use, note: "walk" },
          { ...x.site, note: "returns without a decision" },
        ]),
      );
      break;
    }
  }
  return out;
}

/** The function takes its lock after the work, to use what was found, and nowhere is there a decision. */
function lockedInVain(ctx: DetectorContext, check: CheckRule, begins: Action[], retries: Action[]): RawFinding[] {
  if (retries.length > 0 || begins.length === 0) return [];
  const classes = new Set(list(check.with.lock));
  for (const e of ctx.analysis.events) {
    if (e.k !== "acquire" || !classes.has(e.cls) || e.callee !== null) continue;
    const { did } = e.state;
    const began = did.get(String(check.with.begin));
    const use = list(check.with.use)
      .map((u) => did.get(u))
      .find((s) => s !== undefined);
    const kept = exitsOf(ctx).some((x) =>
      [...x.state.locks.values()].some((l) => l.cls === e.cls && l.obj === e.obj && isHeld(l)),
    );
    if (began && use && !kept)
      return [
        finding(
          ctx,
          check,
          began,
          "what was found is used under the lock without a check that no invalidation came in between",
          [
            { ...began, note: "sequence read" },
            { ...use, note: "walk" },
            { ...e.site, note: "used from here on" },
          ],
        ),
      ];
  }
  return [];
}

/** Success is returned only where an invalidation came in between, or only there the work is done under the lock. */
function backwards(ctx: DetectorContext, check: CheckRule, retries: Action[]): RawFinding[] {
  const { t } = ctx.analysis.machine;
  const classes = new Set(list(check.with.lock));
  const what = "only where it says that an invalidation came in between the work succeeds";
  for (const r of retries) {
    const answer = r.direct ? resultAt(ctx, r) : undefined;
    if (answer === undefined) continue;
    const decided = { ...r.site, note: "decided here" };
    if (worksOnYes(ctx, r.site.at, classes))
      return [
        finding(ctx, check, r.site, what, [
          { ...decided, note: "goes on under the lock where it says so, and lets go where not" },
        ]),
      ];
    const good = exitsOf(ctx).filter((x) => x.ret !== null && x.state.did.has(r.action) && maySucceed(ctx, x));
    const changed = good.find((x) => (x.state.mask(t, answer) & ZERO) === 0);
    if (!changed || good.some((x) => (x.state.mask(t, answer) & ZERO) !== 0)) continue;
    return [
      finding(ctx, check, r.site, what, [decided, { ...changed.site, note: "returns success after an invalidation" }]),
    ];
  }
  return [];
}

function ignored(ctx: DetectorContext, check: CheckRule, retries: Action[]): RawFinding[] {
  const out: RawFinding[] = [];
  for (const e of ctx.analysis.events) {
    if (e.k !== "ignored-result" || !performs(ctx, e.api, check.with.retry)) continue;
    if (retries.some((r) => r.site.at === e.site.at))
      out.push(finding(ctx, check, e.site, "the answer is ignored", [{ ...e.site, note: "result ignored" }]));
  }
  return out;
}
