/** Rule data → the uniform description of a call. */
import { type CondClause, type Path, parseCond, parsePath } from "../rules/expressions";
import type { ApiEntry, Effect } from "../rules/model";
import { ANY, ERRPTR, NEGATIVE, POSITIVE, ZERO } from "./facts";
import type { CallEffect, CallModel, Clause, Outcome, Term } from "./outcomes";

const term = (text: string): Term => ({ k: "path", path: parsePath(text) });

const FAILS: Record<string, number> = {
  null: ZERO,
  err: ERRPTR,
  "null-or-err": ZERO | ERRPTR,
  negative: NEGATIVE,
  nonzero: ANY & ~ZERO,
  zero: ZERO,
};

export function clause(c: CondClause): Clause {
  const t: Term = { k: "path", path: c.path };
  switch (c.op) {
    case "==":
      return { k: "mask", term: t, mask: ZERO };
    case "!=":
      return { k: "mask", term: t, mask: ANY & ~ZERO };
    case "<":
      return { k: "mask", term: t, mask: NEGATIVE | ERRPTR };
    case ">=":
      return { k: "mask", term: t, mask: ZERO | POSITIVE };
    case "is-err":
      return { k: "mask", term: t, mask: ERRPTR };
    case "not-err":
      return { k: "mask", term: t, mask: ANY & ~ERRPTR };
    case "== 1":
      return { k: "equals", term: t, to: { k: "num", n: 1 }, positive: true };
    case "is-bad":
      return { k: "mask", term: t, mask: ZERO | ERRPTR };
    case "not-bad":
      return { k: "mask", term: t, mask: ANY & ~(ZERO | ERRPTR) };
    case "&":
      return { k: "flags", term: t, flags: c.flags, set: true };
    case "!&":
      return { k: "flags", term: t, flags: c.flags, set: false };
  }
}

/** The clause that holds where this one does not. */
export function negate(c: Clause): Clause {
  if (c.k === "mask") return { ...c, mask: ANY & ~c.mask };
  if (c.k === "flags") return { ...c, set: !c.set };
  return { ...c, positive: !c.positive };
}

function isResult(t: Term): boolean {
  return t.k === "path" && t.path.root.k === "ret" && t.path.fields.length === 0;
}

function clauseKey(c: Clause): string {
  return JSON.stringify(c);
}

function effect(e: Effect): CallEffect[] {
  const object = term(e.object ?? "cpu");
  const mode = e.mode ?? "write";
  const rule = e.rule ?? null;
  if (e.acquire)
    return [
      {
        k: "acquire",
        cls: e.acquire,
        term: object,
        mode: mode === "any" ? "read" : mode,
        blocking: !e.try,
        rule,
        site: null,
      },
    ];
  if (e.release) return [{ k: "release", cls: e.release, term: object, mode: e.mode ?? "any", rule, site: null }];
  if (e.releaseAll) return [{ k: "releaseAll", cls: e.releaseAll, term: e.object ? object : null }];
  if (e.downgrade) return [{ k: "downgrade", cls: e.downgrade, term: object }];
  if (e.assert) return [{ k: "assert", cls: e.assert, term: object, mode: e.mode ?? "any" }];
  if (e.does) return [{ k: "action", action: e.does, term: object, with: (e.with ?? []).map(term), direct: true }];
  if (e.mark) return [{ k: "mark", mark: e.mark, term: object, on: true }];
  if (e.unmark) return [{ k: "mark", mark: e.unmark, term: object, on: false }];
  if (e.invalidate) return [{ k: "drop", cls: e.invalidate, term: object, mode: null, site: null }];
  if (e.assume) return parseCond(e.assume).map((c) => ({ k: "assume", clause: clause(c) }));
  return [];
}

/** A call that fails or hands back an argument: both, for each of its outcomes. */
function handingBack(entry: ApiEntry, all: Outcome[]): Outcome[] {
  const failing = FAILS[entry.returns?.fails ?? ""] ?? 0;
  const back = entry.returns?.is === undefined ? null : parsePath(entry.returns.is);
  if (failing === 0 || back?.root.k !== "arg") return all;
  const { index } = back.root;
  const value: Term = { k: "path", path: { ...back, root: { k: "ret" } } };
  return all.flatMap((o): Outcome[] => [
    {
      ...o,
      effects: [{ k: "assume", clause: { k: "mask", term: value, mask: ANY & ~failing } }, ...o.effects],
      returns: { k: "arg", index },
    },
    { ...o, when: [...o.when, { k: "mask", term: value, mask: failing }] },
  ]);
}

function outcomes(entry: ApiEntry): Outcome[] {
  const sets: CallEffect[] = Object.entries(entry.sets ?? {}).map(([cell, value]) => ({
    k: "store",
    cell: term(cell),
    value: term(value),
  }));
  const guards = [...new Set(entry.effects.map((e) => e.when ?? ""))].filter((w) => w !== "");
  const always = (): CallEffect[] => [...entry.effects.filter((e) => !e.when).flatMap(effect), ...sets];
  if (guards.length === 0) return [{ when: [], unless: [], effects: always(), returns: null }];
  const groups = guards.map((g) => parseCond(g).map(clause));
  const out: Outcome[] = groups.map((when, i) => ({
    when,
    unless: [],
    effects: [...entry.effects.filter((e) => !e.when || e.when === guards[i]).flatMap(effect), ...sets],
    returns: null,
  }));
  const keys = new Set(groups.filter((g) => g.length === 1).map((g) => clauseKey(g[0] as Clause)));
  // Of a result that is zero or negative, "not zero" leaves only "negative".
  const failing = entry.returns?.fails === "negative" ? NEGATIVE | ERRPTR : ANY;
  const opposite = (c: Clause): Clause => {
    const n = negate(c);
    return n.k === "mask" && isResult(n.term) && (n.mask & failing) !== 0 ? { ...n, mask: n.mask & failing } : n;
  };
  const exhaustive =
    entry.exhaustive || groups.some((g) => g.length === 1 && keys.has(clauseKey(negate(g[0] as Clause))));
  const single = groups.length === 1 ? (groups[0] as Clause[]) : [];
  if (!exhaustive && single.length > 1) {
    // Not (a and b): not a, or a and not b.
    for (const [i, c] of single.entries())
      out.push({ when: [...single.slice(0, i), opposite(c)], unless: [], effects: always(), returns: null });
  } else if (!exhaustive) {
    out.push({
      when: groups.filter((g) => g.length === 1).map((g) => opposite(g[0] as Clause)),
      unless: groups.filter((g) => g.length > 1),
      effects: always(),
      returns: null,
    });
  }
  // Where an attempt to take a lock is not the outcome, the lock is known not to be held.
  for (const e of entry.effects) {
    if (!e.acquire || !e.when) continue;
    for (const [i, o] of out.entries()) {
      if (i < guards.length && guards[i] === e.when) continue;
      o.effects.unshift({ k: "failed", cls: e.acquire, term: term(e.object ?? "cpu"), name: entry.name });
    }
  }
  return out;
}

/** Compiles one API entry. `needs` stay with the actions; an entry itself requires nothing else. */
export function apiModel(entry: ApiEntry): CallModel {
  const r = entry.returns;
  const sleeps = entry.sleeps;
  return {
    name: entry.name,
    outcomes: handingBack(entry, outcomes(entry)),
    needs: [],
    someNeeds: [],
    sleeps:
      sleeps === undefined || sleeps === false
        ? "no"
        : sleeps === true
          ? "yes"
          : "gfp" in sleeps
            ? { gfp: term(sleeps.gfp) }
            : "conditional",
    sleepsThrough: "",
    mustCheck: r?.mustCheck ?? false,
    failMask: r?.fails ? (FAILS[r.fails] ?? 0) : 0,
    surely: r?.failsUnless ? parseCond(r.failsUnless).map(clause) : [],
    pure: r?.pure ?? false,
    is: r?.is && !r.fails ? term(r.is) : null,
    guardians: (r?.protectedBy ?? []).map((p) => ({ cls: p.lock, term: term(p.object) })),
    fields: Object.entries(r?.fields ?? {}).map(([field, path]) => ({ field, term: term(path) })),
    marks: r?.marks ?? [],
    struct: r?.struct ?? null,
    lockClasses: Object.entries(entry.locks ?? {}).map(([path, cls]) => ({ term: term(path), cls })),
    derefs: [],
    writes: (entry.writes ?? []).map(term),
    primitive: true,
  };
}

/** Does the path name an argument by name (loop macros write their argument itself, not through it)? */
export function isPlainArgument(path: Path): boolean {
  return path.root.k === "arg" && path.fields.length === 0 && !path.deref && !path.address && !path.folio;
}
