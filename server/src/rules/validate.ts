/** Runs a schema over one entry of a rule file and reports what is wrong at its place in the text. */
import type { z } from "zod";
import type { Key, Source } from "./source";
import { hint } from "./suggest";

type Issue = z.core.$ZodIssue;

/** The value with its defaults, or undefined after reporting why not. */
export function validate<S extends z.ZodType>(
  source: Source,
  path: Key[],
  value: unknown,
  shape: S,
): z.output<S> | undefined {
  const result = shape.safeParse(value);
  if (result.success) return result.data;
  for (const issue of result.error.issues) report(source, path, value, shape, issue);
  return undefined;
}

function report(source: Source, base: Key[], value: unknown, shape: z.ZodType, issue: Issue): void {
  const local = issue.path.filter((k): k is Key => typeof k !== "symbol");
  const path = [...base, ...local];
  switch (issue.code) {
    case "unrecognized_keys": {
      const known = keysAt(shape, local);
      for (const key of issue.keys) source.problem([...path, key], `unknown key "${key}"${hint(key, known)}`, "key");
      return;
    }
    case "invalid_value": {
      const known = issue.values.map(String);
      const given = at(value, local);
      source.problem(
        path,
        `${show(given)} is not one of ${known.join(", ")}${typeof given === "string" ? hint(given, known) : ""}`,
      );
      return;
    }
    case "invalid_union": {
      const branch = issue.errors.find((list) => list.some((i) => i.code !== "invalid_type" || i.path.length > 0));
      const nested = branch ?? issue.errors[0] ?? [];
      for (const inner of nested)
        report(source, base, value, shape, { ...inner, path: [...issue.path, ...inner.path] } as Issue);
      return;
    }
    case "invalid_type": {
      const given = at(value, local);
      if (given === undefined) source.problem(path, `"${String(local.at(-1) ?? "")}" is missing`);
      else source.problem(path, `expected ${typeName(issue.expected)}, found ${show(given)}`);
      return;
    }
    case "invalid_format":
      source.problem(
        path,
        `${show(at(value, local))} does not have the form ${"pattern" in issue ? String(issue.pattern) : issue.format}`,
      );
      return;
    case "too_small":
      source.problem(path, local.length === 0 ? "must not be empty" : `"${String(local.at(-1))}" must not be empty`);
      return;
    default:
      source.problem(path, issue.message);
  }
}

/** Keys a schema knows at a place below it, for suggestions. */
function keysAt(shape: z.core.$ZodType, path: Key[]): string[] {
  let current: z.core.$ZodType[] = [shape];
  for (const key of path) {
    current = current.flatMap(unwrap).flatMap((s): z.core.$ZodType[] => {
      const def = s._zod.def as {
        type: string;
        shape?: Record<string, z.core.$ZodType>;
        element?: z.core.$ZodType;
        valueType?: z.core.$ZodType;
      };
      if (def.type === "object") return def.shape?.[String(key)] ? [def.shape[String(key)] as z.core.$ZodType] : [];
      if (def.type === "array") return def.element ? [def.element] : [];
      if (def.type === "record") return def.valueType ? [def.valueType] : [];
      return [];
    });
  }
  return current.flatMap(unwrap).flatMap((s) => {
    const def = s._zod.def as { type: string; shape?: Record<string, unknown> };
    return def.type === "object" ? Object.keys(def.shape ?? {}) : [];
  });
}

function unwrap(shape: z.core.$ZodType): z.core.$ZodType[] {
  const def = shape._zod.def as { type: string; innerType?: z.core.$ZodType; options?: z.core.$ZodType[] };
  if (def.innerType) return unwrap(def.innerType);
  if (def.options) return def.options.flatMap(unwrap);
  return [shape];
}

function at(value: unknown, path: Key[]): unknown {
  let current: unknown = value;
  for (const key of path) {
    if (typeof current !== "object" || current === null) return undefined;
    current = (current as Record<Key, unknown>)[key];
  }
  return current;
}

function show(value: unknown): string {
  if (typeof value === "string") return `"${value}"`;
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "a mapping";
  return value === null ? "nothing" : String(value);
}

function typeName(name: string): string {
  const known: Record<string, string> = {
    object: "a mapping",
    record: "a mapping",
    array: "a list",
    string: "text",
    boolean: "true or false",
    number: "a number",
    int: "a whole number",
  };
  return known[name] ?? name;
}
