/** Operators that let the task sleep where it must not: sleeping calls under spinlocks, trylock made blocking. */
import type { Fn } from "../functions";
import type { Context, Seed } from "../model";
import { codeOf, deleteStatement, indentText, insertAfter, insertBefore, lockSites, type Site, textOf } from "../sites";
import { nextSiblings, previousSibling, type Stmt } from "../statements";
import { callsIn } from "../text";
import { movable } from "./locks";
import { resultTest } from "./results";

function atomicSites(fn: Fn, cx: Context): Site[] {
  return lockSites(
    fn,
    cx,
    cx.data.families.filter((f) => f.id in cx.spec.expect),
  );
}

function sleeps(cx: Context, stmt: Stmt): string | undefined {
  const calls = (cx.spec.apis?.sleeping ?? []) as string[];
  const gfp = (cx.spec.apis?.allocating ?? []) as string[];
  const hit = callsIn(cx.file.code, stmt).find(
    (c) => calls.includes(c.name) || (gfp.includes(c.name) && /\bGFP_KERNEL\b|\bGFP_HIGHUSER/.test(codeOf(cx.file, c))),
  );
  return hit?.name;
}

/** A sleeping statement next to the lock or the unlock changes places with it; else `cond_resched()` behind the lock. */
export function sleepUnderLock(fn: Fn, cx: Context): Seed[] {
  const seeds: Seed[] = [];
  for (const site of atomicSites(fn, cx)) {
    const swapped = site.acquires ? sleepMovedDown(fn, cx, site) : sleepMovedUp(cx, site);
    if (swapped) seeds.push(swapped);
    const inserted = site.acquires ? insertSleep(fn, cx, site) : insertBeforeRelease(cx, site);
    if (inserted) seeds.push(inserted);
  }
  return seeds;
}

function sleepMovedDown(fn: Fn, cx: Context, site: Site): Seed | undefined {
  if (site.role !== "plain" && site.role !== "assigned") return undefined;
  const before = previousSibling(site.stmt);
  if (before?.kind !== "expr") return undefined;
  const name = sleeps(cx, before);
  if (!name || !movable(fn, cx, before, site.stmt)) return undefined;
  return {
    family: site.family.id,
    at: site.call.start,
    description: `move ${name} behind ${site.call.name}`,
    edits: [
      { start: before.start, end: before.end, text: textOf(cx.file, site.stmt) },
      { start: site.stmt.start, end: site.stmt.end, text: textOf(cx.file, before) },
    ],
  };
}

function sleepMovedUp(cx: Context, site: Site): Seed | undefined {
  if (site.role !== "plain") return undefined;
  const after = nextSiblings(site.stmt)[0];
  if (after?.kind !== "expr") return undefined;
  const name = sleeps(cx, after);
  if (!name) return undefined;
  return {
    family: site.family.id,
    at: site.call.start,
    description: `move ${name} above ${site.call.name}(${site.object})`,
    edits: [
      {
        start: site.stmt.start,
        end: site.stmt.start,
        text: `${textOf(cx.file, after)}\n${indentText(cx.file, site.stmt)}`,
      },
      deleteStatement(cx.file, after),
    ],
  };
}

function insertSleep(_fn: Fn, cx: Context, site: Site): Seed | undefined {
  const test = site.api.taken ? resultTest(cx.file, site) : undefined;
  let at: Stmt | undefined;
  if (!site.api.taken) at = site.role === "plain" || site.role === "assigned" ? site.stmt : undefined;
  else if (test && !test.leaf.parent && !test.stmt.orElse && test.whenTaken === test.leaf.negated) at = test.stmt;
  if (!at?.parent?.list) return undefined;
  return {
    family: site.family.id,
    at: site.call.start,
    description: `cond_resched() after ${site.call.name}(${site.object})`,
    edits: insertAfter(cx.file, at, ["cond_resched();"]),
  };
}

function insertBeforeRelease(cx: Context, site: Site): Seed | undefined {
  const previous = previousSibling(site.stmt);
  if (
    site.role !== "plain" ||
    !site.stmt.parent?.list ||
    !previous ||
    previous.kind === "label" ||
    previous.kind === "jump"
  )
    return undefined;
  return {
    family: site.family.id,
    at: site.call.start,
    description: `cond_resched() before ${site.call.name}(${site.object})`,
    edits: insertBefore(cx.file, site.stmt, ["cond_resched();"]),
  };
}

/** `if (!folio_trylock(f)) …` under a page-table lock → `folio_lock(f);`. */
export function blockingInsteadOfTry(fn: Fn, cx: Context): Seed[] {
  const blocking = (cx.spec.apis?.blocking ?? {}) as Record<string, string>;
  const seeds: Seed[] = [];
  const sites = lockSites(fn, cx, cx.data.families);
  for (const site of sites) {
    const other = blocking[site.call.name];
    if (!other || !site.acquires || site.role !== "condition") continue;
    const test = resultTest(cx.file, site);
    if (
      !test ||
      test.leaf.parent ||
      test.stmt.kind !== "if" ||
      test.stmt.orElse ||
      test.whenTaken !== test.leaf.negated
    )
      continue;
    const under = sites
      .filter((s) => s.call.start < site.call.start && s.family.id in cx.spec.expect && enclosing(s.stmt, site.stmt))
      .pop();
    if (!under?.acquires) continue;
    const text = `${other}(${textOf(cx.file, site.call.args[0] as { start: number; end: number })});`;
    seeds.push({
      family: under.family.id,
      at: site.call.start,
      description: `${site.call.name} → ${other} under ${under.call.name}`,
      edits: [{ start: test.stmt.start, end: test.stmt.end, text }],
    });
  }
  return seeds;
}

function enclosing(a: Stmt, b: Stmt): boolean {
  return a.parent !== undefined && a.parent.start <= b.start && b.end <= a.parent.end;
}
