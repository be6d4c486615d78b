/** Two functions of the user → a model in which they race over the same objects. */
import { cellRefs, type Model, modelProblem, type Op } from "../explore/model";
import type { FunctionRef } from "../interproc/callGraph";
import type { Built } from "./build";
import { type Code, type ProgramView, scenarioCode, UserCode } from "./code";
import { type LowerContext, Lowering } from "./lower";
import { startHeap } from "./memory";
import { noticeOverwrites } from "./overwrites";
import type { Value } from "./place";
import { type Common, commonNames } from "./raceNames";
import { ENTRY, type Start, startsOf } from "./raceStarts";
import { finishLater } from "./raceWords";
import { Relevance } from "./relevance";
import type { Scenario, ScenarioSet } from "./scenario";
import { extentOf, isShared, type Learnt, newLearnt, objectKey, Sharing, usedByBoth } from "./sharing";
import { onlySharedNulls } from "./sources";
import { newKnowledge, newNotes, ThreadBuilder, TooLarge } from "./thread";
import { trim } from "./trim";
import { bare, num, World } from "./world";

export interface RaceSubject {
  ref: FunctionRef;
  /** Locks that callers hold, and locks that the function leaves to them: classes of rules/apis. */
  held: { lock: string; mode: "read" | "write" }[];
  /** Names of locks, as this model has them, that are not given back and need not be. */
  leaves: boolean;
}

export interface RaceInput {
  program: ProgramView;
  textOf(file: string): string | undefined;
  set: ScenarioSet;
  subjects: readonly [RaceSubject, RaceSubject];
  /** Every parameter is an object of its own. */
  distinct: boolean;
  loopBound: number;
}

export interface BuiltRace extends Built {
  starts: Start[];
  /** What both use. */
  shared: string[];
  /** Calls into other files were too much and are left out. */
  shallow: boolean;
}

const PASSES = 8;
/** Steps of one thread before it is trimmed. */
const MAX_OPS = 12_000;

/** The model, or a sentence about why there is none. */
export function* buildRace(input: RaceInput): Generator<undefined, BuiltRace | { problem: string } | string> {
  // First with everything that may matter; then, if that is too much, with the files of the two alone.
  for (const shallow of [false, true]) {
    try {
      return yield* buildModel(input, shallow);
    } catch (error) {
      if (!(error instanceof TooLarge)) throw error;
      const names = input.subjects.map((s) => `${s.ref.item.name}()`).join(" and ");
      if (shallow) return `${names}: too large a model: ${error.message}`;
    }
  }
  return "";
}

function* buildModel(
  input: RaceInput,
  shallow: boolean,
): Generator<undefined, BuiltRace | { problem: string } | string> {
  const { program, set } = input;
  const generic = set.generic;
  if (!generic) return { problem: "rules/scenarios holds no generic scenario" };
  const user = new UserCode(program, input.textOf);
  const codes = input.subjects.map((s) => user.of(s.ref));
  for (const code of codes)
    if (code.ast.degraded.length > 0) return `${code.name}() is not fully understood: ${code.ast.degraded[0]!.reason}`;
  const names = threadNames(codes);
  const primitives = new Map([
    ...scenarioCode(program, set.primitives.file, set.primitives.code, set.primitives.codeLine),
    ...scenarioCode(program, generic.file, generic.models, generic.modelsLine),
  ]);
  const own = scenarioCode(program, generic.file, generic.code, generic.codeLine);
  const parameters = codes.map((code) => structParameters(code, generic.perCall));
  const learnt = newLearnt(codes.length);
  for (const p of parameters) for (const tag of p.keys()) if (!learnt.tags.includes(tag)) learnt.tags.push(tag);
  const common = yield* commonNames(user, codes, learnt.tags, generic);
  let known = "";
  for (let pass = 0; ; pass++) {
    yield;
    const sharing = new Sharing(learnt, input.distinct, parameters, generic, common.tags);
    if (sharing.tooMany) return "too many objects to tell apart";
    const scenario = withObjects(generic, sharing, common);
    const world = new World(scenario, null, new Set());
    sharing.settle(world);
    const notes = newNotes();
    const relevance = new Relevance({
      user,
      world,
      primitives,
      about: set.primitives,
      ownLocks: true,
      waited: new Set(scenario.sections.map((s) => s.name)),
      subjectFile: codes[0]!.file,
      otherFile: codes[1]!.file,
      shallow,
      ...(common.globals ? { globals: common.globals } : {}),
    });
    const ctx: LowerContext = {
      world,
      user,
      macros: program.o.macros,
      scenario: own,
      primitives,
      about: set.primitives,
      forms: new Set(),
      relevance,
      ownLocks: true,
      loopBound: input.loopBound,
      subjectFile: codes[0]!.file,
      sharing,
      again: () => {},
    };
    const bindings: Built["bindings"] = [];
    const builders = codes.map((code, t) => {
      const out = new ThreadBuilder(notes, newKnowledge(), MAX_OPS);
      const lowering = new Lowering({ ...ctx, subjectFile: code.file }, out, t);
      sharing.enter(t);
      startHeap(lowering);
      userThread(input.subjects[t]!, lowering, out, code, names[t]!, bindings);
      out.emit({ k: "stop" });
      return out;
    });
    // What is shared is known only after a layout; cells of it may bring up more.
    const now = extentOf(learnt);
    if (now !== known && pass < PASSES) {
      known = now;
      continue;
    }
    const laid = builders.map((out) => out.finish());
    for (const name of relevance.unlooked) notes.unlooked.add(name);
    const shared = sharedNames(learnt, laid, world);
    if (shared.length === 0) return { problem: nothingShared(names, learnt, input.distinct) };
    for (const [path, threads] of learnt.elements)
      if (threads.size > 1) notes.unmodelled.add(`elements of ${path}, which are not told apart`);
    if (sharing.apart.size > 0)
      notes.assumptions.add(`each thread has its own objects of the types ${[...sharing.apart].sort().join(", ")}`);
    if (shallow) notes.assumptions.add("calls into other files touch nothing that both use");
    const harms = names.map((n) => `${n} follows a NULL pointer`);
    const hidden = new Set<number>();
    const cells = sharing.shared.map(([name, ref]) => ({ name, ref, blind: false }));
    const pte = world.cell("pte");
    if (pte) cells.push({ name: ENTRY, ref: pte, blind: true });
    // The loads of entries count as shared: both walk the one page.
    const nowhere = notes.cuts.push("a pointer that only this thread has is NULL") - 1;
    notes.bounds.add(nowhere);
    const noticed = noticeOverwrites({
      threads: laid.map((t) => ({ ...t, ops: onlySharedNulls(t.ops, (harm) => harm < names.length, nowhere) })),
      cells,
      grow: (name, size) => {
        const ref = world.grow(
          name,
          Array.from({ length: size }, () => ({ name, init: 0 })),
        );
        for (let i = 0; i < size; i++) hidden.add(ref.base + i);
        return ref;
      },
      harm: (t, cell) => harms.push(`${cell}: the update by ${names[1 - t]} is lost`) - 1,
    });
    const threads: Model["threads"] = noticed.map((whole, t) => ({
      name: names[t]!,
      ...trim({
        ...whole,
        keep: new Set(),
        isBound: (id) => notes.bounds.has(id),
        isLoop: (id) => notes.loops.has(id),
      }),
      keeps: input.subjects[t]!.leaves ? world.locks.map((_, i) => i) : [],
    }));
    const starts = startsOf(sharing, threads, pte);
    const model: Model = {
      threads,
      cells: world.cells,
      locks: world.locks,
      sections: world.sections,
      invariants: [],
      harms,
    };
    const problem = modelProblem(model);
    if (problem) return `the model of ${names.join(" and ")} is too large: ${problem}`;
    const subject = codes[0]!;
    const told = codes.map((code, n) => ({ name: names[n]!, code }));
    return { model, notes, world, subject, bindings, threads: told, hidden, starts, shared, shallow, passed: null };
  }
}

function threadNames(codes: readonly Code[]): string[] {
  const [a, b] = codes.map((c) => `${c.name}()`);
  return a === b ? [`first ${a}`, `second ${b}`] : [a!, b!];
}

/** How many parameters of each struct a function has. */
function structParameters(code: Code, perCall: ReadonlySet<string>): Map<string, number> {
  const out = new Map<string, number>();
  for (const { type } of code.ast.params) {
    if (perCall.has(bare(type)) || /\bvoid\b|\bchar\b/.test(type) || (type.match(/\*/g) ?? []).length !== 1) continue;
    out.set(bare(type), (out.get(bare(type)) ?? 0) + 1);
  }
  return out;
}

/** The generic scenario with the objects of this race. */
function withObjects(generic: Scenario, sharing: Sharing, common: Common): Scenario {
  const fields = new Map(generic.fields);
  // Names by which calls that may matter are found; there are no such cells.
  for (const name of common.fields) fields.set(`any of both.${name}`, "none");
  return { ...generic, roles: [...sharing.common, ...sharing.roles], fields };
}

/** Callers' locks, parameters by type, the function, what callers give back, what RCU does later. */
function userThread(
  subject: RaceSubject,
  l: Lowering,
  out: ThreadBuilder,
  code: Code,
  name: string,
  bindings: Built["bindings"],
): void {
  const { world } = l.ctx;
  const sharing = l.ctx.sharing!;
  const place = (text: string): number => out.addSite({ ...out.notes.sites[out.siteOf(code, 0, 0, 0)]!, text });
  out.site = place(`${code.name}() is called`);
  const taken: { lock: ReturnType<World["lock"]> }[] = [];
  for (const { lock, mode } of subject.held) {
    if (!world.hasLock(lock)) {
      const how = l.ctx.primitives.get(`held_${lock}`);
      if (how && l.ctx.relevance.speaks(how)) l.inline(how, [], out.site);
      else out.notes.assumptions.add(`callers of ${name} hold ${lock}, which the model does not have`);
      continue;
    }
    const ref = world.lock(lock, "rwsem");
    sharing.noteLock(lock);
    out.emit({ k: "acquire", lock: ref, mode, sleeps: false });
    out.notes.assumptions.add(`callers of ${name} hold ${lock} for ${mode === "read" ? "reading" : "writing"}`);
    taken.push({ lock: ref });
  }
  const nth = new Map<string, number>();
  const args = code.ast.params.map((p, n): Value => {
    const role = world.roleOf(p.type);
    const vars: ReadonlySet<string> = new Set();
    if (!role) return { e: num(-128), type: p.type, key: `parameter ${n}`, vars };
    const count = nth.get(role.name) ?? 0;
    nth.set(role.name, count + 1);
    const value = role.own ? sharing.parameter(role, count) : role.value;
    const object = role.own ? (sharing.objects[value - 1]?.name ?? role.name) : role.name;
    if (count > 0 && value === role.value && role.own)
      out.notes.assumptions.add(
        `the parameters of ${name} of type struct ${role.name} are one object (see --distinct)`,
      );
    bindings.push({ role: object, object: `${p.name} of ${name}` });
    return { e: num(value), type: p.type, key: role.own ? objectKey(value) : `role ${role.name}`, vars };
  });
  l.inline(code, args, null);
  out.site = place(`${code.name}() has returned`);
  for (const { lock } of taken.reverse()) out.emit({ k: "release", lock, mode: "ifHeld" });
  finishLater(l);
}

/** Fields, globals, locks and freed objects that connect the two. */
function sharedNames(learnt: Learnt, laid: readonly { ops: readonly Op[] }[], world: World): string[] {
  const data = [...learnt.uses.values()].filter(isShared).map((u) => u.path);
  const locks = [...learnt.locks].filter(([, threads]) => threads.size > 1).map(([name]) => name);
  const freed = [...learnt.frees].length > 0 ? [...learnt.uses.values()].filter(usedByBoth) : [];
  const entries = ["pte", "pmd", "vma_in_tree", "vma_live"].filter((name) => {
    const ref = world.cell(name);
    const uses = laid.map(({ ops }) => ops.filter((op) => cellRefs(op).some((r) => r.base === ref?.base)));
    return uses.every((u) => u.length > 0) && uses.flat().some((op) => !["load", "touch", "await"].includes(op.k));
  });
  return [...new Set([...data, ...locks, ...entries, ...freed.map((u) => u.path)])].sort();
}

function nothingShared(names: readonly string[], learnt: Learnt, distinct: boolean): string {
  const of = (t: number): string => {
    const all = [...learnt.uses.values()].filter((u) => u.reads.has(t) || u.writes.has(t)).map((u) => u.path);
    const locks = [...learnt.locks].filter(([, threads]) => threads.has(t)).map(([n]) => n);
    const list = [...new Set([...all, ...locks])].sort();
    const shown = list.length > 6 ? [...list.slice(0, 6), `${list.length - 6} more`] : list;
    return `${names[t]} uses ${shown.length > 0 ? shown.join(", ") : "nothing that another thread can see"}`;
  };
  const hint = distinct
    ? "with --distinct every parameter is an object of its own; leave it out to race them over the same objects"
    : "name two functions that use one object";
  return `${names[0]} and ${names[1]} share nothing: there is no field, global or lock that both use and one of them changes (${of(0)}; ${of(1)}); ${hint}`;
}
