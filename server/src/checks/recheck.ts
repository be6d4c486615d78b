/**
 * recheck-after-acquire: an entry is looked at without the lock, and changed under it without a second look.
 * Two-sided: the function itself opens the critical section and writes in it, no branch in the section looks at
 * anything read there, and the decision rests on a value of the entry from before: read here without the lock
 * (the same cell, or the table it lies in is mapped only with the lock), or handed down in a structure.
 */
import { isHeld } from "../locks/query";
import type { LockEntry, Site, State } from "../locks/state";
import type { ValueId } from "../locks/values";
import { structTag } from "../syntax/types";
import { contradicted, isGiven, type Looks, looksOf } from "./contradicted";
import { type Detector, type DetectorContext, label, list, print, type RawFinding, sourceAt } from "./detector";
import { type Action, actionsOf } from "./exits";

export const recheck: Detector = (ctx, check) => {
  const classes = new Set(list(check.with.acquire));
  const writes = new Set(list(check.with.write));
  const unless = list(check.with.unless);
  const m = ctx.analysis.machine;
  const reads = list(check.with.read)
    .flatMap((a) => actionsOf(ctx, a))
    .filter((r) => r.direct && !sectionOf(r, classes, true));
  let looks: Looks | undefined;
  const out: RawFinding[] = [];
  for (const e of ctx.analysis.events) {
    if (e.k !== "action" || !writes.has(e.action)) continue;
    if (unless.some((mark) => e.state.hasMark(e.obj, mark))) continue;
    const section = sectionOf(e, classes, false);
    if (!section) continue;
    looks ??= looksOf(ctx, list(check.with.read), list(check.with.recheck));
    const other = contradicted(ctx, looks, e, section.origin.at);
    if (other && !isGiven(ctx, e, other.old)) {
      out.push(finding(ctx, check.id, e, section, null));
      continue;
    }
    if (section.checked || !e.direct) continue;
    // Whoever holds the outer lock for write is alone; callers that hold it in a mode not known here may be.
    if ([...e.state.locks.values()].some((l) => isHeld(l) && l.mode === "write" && m.rules.until.has(l.cls))) continue;
    if (
      [...m.entry.some].some(
        (cls) => m.rules.until.has(cls) && !m.entry.held.some((h) => h.cls === cls && h.mode === "read"),
      )
    )
      continue;
    const earlier =
      readBefore(ctx, e, section, reads) ??
      handedDown(ctx, e, section, check.with.read) ??
      (looksElsewhere(ctx, e, section, classes) ? undefined : carried(ctx, e, section, check.with.read));
    if (!earlier) continue;
    out.push(finding(ctx, check.id, e, section, earlier));
  }
  return out;
};

/** `earlier`: the look that nothing confirms; null: the entry was compared, and is another one. */
function finding(ctx: DetectorContext, rule: string, e: Action, section: LockEntry, earlier: Site | null): RawFinding {
  const note = earlier ? "changed without looking again" : "changed where the comparison says that it is another entry";
  return {
    rule,
    at: e.site.at,
    end: e.site.end,
    words: {
      call: sourceAt(ctx, e.site),
      object: print(ctx, e.obj),
      lock: label(ctx, section.cls),
      what: e.callee,
      missing: earlier ? "and not looked at since" : "where the comparison says that it has changed",
    },
    steps: [...(earlier ? [earlier] : []), section.origin, { ...e.site, note }],
    weight: 3,
  };
}

function sectionOf(e: Action, classes: Set<string>, any: boolean): LockEntry | undefined {
  return [...e.state.locks.values()].find((l) => classes.has(l.cls) && isHeld(l) && (any || (!l.entry && !l.weak)));
}

/** A read without the lock, of the cell that is written now or of one that is reached only now through the lock. */
function readBefore(ctx: DetectorContext, e: Action, section: LockEntry, reads: Action[]): Site | undefined {
  const { t } = ctx.analysis.machine;
  const r = reads.find((x) => {
    if (x.site.at >= section.origin.at || !e.state.did.has(x.action)) return false;
    return (
      x.obj === e.obj || t.mentions(x.obj, e.obj) || (mappedBy(ctx, e.obj, section) && sameKind(ctx, x.obj, e.obj))
    );
  });
  return r && { ...r.site, note: "read without the lock" };
}

/** Does the written pointer come from the very call that took the lock? */
function mappedBy(ctx: DetectorContext, v: ValueId, section: LockEntry): boolean {
  const x = ctx.analysis.machine.t.get(v);
  return x.k === "result" && x.site === section.origin.at;
}

/** A pointer given to the function may be the cell that the lock call maps again. */
function sameKind(ctx: DetectorContext, a: ValueId, b: ValueId): boolean {
  const { t } = ctx.analysis.machine;
  return a !== b && t.root(a).k === "param" && t.get(a).k === "param";
}

/** The function works on a value of the entry that somebody read before and left in a structure. */
function handedDown(ctx: DetectorContext, e: Action, section: LockEntry, read: unknown): Site | undefined {
  const m = ctx.analysis.machine;
  const actions = list(read);
  for (const p of ctx.fn.params) {
    const entry = m.rules.cellReads.get(p.type.trim());
    const mentions = new RegExp(`\\b${p.name}\\b`);
    // Given by value, and not used again where the entry is changed: it was for comparing.
    if (
      entry !== undefined &&
      actions.includes(entry) &&
      !mentions.test(ctx.text.slice(section.origin.end, e.site.end))
    )
      return {
        at: ctx.text.search(mentions),
        end: ctx.text.search(mentions) + p.name.length,
        note: `value read before ${label(ctx, section.cls)} was taken`,
      };
    const tag = structTag(p.type);
    if (tag === undefined) continue;
    for (const match of ctx.text.matchAll(new RegExp(`\\b${p.name}->(\\w+)`, "g"))) {
      const type = m.scope.fieldType(tag, match[1] ?? "")?.trim();
      const action = type === undefined ? undefined : m.rules.cellReads.get(type);
      if (action === undefined || !actions.includes(action)) continue;
      // Only what was there on entry counts: a value stored by this function is its own.
      const end = match.index + match[0].length;
      const cell = m.t.field(m.t.param(ctx.fn.params.indexOf(p), p.name), match[1] ?? "");
      if (/^\s*=[^=]/.test(ctx.text.slice(end)) || !isAsHanded(ctx, e, section, cell)) continue;
      return {
        at: match.index,
        end,
        note: `value read before ${label(ctx, section.cls)} was taken`,
      };
    }
  }
  return undefined;
}

/** Does another path look at something in the section before it comes to this change? Which one is taken may be known better than here. */
function looksElsewhere(ctx: DetectorContext, e: Action, { origin }: LockEntry, classes: Set<string>): boolean {
  return ctx.analysis.events.some((x) => {
    if (x.k !== "action" || x.site.at !== e.site.at) return false;
    const there = sectionOf(x, classes, true);
    return there?.checked === true && there.origin.at === origin.at;
  });
}

/** Not named here, but what the function was called for: a structure that holds the entry as it was. */
function carried(ctx: DetectorContext, e: Action, section: LockEntry, read: unknown): Site | undefined {
  const { rules, scope } = ctx.analysis.machine;
  if (!mappedBy(ctx, e.obj, section)) return undefined;
  const actions = list(read);
  for (const p of ctx.fn.params) {
    const tag = structTag(p.type);
    const field = [...(tag === undefined ? [] : scope.fields(tag))].find(([, type]) => {
      const action = rules.cellReads.get(type.trim());
      return action !== undefined && actions.includes(action);
    });
    const at = ctx.text.search(new RegExp(`\\b${p.name}\\b`));
    if (!field || at < 0) continue;
    const note = `${p.name}->${field[0]} was read before ${label(ctx, section.cls)} was taken`;
    return { at, end: at + p.name.length, note };
  }
  return undefined;
}

/** Does the cell hold what it held on entry, or did until the section began and is overwritten with what is no new look? */
function isAsHanded(ctx: DetectorContext, e: Action, section: LockEntry, cell: ValueId): boolean {
  const { t } = ctx.analysis.machine;
  const given = (s: State): boolean => (s.mem.get(cell) ?? t.load(cell, 0)) === t.load(cell, 0);
  if (given(e.state)) return true;
  const now = e.state.mem.get(cell) as ValueId;
  let fresh = false;
  t.walk(now, (v) => {
    fresh ||= e.state.reads.has(v);
    return !fresh;
  });
  return (
    !fresh &&
    ctx.analysis.events.some(
      (a) => a.k === "acquire" && a.cls === section.cls && a.site.at === section.origin.at && given(a.state),
    )
  );
}
