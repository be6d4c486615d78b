/** Lock analysis of one function: fixpoint over its CFG; what happens in the states it ends with are the events. */
import type { Block, Cfg, Instr } from "../cfg/cfg";
import { liveness } from "../dataflow/liveness";
import { type Budget, type Domain, solve } from "../dataflow/solver";
import type { FunctionAst } from "../syntax/ast";
import { assume, truth } from "./assume";
import type { PerformedCall } from "./callSites";
import { applyModel, quietAddress } from "./calls";
import { canonicalLock } from "./canonical";
import type { Compiled, EntryContext, Scope } from "./context";
import type { Event } from "./events";
import { forget } from "./forget";
import { runInstr } from "./instr";
import { hasCall, isSilent } from "./instructions";
import { joinCoarse, joinStates } from "./join";
import { Machine } from "./machine";
import { given, optionalOuts } from "./outParams";
import { ANY_MODE, isHeld } from "./query";
import { propertyKey, State } from "./state";
import { type CallFrame, termValue } from "./terms";
import type { ValueId } from "./values";

export interface FunctionAnalysis {
  machine: Machine;
  cfg: Cfg;
  /** States at the entry of each block. */
  states: State[][];
  events: Event[];
  /** Calls made, by callee name. */
  calls: Map<string, PerformedCall[]>;
  /** A budget was hit: some paths were not followed. */
  incomplete: boolean;
  /** States just before the first instruction of a block that begins at or contains `offset`. */
  statesBefore(block: number, offset: number): State[];
}

/** What happened when a block was run from one state. */
interface Seen {
  events: Event[];
  calls: PerformedCall[];
}

const BUDGET: Budget = { disjuncts: 16, steps: 8000 };

const NO_ACTIONS: ReadonlySet<string> = new Set();

export function analyseFunction(
  fn: FunctionAst,
  cfg: Cfg,
  rules: Compiled,
  scope: Scope,
  entry: EntryContext,
): FunctionAnalysis {
  const m = new Machine(fn, rules, scope, entry);
  for (const b of cfg.blocks)
    if (b.term.k === "switch") for (const c of b.term.cases) if (c.value.k === "id") m.labels.add(c.value.name);
  declareAll(m, cfg);
  const live = liveness(cfg);
  const domain = domainOf(m, cfg, live.liveIn, live.escaping);
  const { states, events, calls, complete } = observe(m, cfg, domain);
  return {
    machine: m,
    cfg,
    states,
    events,
    calls,
    incomplete: !complete,
    statesBefore: (b, offset) => before(domain, cfg.blocks[b] as Block, states[b] ?? [], offset),
  };
}

/** The fixpoint, and what happens in the states it ends with. */
function observe(
  m: Machine,
  cfg: Cfg,
  domain: LockDomain,
): Pick<FunctionAnalysis, "states" | "events" | "calls"> & { complete: boolean } {
  const loud = cfg.blocks.map((b) => !isSilent(b));
  // A state that is joined is another one afterwards: what is kept under a state that remains is of its last run.
  // The others are dropped at once, for large functions go through thousands of states.
  const seen = new Map<State, Seen>();
  const transfer: LockDomain["transfer"] = (s, id, flow) => {
    if (!loud[id]) return domain.transfer(s, id, flow);
    const here: Seen = { events: [], calls: [] };
    m.calls = here.calls;
    m.sink = (e) => here.events.push(e);
    domain.transfer(s, id, flow);
    m.sink = null;
    seen.set(s, here);
  };
  const join: LockDomain["join"] = (a, b, block) => {
    const joined = domain.join(a, b, block);
    if (joined) seen.delete(a);
    return joined;
  };
  const coarsen: LockDomain["coarsen"] = (there, s, block) => {
    const merged = domain.coarsen(there, s, block);
    if (merged.state) seen.delete(there.get(merged.key) as State);
    return merged;
  };
  const solution = solve(cfg, initialState(m), { ...domain, transfer, join, coarsen }, BUDGET);
  const events: Event[] = [];
  const calls: FunctionAnalysis["calls"] = new Map();
  const states = solution.states.map((byKey) => [...byKey.values()]);
  for (const id of cfg.order) {
    if (!loud[id]) continue;
    for (const s of states[id] ?? []) {
      // States that the budget left over were never run.
      if (!seen.has(s)) transfer(s, id, () => {});
      const here = seen.get(s) as Seen;
      for (const e of here.events) events.push(e);
      for (const call of here.calls) {
        const list = calls.get(call.callee);
        if (list) list.push(call);
        else calls.set(call.callee, [call]);
      }
    }
  }
  return { states, events, calls, complete: solution.complete };
}

/** Runs the instructions of a block up to an offset. */
function before(domain: LockDomain, block: Block, states: State[], offset: number): State[] {
  const last = block.instrs.findIndex((i) => i.end >= offset);
  const part = last < 0 ? block.instrs : block.instrs.slice(0, last);
  return domain.straight(states, part, block.id);
}

function declareAll(m: Machine, cfg: Cfg): void {
  for (const b of cfg.blocks) {
    for (const i of b.instrs) {
      if (i.k === "decl") m.types.set(i.v.name, i.v.type);
      else if (i.k === "temp") m.types.set(i.name, "long");
    }
  }
}

function initialState(m: Machine): State {
  const s = new State();
  m.fn.params.forEach((p, i) => {
    const v = m.t.param(i, p.name);
    s.setMem(m.t.local(p.name), v);
    m.noteStruct(v, p.type);
  });
  const frame: CallFrame = { args: m.fn.params.map((p, i) => m.t.param(i, p.name)), lvalues: [], ret: m.t.zero };
  for (const h of m.entry.held) {
    const v = termValue(m, s, frame, h.term);
    if (v === null) continue;
    const c = canonicalLock(m, h.cls, v);
    // A spinlock that arrives as a parameter is of the class its callers know it by.
    if (m.rules.classes.get(c.cls)?.kind === "spin" && !m.rules.classes.get(c.cls)?.generic)
      m.lockClass.set(c.obj, c.cls);
    s.setLock({
      ...c,
      mode: h.mode === "free" ? "free" : h.mode === "write" ? "write" : "read",
      depth: 1,
      origin: { at: 0, end: 0, note: h.mode === "any" ? ANY_MODE : h.why },
      last: null,
      entry: h.mode !== "free",
      entryMode: h.mode === "free" ? "any" : h.mode,
      dropped: false,
      checked: false,
      rule: null,
      attempt: false,
      weak: false,
    });
  }
  for (const k of m.entry.marks) s.addMark(m.t.param(k.index, ""), k.mark);
  return s;
}

interface LockDomain extends Domain<State> {
  /** Runs instructions without leaving the block. */
  straight(states: State[], instrs: readonly Instr[], block: number): State[];
}

function domainOf(m: Machine, cfg: Cfg, liveIn: ReadonlySet<string>[], escaping: ReadonlySet<string>): LockDomain {
  const { oracle } = m;
  const run = (s: State, f: (copy: State) => void): void => {
    // Once per combination of call outcomes.
    do {
      oracle.restart();
      m.dead = false;
      const copy = s.fork();
      f(copy);
    } while (oracle.advance());
  };
  const straight = (from: State[], instrs: readonly Instr[], id: number): State[] => {
    let states = from;
    let own = false;
    for (const i of instrs) {
      // Without a call there is one outcome: the states made here can be changed in place.
      if (own && !hasCall(i)) {
        states = states.filter((one) => {
          oracle.restart();
          m.dead = false;
          runInstr(m, one, i);
          return !m.dead;
        });
        if (states.length > 12) states = dedupe(m, states, id);
        if (states.length === 0) break;
        continue;
      }
      own = true;
      const next: State[] = [];
      for (const one of states) {
        run(one, (copy) => {
          runInstr(m, copy, i);
          if (!m.dead) next.push(copy);
        });
      }
      states = next.length > 12 ? dedupe(m, next, id) : next;
      if (states.length === 0) break;
    }
    return states;
  };
  const outs = optionalOuts(m.fn, m.t);
  return {
    straight,
    key: (s) => propertyKey(s, m.rules.splitActions) + given(m.t, s, outs) + (s.guess && knowsLocks(m, s) ? "?" : ""),
    enter: (s, block) => enterBlock(m, s, block, liveIn[block] as ReadonlySet<string>, escaping),
    join: (a, b, block) => joinStates(m.t, a, b, block, m.rules.stableFields),
    coarsen: (states, s, block) => {
      for (const counts of [m.rules.important, m.rules.vital]) {
        const want = propertyKey(s, NO_ACTIONS, counts);
        for (const [key, other] of states) {
          if (propertyKey(other, NO_ACTIONS, counts) === want)
            return { key, state: joinCoarse(m.t, other, s, block, m.rules.stableFields) };
        }
      }
      const [key, other] = states.entries().next().value as [string, State];
      return { key, state: joinCoarse(m.t, other, s, block, m.rules.stableFields) };
    },
    transfer: (s, id, flow) => {
      const block = cfg.blocks[id] as Block;
      const states = straight([s], block.instrs, id);
      for (const one of states) {
        if (block.term.k === "goto") flow(block.term.to, one);
        else run(one, (copy) => terminate(m, copy, block, flow));
      }
    },
  };
}

/** A guess about locks that matter to callers says nothing of the paths that rest on none. */
function knowsLocks(m: Machine, s: State): boolean {
  for (const e of s.locks.values()) if (m.rules.vital(e.cls)) return true;
  return false;
}

/** Joins states of equal property inside a block, to keep their number down. */
function dedupe(m: Machine, states: State[], block: number): State[] {
  const by = new Map<string, State>();
  for (const s of states) {
    const k = propertyKey(s, m.rules.splitActions);
    const old = by.get(k);
    by.set(k, old ? (joinStates(m.t, old, s, block + 100000, m.rules.stableFields) ?? old) : s);
  }
  return [...by.values()];
}

function enterBlock(
  m: Machine,
  s0: State,
  block: number,
  live: ReadonlySet<string>,
  escaping: ReadonlySet<string>,
): State {
  const s = s0.fork();
  const { t } = m;
  s.dropMemWhere((addr) => {
    const a = t.get(addr);
    return a.k === "local" && !live.has(a.name) && !escaping.has(a.name);
  });
  // A variable that the loop head gave a join value has moved on: what was known of the join value is of the past.
  for (const [addr, phi] of t.phisOf(block)) {
    if (s.mem.get(addr) !== phi && mentioned(m, s, phi)) forget(t, s, phi);
  }
  return s;
}

function mentioned(m: Machine, s: State, phi: ValueId): boolean {
  const { t } = m;
  for (const e of s.locks.values()) if (t.dependsOn(e.obj, phi)) return true;
  for (const a of s.mem.keys()) if (t.dependsOn(a, phi)) return true;
  for (const v of s.mem.contents()) if (t.dependsOn(v, phi)) return true;
  for (const v of s.facts.keys()) if (t.dependsOn(v, phi)) return true;
  for (const v of s.stale.keys()) if (t.dependsOn(v, phi)) return true;
  return false;
}

function terminate(m: Machine, s: State, block: Block, flow: (to: number, s: State) => void): void {
  const term = block.term;
  const { t } = m;
  switch (term.k) {
    case "goto":
      flow(term.to, s);
      return;
    case "branch": {
      const v = m.eval(s, term.cond);
      if (m.dead) return;
      branch(m, s, v, term.t, term.f, flow);
      return;
    }
    case "config": {
      const v = t.sym(`config:${term.symbol}`);
      branch(m, s, v, term.t, term.f, flow);
      return;
    }
    case "iterate":
      iterate(m, s, term, flow);
      return;
    case "switch": {
      const v = m.eval(s, term.e);
      if (m.dead) return;
      look(m, s, v);
      const rest = s.fork();
      let open = true;
      for (const c of term.cases) {
        const value = m.eval(s, c.value);
        const copy = s.fork();
        if (c.hi !== null || assume(t, copy, t.op("==", v, value), true)) flow(c.to, copy);
        if (c.hi === null && open) open = assume(t, rest, t.op("==", v, value), false);
      }
      if (open) flow(term.dflt, rest);
      return;
    }
    case "return": {
      const ret = term.e ? decided(m, s, m.eval(s, term.e)) : null;
      if (m.dead) return;
      m.emit({ k: "exit", state: s.fork(), ret, site: m.site(term.at, term.end, "") });
      return;
    }
    case "stop":
      return;
  }
}

/** A comparison that is settled on this path is the number it gives. */
function decided(m: Machine, s: State, v: ValueId): ValueId {
  const x = m.t.get(v);
  const logical = x.k === "op" ? LOGICAL.has(x.op) : x.k === "un" && (x.op === "!" || x.op === "bool");
  const now = logical ? truth(m.t, s, v) : "unknown";
  return now === "unknown" ? v : now === "true" ? m.t.one : m.t.zero;
}

const LOGICAL: ReadonlySet<string> = new Set(["==", "!=", "<", "<=", ">", ">=", "&&", "||"]);

function branch(
  m: Machine,
  s: State,
  v: ValueId,
  onTrue: number,
  onFalse: number,
  flow: (to: number, s: State) => void,
): void {
  look(m, s, v);
  const now = truth(m.t, s, v);
  if (now !== "false") {
    const yes = s.fork();
    if (assume(m.t, yes, v, true) && yes.settleDoubts(m.t)) flow(onTrue, yes);
  }
  if (now !== "true") {
    const no = s.fork();
    if (assume(m.t, no, v, false) && no.settleDoubts(m.t)) flow(onFalse, no);
  }
}

/** A branch on something read in the current critical section counts as having looked at it. */
function look(m: Machine, s: State, v: ValueId): void {
  if (s.reads.size === 0) return;
  let found: string | undefined;
  m.t.walk(v, (id) => {
    found ??= s.reads.get(id);
    return found === undefined;
  });
  if (found === undefined) return;
  for (const e of s.locks.values()) {
    if (m.rules.sectionClasses.has(e.cls) && isHeld(e) && !e.checked) s.setLock({ ...e, checked: true });
  }
}

function iterate(
  m: Machine,
  s: State,
  term: Extract<Block["term"], { k: "iterate" }>,
  flow: (to: number, s: State) => void,
): void {
  const call = term.call;
  if (call.k !== "call") {
    flow(term.t, s.fork());
    flow(term.f, s);
    return;
  }
  const model = m.scope.call(term.macro, call.args.length);
  const body = s.fork();
  const frame: CallFrame = { args: [], lvalues: [], ret: m.t.zero };
  for (const a of call.args) {
    // An iterator that a macro declares is not known as a local variable.
    frame.lvalues.push(a.k === "id" ? quietAddress(m, body, a) : null);
    frame.args.push(m.eval(body, a));
  }
  if (m.dead) return;
  const written = new Set<number>();
  if (model) {
    const v = applyModel(m, body, { ...model, writes: [] }, frame, m.site(call.at, call.end, ""));
    for (const w of model.writes) {
      if (w.k !== "path" || w.path.root.k !== "arg") continue;
      const i = w.path.root.index;
      const cell = frame.lvalues[i];
      if (cell !== undefined && cell !== null) {
        m.store(body, cell, v);
        written.add(i);
      }
    }
  }
  const exit = s.fork();
  call.args.forEach((a, i) => {
    if (a.k !== "id" || written.has(i) || !m.isLocal(a.name)) return;
    const type = m.types.get(a.name) ?? "";
    if (i > 0 && !type.includes("*")) return;
    if (type.includes("struct") && !type.includes("*")) return;
    const addr = m.t.local(a.name);
    const v = m.result(body, call.at, `each:${a.name}`);
    m.store(body, addr, v);
    m.noteStruct(v, type);
  });
  if (!m.dead) flow(term.t, body);
  m.dead = false;
  for (const i of written) {
    const cell = frame.lvalues[i];
    if (cell !== undefined && cell !== null) m.store(exit, cell, m.t.result(call.at, `end:${i}`));
  }
  flow(term.f, exit);
}
