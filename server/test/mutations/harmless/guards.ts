/** `lock(x); …; unlock(x);` in one block → `scoped_guard(kind, x) { … }`, in trees that have guards. */
import type { Fn } from "../functions";
import type { Context, Seed } from "../model";
import { codeOf, deleteStatement, statementAt, textOf } from "../sites";
import { nextSiblings, type Stmt, walk } from "../statements";
import { callsIn } from "../text";

interface Pair {
  lock: string;
  unlock: string;
  kind: string;
}

export function wrapInGuard(fn: Fn, cx: Context): Seed[] {
  if (!cx.has("DEFINE_LOCK_GUARD_1") || fn.conditional) return [];
  const pairs = (cx.spec.apis?.pairs ?? []) as Pair[];
  const seeds: Seed[] = [];
  for (const call of callsIn(cx.file.code, fn.body)) {
    const pair = pairs.find((p) => p.lock === call.name);
    const stmt = pair && statementAt(fn, call.start);
    if (!pair || stmt?.kind !== "expr" || stmt.start !== call.start || !stmt.parent?.list) continue;
    const object = call.args[0] ? textOf(cx.file, call.args[0]) : "";
    const end = nextSiblings(stmt).find(
      (s) => codeOf(cx.file, s).replace(/\s+/g, " ") === `${pair.unlock}(${object});`,
    );
    if (!end) continue;
    const inner = stmt.parent.list.slice(stmt.index + 1, end.index);
    if (inner.length === 0 || !inner.every((s) => plain(cx, s, pair, object))) continue;
    const open = object === "" ? `scoped_guard(${pair.kind})` : `scoped_guard(${pair.kind}, ${object})`;
    seeds.push({
      family: "all",
      at: stmt.start,
      description: `${open} for ${pair.lock}`,
      edits: [
        { start: stmt.start, end: stmt.end, text: `${open} {` },
        { ...deleteStatement(cx.file, end), start: end.start, end: end.end, text: "}" },
      ],
    });
  }
  return seeds;
}

/** No way out of the section, no declaration that is needed behind it, no second use of the lock. */
function plain(cx: Context, stmt: Stmt, pair: Pair, object: string): boolean {
  for (const s of walk(stmt))
    if (s.kind === "jump" || s.kind === "label" || (s.kind === "decl" && s === stmt)) return false;
  return !callsIn(cx.file.code, stmt).some(
    (c) => (c.name === pair.lock || c.name === pair.unlock) && (!c.args[0] || textOf(cx.file, c.args[0]) === object),
  );
}
