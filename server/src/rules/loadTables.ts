/** The three tables: callback contexts, macros, types. */
import type { FileData } from "./files";
import type { MacroTable, ResultType, RuleSet, SlotContext } from "./model";
import { checkExpression, type Names } from "./names";
import { macrosShape, slotShape, typesShape } from "./schema";
import { type Entry, isMapping, type Source } from "./source";
import { hint } from "./suggest";
import { validate } from "./validate";

export function loadContexts(files: FileData[], names: Names): Map<string, SlotContext> {
  const out = new Map<string, SlotContext>();
  for (const { source, kind, user } of files) {
    if (kind !== "contexts") continue;
    unknownKeys(source, ["slots"]);
    for (const entry of source.entries(["slots"])) {
      if (!user && out.has(entry.name))
        source.problem(entry.path, `slot "${entry.name}" is already defined in another file`, "key");
      const slot = toSlot(source, entry, names);
      if (slot) out.set(entry.name, slot);
    }
  }
  return out;
}

function toSlot(source: Source, entry: Entry, names: Names): SlotContext | undefined {
  const raw = validate(source, entry.path, entry.value, slotShape);
  if (!raw) return undefined;
  const results = [/^[a-z]\w*(\.\w+)?$/i.test(entry.name)];
  if (!results[0]) source.problem(entry.path, `"${entry.name}" is not of the form struct.field`, "key");
  raw.holds.forEach((h, i) => {
    const path = [...entry.path, "holds", i];
    results.push(names.check("lock", h.lock, source, [...path, "lock"]));
    if (h.object !== "any") results.push(checkExpression("path", h.object, source, [...path, "object"]));
    if (h.or !== undefined) results.push(names.check("lock", h.or, source, [...path, "or"]));
    if (h.orObject !== undefined && h.orObject !== "any")
      results.push(checkExpression("path", h.orObject, source, [...path, "orObject"]));
  });
  raw.free.forEach((name, i) => {
    if (name !== "*") results.push(names.check("lock", name, source, [...entry.path, "free", i]));
  });
  for (const [place, marks] of Object.entries(raw.marks)) {
    results.push(checkExpression("path", place, source, [...entry.path, "marks", place], "key"));
    marks.forEach((m, i) => {
      results.push(names.check("mark", m, source, [...entry.path, "marks", place, i]));
    });
  }
  raw.forbids.forEach((name, i) => {
    results.push(names.checkEither(["action", "lock"], name, source, [...entry.path, "forbids", i]));
  });
  raw.handsOver.forEach((h, i) => {
    const path = [...entry.path, "handsOver", i];
    if (h.lock !== "*") results.push(names.check("lock", h.lock, source, [...path, "lock"]));
    if (h.when !== undefined) results.push(checkExpression("cond", h.when, source, [...path, "when"]));
  });
  raw.consumes.forEach((c, i) => {
    const path = [...entry.path, "consumes", i];
    results.push(names.check("lock", c.lock, source, [...path, "lock"]));
    results.push(checkExpression("path", c.object, source, [...path, "object"]));
  });
  if (!results.every(Boolean)) return undefined;
  const holds = raw.holds.map(({ or, orObject, ...hold }) => ({
    ...hold,
    ...(or === undefined ? {} : { or }),
    ...(orObject === undefined ? {} : { orObject }),
  }));
  const handsOver = raw.handsOver.map(({ lock, when, to }) => ({
    lock,
    ...(when === undefined ? {} : { when }),
    ...(to === undefined ? {} : { to }),
  }));
  const { free, maySleep, marks, forbids, consumes } = raw;
  return { slot: entry.name, holds, free, maySleep, marks, forbids, handsOver, consumes };
}

/** Lists are united over the files, tables merged with the later file winning. */
export function loadMacros(files: FileData[], names: Names): MacroTable {
  const lists: Record<
    "attributes" | "lockAttributes" | "iterators" | "stopIf" | "noReturn" | "truthOf" | "configTests",
    Set<string>
  > = {
    attributes: new Set(),
    lockAttributes: new Set(),
    iterators: new Set(),
    stopIf: new Set(),
    noReturn: new Set(),
    truthOf: new Set(),
    configTests: new Set(),
  };
  const table = { transparent: {}, members: {}, typeArguments: {}, guards: {}, frees: {} };
  const defining: MacroTable["defining"] = [];
  for (const { source, kind } of files) {
    if (kind !== "macros") continue;
    unknownKeys(source, Object.keys(macrosShape.shape));
    if (!isMapping(source.value)) continue;
    for (const section of Object.keys(macrosShape.shape) as (keyof typeof macrosShape.shape)[]) {
      const given = source.value[section];
      if (given === undefined) continue;
      const value = validate(source, [section], given, macrosShape.shape[section]);
      if (value === undefined) continue;
      if (section === "defining") defining.push(...definitions(source, value as MacroTable["defining"]));
      else if (section === "guards") Object.assign(table.guards, guards(source, value as MacroTable["guards"], names));
      else if (section in lists) for (const name of value as string[]) lists[section as keyof typeof lists].add(name);
      else Object.assign(table[section as keyof typeof table], value);
    }
  }
  const sets = Object.fromEntries(Object.entries(lists).map(([key, set]) => [key, [...set]])) as Record<
    keyof typeof lists,
    string[]
  >;
  return { ...sets, ...table, defining };
}

function definitions(source: Source, list: MacroTable["defining"]): MacroTable["defining"] {
  return list.filter((d, i) => {
    try {
      new RegExp(d.pattern);
      return true;
    } catch {
      source.problem(["defining", i, "pattern"], `"${d.pattern}" is not a regular expression`);
      return false;
    }
  });
}

function guards(source: Source, table: MacroTable["guards"], names: Names): MacroTable["guards"] {
  return Object.fromEntries(
    Object.entries(table).filter(([name, guard]) => {
      const acquire = names.check("api", guard.acquire, source, ["guards", name, "acquire"]);
      return names.check("api", guard.release, source, ["guards", name, "release"]) && acquire;
    }),
  );
}

export function loadTypes(
  files: FileData[],
  names: Names,
): Required<
  Pick<
    RuleSet,
    | "immutableFields"
    | "lockFields"
    | "markFields"
    | "resultTypes"
    | "cells"
    | "actions"
    | "marks"
    | "flagSets"
    | "accessors"
    | "gfp"
  >
> {
  const immutableFields = new Set<string>();
  const lockFields = new Map<string, string>();
  const markFields = new Map<string, string>();
  const resultTypes = new Map<string, ResultType>();
  const cells = new Map<string, string>();
  const actions = new Map<string, string>();
  const marks = new Map<string, string>();
  const flagSets = new Map<string, string[]>();
  const accessors: string[] = [];
  const gfp = { sleeping: new Set<string>(), atomic: new Set<string>() };
  for (const { source, kind } of files) {
    if (kind !== "types") continue;
    const raw = validate(source, [], source.value, typesShape);
    if (!raw) continue;
    for (const field of raw.immutableFields ?? []) immutableFields.add(field);
    for (const [field, lock] of Object.entries(raw.lockFields ?? {})) {
      if (names.check("lock", lock, source, ["lockFields", field])) lockFields.set(field, lock);
    }
    for (const [field, mark] of Object.entries(raw.markFields ?? {})) {
      if (names.check("mark", mark, source, ["markFields", field])) markFields.set(field, mark);
    }
    for (const [type, { released, flags }] of Object.entries(raw.resultTypes ?? {})) {
      const known = released.filter((lock, i) =>
        names.check("lock", lock, source, ["resultTypes", type, "released", i]),
      );
      resultTypes.set(type, { released: known, flags });
    }
    for (const [type, action] of Object.entries(raw.cells ?? {})) {
      if (names.check("action", action, source, ["cells", type])) cells.set(type, action);
    }
    for (const [name, text] of Object.entries(raw.actions ?? {})) actions.set(name, text.trim());
    for (const [name, text] of Object.entries(raw.marks ?? {})) marks.set(name, text.trim());
    for (const [name, flags] of Object.entries(raw.flagSets ?? {})) flagSets.set(name, flags);
    accessors.push(...(raw.accessors ?? []));
    for (const flag of raw.gfp?.sleeping ?? []) gfp.sleeping.add(flag);
    for (const flag of raw.gfp?.atomic ?? []) gfp.atomic.add(flag);
  }
  return { immutableFields, lockFields, markFields, resultTypes, cells, actions, marks, flagSets, accessors, gfp };
}

function unknownKeys(source: Source, known: string[]): void {
  const value = source.value;
  if (!isMapping(value)) {
    source.problem([], "expected a mapping");
    return;
  }
  for (const key of Object.keys(value))
    if (!known.includes(key)) source.problem([key], `unknown key "${key}"${hint(key, known)}`, "key");
}
