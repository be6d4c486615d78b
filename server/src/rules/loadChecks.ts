/** `checks/*.yaml`: one rule per file. */
import { DETECTORS, REFERENCES } from "./detectors";
import { ExpressionError, parsePath } from "./expressions";
import type { FileData } from "./files";
import type { CheckRule } from "./model";
import { checkExpression, type Names } from "./names";
import { checkShape, EDIT_VERBS, type RawCheck } from "./schema";
import type { Key, Source } from "./source";
import { hint } from "./suggest";
import { validate } from "./validate";

/** In the order of their aliases. A user's rule replaces the shipped one of the same id. */
export function loadChecks(files: FileData[], names: Names): CheckRule[] {
  const byId = new Map<string, CheckRule>();
  const byAlias = new Map<string, string>();
  for (const file of files) {
    if (file.kind !== "check") continue;
    const { source } = file;
    const raw = validate(source, [], source.value, checkShape);
    if (!raw) continue;
    if (!file.user && stem(source.file) !== raw.id)
      source.problem(["id"], `the file of rule "${raw.id}" must be called ${raw.id}.yaml`);
    if (!file.user && byId.has(raw.id)) {
      source.problem(["id"], `rule "${raw.id}" is already defined in another file`);
      continue;
    }
    const owner = byAlias.get(raw.alias);
    if (owner !== undefined && owner !== raw.id) {
      source.problem(["alias"], `alias "${raw.alias}" already belongs to rule "${owner}"`);
      continue;
    }
    if (!references(source, raw, names)) continue;
    byAlias.set(raw.alias, raw.id);
    byId.set(raw.id, toRule(raw, source.file));
  }
  return [...byId.values()].sort((a, b) => a.alias.localeCompare(b.alias, "en", { numeric: true }));
}

function stem(file: string): string {
  return (file.split("/").at(-1) ?? "").replace(/\.ya?ml$/, "");
}

function toRule(raw: RawCheck, file: string): CheckRule {
  const { since, scenario, ...others } = raw;
  const text = (s: string): string => s.trim().replace(/[ \t]*\n(?!\n)[ \t]*/g, " ");
  return {
    ...others,
    message: text(raw.message),
    what: raw.what.trim(),
    why: raw.why.trim(),
    fix: raw.fix.trim(),
    ...(since === undefined ? {} : { since }),
    ...(scenario === undefined ? {} : scenariosOf(scenario)),
    file,
  };
}

function references(source: Source, raw: RawCheck, names: Names): boolean {
  const shape = Object.hasOwn(DETECTORS, raw.detector) ? DETECTORS[raw.detector] : undefined;
  if (!shape) {
    source.problem(["detector"], `unknown detector "${raw.detector}"${hint(raw.detector, Object.keys(DETECTORS))}`);
    return false;
  }
  const parameters = validate(source, ["with"], raw.with, shape);
  if (!parameters) return false;
  let good = true;
  raw.applies.forEach((text, i) => {
    if (!checkExpression("applies", text, source, ["applies", i])) good = false;
  });
  raw.fixes.forEach((fix, i) => {
    if (!fixOk(source, fix, ["fixes", i])) good = false;
  });
  return walk(parameters, undefined, ["with"], { source, names }) && good;
}

/** Every edit does one thing, its places exist, its expressions are regular. */
function fixOk(source: Source, fix: RawCheck["fixes"][number], path: Key[]): boolean {
  let good = true;
  const problem = (at: Key[], message: string): void => {
    source.problem([...path, ...at], message);
    good = false;
  };
  const isPlace = (text: string): boolean =>
    /^(site|step\d)$/.test(text.replace(/\.(jump|test)$/, "")) ||
    Object.hasOwn(fix.find, text.replace(/\.(jump|test)$/, ""));
  fix.edits.forEach((edit, i) => {
    const verbs = EDIT_VERBS.filter((verb) => edit[verb] !== undefined);
    if (verbs.length !== 1) problem(["edits", i], `an edit has exactly one of ${EDIT_VERBS.join(", ")}`);
    for (const key of [
      "move",
      "remove",
      "delay",
      "wrap",
      "enclose",
      "before",
      "after",
      "behind",
      "in",
      "like",
    ] as const) {
      const place = edit[key];
      if (place === undefined || isPlace(place) || (key === "in" && place === "function")) continue;
      problem(["edits", i, key], `unknown place "${place}"; places are site, step1, step2 … and the names under find`);
    }
    for (const pattern of Object.keys(edit.replace ?? {})) {
      try {
        new RegExp(pattern);
      } catch {
        problem(["edits", i, "replace", pattern], `"${pattern}" is no regular expression`);
      }
    }
  });
  return good;
}

/** Every name inside the parameters must exist; which kind of name follows from its key. */
function walk(value: unknown, key: string | undefined, path: Key[], at: { source: Source; names: Names }): boolean {
  if (Array.isArray(value)) return value.map((v, i) => walk(v, key, [...path, i], at)).every(Boolean);
  if (typeof value === "object" && value !== null) {
    return Object.entries(value)
      .map(([k, v]) => walk(v, k, [...path, k], at))
      .every(Boolean);
  }
  if (typeof value !== "string" || key === undefined) return true;
  if (key === "on") return placeOk(value, path, at.source);
  const kind = REFERENCES[key];
  return kind === undefined || at.names.check(kind, value, at.source, path);
}

function placeOk(value: string, path: Key[], source: Source): boolean {
  if (value === "any") return true;
  try {
    parsePath(value);
    return true;
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    source.problem(path, error.message);
    return false;
  }
}

/** A rule whose mistakes do harm in several ways has several scenarios; the first one is the usual one. */
function scenariosOf(named: string | string[]): Pick<CheckRule, "scenario" | "scenarios"> {
  const scenarios = typeof named === "string" ? [named] : named;
  return { scenario: scenarios[0]!, scenarios };
}
