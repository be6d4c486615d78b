/** A scenario and a user's function → a model to explore. */
import type { Expr, Model, Op } from "../explore/model";
import { MAX_THREADS, modelProblem } from "../explore/model";
import type { FunctionRef } from "../interproc/callGraph";
import type { Expr as CExpr } from "../syntax/ast";
import type { Around, Contracts } from "./byContract";
import { type Code, type ProgramView, parseExpression, scenarioCode, UserCode } from "./code";
import { Extent } from "./extent";
import { type Formed, inForm } from "./forms";
import { type LowerContext, Lowering } from "./lower";
import { startHeap } from "./memory";
import { confine, type Waypoint } from "./path";
import type { Value } from "./place";
import { blocksOnPath } from "./prune";
import { isHarmless, Relevance } from "./relevance";
import type { Scenario, ScenarioSet } from "./scenario";
import { type Knowledge, type Notes, newKnowledge, newNotes, ThreadBuilder, TooLarge } from "./thread";
import { trim } from "./trim";
import { never, num, reg, World } from "./world";

export interface BuildInput {
  program: ProgramView;
  textOf(file: string): string | undefined;
  set: ScenarioSet;
  scenario: Scenario;
  profile: string | null;
  subject: FunctionRef;
  /** Locks that callers hold: classes of rules/apis. */
  held: { lock: string; mode: "read" | "write" }[];
  /** It may return with locks that it took. */
  leaves: boolean;
  /** Line of the finding, if there is one. */
  line: number | null;
  /** Its path: steps in the subject's text, the last one is the finding itself. Without it: the line. */
  path?: readonly Waypoint[];
  loopBound: number;
  /** Steps of one thread before it is trimmed, at most. */
  maxOps?: number;
  shared?: Shared;
  /** Leaves the threads as they were laid out: slow, for comparison. */
  untrimmed?: boolean;
}

/** The same, with the scenario as the tree has its primitives. */
type FormedInput = BuildInput & Formed;

/** What several replays of one unchanged tree may have in common. */
export class Shared {
  user: UserCode | undefined;
  readonly relevance = new Map<string, Relevance>();
  readonly extents = new WeakMap<Relevance, Extent>();
}

export interface Built {
  model: Model;
  notes: Notes;
  world: World;
  subject: Code;
  threads: { name: string; code: Code }[];
  bindings: { role: string; object: string }[];
  /** The first thread is confined to the finding's path: sites of its ops behind the last step. */
  passed: ReadonlySet<number> | null;
  /** Cells that only the model keeps: traces do not show them. */
  hidden?: ReadonlySet<number>;
}

/** A function's models: all it may do, and what it does on the finding's path. Each throws `NoModel` or `TooLarge` if there is none. */
export interface Models {
  whole(): Built;
  /** Null: there is no finding, or nothing of the function's ops is where it is. */
  onPath(contracts: Contracts): Built | null;
}

/** A scenario has nothing to say about the function; the message says why. */
export class NoModel extends Error {}

/** Lowerings that find out what is counted, at most. */
const PASSES = 3;

/** Part of the sentence about a function that alone is more than the budget allows. */
export const TOO_LARGE = "is too large a model";

/** The models, or a sentence about why there are none. */
export function build(given: BuildInput): Models | string {
  const { shared = new Shared(), program } = given;
  const formed = inForm(given.set, given.scenario, (symbol) => program.o.index.defines(symbol), given.leaves);
  const input = { ...given, ...formed };
  const { scenario } = input;
  shared.user ??= new UserCode(input.program, input.textOf);
  const subject = shared.user.of(input.subject);
  if (subject.ast.degraded.length > 0)
    return `${subject.name}() is not fully understood: ${subject.ast.degraded[0]!.reason}`;
  if (scenario.racers.length + 1 > MAX_THREADS) return `more than ${MAX_THREADS} threads`;
  const path = input.path ?? (input.line === null ? null : [{ line: input.line }]);
  return {
    whole: () => {
      const laid = layOut(input, shared, subject, null, null);
      return laid.built(laid.ops, null);
    },
    onPath: (which) => {
      const last = path?.at(-1);
      if (!path || !last) return null;
      const around = "at" in last ? { subject, at: last.at, end: last.end, which } : null;
      const laid = layOut(input, shared, subject, blocksOnPath(subject, path), around);
      const on = confine(laid.ops, laid.notes, subject.file, path);
      return on && laid.built(on.ops, on.passed);
    },
  };
}

/** The threads as ops: the first one, and what makes a model of it and the others. */
interface Laid {
  ops: Op[];
  notes: Notes;
  built(ops: Op[], passed: Built["passed"]): Built;
}

/** `blocks`: of the function itself, only these. */
function layOut(
  input: FormedInput,
  shared: Shared,
  subject: Code,
  blocks: ReadonlySet<number> | null,
  around: Omit<Around, "extent"> | null,
): Laid {
  const { program, scenario, set, forms } = input;
  const user = shared.user!;
  const own = scenarioCode(program, scenario.file, scenario.code, scenario.codeLine);
  const primitives = new Map([
    ...scenarioCode(program, set.primitives.file, set.primitives.code, set.primitives.codeLine),
    ...forms.flatMap((f) => [...scenarioCode(program, f.file, f.code, f.codeLine)]),
    ...scenarioCode(program, scenario.file, scenario.models, scenario.modelsLine),
  ]);
  const ownLocks = /\blk_(?:contend|slot|hold_own)\b/.test(scenario.code);
  const code = scenario.code + scenario.models;
  const waited = new Set(
    scenario.sections.flatMap(({ name }) =>
      scenario.sleeps || new RegExp(`lk_settle\\(${name}\\)`).test(code) ? [name] : [],
    ),
  );
  const names = [scenario.subject.name, ...scenario.racers.map((r) => r.name)];
  const relevanceOf = (world: World): Relevance => {
    const about = set.primitives;
    const fresh = (): Relevance =>
      new Relevance({ user, world, primitives, about, ownLocks, waited, subjectFile: subject.file });
    // Locks and counters of the user's own structs make a world that only this replay has.
    if (ownLocks || scenario.counters !== null) return fresh();
    const key = `${scenario.id} ${subject.file}`;
    const known = shared.relevance.get(key) ?? fresh();
    shared.relevance.set(key, known);
    return known;
  };
  const extentOf = (relevance: Relevance): Extent => {
    const { compiled } = program.o;
    const isDescribed = (name: string): boolean => {
      const entry = compiled.api(name, -1);
      return (
        primitives.has(name) || isHarmless(set.primitives, name) || (entry !== undefined && entry.opaque !== false)
      );
    };
    const known = shared.extents.get(relevance) ?? new Extent(user, relevance, isDescribed);
    shared.extents.set(relevance, known);
    return known;
  };
  let tracked: ReadonlySet<string> = new Set();
  // What is counted is known only after a lowering; cells of it may bring up more.
  for (let pass = 0; ; pass++) {
    const knowledge = names.map(() => newKnowledge());
    const world = new World(scenario, input.profile, tracked);
    const notes = newNotes();
    for (const f of forms) notes.assumptions.add(f.says);
    const relevance = relevanceOf(world);
    const ctx: LowerContext = {
      world,
      user,
      macros: program.o.macros,
      scenario: own,
      primitives,
      about: set.primitives,
      forms: new Set(forms.map((f) => f.name)),
      relevance,
      ownLocks,
      loopBound: input.loopBound,
      subjectFile: subject.file,
      again: (lowering) => again(input, lowering, subject),
    };
    const bindings: Built["bindings"] = [];
    const codes: Code[] = [subject, ...scenario.racers.map((r) => own.get(r.call)!)];
    const builders = codes.map((code, n) => {
      const out = new ThreadBuilder(notes, knowledge[n]!, input.maxOps);
      const lowering = new Lowering(ctx, out, n);
      startHeap(lowering);
      if (n === 0 && blocks) lowering.only = { code: subject, blocks };
      if (n === 0 && around) lowering.around = { ...around, extent: extentOf(relevance) };
      if (n === 0) subjectThread(input, lowering, out, code, bindings);
      else lowering.inline(code, [], null);
      out.emit({ k: "stop" });
      return out;
    });
    if (scenario.counters !== null && pass < PASSES) {
      const now = counters(knowledge, input.line, tracked);
      if (now.size > tracked.size) {
        tracked = now;
        continue;
      }
    }
    if (scenario.counters !== null && tracked.size === 0)
      throw new NoModel(`${subject.name}() counts nothing that others wait for`);
    const invariants: Model["invariants"] = [];
    for (const [harm, h] of scenario.harms.entries()) {
      const e = parseExpression(program, h.when);
      const when = e && condition(e, world, names);
      if (!when) throw new NoModel(`${scenario.file}: harm "${h.when}" does not make sense`);
      invariants.push({ e: never(when), harm });
    }
    const laidOut = builders.map((out) => out.finish());
    for (const name of ctx.relevance.unlooked) notes.unlooked.add(name);
    const all = world.locks.map((_, i) => i);
    const finish = (n: number, ops: Op[]): Model["threads"][number] => {
      const whole = { ops, registers: laidOut[n]!.registers };
      const keeps = n === 0 && !input.leaves ? [] : all;
      if (input.untrimmed) return { name: names[n]!, ...whole, keeps };
      const keep = new Set(notes.sites.flatMap((s, i) => (s.user && s.line === input.line ? [i] : [])));
      const bounds = {
        isBound: (id: number) => notes.bounds.has(id),
        isLoop: (id: number) => notes.loops.has(id),
      };
      return { name: names[n]!, ...trim({ ...whole, keep, ...bounds }), keeps };
    };
    const racers = laidOut.slice(1).map(({ ops }, n) => finish(n + 1, ops));
    const built = (ops: Op[], passed: Built["passed"]): Built => {
      const { cells, locks, sections, harms } = world;
      const model: Model = { threads: [finish(0, ops), ...racers], cells, locks, sections, invariants, harms };
      const problem = modelProblem(model);
      if (problem) throw new TooLarge(problem);
      const threads = codes.map((code, n) => ({ name: names[n]!, code }));
      return { model, notes, world, subject, bindings, threads, passed };
    };
    return { ops: laidOut[0]!.ops, notes, built };
  }
}

/** What the function counts beside what is known; the field that the finding speaks of comes first. */
function counters(knowledge: readonly Knowledge[], line: number | null, known: ReadonlySet<string>): Set<string> {
  const all = knowledge.flatMap((k) => [...k.counters]);
  const first = all.filter(([, at]) => at === line);
  return new Set([...known, ...[...first, ...all].map(([name]) => name)]);
}

/** Callers' locks, parameters by type, the function, and what callers do afterwards. */
function subjectThread(
  input: BuildInput,
  lowering: Lowering,
  out: ThreadBuilder,
  code: Code,
  bindings: Built["bindings"],
): void {
  const { world } = lowering.ctx;
  const place = (text: string): number => out.addSite({ ...out.notes.sites[out.siteOf(code, 0, 0, 0)]!, text });
  out.site = place(`${code.name}() is called`);
  const named = (name: string | null): void => {
    const found = name === null ? undefined : lowering.ctx.scenario.get(name);
    if (found) lowering.inline(found, [], null);
  };
  const end = out.label();
  const giveBack = takeHeld(input, lowering, out, end);
  named(input.scenario.subject.prologue);
  // What the function is called for is there when it is called.
  const present = input.scenario.subject.present;
  const there = present === null ? undefined : world.cell(present);
  if (there && code.ast.params.some((p) => world.roleOf(p.type)?.live)) {
    const on = out.label();
    const r = out.reg();
    out.emit({ k: "load", r, from: there });
    out.branch(reg(r), on, end);
    out.place(on);
  }
  const args = argumentsOf(lowering, out, code, bindings);
  const hook = input.scenario.subject.beforeRelease;
  lowering.beforeRelease = (hook === null ? undefined : lowering.ctx.scenario.get(hook)) ?? null;
  const result = lowering.inline(code, args, null);
  lowering.beforeRelease = null;
  out.site = place(`${code.name}() has returned`);
  const after = input.scenario.subject.epilogue;
  const epilogue = after === null ? undefined : lowering.ctx.scenario.get(after);
  if (epilogue) lowering.inline(epilogue, epilogue.ast.params.length > 0 ? [result] : [], null);
  out.place(end);
  giveBack();
}

/** The function once more, in a racing thread: called as in the first one. */
function again(input: BuildInput, lowering: Lowering, code: Code): void {
  const { out } = lowering;
  const end = out.label();
  const giveBack = takeHeld(input, lowering, out, end);
  lowering.inline(code, argumentsOf(lowering, out, code, []), null);
  out.place(end);
  giveBack();
}

/** Takes the locks that callers hold; who does not get one goes to `end`. Gives a function that lays out how they give back what is left. */
function takeHeld(input: BuildInput, lowering: Lowering, out: ThreadBuilder, end: number): () => void {
  const { world, primitives, relevance } = lowering.ctx;
  const given: (() => void)[] = [];
  // Callers take them in the order in which the scenario lists them.
  const order = [...input.scenario.locks.keys()];
  const held = [...input.held].sort((a, b) => order.indexOf(a.lock) - order.indexOf(b.lock));
  for (const { lock, mode } of held) {
    const ref = world.hasLock(lock) ? world.lock(lock, "rwsem") : null;
    // There may be more to it than the lock, or no lock of the model at all: then the primitives say how callers took it.
    const how = primitives.get(`held_${lock}`);
    const spoken = how && relevance.speaks(how) ? how : null;
    if (spoken) {
      const got = lowering.inline(spoken, [], out.site);
      if (spoken.ast.returnType !== "void") {
        const on = out.label();
        out.branch(got.e, on, end);
        out.place(on);
      }
    } else if (ref) out.emit({ k: "acquire", lock: ref, mode, sleeps: false });
    else continue;
    const back = primitives.get(`dropped_${lock}`);
    if (ref) given.push(() => out.emit({ k: "release", lock: ref, mode: "ifHeld" }));
    else if (back) given.push(() => void lowering.inline(back, [], out.site));
    else continue;
    out.notes.assumptions.add(`callers hold ${lock} for ${mode === "read" ? "reading" : "writing"}`);
  }
  return () => {
    for (const back of given.reverse()) back();
  };
}

/** Parameters by type: what they stand for in the scenario. */
function argumentsOf(lowering: Lowering, out: ThreadBuilder, code: Code, bindings: Built["bindings"]): Value[] {
  const { world } = lowering.ctx;
  const used = new Set<string>();
  return code.ast.params.map((p): Value => {
    const role = world.roleOf(p.type);
    const nothing: ReadonlySet<string> = new Set();
    if (role) {
      bindings.push({ role: role.name, object: p.name });
      if (used.has(role.name)) out.notes.assumptions.add(`${p.name} and another parameter are both ${role.name}`);
      used.add(role.name);
      return { e: num(role.value), type: p.type, key: `role ${role.name}`, vars: nothing };
    }
    const through = world.valueRole(p.type);
    const cell = through?.deref ? world.cell(through.deref) : undefined;
    if (through && cell) {
      const r = out.reg();
      out.emit({ k: "load", r, from: { base: cell.base + through.value - 1, size: 1 } });
      bindings.push({ role: `*${through.name}`, object: p.name });
      out.notes.assumptions.add(`callers read ${p.name} from the ${through.name} entry before the call`);
      return { e: reg(r), type: p.type, key: null, vars: nothing };
    }
    return { e: num(-128), type: p.type, key: `parameter ${code.ast.params.indexOf(p)}`, vars: nothing };
  });
}

/** A harm's condition over cells and `done(thread)`. Null if something in it is unknown. */
function condition(e: CExpr, world: World, threads: readonly string[]): Expr | null {
  const cell = (name: string, index = 0): Expr | null => {
    const ref = world.cell(name);
    return ref && index < ref.size ? { k: "cell", c: ref.base + index } : null;
  };
  switch (e.k) {
    case "num":
      return e.value === null ? null : num(e.value);
    case "id":
      return cell(e.name);
    case "idx":
      return e.base.k === "id" && e.index.k === "num" ? cell(e.base.name, e.index.value ?? 0) : null;
    case "un": {
      const inner = condition(e.e, world, threads);
      return inner && (e.op === "!" || e.op === "-") ? { k: "un", op: e.op, e: inner } : null;
    }
    case "bin": {
      const l = condition(e.l, world, threads);
      const r = condition(e.r, world, threads);
      return l && r ? ({ k: "bin", op: e.op, l, r } as Expr) : null;
    }
    case "call": {
      const which = e.args[0];
      const t = e.fn.k === "id" && e.fn.name === "done" && which?.k === "num" ? which.value : null;
      return t !== null && t < threads.length ? { k: "done", t } : null;
    }
    default:
      return null;
  }
}
