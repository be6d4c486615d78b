/** Operators on control flow: leaving before the release, unwind steps dropped. */
import { type Fn, failureValue } from "../functions";
import type { Context, Seed } from "../model";
import { codeOf, insertAfter, lockSites, type Site, textOf } from "../sites";
import { nextSiblings, type Stmt, walk } from "../statements";
import { resultTest } from "./results";

function familiesOf(cx: Context): Context["data"]["families"] {
  return cx.data.families.filter((f) => f.id in cx.spec.expect);
}

/** Return inserted behind an acquire whose release is in the same function. */
export function earlyReturn(fn: Fn, cx: Context): Seed[] {
  const value = failureValue(fn);
  if (value === undefined) return [];
  const sites = lockSites(fn, cx, familiesOf(cx));
  const seeds: Seed[] = [];
  for (const site of sites) {
    if (!site.acquires) continue;
    const at = heldFrom(cx, site);
    if (!at || !releasedLater(sites, site, at)) continue;
    const leave = `if (fatal_signal_pending(current))\n${"\t"}${value === "" ? "return" : `return ${value}`};`;
    const lines = leave.split("\n");
    seeds.push({
      family: site.family.id,
      at: site.call.start,
      description: `return early after ${site.call.name}(${site.object})`,
      edits: insertAfter(cx.file, at, lines),
    });
  }
  return seeds;
}

/** The statement behind which the lock is certainly held. */
function heldFrom(cx: Context, site: Site): Stmt | undefined {
  if (!site.api.taken) return site.role === "plain" || site.role === "assigned" ? site.stmt : undefined;
  const test = resultTest(cx.file, site);
  if (test?.stmt.kind !== "if" || !test.stmt.parent?.list || test.leaf.parent?.op === "&&" || test.stmt.orElse)
    return undefined;
  const failing = test.whenTaken === test.leaf.negated;
  return failing && leavesAll(test.stmt.body) ? test.stmt : undefined;
}

function leavesAll(stmt: Stmt | undefined): boolean {
  const last = stmt?.kind === "block" ? stmt.list?.[stmt.list.length - 1] : stmt;
  return last?.kind === "jump";
}

/** A release of the same object behind `at`, and no return to a caller that expects the lock. */
function releasedLater(sites: readonly Site[], site: Site, at: Stmt): boolean {
  return sites.some(
    (s) =>
      !s.acquires &&
      s.family === site.family &&
      s.call.start >= at.end &&
      (s.object === site.object || site.family.protects === "pte_t *" || site.object === ""),
  );
}

/** `goto out_unlock` → `return`, or → the label behind the release. */
export function dropUnwind(fn: Fn, cx: Context): Seed[] {
  const sites = lockSites(fn, cx, familiesOf(cx)).filter((s) => !s.acquires && s.role === "plain");
  if (sites.length === 0) return [];
  const labels = new Map<string, Stmt>();
  for (const s of walk(fn.body))
    if (s.kind === "label" && s.word !== "case" && s.word !== "default") labels.set(s.word as string, s);
  const seeds: Seed[] = [];
  for (const s of walk(fn.body)) {
    if (s.kind !== "jump" || s.word !== "goto") continue;
    const label = labels.get(/goto\s+(\w+)/.exec(codeOf(cx.file, s))?.[1] ?? "");
    if (!label || label.start < s.start) continue;
    const released = sites.find((site) => site.stmt.start >= label.end && reachedFromLabel(label, site.stmt));
    if (!released || !acquiredBefore(fn, cx, released, s)) continue;
    const later = [...labels.values()]
      .filter((l) => l.start > released.stmt.end && l.parent === label.parent)
      .sort((a, b) => a.start - b.start)[0];
    if (
      later &&
      sites.some(
        (x) =>
          x.family === released.family &&
          x.object === released.object &&
          reachedFromLabel(later, x.stmt) &&
          x.stmt.start > later.end,
      )
    )
      continue;
    const target = later ? `goto ${later.word};` : returnAtEnd(fn, cx, label);
    if (target === undefined) continue;
    seeds.push({
      family: released.family.id,
      at: s.start,
      description: `goto ${label.word} → ${target} (skips ${released.call.name}(${released.object}))`,
      edits: [{ start: s.start, end: s.end, text: target }],
    });
  }
  return seeds;
}

/** Is the release a sibling behind the label, with no jump in between? */
function reachedFromLabel(label: Stmt, release: Stmt): boolean {
  if (label.parent !== release.parent) return false;
  const between = nextSiblings(label).slice(0, release.index - label.index - 1);
  return !between.some((s) => s.kind === "jump");
}

/** The lock was taken in this function, textually before the jump, and not released since. */
function acquiredBefore(fn: Fn, cx: Context, release: Site, jump: Stmt): boolean {
  const sites = lockSites(fn, cx, [release.family]).filter((s) => s.call.start < jump.start);
  const last = sites
    .filter((s) => s.acquires && (s.object === release.object || release.family.protects === "pte_t *"))
    .pop();
  if (!last) return false;
  if (last.stmt === jump.parent || inside(jump, last.stmt)) return false;
  const test = last.api.taken ? resultTest(cx.file, last) : undefined;
  if (test && inside(jump, test.stmt)) return false;
  if (last.api.taken && !test) return false;
  return !sites.some((s) => !s.acquires && s.call.start > last.call.start && sameBranch(s.stmt, jump));
}

function inside(inner: Stmt, outer: Stmt): boolean {
  return outer.start <= inner.start && inner.end <= outer.end && outer !== inner;
}

/** Is `a` on every way to `b`: in a block that encloses `b`? */
function sameBranch(a: Stmt, b: Stmt): boolean {
  return a.parent !== undefined && a.parent.start <= b.start && b.end <= a.parent.end;
}

/** `return x;` with which the label's block ends. */
function returnAtEnd(fn: Fn, cx: Context, label: Stmt): string | undefined {
  const last = nextSiblings(label).find((s) => s.kind === "jump" && s.word === "return");
  if (last) return textOf(cx.file, last).replace(/\s+/g, " ");
  return /\bvoid\b/.test(fn.returns) && !/\*/.test(fn.returns) && label.parent === fn.body ? "return;" : undefined;
}

/** A notifier callback that gives up half-way: after its first side effect, when it may not block. */
export function callbackUnwind(fn: Fn, cx: Context): Seed[] {
  const range = [...fn.variables.values()].find((v) => v.param && v.type === "struct mmu_notifier_range *");
  if (!range) return [];
  const value = /\bbool\b/.test(fn.returns) ? "false" : /\bint\b/.test(fn.returns) ? "-EAGAIN" : undefined;
  if (!value) return [];
  const effects = new RegExp(String(cx.spec.apis?.effects ?? "$^"));
  const seeds: Seed[] = [];
  for (const s of walk(fn.body)) {
    if (s.kind !== "expr" || !s.parent?.list || !effects.test(codeOf(cx.file, s))) continue;
    const lines = [`if (!mmu_notifier_range_blockable(${range.name}))`, `\treturn ${value};`];
    seeds.push({
      family: "notifier",
      at: s.start,
      description: `give up after ${codeOf(cx.file, s).replace(/\s+/g, " ")}`,
      edits: insertAfter(cx.file, s, lines),
    });
  }
  return seeds;
}
