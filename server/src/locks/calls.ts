/** Calls: picks one of the callee's outcomes and applies its effects to the state. */
import type { Expr } from "../syntax/ast";
import { narrow } from "./assume";
import { canonicalLock } from "./canonical";
import { assumeClause, clauseTruth, isUsual, negateClause, onResult } from "./clauseTruth";
import { acquire, assertHeld, downgrade, drop, failedAttempt, type LockOp, release, takeInside } from "./effects";
import { ANY, POSITIVE, ZERO } from "./facts";
import {
  lendContent,
  loseBitLocks,
  loseHandedOn,
  loseThroughMacro,
  loseTrack,
  noteEscapes,
  noteKept,
  noteStored,
} from "./lending";
import type { Machine } from "./machine";
import { performAction, requireForCall } from "./obligations";
import type { CallEffect, CallModel, Clause, Outcome, Term } from "./outcomes";
import { certainlyNotHeld, isHeld, maybeReplaced } from "./query";
import { lockKey, type Site, type State } from "./state";
import { type CallFrame, termCell, termValue } from "./terms";
import type { ValueId } from "./values";

/** Macros by convention; what they expand to releases nothing. */
const MACRO = /^[A-Z0-9_]+$/;

type CallExpr = Extract<Expr, { k: "call" }>;

const callSlots = new Map<string, string>();

/** The slot of a call's result. */
function callSlot(name: string): string {
  let slot = callSlots.get(name);
  if (slot === undefined) {
    slot = `call:${name}`;
    callSlots.set(name, slot);
  }
  return slot;
}

export function performCall(m: Machine, s: State, e: CallExpr): ValueId {
  const name = e.fn.k === "id" && !m.isLocal(e.fn.name) ? e.fn.name : null;
  const frame: CallFrame = { args: [], lvalues: [], ret: m.t.zero };
  for (const a of e.args) {
    frame.args.push(m.eval(s, a));
    frame.lvalues.push(a.k === "id" || a.k === "mem" || a.k === "idx" ? quietAddress(m, s, a) : null);
  }
  if (name === null) {
    m.eval(s, e.fn);
    havocArguments(m, s, e, frame);
    loseBitLocks(m, s, frame, { at: e.at, end: e.end, note: "" });
    return m.result(s, e.at, "call:indirect");
  }
  const model = m.scope.call(name, e.args.length);
  if (m.sink && !model?.primitive) m.calls.push({ callee: name, state: s.fork(), args: frame.args, at: e.at });
  noteStaleArguments(m, s, e, frame, model, name);
  if (!m.rules.isAccessor(name)) noteEscapes(m, s, frame, model);
  if (!model) {
    if (mayKeep(m, name)) for (const v of frame.args) noteStored(m, s, v);
    const site = { at: e.at, end: e.end, note: "" };
    loseThroughMacro(m, s, frame, name, site);
    loseHandedOn(m, s, frame, name, site);
    havocArguments(m, s, e, frame);
    return m.result(s, e.at, callSlot(name));
  }
  if (!model.primitive) noteKept(m, s, frame, name);
  return applyModel(m, s, model, frame, { at: e.at, end: e.end, note: "" });
}

/** May a callee without a model store its arguments or hand them to someone? Its body is out of reach. */
function mayKeep(m: Machine, name: string): boolean {
  return !m.scope.reaches(name) && !MACRO.test(name) && !m.rules.isAccessor(name);
}

/** Address of an lvalue argument without reporting an access. */
export function quietAddress(m: Machine, s: State, e: Expr): ValueId | null {
  const sink = m.sink;
  m.sink = null;
  const a = m.address(s, e);
  m.sink = sink;
  return a;
}

/** Applies a call model at `site`; also used for guards and loop macros. */
export function applyModel(m: Machine, s: State, model: CallModel, frame: CallFrame, site: Site): ValueId {
  const { t } = m;
  if (model.pure) frame.ret = t.pure(model.name, frame.args);
  else frame.ret = m.result(s, site.at, callSlot(model.name));
  if (model.is) {
    const v = termValue(m, s, frame, model.is);
    if (v !== null) {
      if (model.struct) m.structs.set(v, model.struct);
      frame.ret = v;
    }
  }
  if (!model.is) m.modelled.add(frame.ret);
  if (model.struct && !m.structs.has(frame.ret)) m.structs.set(frame.ret, model.struct);
  if (model.failMask !== 0) m.fallible.set(frame.ret, { mask: model.failMask, api: model.name });
  noteSleep(m, s, model, frame, site);
  askCaller(m, s, model, frame, site);
  for (const w of model.writes) {
    const cell = termCell(m, s, frame, w);
    if (cell === null) continue;
    const v = m.result(
      s,
      site.at,
      m.t.get(cell).k === "local" ? `out:${(m.t.get(cell) as { name: string }).name}` : `after:${cell}`,
    );
    m.modelled.add(v);
    m.store(s, cell, v);
  }
  if (model.surely.length > 0 && model.surely.every((c) => clauseTruth(m, s, c, frame) === "true"))
    narrow(t, s, frame.ret, ANY & ~model.failMask);
  m.speculative = false;
  const outcome = pick(m, s, model.outcomes, frame);
  if (m.speculative) s.guess = true;
  if (outcome?.guess) {
    s.guess = true;
    s.hearsay = true;
  }
  if (!outcome) {
    m.dead = true;
    return frame.ret;
  }
  if (outcome.returns?.k === "arg") frame.ret = frame.args[outcome.returns.index] ?? frame.ret;
  noteClasses(m, s, frame, model, false);
  for (const f of model.fields) {
    const v = termValue(m, s, frame, f.term);
    if (v !== null) s.setMem(t.field(frame.ret, f.field), v);
  }
  for (const effect of outcome.effects) {
    apply(m, s, effect, frame, site, model);
    if (m.dead) return frame.ret;
  }
  noteClasses(m, s, frame, model, true);
  finishResult(m, s, model, frame);
  return frame.ret;
}

/** What the callee needs must be held here. */
function askCaller(m: Machine, s: State, model: CallModel, frame: CallFrame, site: Site): void {
  for (const n of model.needs) {
    const any = n.term.k === "any";
    const obj = any ? null : termValue(m, s, frame, n.term);
    if (!any && onStack(m, frame, n.term)) continue;
    if (any || obj !== null) requireForCall(m, s, n, obj, site, model.name);
  }
  for (const n of model.someNeeds) {
    const obj = termValue(m, s, frame, n.term);
    if (obj === null || onStack(m, frame, n.term)) continue;
    const asked = n.when.every((c) => {
      const truth = clauseTruth(m, s, c, frame);
      return truth === "true" || (truth === "unknown" && !selects(c));
    });
    if (asked) requireForCall(m, s, n, obj, site, model.name);
  }
}

/** Does the caller choose by the clause what the callee is to do: one of some constants, or whether at all? */
function selects(c: Clause): boolean {
  if (c.k === "equals") return c.to.k === "num" || c.to.k === "sym";
  return c.k === "mask" && c.term.k === "arg" && c.mask !== POSITIVE;
}

/** Locks whose class the callee knows; those it leaves in a cell are there afterwards. */
function noteClasses(m: Machine, s: State, frame: CallFrame, model: CallModel, after: boolean): void {
  for (const l of model.lockClasses) {
    if ((l.term.k === "after") !== after) continue;
    const v = termValue(m, s, frame, l.term);
    if (v !== null && m.t.get(v).k !== "num") m.lockClass.set(v, l.cls);
  }
}

/** Does the callee ask for the lock of an object that is the caller's own variable? Nobody else can reach that one. */
function onStack(m: Machine, frame: CallFrame, term: Term): boolean {
  if (term.k === "field" || term.k === "load" || term.k === "after") return onStack(m, frame, term.of);
  const v = term.k === "arg" ? frame.args[term.index] : undefined;
  return v !== undefined && m.t.get(v).k === "local";
}

function finishResult(m: Machine, s: State, model: CallModel, frame: CallFrame): void {
  if (model.failMask === ZERO && model.struct && (s.mask(m.t, frame.ret) & ZERO) === 0)
    narrow(m.t, s, frame.ret, POSITIVE);
  for (const mark of model.marks) s.addMark(frame.ret, mark);
  if (model.guardians.length > 0) {
    const keys: string[] = [];
    for (const g of model.guardians) {
      const v = termValue(m, s, frame, g.term);
      if (v !== null) keys.push(lockKey(g.cls, v));
    }
    s.setGuardians(frame.ret, keys);
    // Found after whatever the call let go of.
    s.setStale(frame.ret, undefined);
  }
  if (m.lastActions.length > 0 && m.rules.lookActions.size > 0 && looks(m, s, model, frame)) {
    for (const a of m.lastActions) if (m.rules.lookActions.has(a)) s.addRead(frame.ret, a);
  }
  m.lastActions.length = 0;
}

/** Does the call tell something of an entry as it is now? Not what compares a value with itself, or works on older values only. */
function looks(m: Machine, s: State, model: CallModel, { args }: CallFrame): boolean {
  if (m.rules.api(model.name, args.length)) return !model.pure || args.some((v) => isFresh(m, s, v) || !isGiven(m, v));
  const reads = [...m.rules.cellReads.values()];
  return m.lastActions.some((a) => reads.includes(a)) || args.some((v) => isFresh(m, s, v));
}

/** A parameter, or a member of what one points to: known before the function began. */
function isGiven(m: Machine, v: ValueId): boolean {
  const x = m.t.get(v);
  return x.k === "param" || (x.k === "load" && m.t.get(x.addr).k === "field" && m.t.root(v).k === "param");
}

function isFresh(m: Machine, s: State, v: ValueId): boolean {
  let found = s.reads.has(v);
  m.t.walk(v, (part) => {
    found ||= s.reads.has(part);
    return !found;
  });
  return found;
}

function pick(m: Machine, s: State, outcomes: Outcome[], frame: CallFrame): Outcome | null {
  if (outcomes.length === 1) {
    const only = outcomes[0] as Outcome;
    for (const c of only.when) if (!assumeClause(m, s, c, frame)) return null;
    return only;
  }
  const chosen = outcomes[m.oracle.choose(outcomes.length)] as Outcome;
  for (const c of chosen.when) {
    // The outcome hangs on an argument that is not known: only a guess.
    if (!onResult(c) && !isUsual(c) && clauseTruth(m, s, c, frame) === "unknown") m.speculative = true;
    if (!assumeClause(m, s, c, frame)) return null;
  }
  for (const group of chosen.unless) {
    const open = group.filter((c) => clauseTruth(m, s, c, frame) !== "true");
    if (open.length === 0) return null;
    // All but one hold: the one must fail.
    const only = open[0] as Clause;
    if (
      open.length === 1 &&
      clauseTruth(m, s, only, frame) === "unknown" &&
      !assumeClause(m, s, negateClause(only), frame)
    )
      return null;
  }
  return chosen;
}

function apply(m: Machine, s: State, e: CallEffect, frame: CallFrame, site: Site, model: CallModel): void {
  const callee = model.primitive ? null : model.name;
  switch (e.k) {
    case "acquire":
    case "release":
    case "downgrade":
    case "assert":
    case "drop":
    case "takes":
    case "failed":
    case "lost": {
      const v = termValue(m, s, frame, e.term);
      if (v === null) return;
      if (m.t.get(v).k === "num") return;
      const c = canonicalLock(m, e.cls, v);
      const own = m.rules.classes.get(c.cls);
      if (own?.kind === "ref" || ("passed" in e && own?.generic)) return;
      const op: LockOp = { ...c, site, rule: e.k === "acquire" || e.k === "release" ? e.rule : null, callee };
      if (e.k === "acquire" && model.primitive) ownerIsValid(m, s, v);
      if (e.k === "acquire") acquire(m, s, op, e.mode, e.blocking);
      else if (e.k === "release") {
        // One outcome of several that gives back what is not held is not the one that happens.
        const optional =
          !model.primitive && model.outcomes.some((o) => !o.effects.some((x) => x.k === "release" && x.cls === e.cls));
        const free = (): boolean => certainlyNotHeld(m, s, c.cls, c.obj) || maybeReplaced(m, s, c.cls, c.obj);
        if ((m.speculative || optional) && free()) m.dead = true;
        else release(m, s, op, e.mode);
      } else if (e.k === "downgrade") downgrade(m, s, op);
      else if (e.k === "assert") assertHeld(m, s, op, e.mode);
      else if (e.k === "drop") drop(m, s, op, e.mode);
      else if (e.k === "failed") failedAttempt(m, s, op, e.name);
      else if (e.k === "takes") takeInside(m, s, op, e.mode);
      else loseTrack(m, s, c.cls, c.obj, site);
      return;
    }
    case "releaseAll": {
      const only = e.term ? termValue(m, s, frame, e.term) : null;
      for (const l of s.locks.values()) {
        if (l.cls !== e.cls || !isHeld(l) || (e.term && l.obj !== only)) continue;
        release(m, s, { cls: l.cls, obj: l.obj, site, rule: null, callee }, "any");
      }
      return;
    }
    case "action": {
      const v = termValue(m, s, frame, e.term);
      if (v === null) return;
      const operands = e.with.map((w) => termValue(m, s, frame, w)).filter((x): x is ValueId => x !== null);
      performAction(m, s, e.action, v, operands, site, model.name, model.primitive && e.direct);
      m.lastActions.push(e.action);
      return;
    }
    case "mark": {
      const v = termValue(m, s, frame, e.term);
      if (v === null) return;
      if (e.on) s.addMark(v, e.mark);
      else s.removeMark(v, e.mark);
      return;
    }
    case "store": {
      const cell = termCell(m, s, frame, e.cell);
      if (cell === null) return;
      const v = e.value ? termValue(m, s, frame, e.value) : null;
      if (v !== null) m.store(s, cell, v);
      else {
        if (!model.primitive) lendContent(m, s, cell, site);
        const fresh = m.result(s, site.at, `after:${cell}`);
        if (e.mask !== undefined && e.mask !== ANY) narrow(m.t, s, fresh, e.mask);
        const when = toldElsewhere(model, e);
        // The value by which other outcomes say that they changed a lock is not what this one leaves behind.
        if (when !== null) s.setDoubt(fresh, { when, facts: [[fresh, 0]] });
        m.store(s, cell, fresh);
      }
      return;
    }
    case "assume":
      // What is said of an argument in any case is advice: a caller that does otherwise is still followed.
      if (!assumeClause(m, s, e.clause, frame) && (onResult(e.clause) || model.outcomes.length > 1)) m.dead = true;
      return;
  }
}

type Store = Extract<CallEffect, { k: "store" }>;

const told = new WeakMap<Store, boolean | null>();

/** Does another outcome, with other effects on locks, store one certain value in the cell: true for one that is not zero. */
function toldElsewhere(model: CallModel, e: Store): boolean | null {
  let known = told.get(e);
  if (known === undefined) {
    known = model.primitive ? null : findTold(model, e);
    told.set(e, known);
  }
  return known;
}

function findTold(model: CallModel, e: Store): boolean | null {
  const cell = JSON.stringify(e.cell);
  for (const o of model.outcomes) {
    const other = o.effects.find((x) => x.k === "store" && JSON.stringify(x.cell) === cell);
    if (other?.k === "store" && other.value?.k === "num" && o.effects.some((x) => x.k === "release"))
      return other.value.n !== 0;
  }
  return null;
}

/** Whoever waits for a lock inside an object has a valid pointer to that object. */
function ownerIsValid(m: Machine, s: State, lock: ValueId): void {
  const x = m.t.get(lock);
  if (x.k !== "field") return;
  const base = m.t.get(x.base);
  if (base.k === "field") ownerIsValid(m, s, x.base);
  else if (base.k !== "local" && base.k !== "global") narrow(m.t, s, x.base, POSITIVE);
}

function noteSleep(m: Machine, s: State, model: CallModel, frame: CallFrame, site: Site): void {
  if (model.sleeps === "no") return;
  let conditional = model.sleeps === "conditional";
  if (typeof model.sleeps === "object") {
    const gfp = termValue(m, s, frame, model.sleeps.gfp);
    const verdict = gfp === null ? "unknown" : m.sleepsWith(gfp);
    if (verdict === "no") return;
    conditional = verdict === "unknown";
  }
  m.emit({ k: "sleep", callee: model.name, through: model.sleepsThrough, site, state: s.fork(), conditional });
}

/** A callee we know nothing of may write what its pointer arguments to locals point to. */
function havocArguments(m: Machine, s: State, e: CallExpr, frame: CallFrame): void {
  e.args.forEach((a, i) => {
    const v = frame.args[i] as ValueId;
    if (a.k !== "un" || a.op !== "&") return;
    const x = m.t.get(v);
    if (x.k === "local" || (x.k === "field" && m.t.root(v).k === "local")) {
      lendContent(m, s, v, { at: e.at, end: e.end, note: "" });
      m.store(s, v, m.result(s, e.at, `out:${i}`));
      for (const addr of s.mem.keys()) {
        const cell = m.t.get(addr);
        if (cell.k === "field" && cell.base === v && !m.rules.stableFields.has(cell.field)) s.dropMem(addr);
      }
    }
  });
}

function noteStaleArguments(
  m: Machine,
  s: State,
  e: CallExpr,
  frame: CallFrame,
  model: CallModel | null,
  name: string,
): void {
  if (!m.sink || s.stale.size === 0) return;
  frame.args.forEach((v, i) => {
    const info = s.stale.get(v);
    if (!info) return;
    if (model?.primitive ? !usesArgument(model, i) : !model?.derefs.includes(i)) return;
    m.emit({
      k: "stale-use",
      value: v,
      info,
      site: { at: e.args[i]?.at ?? e.at, end: e.args[i]?.end ?? e.end, note: "" },
      state: s.fork(),
      callee: name,
    });
  });
}

/** Does a primitive do something with this argument beyond passing it on? */
function usesArgument(model: CallModel, index: number): boolean {
  return model.outcomes.some((o) =>
    o.effects.some(
      (x) =>
        "term" in x &&
        x.k !== "assert" &&
        x.term?.k === "path" &&
        x.term.path.root.k === "arg" &&
        x.term.path.root.index === index,
    ),
  );
}
