/** Actions and what must be held when they happen. */
import type { CompiledNeed, NeedTerm } from "./context";
import type { Machine } from "./machine";
import type { CallNeed } from "./outcomes";
import { holds } from "./query";
import type { LockEntry, PendingNeed, Site, State } from "./state";
import type { ValueId } from "./values";

/** Marks on the object (or the object it was loaded from) that lift an obligation. */
function lifted(m: Machine, s: State, obj: ValueId, unless: readonly string[]): boolean {
  if (unless.length === 0) return false;
  let v = obj;
  for (let i = 0; i < 4; i++) {
    if (marked(m, s, v, unless)) return true;
    for (const mark of unless) {
      if (mark === "pseudo" && isPseudo(m, v)) return true;
      if (mark === "kernel" && isKernelGlobal(m, v)) return true;
    }
    const x = m.t.get(v);
    if (x.k === "load") {
      const a = m.t.get(x.addr);
      if (a.k !== "field") return false;
      v = a.base;
    } else if (x.k === "field" || x.k === "elem") v = x.base;
    else return false;
  }
  return false;
}

/** Has the value one of the marks, given to it on this path or by the field it is kept in? */
export function marked(m: Machine, s: State, v: ValueId, marks: readonly string[]): boolean {
  if (marks.some((mark) => s.hasMark(v, mark))) return true;
  const x = m.t.get(v);
  const a = x.k === "load" ? m.t.get(x.addr) : undefined;
  const tag = a?.k === "field" ? m.structs.get(a.base) : undefined;
  const mark = a?.k === "field" && tag !== undefined ? m.rules.markFields.get(`${tag}.${a.field}`) : undefined;
  return mark !== undefined && marks.includes(mark);
}

/** An object on the stack or in static storage. */
function isPseudo(m: Machine, v: ValueId): boolean {
  const x = m.t.get(v);
  if (x.k === "local" || x.k === "global") return true;
  return (x.k === "field" || x.k === "elem") && isPseudo(m, x.base);
}

function isKernelGlobal(m: Machine, v: ValueId): boolean {
  return m.t.get(v).k === "global";
}

export function termOn(m: Machine, s: State, obj: ValueId, term: NeedTerm): ValueId | null {
  if (term.any) return null;
  let v = obj;
  for (const f of term.fields) v = m.load(s, m.t.field(v, f));
  return term.folio ? m.t.pure("folio", [v]) : v;
}

const NONE: readonly string[] = [];

export function performAction(
  m: Machine,
  s: State,
  action: string,
  obj: ValueId,
  operands: ValueId[],
  site: Site,
  callee: string,
  direct: boolean,
): void {
  if (m.sink && !action.startsWith("field:"))
    m.emit({ k: "action", action, obj, with: operands, site, state: s.fork(), callee, direct });
  for (const a of m.rules.resets.get(action) ?? NONE) s.clearDid(a);
  // What a callee does somewhere below says nothing of order.
  if (direct || m.rules.lookActions.has(action) || m.rules.splitActions.has(action)) s.setDid(action, site);
  const needs = m.rules.needs.get(action);
  if (!needs || !direct) return;
  for (const n of needs) require(m, s, n, obj, site, callee);
}

function require(m: Machine, s: State, n: CompiledNeed, obj: ValueId, site: Site, callee: string): void {
  if (lifted(m, s, obj, n.unless)) return;
  for (const group of n.given) {
    if (!group.some((alt) => holds(m, s, alt.cls, termOn(m, s, obj, alt.term), alt.mode).answer === "yes")) return;
  }
  for (const group of n.groups) {
    let verdict: "yes" | "no" | "entry" | "unknown" = "no";
    let pending: PendingNeed | null = null;
    let info: LockEntry | null = null;
    let first: PendingNeed | null = null;
    for (const alt of group) {
      const target = termOn(m, s, obj, alt.term);
      const r = holds(m, s, alt.cls, target, alt.mode);
      const need: PendingNeed = { rule: n.rule, cls: alt.cls, mode: alt.mode, obj: target ?? -1, site, what: callee };
      first ??= need;
      if (r.answer === "yes") {
        verdict = "yes";
        break;
      }
      if (r.answer === "unknown") verdict = "unknown";
      else if (r.answer === "entry" && verdict !== "unknown") {
        verdict = "entry";
        pending ??= need;
      }
      if (r.info && !info) info = r.info;
    }
    if (verdict === "no" && first && m.sink)
      m.emit({ k: "need", need: first, info, state: s.fork(), callee: null, late: null });
    if (verdict === "entry" && pending) {
      if (group.length > 1) pending = { ...pending, alternatives: true };
      s.setNeed(`${pending.rule}|${pending.cls}|${pending.obj}|${pending.mode}|${site.at}`, pending);
    }
  }
}

/** A callee's contract asks for a lock. */
export function requireForCall(
  m: Machine,
  s: State,
  need: CallNeed,
  obj: ValueId | null,
  site: Site,
  callee: string,
): void {
  if (obj !== null && lifted(m, s, obj, ["fresh", "detached"])) return;
  const r = holds(m, s, need.cls, obj, need.mode);
  const p: PendingNeed = { rule: need.rule, cls: need.cls, mode: need.mode, obj: obj ?? -1, site, what: need.what };
  if (r.answer === "no" && m.sink) m.emit({ k: "need", need: p, info: r.info, state: s.fork(), callee, late: null });
  if (r.answer === "entry") s.setNeed(`${p.rule}|${p.cls}|${p.obj}|${p.mode}|${site.at}`, p);
}
