/** stale-after-release: a pointer is used after the lock that kept its object alive was let go of. */
import { marked } from "../locks/obligations";
import { type Detector, label, list, print, type RawFinding, sourceAt } from "./detector";
import { downgraded } from "./requiresLock";

export const staleAfterRelease: Detector = (ctx, check) => {
  if (check.with.phase === "downgraded") return downgraded(ctx, check);
  const locks = new Set(list(check.with.lock));
  const wantRelocked = check.with.phase === "relocked";
  const unless = list(check.with.unless);
  const m = ctx.analysis.machine;
  const out: RawFinding[] = [];
  const seen = new Set<string>();
  for (const e of ctx.analysis.events) {
    if (e.k !== "stale-use" || !locks.has(e.info.cls) || e.info.relocked !== wantRelocked) continue;
    const tag = m.structs.get(e.value);
    if (tag !== undefined && tag !== check.with.struct) continue;
    if (marked(m, e.state, e.value, unless) || marked(m, e.state, e.info.obj, unless)) continue;
    // Every later use of the same dead pointer is the same mistake.
    const key = `${print(ctx, e.value)}|${e.info.site.at}`;
    if (seen.has(key)) continue;
    seen.add(key);
    out.push({
      rule: check.id,
      at: e.site.at,
      end: e.site.end,
      words: {
        object: print(ctx, e.value),
        lock: label(ctx, e.info.cls),
        call: sourceAt(ctx, e.site),
        what: e.callee ? `passed to ${e.callee}()` : "used",
      },
      steps: [
        e.info.site,
        { ...e.site, note: `\`${print(ctx, e.value)}\` ${e.callee ? `is passed to ${e.callee}()` : "is used"} here` },
      ],
      weight: 3,
    });
  }
  return out;
};
