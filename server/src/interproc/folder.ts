/** Results that depend on the folder one looks from: what calls reach, summaries, entry contexts, verdicts. */

import { folderOf } from "../base/path";
import { Query } from "../base/query";
import { analyseFunction, type FunctionAnalysis } from "../locks/analyse";
import type { EntryContext, HandingOn, Scope } from "../locks/context";
import { UNKNOWN_ENTRY } from "../locks/context";
import type { CallModel } from "../locks/outcomes";
import { handedOn } from "./callbacks";
import { CallGraph, type FunctionRef, refKey } from "./callGraph";
import { contextsAtCalls, entryContext, entryMatters, hangsOnCallers, type Meet } from "./entry";
import { withConsumed } from "./handover";
import type { Program } from "./program";
import { summarise } from "./summary";

/** What is kept of an analysis that assumes nothing about the caller. */
export interface Plain {
  model: CallModel;
  /** Could knowing the caller change anything it says? */
  matters: boolean;
  judged: boolean;
}

/** What is kept of an analysis under the entry context. */
export interface Checked<V> {
  verdict: V;
  /** A budget was hit: some paths were not followed. */
  incomplete: boolean;
  /** What is held at the calls of functions whose entry may be asked for. */
  contexts: ReadonlyMap<string, Meet>;
  /** Names of all calls made. */
  names: ReadonlySet<string>;
  /** The entry it assumes; null if nothing. */
  entry: EntryContext | null;
}

/** A call's target. */
interface Target {
  key: string;
  /** A stub that calls nothing is worth knowing: it often returns a constant. */
  tiny: boolean;
}

const identical = (a: unknown, b: unknown): boolean => a === b;
const sameJson = (a: unknown, b: unknown): boolean => a === b || JSON.stringify(a) === JSON.stringify(b);
/** Places inside the callee mean nothing to its callers. */
const withoutSites = (name: string, value: unknown): unknown => (name === "site" ? undefined : value);
const sameModel = (a: unknown, b: unknown): boolean =>
  a === b || JSON.stringify(a, withoutSites) === JSON.stringify(b, withoutSites);

export class Folder<V> {
  readonly graph: CallGraph;
  readonly plain: Query<Plain | null>;
  readonly checked: Query<Checked<V> | null>;
  private readonly targets: Query<Target | null>;
  private readonly relevance: Query<boolean>;
  private readonly circles: Query<string>;
  private readonly models: Query<CallModel | null>;
  private readonly matters: Query<boolean>;
  private readonly entries: Query<EntryContext>;
  private readonly handing: Query<boolean>;
  private readonly unitTexts: Query<{ api: string; text: string }[]>;

  constructor(
    readonly program: Program<V>,
    readonly dir: string,
  ) {
    const { db, o } = program;
    this.graph = new CallGraph({
      find: (key) => program.find(key),
      resolve: (file, name) => this.resolve(file, name),
      isPrimitive: (name) => program.isOpaque(name),
      isRelevant: (ref) => program.touches(ref),
    });
    // What the graph looks at while it grows is its own business: it says itself when an answer may differ.
    const graph = <T>(ask: (graph: CallGraph) => T): T => {
      db.read(`graph:${dir}`);
      return db.detached(() => ask(this.graph));
    };
    this.targets = new Query(db, (key) => this.findTarget(key), sameJson, null);
    this.relevance = new Query(db, (key) => graph((g) => g.isRelevant(key)), identical, false);
    this.circles = new Query(db, (key) => graph((g) => g.circle(key)), identical, "");
    this.plain = new Query<Plain | null>(db, (key) => this.analysePlain(key), identical, null);
    this.models = new Query(db, (key) => this.settle(key)?.model ?? null, sameModel, null);
    this.matters = new Query(db, (key) => this.settle(key)?.matters ?? false, identical, false);
    this.entries = new Query(
      db,
      (key) => {
        const ref = program.find(key);
        return ref ? entryContext(this, ref) : UNKNOWN_ENTRY;
      },
      (a, b) => sameJson(plainEntry(a), plainEntry(b)),
      UNKNOWN_ENTRY,
    );
    this.checked = new Query<Checked<V> | null>(db, (key) => this.check(key), identical, null);
    this.handing = new Query(db, (key) => this.findHanding(key), identical, false);
    this.unitTexts = new Query(
      db,
      (action) => {
        db.read("files");
        db.read(`unit:${dir}`);
        return this.files().flatMap((f) =>
          program.functionsOf(f).flatMap((r) => {
            const api = r.item.calls.find((c) => o.compiled.api(c, -1)?.effects.some((x) => x.does === action));
            if (api === undefined) return [];
            db.read(`fn:${refKey(r)}`);
            return [{ api, text: program.textOf(r) }];
          }),
        );
      },
      sameJson,
      [],
    );
  }

  /** Takes in what changed since the last question. */
  refresh(): void {
    const { db } = this.program;
    if (this.graph.update()) db.touch(`graph:${this.dir}`);
  }

  private files(): string[] {
    return this.program.o.index.folderUnit(this.dir === "" ? "x.c" : `${this.dir}/x.c`);
  }

  // ---- what a call reaches ----

  /** Definition a call in `file` reaches: in the same file, its headers, or the folder. */
  resolve(file: string, name: string): FunctionRef | undefined {
    const target = this.targets.get(`${file}|${name}`);
    return target ? this.program.find(target.key) : undefined;
  }

  private findTarget(key: string): Target | null {
    const bar = key.lastIndexOf("|");
    const file = key.slice(0, bar);
    const name = key.slice(bar + 1);
    const { db, o } = this.program;
    db.read("files");
    db.read(`def:${name}`);
    const found = o.index
      .resolveFrom(this.dir, file, name)
      .filter((d) => d.file === file || d.file.endsWith(".h") || folderOf(d.file) === this.dir);
    if (found.length === 0) return null;
    // Alternatives under #if: the fullest body; a stub is never evidence.
    let best = found[0] as (typeof found)[number];
    const rank = (d: typeof best): number =>
      (d.item.guards.some((g) => g.startsWith("!")) ? 0 : 1e9) + (d.item.end - d.item.bodyStart);
    for (const d of found) if (rank(d) > rank(best)) best = d;
    const ref = this.program.named(best.file, name).find((r) => r.item.start === best.item.start);
    if (!ref) return null;
    const { item } = ref;
    return { key: refKey(ref), tiny: item.calls.length === 0 && item.end - item.bodyStart < 800 };
  }

  /** `way`: stored only, or called through a pointer too. */
  private handsOn(file: string, name: string, index: number, way: HandingOn): boolean {
    const target = this.targets.get(`${file}|${name}`);
    return target !== null && this.handing.get(`${way}|${index}|${target.key}`);
  }

  private findHanding(where: string): boolean {
    const [way, index, ...parts] = where.split("|") as [HandingOn, string, ...string[]];
    const key = parts.join("|");
    this.program.readText(key);
    const ref = this.program.find(key);
    if (!ref) return false;
    const { ast } = this.program.lowered(ref);
    const parameter = ast.params[Number(index)];
    if (!parameter) return false;
    const places = handedOn(ast, parameter.name);
    return (
      places.some((x) => x.k === "store" || (x.callee === null && way === "any")) ||
      places.some(
        (x) =>
          x.k === "call" &&
          x.callee !== null &&
          !this.program.isOpaque(x.callee) &&
          this.handsOn(ref.file, x.callee, x.index, way),
      )
    );
  }

  isRelevant(key: string): boolean {
    return this.relevance.get(key);
  }

  /** Do the functions call each other in a circle? */
  inOneCircle(a: string, b: string): boolean {
    if (a === b) return true;
    const circle = this.circles.get(a);
    return circle !== "" && circle === this.circles.get(b);
  }

  /** Functions of the folder that call an API performing the action. */
  unitCalls(action: string): { api: string; text: string }[] {
    return this.unitTexts.get(action);
  }

  // ---- analyses ----

  private scopeOf(ref: FunctionRef): Scope {
    const { program } = this;
    const me = refKey(ref);
    const cache = new Map<string, CallModel | null>();
    const constants = new Map<string, number | string[] | null>();
    const fields = new Map<string, Map<string, string | undefined>>();
    return {
      call: (name, args) => {
        // What the data says of a call wins over what its body shows; the body is judged on its own.
        if (program.o.compiled.api(name, args)) return program.api(name, args);
        const old = cache.get(name);
        if (old !== undefined) return old;
        const target = this.targets.get(`${ref.file}|${name}`);
        let model: CallModel | null = null;
        if (target && (this.isRelevant(target.key) || target.tiny) && !this.inOneCircle(me, target.key))
          model = this.model(target.key);
        cache.set(name, model);
        return model;
      },
      reaches: (name) => this.targets.get(`${ref.file}|${name}`) !== null,
      handsOn: (name, index, way) => this.handsOn(ref.file, name, index, way),
      macroCalls: (name) => program.env.calls(ref.file, name),
      counters: program.inAskedSlot(ref),
      constant: (name) => {
        let value = constants.get(name);
        if (value === undefined) {
          value = program.env.constant(ref.file, name);
          constants.set(name, value);
        }
        return value;
      },
      fieldType: (tag, field) => {
        let types = fields.get(tag);
        if (types === undefined) {
          types = new Map();
          fields.set(tag, types);
        }
        if (types.has(field)) return types.get(field);
        program.db.read("files");
        program.db.read(`struct:${tag}`);
        const type = program.o.index.fieldType(ref.file, tag, field);
        types.set(field, type);
        return type;
      },
      fields: (tag) => {
        program.db.read("files");
        program.db.read(`struct:${tag}`);
        return program.o.index.structFields(ref.file, tag);
      },
    };
  }

  /** Callees first: no half-done analysis of a caller takes up memory meanwhile. Changes no result. */
  private prepareCallees(ref: FunctionRef): void {
    const { db, o } = this.program;
    db.detached(() => {
      for (const name of ref.item.calls) {
        if (o.compiled.api(name, -1)) continue;
        const target = this.targets.get(`${ref.file}|${name}`);
        if (target && this.isRelevant(target.key) && !this.inOneCircle(refKey(ref), target.key)) this.model(target.key);
      }
    });
  }

  /** Analyses a function for nothing but practice: the engine that runs this program gets faster by it. */
  rehearse(ref: FunctionRef): void {
    this.program.db.detached(() => this.analyse(ref, "summaries", UNKNOWN_ENTRY));
  }

  /** Parses functions that will be analysed for the sake of these, as long as there is nothing better to do. Changes no result. */
  parseAhead(wanted: readonly FunctionRef[], waiting: () => boolean): void {
    const queue = [...wanted];
    const met = new Set(queue.map(refKey));
    for (const ref of queue) {
      if (!waiting()) return;
      if (!this.isRelevant(refKey(ref)) || !this.program.parseEarly(ref)) continue;
      for (const name of ref.item.calls) {
        if (this.program.o.compiled.api(name, -1)) continue;
        const callee = this.resolve(ref.file, name);
        if (!callee || met.has(refKey(callee))) continue;
        met.add(refKey(callee));
        queue.push(callee);
      }
    }
  }

  private analyse(ref: FunctionRef, phase: string, entry: EntryContext): FunctionAnalysis {
    this.prepareCallees(ref);
    const { ast, cfg } = this.program.lowered(ref);
    return this.program.timed(phase, () =>
      analyseFunction(ast, cfg, this.program.o.compiled, this.scopeOf(ref), entry),
    );
  }

  private analysePlain(key: string): Plain | null {
    const { program } = this;
    const ref = program.find(key);
    program.readText(key);
    if (!ref) return null;
    const a = this.analyse(ref, "summaries", UNKNOWN_ENTRY);
    const { ast } = program.lowered(ref);
    const model = withConsumed(program, ref, ast, summarise(ast, a, ref.item.mentions));
    const plain: Plain = { model, matters: entryMatters(a), judged: false };
    program.analyses.set(plain, a);
    return plain;
  }

  /** The plain result; if a verdict will be wanted and rests on no caller's, it is drawn while the analysis is at hand. */
  private settle(key: string): Plain | null {
    const plain = this.plain.get(key);
    if (plain && !plain.judged) {
      plain.judged = true;
      const ref = this.program.find(key);
      if (ref && this.program.o.isExpected(ref) && folderOf(ref.file) === this.dir)
        this.program.db.detached(() => {
          if (!plain.matters || !hangsOnCallers(this, ref)) this.checked.get(key);
        });
    }
    return plain;
  }

  model(key: string): CallModel | null {
    return this.models.get(key);
  }

  entryOf(key: string): EntryContext {
    return this.entries.get(key);
  }

  private check(key: string): Checked<V> | null {
    const { program } = this;
    const plain = this.plain.get(key);
    const ref = program.find(key);
    if (!plain || !ref) return null;
    const known = plain.matters ? this.entryOf(key) : UNKNOWN_ENTRY;
    const entry = known.unknown ? null : known;
    const a = entry ? this.analyse(ref, "checks", entry) : this.plainAnalysis(ref, plain);
    const checked: Checked<V> = {
      verdict: program.o.judge(ref, this.dir, program.lowered(ref).ast, a),
      incomplete: a.incomplete,
      contexts: contextsAtCalls(a, (name) => this.mayAskEntry(ref, name)),
      names: new Set(a.calls.keys()),
      entry,
    };
    if (program.o.isExpected(ref)) {
      // In a check of many files nobody looks at it again.
      program.analyses.delete(plain);
      program.forgetSyntax(ref);
    } else if (entry) program.analyses.set(checked, a);
    return checked;
  }

  /** Could the entry of what this call reaches be asked for? */
  private mayAskEntry(ref: FunctionRef, name: string): boolean {
    if (this.program.isOpaque(name)) return false;
    const target = this.targets.get(`${ref.file}|${name}`);
    if (!target || !this.isRelevant(target.key) || this.inOneCircle(refKey(ref), target.key)) return false;
    return this.matters.get(target.key);
  }

  private plainAnalysis(ref: FunctionRef, plain: Plain): FunctionAnalysis {
    return this.program.analyses.get(plain, () => this.analyse(ref, "summaries", UNKNOWN_ENTRY));
  }

  /** The full analysis with nothing known about the caller. */
  analysisOf(key: string): FunctionAnalysis | null {
    const plain = this.plain.get(key);
    const ref = this.program.find(key);
    return plain && ref ? this.plainAnalysis(ref, plain) : null;
  }

  /** Have callers to be analysed before the function can be judged? Analyses the function, but none of them. */
  waitsForCallers(ref: FunctionRef): boolean {
    return this.matters.get(refKey(ref)) && hangsOnCallers(this, ref);
  }

  /** What was found in the function; null if it is gone. */
  verdict(key: string): Checked<V> | null {
    return this.checked.get(key);
  }

  /** The full analysis under the entry context. */
  checkedAnalysis(key: string): FunctionAnalysis | null {
    const checked = this.checked.get(key);
    const ref = this.program.find(key);
    if (!checked || !ref) return null;
    const { entry } = checked;
    if (!entry) return this.analysisOf(key);
    return this.program.analyses.get(checked, () => this.analyse(ref, "checks", entry));
  }
}

function plainEntry(e: EntryContext): unknown {
  return { ...e, free: [...e.free], some: [...e.some] };
}
