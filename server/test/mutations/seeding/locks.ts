/** Operators on single lock and unlock calls: delete, wrong object, swapped order. */
import { assume } from "../conditions";
import type { Fn } from "../functions";
import type { Context, Edit, Seed } from "../model";
import { codeOf, deleteStatement, lockSites, type Site, textOf } from "../sites";
import { nextSiblings, type Stmt } from "../statements";
import { callsIn, freeWords } from "../text";
import { resultTest } from "./results";

function familiesOf(cx: Context): Context["data"]["families"] {
  return cx.data.families.filter((f) => f.id in cx.spec.expect);
}

/** Object's variable at the root of an expression: `&mm->x` → `mm`. */
function root(object: string): string {
  return /[A-Za-z_]\w*/.exec(object)?.[0] ?? "";
}

export function deleteAcquire(fn: Fn, cx: Context): Seed[] {
  const seeds: Seed[] = [];
  for (const site of lockSites(fn, cx, familiesOf(cx))) {
    if (!site.acquires) continue;
    const edits = withoutLock(site, cx);
    if (edits)
      seeds.push({
        family: site.family.id,
        at: site.call.start,
        description: `delete ${site.call.name}(${site.object})`,
        edits,
      });
  }
  return seeds;
}

function withoutLock(site: Site, cx: Context): Edit[] | undefined {
  if (site.role === "plain") return site.api.taken ? undefined : [deleteStatement(cx.file, site.stmt)];
  if (site.api.unlocked !== undefined) {
    if (site.role !== "assigned" && site.role !== "declared") return undefined;
    const fill = (template: string): string =>
      template.replace(/\$(\d)/g, (_, n) =>
        site.call.args[Number(n)] ? textOf(cx.file, site.call.args[Number(n)] as { start: number; end: number }) : "",
      );
    if (!site.api.needs || cx.has(site.api.needs))
      return site.api.unlocked
        ? [{ start: site.call.start, end: site.call.end, text: fill(site.api.unlocked) }]
        : undefined;
    if (!site.api.unlockedBefore || !site.api.unlockedElse || site.role !== "assigned" || !site.stmt.parent?.list)
      return undefined;
    const first = fill(site.api.unlockedBefore).replace(/^\*\(&(\w[\w>.-]*)\)/, "$1");
    return [
      { start: site.stmt.start, end: site.stmt.start, text: `${first} ` },
      { start: site.call.start, end: site.call.end, text: fill(site.api.unlockedElse) },
    ];
  }
  if (site.api.arg === "ret" || site.role !== "condition") return undefined;
  const test = resultTest(cx.file, site);
  return test && assume(cx.file, test.stmt, test.leaf, test.whenTaken);
}

export function deleteRelease(fn: Fn, cx: Context): Seed[] {
  const seeds: Seed[] = [];
  for (const site of lockSites(fn, cx, familiesOf(cx))) {
    if (site.acquires || site.role !== "plain") continue;
    // In a loop left by `goto`/`return` the walk's end is only needed when the walk is left early.
    seeds.push({
      family: site.family.id,
      at: site.call.start,
      description: `delete ${site.call.name}(${site.object})`,
      edits: [deleteStatement(cx.file, site.stmt)],
    });
  }
  return seeds;
}

export function wrongObject(fn: Fn, cx: Context): Seed[] {
  const seeds: Seed[] = [];
  for (const site of lockSites(fn, cx, familiesOf(cx))) {
    const index = site.api.lockArg ?? site.api.arg;
    if (index === "ret") continue;
    const arg = site.call.args[index];
    if (!arg) continue;
    const text = codeOf(cx.file, arg).replace(/\s+/g, " ");
    const reference = text.startsWith("&") ? "&" : "";
    const current = root(text);
    if (`${reference}${current}` !== text) continue;
    const type = fn.variables.get(current)?.type;
    if (!type || type === "struct page *") continue;
    for (const other of otherVariables(fn, cx, site, current, type)) {
      seeds.push({
        family: site.family.id,
        at: site.call.start,
        description: `${site.call.name}: ${current} → ${other}`,
        edits: [{ start: arg.start, end: arg.end, text: reference + other }],
      });
    }
  }
  return seeds;
}

/** Variables of the same type, in use before the call, that are not plain copies of the object. */
function otherVariables(fn: Fn, cx: Context, site: Site, current: string, type: string): string[] {
  const before = { start: fn.body.start, end: site.stmt.start };
  const used = new Set(freeWords(cx.file.code, before).map((w) => w.word));
  const code = codeOf(cx.file, fn.body);
  const names = [...fn.variables.values()].filter(
    (v) => v.type === type && v.name !== current && (v.param || used.has(v.name)),
  );
  return names
    .map((v) => v.name)
    .filter(
      (name) =>
        !new RegExp(
          `(?:\\b${name}\\s*=\\s*${current}\\b|\\b${current}\\s*=\\s*${name}\\b|\\b${current}\\s*[!=]=\\s*${name}\\b|\\b${name}\\s*[!=]=\\s*${current}\\b)`,
        ).test(code),
    )
    .filter((name) => assignedFirst(fn, cx, name, site.stmt))
    .slice(0, 2);
}

/** A parameter, or assigned at its declaration or in a statement before the site. */
function assignedFirst(fn: Fn, cx: Context, name: string, at: Stmt): boolean {
  if (fn.variables.get(name)?.param) return true;
  const before = cx.file.code.slice(fn.body.start, at.start);
  return new RegExp(`(?:^|[^\\w.>])${name}\\s*=[^=]|&${name}\\b`).test(before);
}

export function swapOrder(fn: Fn, cx: Context): Seed[] {
  const pairs = (cx.spec.apis?.pairs ?? []) as {
    outer: string[];
    inner: string[];
    family: string;
    expect: string[];
  }[];
  const seeds: Seed[] = [];
  for (const call of callsIn(cx.file.code, fn.body)) {
    for (const pair of pairs) {
      if (!pair.outer.includes(call.name)) continue;
      const first = plainStatement(fn, cx, call.start);
      if (!first) continue;
      const second = nextSiblings(first)
        .slice(0, 4)
        .find(
          (s) =>
            (s.kind === "expr" || s.kind === "if") &&
            callsIn(cx.file.code, s.kind === "if" && s.cond ? s.cond : s).some((c) => pair.inner.includes(c.name)),
        );
      if (!second || second.kind === "if" || !movable(fn, cx, first, second)) continue;
      seeds.push({
        family: pair.family,
        at: first.start,
        description: `swap ${call.name} with what follows`,
        expect: pair.expect,
        edits: [
          { start: first.start, end: first.end, text: textOf(cx.file, second) },
          { start: second.start, end: second.end, text: textOf(cx.file, first) },
        ],
      });
    }
  }
  return seeds;
}

function plainStatement(fn: Fn, cx: Context, offset: number): Stmt | undefined {
  const site = lockSites(fn, cx, cx.data.families).find((s) => s.call.start === offset);
  const stmt = site?.stmt;
  if (stmt) return stmt.kind === "expr" && stmt.parent?.list ? stmt : undefined;
  for (const s of fn.body.list ?? []) if (s.kind === "expr" && s.start === offset) return s;
  return undefined;
}

/** May the two change places: nothing between them, nor they themselves, feeds the other. */
export function movable(_fn: Fn, cx: Context, first: Stmt, second: Stmt): boolean {
  const between = nextSiblings(first).slice(0, second.index - first.index - 1);
  if (between.some((s) => s.kind !== "expr" && s.kind !== "empty")) return false;
  const reads = new Set(freeWords(cx.file.code, second).map((w) => w.word));
  for (const s of between)
    for (const m of codeOf(cx.file, s).matchAll(/[(,]\s*&\s*([A-Za-z_]\w*)/g))
      if (reads.has(m[1] as string)) return false;
  for (const s of [first, ...between]) {
    const target = /^\s*(?:\*\s*)?([A-Za-z_]\w*)[^=;(]*=[^=]/.exec(codeOf(cx.file, s))?.[1];
    if (target && reads.has(target)) return false;
  }
  const secondTarget = /^\s*(?:\*\s*)?([A-Za-z_]\w*)[^=;(]*=[^=]/.exec(codeOf(cx.file, second))?.[1];
  if (!secondTarget) return true;
  return ![first, ...between].some((s) => freeWords(cx.file.code, s).some((w) => w.word === secondTarget));
}
