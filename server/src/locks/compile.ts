/** Prepares the rule data for the machine: indexes by name, obligations by action, per tree. */
import { parsePath } from "../rules/expressions";
import type { ApiEntry, CheckRule, LockClass, Need, RuleSet } from "../rules/model";
import type { Compiled, CompiledNeed, NeedTerm, WatchedField } from "./context";

/** Does a rule, entry or class apply to the tree? `+symbol` must be defined, `-symbol` must not. */
export function applies(conditions: readonly string[], defines: (symbol: string) => boolean): boolean {
  return conditions.every((c) => (c.startsWith("-") ? !defines(c.slice(1)) : defines(c.replace(/^\+/, ""))));
}

/** The symbols that rules, entries and classes make depend on whether the tree has them. */
export function askedSymbols(rules: RuleSet): string[] {
  const conditions = [
    ...rules.checks.flatMap((c) => c.applies),
    ...[...rules.classes.values()].flatMap((c) => c.atomicIf ?? []),
    ...[...rules.apis.values()].flatMap((list) => list.flatMap((e) => e.applies ?? [])),
  ];
  return [...new Set(conditions.map((c) => c.replace(/^[+-]/, "")))].sort();
}

function needTerm(on: string): NeedTerm {
  if (on === "any") return { any: true };
  const p = parsePath(on);
  return { any: false, fields: p.fields.map((f) => f.name), folio: p.folio };
}

function compileNeeds(groups: Need[][], rule: string, unless: string[], given: Need[][] = []): CompiledNeed {
  const groupsOf = (list: Need[][]): CompiledNeed["groups"] =>
    list.map((g) => g.map((n) => ({ cls: n.lock, mode: n.mode, term: needTerm(n.on) })));
  return {
    rule,
    given: groupsOf(given),
    groups: groups.map((g) => g.map((n) => ({ cls: n.lock, mode: n.mode, term: needTerm(n.on) }))),
    unless,
  };
}

const strings = (v: unknown): string[] =>
  Array.isArray(v) ? v.filter((x): x is string => typeof x === "string") : typeof v === "string" ? [v] : [];

/** Compiles the rules that apply to a tree; `defines` tells whether the tree knows a symbol. */
export function compile(
  rules: RuleSet,
  defines: (symbol: string) => boolean,
): { compiled: Compiled; checks: CheckRule[] } {
  const checks = rules.checks.filter((c) => applies(c.applies, defines));
  const classes = new Map<string, LockClass>();
  const fieldClasses = new Map<string, string>();
  const until = new Map<string, LockClass[]>();
  const guarded = new Map<string, { cls: string; via: string }>();
  for (const c of rules.classes.values()) {
    const here = c.atomicIf ? { ...c, atomic: c.atomic && applies([c.atomicIf], defines) } : c;
    classes.set(c.id, here);
    if (c.objectType && c.field) fieldClasses.set(`${c.objectType}.${c.field}`, c.id);
    if (c.until) {
      until.set(c.until.lock, [...(until.get(c.until.lock) ?? []), here]);
      if (c.objectType) guarded.set(c.objectType, { cls: c.until.lock, via: c.until.via });
    }
  }
  const needs = new Map<string, CompiledNeed[]>();
  const watched = new Map<string, WatchedField[]>();
  const sectionClasses = new Set<string>();
  const lookActions = new Set<string>();
  const splitActions = new Set<string>();
  const askedActions = new Set<string>();
  const reachActions = new Set<string>();
  const resets = new Map<string, string[]>();
  const askedSlots = new Set<string>();
  const someNeeds = new Set(checks.filter((c) => c.with.some === true).map((c) => c.id));
  const add = (action: string, n: CompiledNeed): void => {
    needs.set(action, [...(needs.get(action) ?? []), n]);
  };
  for (const c of checks) {
    const unless = strings(c.with.unless);
    const groups = Array.isArray(c.with.needs) ? (c.with.needs as Need[][]) : [];
    const given = Array.isArray(c.with.given) ? (c.with.given as Need[][]) : [];
    for (const slot of strings(c.with.slots)) askedSlots.add(slot);
    switch (c.detector) {
      case "requires-lock":
        for (const a of strings(c.with.actions)) add(a, compileNeeds(groups, c.id, unless, given));
        break;
      case "field-access": {
        const struct = String(c.with.struct);
        for (const f of strings(c.with.fields)) {
          watched.set(f, [
            ...(watched.get(f) ?? []),
            { rule: c.id, struct, access: c.with.access === "any" ? "any" : "write" },
          ]);
        }
        if (groups.length > 0) add(`field:${c.id}`, compileNeeds(groups, c.id, unless, given));
        for (const a of strings(c.with.actions))
          if (groups.length > 0) add(a, compileNeeds(groups, c.id, unless, given));
        // Actions whose object is the owner itself (the mm), not the guarded object.
        for (const a of strings(c.with.mmActions)) {
          const direct = groups.map((g) => g.map((n) => ({ ...n, on: n.on === "any" ? "any" : "$" })));
          if (groups.length > 0) add(a, compileNeeds(direct, c.id, unless, given));
        }
        break;
      }
      case "recheck-after-acquire":
        for (const a of strings(c.with.acquire)) sectionClasses.add(a);
        for (const a of [...strings(c.with.recheck), ...strings(c.with.read)]) lookActions.add(a);
        for (const a of strings(c.with.write)) reachActions.add(a);
        break;
      case "notifier-contract":
        for (const a of strings(c.with.actions)) {
          askedActions.add(a);
          if (c.with.kind === "set-seq") splitActions.add(a);
        }
        break;
      case "retry-protocol":
        for (const a of [...strings(c.with.begin), ...strings(c.with.retry)]) splitActions.add(a);
        for (const a of strings(c.with.use)) askedActions.add(a);
        for (const a of strings(c.with.begin)) resets.set(a, strings(c.with.retry));
        break;
      case "lockless-recheck":
        for (const a of [...strings(c.with.grab), ...strings(c.with.compare)]) lookActions.add(a);
        break;
      case "seqcount-protocol":
        for (const a of strings(c.with.actions)) reachActions.add(a);
        for (const a of [...strings(c.with.begin), ...strings(c.with.retry)]) splitActions.add(a);
        for (const a of strings(c.with.begin)) resets.set(a, strings(c.with.retry));
        break;
    }
  }
  const failureRules = new Map<string, string>();
  for (const c of checks)
    if (c.detector === "result-check") for (const cls of strings(c.with.locks)) failureRules.set(cls, c.id);
  const usable = usableApis(rules, defines);
  const gfp = rules.gfp ?? { sleeping: new Set<string>(), atomic: new Set<string>() };
  const compiled: Compiled = {
    classes,
    fieldClasses,
    until,
    needs,
    watched,
    immutable: rules.immutableFields,
    failureRules,
    stableFields: new Set([...rules.immutableFields].map((f) => f.slice(f.indexOf(".") + 1))),
    sectionClasses,
    lookActions,
    splitActions,
    askedActions,
    reachActions,
    resets,
    askedSlots,
    someNeeds,
    cellReads: rules.cells ?? new Map(),
    guarded,
    important: (cls) => {
      const c = classes.get(cls);
      return (
        c !== undefined &&
        !c.generic &&
        c.kind !== "bit" &&
        c.kind !== "ref" &&
        c.kind !== "rcu" &&
        c.kind !== "preempt" &&
        c.kind !== "irq"
      );
    },
    vital: (cls) => {
      const c = classes.get(cls);
      return c !== undefined && !c.generic && (c.kind === "rwsem" || c.kind === "spin" || c.kind === "range");
    },
    flags: flagsIn(rules),
    resultFlags: resultFlagsIn(rules),
    errorNames: new Set(
      [...(rules.flagSets ?? [])].filter(([name]) => name.endsWith("_ERROR")).flatMap(([, list]) => list),
    ),
    assertRules: new Map(checks.flatMap((c) => strings(c.with.asserts).map((cls) => [cls, c.id] as const))),
    lockFields: rules.lockFields ?? new Map(),
    markFields: rules.markFields ?? new Map(),
    resultTypes: rules.resultTypes ?? new Map(),
    api: (name, args) => {
      const list = usable.get(name);
      if (!list) return undefined;
      if (args < 0) return list[0];
      return (
        list.find((e) => e.params === args) ??
        list.find((e) => e.params === undefined) ??
        (list.length === 1 ? list[0] : undefined)
      );
    },
    guard: (name) => rules.macros.guards[name],
    isAccessor: accessorTest(rules.accessors ?? []),
    gfpSleeps: (names) => {
      if (names.some((n) => gfp.sleeping.has(n))) return "yes";
      return names.every((n) => gfp.atomic.has(n)) ? "no" : "unknown";
    },
  };
  return { compiled, checks };
}

function accessorTest(patterns: readonly string[]): (name: string) => boolean {
  const alternatives = patterns.map((p) => p.replace("*", "\\w*"));
  const pattern = new RegExp(`^(?:${alternatives.join("|")})$`);
  const known = new Map<string, boolean>();
  return (name) => {
    const hit = known.get(name);
    if (hit !== undefined) return hit;
    const is = alternatives.length > 0 && pattern.test(name);
    known.set(name, is);
    return is;
  };
}

function flagsIn(rules: RuleSet): Set<string> {
  const out = new Set<string>();
  for (const [name, list] of rules.flagSets ?? []) for (const n of [name, ...list]) out.add(n);
  for (const entries of rules.apis.values()) {
    for (const e of entries)
      for (const x of e.effects)
        for (const m of (x.when ?? "").matchAll(/&\s*([A-Z_][A-Z0-9_|]*)/g))
          for (const n of (m[1] ?? "").split("|")) out.add(n);
  }
  return out;
}

/** Flags after `ret &` in any entry, sets of flags expanded. */
function resultFlagsIn(rules: RuleSet): Set<string> {
  const out = new Set<string>();
  for (const entries of rules.apis.values()) {
    for (const e of entries) {
      for (const x of e.effects) {
        for (const m of `${x.when ?? ""} && ${x.assume ?? ""}`.matchAll(/\bret !?&\s*([A-Z_][A-Z0-9_|]*)/g)) {
          for (const n of (m[1] ?? "").split("|")) for (const one of rules.flagSets?.get(n) ?? [n]) out.add(one);
        }
      }
    }
  }
  return out;
}

function usableApis(rules: RuleSet, defines: (symbol: string) => boolean): Map<string, ApiEntry[]> {
  const out = new Map<string, ApiEntry[]>();
  for (const [name, entries] of rules.apis) {
    const list = entries.filter((e) => !e.applies || applies([e.applies], defines));
    if (list.length > 0) out.set(name, list);
  }
  return out;
}
