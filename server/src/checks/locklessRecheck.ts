/** lockless-recheck: after taking a reference found by a walk without locks, every entry on the way is compared again. */
import { isHeld } from "../locks/query";
import { looksOf } from "./contradicted";
import type { Detector, DetectorContext, RawFinding } from "./detector";
import { list, print, sourceAt } from "./detector";
import { type Action, actionsOf } from "./exits";
import { type Kept, keptUnverified } from "./keptReference";

/** A level of the walk of which the function holds both a copy of the entry and the pointer to it. */
interface Level {
  /** What its actions begin with: `pte` of `pte-read`. */
  key: string;
  copies: string[];
  pointers: string[];
}

export const locklessRecheck: Detector = (ctx, check) => {
  const compares = list(check.with.compare).flatMap((a) => actionsOf(ctx, a));
  const unless = list(check.with.unless);
  const out: RawFinding[] = [];
  for (const g of actionsOf(ctx, check.with.grab)) {
    if (!g.direct || unless.some((mark) => g.state.hasMark(g.obj, mark)) || locked(ctx, g)) continue;
    const looks = looksOf(ctx, [...ctx.analysis.machine.rules.cellReads.values()], list(check.with.compare));
    const walked = levels(ctx);
    const missing = walked.filter((l) => !comparedAfter(ctx, l, g, compares));
    if (missing.length === 0) {
      const keys = walked.map((l) => l.key);
      const kept = keptUnverified(ctx, g, keys, looks, String(check.with.kept));
      if (kept) out.push(unverified(ctx, check.id, g, kept));
      continue;
    }
    const names = missing.map((l) => l.key.toUpperCase()).join(" and ");
    out.push({
      rule: check.id,
      at: g.site.at,
      end: g.site.end,
      words: { call: sourceAt(ctx, g.site), object: print(ctx, g.obj), missing: `the ${names}`, what: names, lock: "" },
      steps: [
        {
          ...g.site,
          note: `reference taken; \`${missing[0]?.copies[0]}\` is not compared with \`*${missing[0]?.pointers[0]}\` after this`,
        },
      ],
      weight: 4,
    });
  }
  return out;
};

function unverified(ctx: DetectorContext, rule: string, g: Action, { at, unknown, note }: Kept): RawFinding {
  const names = unknown.map((key) => key.toUpperCase()).join(" and ");
  return {
    rule,
    at: g.site.at,
    end: g.site.end,
    words: {
      call: sourceAt(ctx, g.site),
      object: print(ctx, g.obj),
      missing: `the ${names}`,
      what: "the entry",
      lock: "",
    },
    steps: [
      { ...g.site, note: "reference taken" },
      { at, end: at + 1, note },
    ],
    weight: 4,
  };
}

/** Under a spinlock the entry cannot change; a function that takes one afterwards compares under it. */
function locked(ctx: DetectorContext, g: Action): boolean {
  const { classes } = ctx.analysis.machine.rules;
  const spins = (cls: string): boolean => classes.get(cls)?.kind === "spin";
  if ([...g.state.locks.values()].some((l) => isHeld(l) && spins(l.cls))) return true;
  return ctx.analysis.events.some((e) => e.k === "acquire" && spins(e.cls) && e.callee === null);
}

function levels(ctx: DetectorContext): Level[] {
  const { types, rules } = ctx.analysis.machine;
  const by = new Map<string, Level>();
  for (const [type, action] of rules.cellReads) {
    const key = action.split("-")[0] ?? action;
    const l = by.get(key) ?? { key, copies: [], pointers: [] };
    for (const [name, declared] of types) {
      const plain = declared.replace(/\bconst\b/g, "").trim();
      if (plain === type) l.copies.push(name);
      else if (plain.replace(/\s+/g, "") === `${type}*`) l.pointers.push(name);
    }
    by.set(key, l);
  }
  return [...by.values()].filter((l) => l.copies.length > 0 && l.pointers.length > 0);
}

/** Is there, behind the grab, a comparison of an entry read behind the grab with one read before? */
function comparedAfter(ctx: DetectorContext, l: Level, g: Action, compares: Action[]): boolean {
  const { t } = ctx.analysis.machine;
  const after = compares.filter(
    (c) => c.action.startsWith(`${l.key}-`) && c.site.at > g.site.at && c.state.did.get(g.action)?.at === g.site.at,
  );
  const operands = after.flatMap((c) => [c.obj, ...c.with]);
  const isFresh = (v: number): boolean => {
    const x = t.get(v);
    return x.k === "result" && x.site > g.site.at;
  };
  return operands.some(isFresh) && operands.some((v) => !isFresh(v));
}
