/** recheck-after-acquire: a value read before the lock is acted upon under it without a second look. */
import { isHeld } from "../locks/query";
import { type Detector, label, list, print, type RawFinding, sourceAt } from "./detector";

export const recheck: Detector = (ctx, check) => {
  const classes = new Set(list(check.with.acquire));
  const writes = new Set(list(check.with.write));
  const reads = new Set(list(check.with.read));
  const m = ctx.analysis.machine;
  const out: RawFinding[] = [];
  for (const e of ctx.analysis.events) {
    if (e.k !== "action" || !writes.has(e.action) || !e.direct) continue;
    if (list(check.with.unless).some((mark) => e.state.hasMark(e.obj, mark))) continue;
    const section = [...e.state.locks.values()].find((l) => classes.has(l.cls) && isHeld(l) && !l.entry && !l.weak);
    if (!section || section.checked) continue;
    const earlier = [...e.state.did].find(([a, s]) => reads.has(a) && s.at < section.origin.at);
    if (!earlier) continue;
    if ([...e.state.locks.values()].some((l) => isHeld(l) && l.mode === "write" && m.rules.until.has(l.cls))) continue;
    out.push({
      rule: check.id,
      at: e.site.at,
      end: e.site.end,
      words: { call: sourceAt(ctx, e.site), object: print(ctx, e.obj), lock: label(ctx, section.cls), what: e.callee },
      steps: [{ ...earlier[1], note: "read without the lock" }, section.origin, { ...e.site, note: "changed without looking again" }],
      weight: 3,
    });
  }
  return out;
};
