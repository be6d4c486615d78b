/** error-unwind: a callback that returns an error leaves nothing behind, for nobody will be told to end what it began. */
import { ERRPTR, NEGATIVE } from "../locks/facts";
import { isHeld } from "../locks/query";
import type { Site } from "../locks/state";
import type { ValueId } from "../locks/values";
import type { Expr, Stmt, VarDecl } from "../syntax/ast";
import { walkStatements } from "../syntax/walk";
import { type Detector, type DetectorContext, label, list, print, type RawFinding } from "./detector";
import { type Exit, exitsOf } from "./exits";

export const errorUnwind: Detector = (ctx, check) => {
  if (!list(check.with.slots).some((s) => ctx.slots.includes(s))) return [];
  const exits = exitsOf(ctx);
  const out: RawFinding[] = [];
  const add = (call: string, site: Site, steps: Site[]): void => {
    out.push({
      rule: check.id,
      at: site.at,
      end: site.end,
      words: { call, object: "", lock: "", what: call, function: ctx.fn.name },
      steps,
      weight: 4,
    });
  };
  for (const x of exits) {
    if (!mayFail(ctx, x)) continue;
    for (const [key, site] of x.state.did) {
      if (!key.startsWith("inc:")) continue;
      const addr = Number(key.slice(4));
      if (raised(ctx, x, addr))
        add(`${print(ctx, addr)}++`, site, [
          { ...site, note: "counted up" },
          { ...x.site, note: "may return an error without counting down" },
        ]);
    }
    for (const l of x.state.locks.values()) {
      if (l.entry || l.weak || l.dropped || l.mode === "top" || !isHeld(l) || !certainlyFails(ctx, x)) continue;
      const elsewhere = exits.some(
        (y) =>
          !mayFail(ctx, y) && [...y.state.locks.values()].some((k) => k.cls === l.cls && k.obj === l.obj && isHeld(k)),
      );
      if (!elsewhere)
        add(ctx.text.slice(l.origin.at, l.origin.end), l.origin, [
          l.origin,
          { ...x.site, note: `returns an error with ${label(ctx, l.cls)} held` },
        ]);
    }
  }
  for (const v of lostResults(ctx)) {
    const site: Site = {
      at: v.decl.at,
      end: v.decl.end,
      note: `this \`${v.decl.name}\` hides the one that is returned`,
    };
    add(`${v.decl.name} = …`, v.call, [site, { ...v.call, note: "an error lands in the inner variable and is lost" }]);
  }
  return unique(out);
};

function unique(list: RawFinding[]): RawFinding[] {
  return list.filter((f, i) => list.findIndex((g) => g.at === f.at) === i);
}

function mayFail(ctx: DetectorContext, x: Exit): boolean {
  return (
    x.ret !== null && (x.state.mask(ctx.analysis.machine.t, x.ret) & (NEGATIVE | ERRPTR)) !== 0 && constantLike(ctx, x)
  );
}

function certainlyFails(ctx: DetectorContext, x: Exit): boolean {
  return x.ret !== null && (x.state.mask(ctx.analysis.machine.t, x.ret) & ~(NEGATIVE | ERRPTR)) === 0;
}

/** Is it known that the result can be negative, rather than not known at all? */
function constantLike(ctx: DetectorContext, x: Exit): boolean {
  return (
    x.state.mask(ctx.analysis.machine.t, x.ret as ValueId) !== 15 ||
    ctx.analysis.machine.t.get(x.ret as ValueId).k === "phi"
  );
}

/** Is the cell above what it was at entry, as far as its content tells? */
function raised(ctx: DetectorContext, x: Exit, addr: ValueId): boolean {
  const { t } = ctx.analysis.machine;
  let v = x.state.mem.get(addr);
  let sum = 0;
  for (let i = 0; v !== undefined && i < 8; i++) {
    if (v === t.load(addr, 0)) return sum > 0;
    const e = t.get(v);
    if (e.k !== "op" || (e.op !== "+" && e.op !== "-")) return false;
    const [a, b] = [t.get(e.a), t.get(e.b)];
    if (b.k === "num") {
      sum += e.op === "+" ? b.n : -b.n;
      v = e.a;
    } else if (a.k === "num" && e.op === "+") {
      sum += a.n;
      v = e.b;
    } else return false;
  }
  return false;
}

interface Lost {
  decl: VarDecl;
  call: Site;
}

/** Results of calls kept in a variable of an inner block that has the name of the returned one and is not handed on. */
function lostResults(ctx: DetectorContext): Lost[] {
  const returned = new Set<string>();
  walkStatements(ctx.fn.body, (s) => {
    if (s.k === "return" && s.e?.k === "id") returned.add(s.e.name);
  });
  const outer = new Set<string>();
  for (const s of ctx.fn.body) if (s.k === "decl") for (const v of s.vars) outer.add(v.name);
  const out: Lost[] = [];
  for (const top of ctx.fn.body) {
    walkStatements([top], (s) => {
      if (s.k !== "block") return;
      for (const inner of s.body) {
        if (inner === top || inner.k !== "decl") continue;
        for (const decl of inner.vars) {
          if (!returned.has(decl.name) || !outer.has(decl.name)) continue;
          const call = assignedCall(s.body, decl);
          if (call) out.push({ decl, call });
        }
      }
    });
  }
  return out;
}

function assignedCall(body: Stmt[], decl: VarDecl): Site | undefined {
  if (decl.init?.k === "call") return { at: decl.init.at, end: decl.init.end, note: "" };
  let found: Site | undefined;
  let handedOn = false;
  walkStatements(body, (s) => {
    if (s.k === "return" && s.e?.k === "id" && s.e.name === decl.name) handedOn = true;
    if (s.k !== "expr" || s.e.k !== "assign" || s.e.op !== "=") return;
    const { l, r } = s.e;
    if (l.k === "id" && l.name === decl.name && isCall(r)) found = { at: s.e.at, end: s.e.end, note: "" };
  });
  return handedOn ? undefined : found;
}

const isCall = (e: Expr): boolean => e.k === "call";
