/** Operators on single calls named in the data: deleted, or replaced by a template. */
import type { Fn } from "../functions";
import type { Context, Seed } from "../model";
import { codeOf, deleteStatement, statementAt, textOf } from "../sites";
import { callsIn } from "../text";

interface DeletedCall {
  call: string;
  family: string;
  expect: string[];
  /** Functions whose body must (not) match. */
  with?: string;
  without?: string;
}

export function deleteCall(fn: Fn, cx: Context): Seed[] {
  const table = (cx.spec.apis?.calls ?? []) as DeletedCall[];
  const body = codeOf(cx.file, fn.body);
  const seeds: Seed[] = [];
  for (const call of callsIn(cx.file.code, fn.body)) {
    const row = table.find(
      (r) =>
        r.call === call.name &&
        (!r.with || new RegExp(r.with).test(body)) &&
        (!r.without || !new RegExp(r.without).test(body)),
    );
    if (!row) continue;
    const stmt = statementAt(fn, call.start);
    if (
      stmt.kind !== "expr" ||
      codeOf(cx.file, { start: stmt.start, end: stmt.end - 1 }).trim() !== codeOf(cx.file, call)
    )
      continue;
    seeds.push({
      family: row.family,
      at: call.start,
      description: `delete ${codeOf(cx.file, call).replace(/\s+/g, " ")}`,
      edits: [deleteStatement(cx.file, stmt)],
      expect: row.expect,
    });
  }
  return seeds;
}

interface ReplacedCall {
  call: string;
  family: string;
  to: string;
  expect: string[];
  needs?: string;
  /** Functions whose body must match. */
  with?: string;
}

export function replaceCall(fn: Fn, cx: Context): Seed[] {
  const table = (cx.spec.apis?.calls ?? []) as ReplacedCall[];
  const body = codeOf(cx.file, fn.body);
  const seeds: Seed[] = [];
  for (const call of callsIn(cx.file.code, fn.body)) {
    for (const row of table) {
      if (row.call !== call.name || (row.needs && !cx.has(row.needs)) || (row.with && !new RegExp(row.with).test(body)))
        continue;
      const stmt = statementAt(fn, call.start);
      const statement = codeOf(cx.file, { start: stmt.start, end: stmt.end - 1 }).trim() === codeOf(cx.file, call);
      if (!statement && row.to.includes("=")) continue;
      const text = row.to.replace(/\$(\d)/g, (_, n) =>
        call.args[Number(n)] ? textOf(cx.file, call.args[Number(n)] as { start: number; end: number }) : "0",
      );
      seeds.push({
        family: row.family,
        at: call.start,
        description: `${call.name} → ${text.replace(/\s+/g, " ")}`,
        edits: [{ start: call.start, end: call.end, text }],
        expect: row.expect,
      });
    }
  }
  return seeds;
}
