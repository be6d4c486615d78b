/** result-check: the result of a conditional acquisition is ignored, inverted, or used although it failed. */
import { balance } from "./balance";
import { type Detector, type DetectorContext, list, print, type RawFinding, sourceAt } from "./detector";

export const resultCheck: Detector = (ctx, check) => {
  const classes = new Set(list(check.with.locks));
  const apis = new Set(list(check.with.apis));
  // What another rule of this kind names is that rule's business.
  const others = new Set(
    ctx.checks.filter((c) => c.detector === check.detector && c !== check).flatMap((c) => list(c.with.apis)),
  );
  const mine = (api: string): boolean => apis.has(api) || (!others.has(api) && acquires(ctx, api, classes));
  const out: RawFinding[] = [];
  const used = new Set<number>();
  for (const e of ctx.analysis.events) {
    if (e.k === "ignored-result") {
      if (!mine(e.api)) continue;
      out.push({
        rule: check.id,
        at: e.site.at,
        end: e.site.end,
        words: {
          call: sourceAt(ctx, e.site),
          what: "its result is ignored, so nobody knows whether the lock is held",
          object: "",
          lock: "",
        },
        steps: [{ ...e.site, note: "result ignored" }],
        weight: 5,
      });
    } else if (e.k === "failed-use") {
      // The first use of a failed result is the mistake; the others follow from it.
      if (!mine(e.api) || used.has(e.value)) continue;
      used.add(e.value);
      out.push(failedUse(ctx, check.id, e.value, e.api, e.site));
    } else if (e.k === "action") {
      const f = ctx.analysis.machine.fallible.get(e.obj);
      if (!f || !mine(f.api)) continue;
      const mask = e.state.mask(ctx.analysis.machine.t, e.obj);
      if ((mask & ~f.mask) !== 0 || used.has(e.obj)) continue;
      used.add(e.obj);
      out.push(failedUse(ctx, check.id, e.obj, f.api, e.site));
    }
  }
  if (check.with.balance === true) out.push(...balance(ctx, check));
  return out;
};

function failedUse(
  ctx: DetectorContext,
  rule: string,
  v: number,
  api: string,
  site: { at: number; end: number; note: string },
): RawFinding {
  return {
    rule,
    at: site.at,
    end: site.end,
    words: { call: api, object: print(ctx, v), what: `used on a path where ${api}() failed`, lock: "" },
    steps: [...made(ctx, v, api), { ...site, note: `used although ${api}() failed on this path` }],
    weight: 5,
  };
}

/** Where the result comes from. */
function made(ctx: DetectorContext, v: number, api: string): RawFinding["steps"] {
  const x = ctx.analysis.machine.t.get(v);
  return x.k === "result" ? [{ at: x.site, end: x.site + 1, note: `${api}() may fail` }] : [];
}

function acquires(ctx: DetectorContext, api: string, classes: Set<string>): boolean {
  const e = ctx.analysis.machine.rules.api(api, -1);
  return e?.effects.some((x) => x.acquire !== undefined && classes.has(x.acquire)) ?? false;
}
