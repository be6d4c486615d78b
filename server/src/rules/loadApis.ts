/** `apis/*.yaml`: lock classes and what kernel primitives do. */
import type { FileData } from "./files";
import type { ApiEntry, ApiReturns, Effect, LockClass } from "./model";
import { checkExpression, type Names } from "./names";
import {
  apiFileShape,
  apiShape,
  classShape,
  type RawApi,
  type RawClass,
  type RawEffect,
  type returnsShape,
  VERBS,
} from "./schema";
import { type Entry, isMapping, type Key, type Source } from "./source";
import { hint } from "./suggest";
import { validate } from "./validate";

export function loadApis(
  files: FileData[],
  names: Names,
): { classes: Map<string, LockClass>; apis: Map<string, ApiEntry[]> } {
  const own = files.filter((f) => f.kind === "apis");
  for (const { source } of own) checkTop(source);
  const classes = new Map<string, LockClass>();
  for (const file of own) {
    for (const entry of file.source.entries(["classes"])) {
      if (duplicate(file, entry, classes, "lock class")) continue;
      const made = lockClass(file.source, entry, names);
      if (made) classes.set(entry.name, made);
    }
  }
  const apis = new Map<string, ApiEntry[]>();
  const aliases: Alias[] = [];
  for (const file of own) {
    for (const entry of file.source.entries(["apis"])) {
      if (duplicate(file, entry, apis, "API entry")) continue;
      if (!/^[A-Za-z_]\w*$/.test(entry.name)) {
        file.source.problem(entry.path, `"${entry.name}" is not a C identifier`, "key");
        continue;
      }
      const made = new ApiBuilder(file.source, names, classes).entries(entry);
      if (!made) continue;
      // A replaced name must not come back through an alias of the file before.
      for (let i = aliases.length - 1; i >= 0; i--) if (aliases[i]?.name === entry.name) aliases.splice(i, 1);
      apis.set(entry.name, made.entries);
      for (const alias of made.aliases) aliases.push({ ...alias, name: entry.name, source: file.source });
    }
  }
  resolveAliases(apis, aliases);
  for (const [name, list] of apis) if (list.length === 0) apis.delete(name);
  return { classes, apis };
}

interface Alias {
  name: string;
  target: string;
  raw: RawApi;
  source: Source;
  path: Key[];
  family: string;
}

function checkTop(source: Source): void {
  const value = source.value;
  if (!isMapping(value)) {
    source.problem([], "expected a mapping with family, classes, apis");
    return;
  }
  const known = Object.keys(apiFileShape.shape);
  for (const key of Object.keys(value))
    if (!known.includes(key)) source.problem([key], `unknown key "${key}"${hint(key, known)}`, "key");
  if (typeof value.family !== "string") source.problem(["family"], `"family" is missing`);
}

function duplicate(file: FileData, entry: Entry, seen: Map<string, unknown>, what: string): boolean {
  if (file.user || !seen.has(entry.name)) return false;
  file.source.problem(entry.path, `${what} "${entry.name}" is already defined in another file`, "key");
  return true;
}

const ATOMIC_KINDS = new Set<LockClass["kind"]>(["spin", "rcu", "irq", "preempt"]);
const PER_CPU_KINDS = new Set<LockClass["kind"]>(["rcu", "irq", "preempt"]);

function lockClass(source: Source, entry: Entry, names: Names): LockClass | undefined {
  const raw = validate(source, entry.path, entry.value, classShape);
  if (!raw) return undefined;
  let good = true;
  if (raw.until) good = names.check("lock", raw.until.lock, source, [...entry.path, "until", "lock"]);
  if (raw.atomicIf) good = checkExpression("applies", raw.atomicIf, source, [...entry.path, "atomicIf"]) && good;
  return good ? toClass(entry.name, raw) : undefined;
}

function toClass(id: string, raw: RawClass): LockClass {
  const { object, label, atomic, nests, ...rest } = raw;
  return {
    id,
    label: label ?? id,
    ...defined(rest),
    kind: raw.kind,
    atomic: atomic ?? ATOMIC_KINDS.has(raw.kind),
    nests: nests ?? (PER_CPU_KINDS.has(raw.kind) || raw.kind === "map"),
    ...(object === undefined ? {} : { objectType: object }),
  };
}

/** Builds the entries of one name; any problem drops the whole name. */
class ApiBuilder {
  private good = true;

  constructor(
    private readonly source: Source,
    private readonly names: Names,
    private readonly classes: Map<string, LockClass>,
  ) {}

  entries(entry: Entry): { entries: ApiEntry[]; aliases: Omit<Alias, "name" | "source">[] } | undefined {
    const file = this.source.value as { family?: unknown; opaque?: unknown };
    const family = typeof file.family === "string" ? file.family : "";
    const variants = Array.isArray(entry.value) ? entry.value : [entry.value];
    const out: ApiEntry[] = [];
    const aliases: Omit<Alias, "name" | "source">[] = [];
    variants.forEach((value: unknown, i) => {
      const path = Array.isArray(entry.value) ? [...entry.path, i] : entry.path;
      const raw = validate(this.source, path, value, apiShape);
      if (!raw) {
        this.good = false;
      } else if (raw.alias !== undefined) {
        if (this.alias(raw, path)) aliases.push({ target: raw.alias, raw, path, family });
      } else {
        const effects = this.effects(raw, path);
        this.expressions(raw, path);
        const opaque = raw.opaque ?? (typeof file.opaque === "boolean" ? file.opaque : undefined);
        out.push({ name: entry.name, family, effects, ...rest(raw), ...(opaque === undefined ? {} : { opaque }) });
      }
    });
    return this.good ? { entries: out, aliases } : undefined;
  }

  private alias(raw: RawApi, path: Key[]): boolean {
    const allowed = new Set(["alias", "applies", "since", "params", "doc"]);
    for (const key of Object.keys(raw)) {
      if (!allowed.has(key))
        this.fail([...path, key], `an alias takes its meaning from "${raw.alias}": "${key}" cannot be given`, "key");
    }
    if (raw.applies) this.expr("applies", raw.applies, [...path, "applies"]);
    if (!this.names.check("api", raw.alias ?? "", this.source, [...path, "alias"])) this.good = false;
    return this.good;
  }

  private effects(raw: RawApi, path: Key[]): Effect[] {
    const inline = pickEffect(raw);
    if (raw.effects) {
      if (Object.keys(inline).length > 0)
        this.fail(path, "give either one effect in the entry or a list under effects, not both", "key");
      return raw.effects.flatMap((e, i) => this.effect(e, [...path, "effects", i]) ?? []);
    }
    if (Object.keys(inline).length === 0) return [];
    return [this.effect(inline, path)].flatMap((e) => e ?? []);
  }

  private effect(raw: RawEffect, path: Key[]): Effect | undefined {
    const given = VERBS.filter((verb) => raw[verb] !== undefined);
    const verb = given[0];
    if (verb === undefined || given.length > 1) {
      this.fail(
        path,
        given.length > 1
          ? `one effect has one verb, not ${given.join(" and ")}`
          : `an effect needs one of ${VERBS.join(", ")}`,
      );
      return undefined;
    }
    const name = raw[verb] ?? "";
    const effect: Effect = defined(raw);
    if (verb === "does") this.name("action", name, [...path, verb]);
    else if (verb === "mark" || verb === "unmark") this.name("mark", name, [...path, verb]);
    else if (verb === "invalidate") this.name("lock", name, [...path, verb]);
    else if (verb === "assume") this.expr("cond", name, [...path, verb]);
    else this.lockEffect(effect, verb, name, path);
    if (effect.object === undefined && verb !== "does" && verb !== "releaseAll" && verb !== "assume")
      this.fail(path, `"${verb}: ${name}" needs an object`, "key");
    if (raw.object !== undefined) this.expr("path", raw.object, [...path, "object"]);
    if (raw.when !== undefined) this.expr("cond", raw.when, [...path, "when"]);
    for (const [i, p] of (raw.with ?? []).entries()) this.expr("path", p, [...path, "with", i]);
    if (raw.rule !== undefined) this.name("rule", raw.rule, [...path, "rule"]);
    return effect;
  }

  /** Fills in the mode and object that follow from the class. */
  private lockEffect(effect: Effect, verb: string, name: string, path: Key[]): void {
    this.name("lock", name, [...path, verb]);
    const lock = this.classes.get(name);
    if (!lock) return;
    if (PER_CPU_KINDS.has(lock.kind) && effect.object === undefined) effect.object = "cpu";
    if (effect.mode !== undefined) return;
    if (verb === "release" || verb === "releaseAll") effect.mode = "any";
    else if (verb === "downgrade") effect.mode = "write";
    else if (lock.kind === "rwsem") this.fail(path, `"${verb}: ${name}" needs a mode: read or write`, "key");
    else effect.mode = PER_CPU_KINDS.has(lock.kind) || lock.kind === "map" || lock.kind === "ref" ? "read" : "write";
  }

  private expressions(raw: RawApi, path: Key[]): void {
    if (raw.applies) this.expr("applies", raw.applies, [...path, "applies"]);
    for (const [i, p] of (raw.writes ?? []).entries()) this.expr("path", p, [...path, "writes", i]);
    if (typeof raw.sleeps === "object") {
      if ("gfp" in raw.sleeps) this.expr("path", raw.sleeps.gfp, [...path, "sleeps", "gfp"]);
      else if ("unlessHeld" in raw.sleeps) this.name("lock", raw.sleeps.unlessHeld, [...path, "sleeps", "unlessHeld"]);
      else this.expr("cond", raw.sleeps.unless, [...path, "sleeps", "unless"]);
    }
    for (const [place, from] of Object.entries(raw.sets ?? {})) {
      this.expr("path", place, [...path, "sets", place], "key");
      this.expr("path", from, [...path, "sets", place]);
    }
    for (const [place, lock] of Object.entries(raw.locks ?? {})) {
      this.expr("path", place, [...path, "locks", place], "key");
      this.name("lock", lock, [...path, "locks", place]);
    }
    const returns = raw.returns;
    if (!returns) return;
    const at = [...path, "returns"];
    if (returns.failsUnless !== undefined) this.expr("cond", returns.failsUnless, [...at, "failsUnless"]);
    if (returns.is !== undefined) {
      this.expr("path", returns.is, [...at, "is"]);
      if (returns.fails && !/^arg\d$/.test(returns.is))
        this.fail([...at, "is"], "beside `fails` it must be an argument: arg0…arg9");
    }
    returns.protectedBy?.forEach((p, i) => {
      this.name("lock", p.lock, [...at, "protectedBy", i, "lock"]);
      this.expr("path", p.object, [...at, "protectedBy", i, "object"]);
    });
    for (const [field, place] of Object.entries(returns.fields ?? {}))
      this.expr("path", place, [...at, "fields", field]);
    for (const [i, m] of (returns.marks ?? []).entries()) this.name("mark", m, [...at, "marks", i]);
  }

  private expr(kind: "path" | "cond" | "applies", text: string, path: Key[], at: "value" | "key" = "value"): void {
    if (!checkExpression(kind, text, this.source, path, at)) this.good = false;
  }

  private name(kind: "lock" | "action" | "mark" | "rule", name: string, path: Key[]): void {
    if (!this.names.check(kind, name, this.source, path)) this.good = false;
  }

  private fail(path: Key[], message: string, at: "value" | "key" = "value"): void {
    this.source.problem(path, message, at);
    this.good = false;
  }
}

const EFFECT_KEYS = [...VERBS, "mode", "object", "with", "when", "try", "rule"] as const;

function pickEffect(raw: RawApi): RawEffect {
  return Object.fromEntries(EFFECT_KEYS.flatMap((key) => (raw[key] === undefined ? [] : [[key, raw[key]]])));
}

function rest(raw: RawApi): Partial<ApiEntry> {
  const { sleeps, writes, exhaustive, sets, locks, applies, since, params, doc } = raw;
  return defined({
    sleeps,
    writes,
    exhaustive,
    sets,
    locks,
    applies,
    since,
    params,
    doc,
    returns: raw.returns && toReturns(raw.returns),
  });
}

function toReturns(raw: (typeof returnsShape)["_zod"]["output"]): ApiReturns {
  const { fails, ...others } = raw;
  return { ...defined(others), ...(fails === undefined ? {} : { fails: fails ?? "null" }) };
}

/** Without the keys whose value is undefined. */
function defined<T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

/** Another spelling has the same effects; chains are followed, circles reported. */
function resolveAliases(apis: Map<string, ApiEntry[]>, aliases: Alias[]): void {
  const byName = new Map<string, Alias[]>();
  for (const alias of aliases) byName.set(alias.name, [...(byName.get(alias.name) ?? []), alias]);
  const done = new Set<string>();
  const resolve = (name: string, trail: string[]): void => {
    if (done.has(name)) return;
    done.add(name);
    for (const alias of byName.get(name) ?? []) {
      if (alias.target === name || trail.includes(alias.target)) {
        alias.source.problem([...alias.path, "alias"], `"${name}" is an alias of itself`);
        continue;
      }
      resolve(alias.target, [...trail, name]);
      const { applies, since, params, doc } = alias.raw;
      const copies = (apis.get(alias.target) ?? []).map((entry) => ({
        ...entry,
        ...defined({ applies, since, params, doc }),
        name,
        family: alias.family,
        aliasOf: entry.aliasOf ?? entry.name,
      }));
      if (copies.length === 0) alias.source.problem([...alias.path, "alias"], `"${alias.target}" has no usable entry`);
      apis.set(name, [...(apis.get(name) ?? []), ...copies]);
    }
  };
  for (const name of byName.keys()) resolve(name, []);
}
