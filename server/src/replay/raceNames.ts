/**
 * What two functions can have in common, from their texts: types of objects, fields and globals. Says too much rather than too
 * little: what is really shared is found when they are laid out.
 */
import type { Code, Located, UserCode } from "./code";
import type { Scenario } from "./scenario";
import { bare } from "./world";

/** Bodies that are looked at from each function. */
const MAX_LOOK = 300;
/** Types of objects, at most. */
const MAX_TAGS = 24;

export interface Common {
  /** Structs whose objects may be shared; each thread has its own of all others. */
  tags: ReadonlySet<string>;
  fields: ReadonlySet<string>;
  globals: RegExp | null;
}

interface Names {
  fields: Set<string>;
  globals: Set<string>;
}

/** In slices: this is where the files of callees are first looked at. */
export function* commonNames(
  user: UserCode,
  codes: readonly Code[],
  roots: readonly string[],
  generic: Scenario,
): Generator<undefined, Common> {
  const files = new Set(codes.map((c) => c.file));
  const home: Body[] = [];
  const all: Body[][] = [];
  for (const code of codes) {
    home.push(...(yield* bodiesFrom(user, code, (b) => files.has(b.file))));
    all.push(yield* bodiesFrom(user, code, () => true));
  }
  const tags = reachable(user, codes[0]!.file, home, roots, generic);
  const known = [...tags, ...generic.roles.flatMap((r) => r.types)];
  const [a, b] = all.map((bodies) => namesIn(user, bodies));
  const both = (x: Set<string>, y: Set<string>): string[] => [...x].filter((n) => y.has(n));
  const isField = (name: string): boolean =>
    codes.some((code) => known.some((tag) => user.fieldType(code, tag, name) !== ""));
  const globals = both(a!.globals, b!.globals);
  // Fields of globals and of embedded structs are known by no type: those of the functions' own files all count.
  const near = namesIn(user, home).fields;
  return {
    tags,
    fields: new Set(both(a!.fields, b!.fields).filter((n) => near.has(n) || isField(n))),
    globals: globals.length > 0 ? new RegExp(`\\b(?:${globals.join("|")})\\b`) : null,
  };
}

type Body = Pick<Located, "file" | "text" | "calls">;

/** The function and what it calls, near before far. */
function* bodiesFrom(user: UserCode, code: Code, follow: (body: Located) => boolean): Generator<undefined, Body[]> {
  const out: Body[] = [{ file: code.file, text: code.body, calls: code.calls }];
  const seen = new Set<string>();
  for (let at = 0; at < out.length && at < MAX_LOOK; at++)
    for (const name of out[at]!.calls) {
      if (seen.has(name)) continue;
      seen.add(name);
      yield;
      out.push(...user.bodies(out[at]!.file, name).filter(follow));
    }
  return out.slice(0, MAX_LOOK);
}

function namesIn(user: UserCode, bodies: readonly Body[]): Names {
  const fields = new Set<string>();
  const globals = new Set<string>();
  for (const { file, text } of bodies) {
    for (const [, name] of text.matchAll(/(?:->|\.)\s*(\w+)/g)) fields.add(name!);
    for (const [name] of text.matchAll(/\b[A-Za-z_]\w*\b/g)) if (user.isGlobal(file, name)) globals.add(name);
  }
  return { fields, globals };
}

/** Structs that the functions' own files name, or reach by a field from one of those. */
function reachable(
  user: UserCode,
  file: string,
  home: readonly Body[],
  roots: readonly string[],
  generic: Scenario,
): Set<string> {
  const tags = new Set(roots);
  const fields = new Set<string>();
  for (const { text } of home) {
    for (const [, tag] of text.matchAll(/\bstruct\s+(\w+)\s*\*\s*\w+\s*[=;,)]/g)) tags.add(tag!);
    for (const [, name] of text.matchAll(/->\s*(\w+)/g)) fields.add(name!);
  }
  for (const tag of tags) {
    if (tags.size >= MAX_TAGS) break;
    for (const field of fields) {
      const type = user.typeOfField(file, tag, field);
      if (/^(?:const\s+)?struct\s+\w+\s*\*$/.test(type)) tags.add(bare(type));
    }
  }
  return new Set([...tags].filter((t) => !generic.perCall.has(t)).slice(0, MAX_TAGS));
}
