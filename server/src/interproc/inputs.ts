/**
 * What a change of one file means to everybody else, name by name. Results of the analysis read
 * these inputs, so that an edit makes stale only what rests on the names it changed.
 */
import type { FileScan, FunctionItem } from "../syntax/model";
import { emptyScan } from "../syntax/scan";
import { usesOf } from "../syntax/treeIndexCalls";

/** One state of a file. */
export interface FileVersion {
  scan: FileScan | undefined;
  text: string | undefined;
}

export interface Changes {
  /** Functions whose text changed, appeared or vanished, by key. */
  functions: Set<string>;
  /** Names whose definitions as functions changed, by visibility, alternatives or size. */
  definitions: Set<string>;
  /** Names that are called, mentioned, installed or exported otherwise than before. */
  uses: Set<string>;
  macros: Set<string>;
  /** Ops tables. */
  tables: Set<string>;
  structs: Set<string>;
  prototypes: Set<string>;
  /** Includes changed, or a file appeared or vanished: any name may now mean another thing. */
  files: boolean;
  /** The folder's functions or what they call changed. */
  calls: boolean;
}

/** Key of one definition: alternatives under `#if` are numbered. */
export function functionKey(file: string, name: string, ordinal: number): string {
  return `${file}#${name}#${ordinal}`;
}

/** Compares two states of a file. */
export function changesBetween(file: string, before: FileVersion, after: FileVersion, existence: boolean): Changes {
  const old = before.scan ?? EMPTY;
  const now = after.scan ?? EMPTY;
  const functions = new Set<string>();
  const definitions = new Set<string>();
  const was = defined(file, old);
  const is = defined(file, now);
  for (const key of new Set([...was.keys(), ...is.keys()])) {
    const a = was.get(key);
    const b = is.get(key);
    if (a && b && sameText(a, before.text, b, after.text)) {
      if (!sameDefinition(a, b)) definitions.add(b.name);
      continue;
    }
    functions.add(key);
    if (!a || !b || !sameDefinition(a, b)) definitions.add((a ?? b)?.name as string);
  }
  const uses = usedDifferently(old, now);
  return {
    functions,
    definitions,
    uses,
    macros: different(macrosOf(old, before.text), macrosOf(now, after.text)),
    tables: different(tablesOf(old), tablesOf(now)),
    structs: different(structsOf(old), structsOf(now)),
    prototypes: different(new Map(old.prototypes.map((n) => [n, ""])), new Map(now.prototypes.map((n) => [n, ""]))),
    files:
      existence ||
      old.includes.join("\n") !== now.includes.join("\n") ||
      old.quoted.join("\n") !== now.quoted.join("\n"),
    calls: definitions.size > 0 || uses.size > 0,
  };
}

const EMPTY = emptyScan();

function defined(file: string, scan: FileScan): Map<string, FunctionItem> {
  const count = new Map<string, number>();
  const out = new Map<string, FunctionItem>();
  for (const item of scan.functions) {
    const ordinal = count.get(item.name) ?? 0;
    count.set(item.name, ordinal + 1);
    out.set(functionKey(file, item.name, ordinal), item);
  }
  return out;
}

function sameText(a: FunctionItem, before: string | undefined, b: FunctionItem, after: string | undefined): boolean {
  if (a.kind !== b.kind || a.end - a.start !== b.end - b.start || before === undefined || after === undefined)
    return false;
  return before.slice(a.start, a.end) === after.slice(b.start, b.end);
}

function sameDefinition(a: FunctionItem, b: FunctionItem): boolean {
  return (
    a.isStatic === b.isStatic &&
    a.isInline === b.isInline &&
    a.kind === b.kind &&
    a.end - a.bodyStart === b.end - b.bodyStart &&
    (a.calls.length === 0) === (b.calls.length === 0) &&
    a.guards.join("\n") === b.guards.join("\n")
  );
}

function usedDifferently(old: FileScan, now: FileScan): Set<string> {
  const a = usesOf(old);
  const b = usesOf(now);
  const out = new Set<string>();
  for (const [name, fns] of a.callers) if (!sameList(fns, b.callers.get(name))) out.add(name);
  for (const name of b.callers.keys()) if (!a.callers.has(name)) out.add(name);
  for (const kind of ["mentioned", "inMacro", "exported"] as const) {
    for (const name of a[kind]) if (!b[kind].has(name)) out.add(name);
    for (const name of b[kind]) if (!a[kind].has(name)) out.add(name);
  }
  for (const name of different(slotsOf(old), slotsOf(now))) out.add(name);
  return out;
}

function sameList(a: readonly string[], b: readonly string[] | undefined): boolean {
  return b !== undefined && a.length === b.length && a.every((x, i) => x === b[i]);
}

/** Keys whose texts differ or that only one side has. */
function different(a: Map<string, string>, b: Map<string, string>): Set<string> {
  const out = new Set<string>();
  for (const [key, text] of a) if (b.get(key) !== text) out.add(key);
  for (const key of b.keys()) if (!a.has(key)) out.add(key);
  return out;
}

function slotsOf(scan: FileScan): Map<string, string> {
  return joined(scan.slots.map((s) => [s.value, `${s.struct} ${s.table} ${s.field}`]));
}

function tablesOf(scan: FileScan): Map<string, string> {
  return joined(scan.slots.map((s) => [s.table, `${s.struct} ${s.field} ${s.value}`]));
}

function macrosOf(scan: FileScan, text: string | undefined): Map<string, string> {
  return joined(
    scan.macros.map((m) => [m.name, `${m.params?.join(",") ?? "-"} ${text?.slice(m.bodyStart, m.end) ?? ""}`]),
  );
}

function structsOf(scan: FileScan): Map<string, string> {
  return joined(scan.structs.map((s) => [s.tag, [...s.fields].map(([f, type]) => `${f}:${type}`).join(";")]));
}

function joined(list: [string, string][]): Map<string, string> {
  const out = new Map<string, string>();
  for (const [key, text] of list) {
    const there = out.get(key);
    out.set(key, there === undefined ? text : `${there}\n${text}`);
  }
  return out;
}
