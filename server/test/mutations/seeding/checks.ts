/** Operators on tests: inverted, dropped, re-checks deleted. */
import { assume, type Cond, invert, leavesOf, readCondition } from "../conditions";
import type { Fn } from "../functions";
import type { Context, Edit, Seed } from "../model";
import { codeOf, deleteStatement, lockSites, textOf } from "../sites";
import { leaves, type Stmt, walk } from "../statements";
import { escapeRegExp } from "../text";
import { resultTest, testOfVariable } from "./results";

interface CheckPattern {
  family: string;
  /** Matches a leaf of a condition, spaces collapsed. */
  match: string;
  /** Value of the leaf's core when all is well; `auto`: whatever does not bail out. */
  ok: boolean | "auto";
  /** Only in functions (or with `near`: statements just before) that match. */
  with?: string;
  near?: string;
  expect?: string[];
}

interface PatternSite {
  stmt: Stmt;
  leaf: Cond;
  pattern: CheckPattern;
  text: string;
  ok: boolean;
}

/** The value of the leaf's core with which the statement does not bail out. */
function goodValue(stmt: Stmt, leaf: Cond): boolean {
  let condition = !leaves(stmt.body);
  for (let node: Cond | undefined = leaf; node; node = node.parent) if (node.negated) condition = !condition;
  return condition;
}

function patternSites(fn: Fn, cx: Context): PatternSite[] {
  const patterns = ((cx.spec.apis?.checks ?? []) as CheckPattern[]).map((p) => ({ p, re: new RegExp(p.match) }));
  const out: PatternSite[] = [];
  const whole = codeOf(cx.file, fn.body);
  for (const stmt of walk(fn.body)) {
    if (!stmt.cond || (stmt.kind !== "if" && stmt.kind !== "do" && stmt.word !== "while")) continue;
    for (const leaf of leavesOf(readCondition(cx.file.code, stmt.cond))) {
      const text = codeOf(cx.file, leaf.core).replace(/\s+/g, " ");
      const hit = patterns.find(
        ({ p, re }) =>
          re.test(text) && (!p.with || new RegExp(p.with).test(whole)) && (!p.near || nearMatches(stmt, cx, p.near)),
      );
      if (hit && !onlyChoosesCode(cx, stmt) && !(hit.p.near && testedAgain(cx, stmt, leaf)))
        out.push({ stmt, leaf, pattern: hit.p, text, ok: hit.p.ok === "auto" ? goodValue(stmt, leaf) : hit.p.ok });
    }
  }
  return out;
}

/** Do the three statements before this one match? */
function nearMatches(stmt: Stmt, cx: Context, near: string): boolean {
  const before = (stmt.parent?.list ?? []).slice(Math.max(0, stmt.index - 3), stmt.index);
  return before.some((s) => new RegExp(near).test(codeOf(cx.file, s)));
}

export function deleteRecheck(fn: Fn, cx: Context): Seed[] {
  const seeds: Seed[] = [];
  for (const { stmt, leaf, pattern, text, ok } of patternSites(fn, cx)) {
    const edits = assume(cx.file, stmt, leaf, ok);
    if (edits)
      seeds.push({
        family: pattern.family,
        at: leaf.start,
        description: `delete check ${text}`,
        edits,
        ...(pattern.expect ? { expect: pattern.expect } : {}),
      });
  }
  return seeds;
}

/** `if (still the same) ret = ERROR;`: nothing depends on the test but the error code. */
function onlyChoosesCode(cx: Context, stmt: Stmt): boolean {
  return stmt.kind === "if" && stmt.body?.kind === "expr" && !codeOf(cx.file, stmt.body).includes("(");
}

/** Another test of the same entry in the condition or just behind it still stands. */
function testedAgain(cx: Context, stmt: Stmt, leaf: Cond): boolean {
  const argument = /\((.*)\)$/.exec(codeOf(cx.file, leaf.core).replace(/\s+/g, ""))?.[1] ?? "";
  const cond = stmt.cond as { start: number; end: number };
  const rest = cx.file.code.slice(cond.start, leaf.core.start) + cx.file.code.slice(leaf.core.end, cond.end);
  const following = (stmt.parent?.list ?? []).slice(stmt.index + 1, stmt.index + 3).filter((s) => s.cond);
  const texts = [rest, ...following.map((s) => codeOf(cx.file, s.cond as { start: number; end: number }))];
  return texts.some((t) =>
    new RegExp(`\\b(?:pmd|pud|is)_\\w+\\(${escapeRegExp(argument)}\\)`).test(t.replace(/\s+/g, "")),
  );
}

/** Delete the second lookup (or revalidation) behind a lock that was dropped and retaken, with the test of its result. */
export function deleteRelookup(fn: Fn, cx: Context): Seed[] {
  const calls = (cx.spec.apis?.lookups ?? []) as string[];
  const locks = lockSites(
    fn,
    cx,
    cx.data.families.filter((f) => f.id in cx.spec.expect),
  );
  const seeds: Seed[] = [];
  for (const stmt of walk(fn.body)) {
    if (stmt.kind !== "expr" || !stmt.parent?.list) continue;
    const m = /^\s*([A-Za-z_]\w*)\s*=\s*([A-Za-z_]\w*)\s*\(/.exec(codeOf(cx.file, stmt));
    if (!m || !calls.includes(m[2] as string)) continue;
    const target = m[1] as string;
    const found =
      fn.variables.get(target)?.type === "struct vm_area_struct *"
        ? target
        : /&\s*([A-Za-z_]\w*)/.exec(codeOf(cx.file, stmt))?.[1];
    const lock = locks.filter((s) => s.call.start < stmt.start).pop();
    if (!found || !lock?.acquires || !lock.stmt.parent || lock.stmt.parent.end < stmt.end) continue;
    const dropped = locks.some((s) => !s.acquires && s.call.start < lock.call.start);
    const before = codeOf(cx.file, { start: fn.body.start, end: lock.stmt.start });
    const param = fn.variables.get(found)?.param === true;
    const old = param || (dropped && new RegExp(`\\b${found}\\s*=[^=]|&\\s*${found}\\b`).test(before));
    if (!old) continue;
    const test =
      found === target ? testOfVariable(cx.file, stmt, target, "nonnull")?.stmt : firstTest(cx, stmt, target);
    const edits: Edit[] = [deleteStatement(cx.file, stmt)];
    if (test && leaves(test.body) && !test.orElse) edits.push(deleteStatement(cx.file, test));
    seeds.push({
      family: "mmap_lock",
      at: stmt.start,
      description: `delete re-lookup ${codeOf(cx.file, stmt).replace(/\s+/g, " ")}`,
      edits,
    });
  }
  return seeds;
}

function firstTest(cx: Context, stmt: Stmt, name: string): Stmt | undefined {
  const next = stmt.parent?.list?.[stmt.index + 1];
  return next?.kind === "if" && next.cond && new RegExp(`\\b${name}\\b`).test(codeOf(cx.file, next.cond))
    ? next
    : undefined;
}

export function invertCheck(fn: Fn, cx: Context): Seed[] {
  const seeds: Seed[] = [];
  for (const site of lockSites(
    fn,
    cx,
    cx.data.families.filter((f) => f.id in cx.spec.expect),
  )) {
    const test = site.acquires ? resultTest(cx.file, site) : undefined;
    if (!test || (site.lhs !== undefined && site.role === "condition")) continue;
    seeds.push({
      family: site.family.id,
      at: test.leaf.start,
      description: `invert ${codeOf(cx.file, test.leaf)} (${site.call.name})`,
      edits: invert(cx.file, test.leaf),
    });
  }
  for (const { leaf, pattern, text } of patternSites(fn, cx))
    seeds.push({
      family: pattern.family,
      at: leaf.start,
      description: `invert check ${text}`,
      edits: invert(cx.file, leaf),
      ...(pattern.expect ? { expect: pattern.expect } : {}),
    });
  return seeds;
}

export function dropCheck(fn: Fn, cx: Context): Seed[] {
  const seeds: Seed[] = [];
  for (const site of lockSites(
    fn,
    cx,
    cx.data.families.filter((f) => f.id in cx.spec.expect),
  )) {
    const test = site.acquires ? resultTest(cx.file, site) : undefined;
    if (!test) continue;
    let edits: Edit[] | undefined;
    if (site.role === "condition") {
      const sole = !test.leaf.parent && test.stmt.kind === "if";
      if (!sole || site.lhs !== undefined) continue;
      edits = callThenBranch(cx, test.stmt, textOf(cx.file, site.call), test.whenTaken !== test.leaf.negated);
    } else edits = assume(cx.file, test.stmt, test.leaf, test.whenTaken);
    if (edits)
      seeds.push({
        family: site.family.id,
        at: site.call.start,
        description: `drop test of ${site.call.name}(${site.object})`,
        edits,
      });
  }
  for (const { stmt, leaf, pattern, text, ok } of patternSites(fn, cx)) {
    const edits = assume(cx.file, stmt, leaf, ok);
    if (edits)
      seeds.push({
        family: pattern.family,
        at: leaf.start,
        description: `drop test ${text}`,
        edits,
        ...(pattern.expect ? { expect: pattern.expect } : {}),
      });
  }
  return seeds;
}

/** `if (trylock()) A else B` → `trylock(); A`. */
function callThenBranch(cx: Context, stmt: Stmt, call: string, thenWhenTaken: boolean): Edit[] {
  const kept = thenWhenTaken ? stmt.body : stmt.orElse;
  const alone = !stmt.parent?.list;
  const rest = kept ? ` ${textOf(cx.file, kept)}` : "";
  return [{ start: stmt.start, end: stmt.end, text: alone ? `{ ${call};${rest} }` : `${call};${rest}` }];
}
