/**
 * The interprocedural database: parsed functions, summaries, entry contexts and checked analyses,
 * all on demand, memoised, and the same whatever the order of the questions.
 */
import { QueryDb } from "../base/query";
import { buildCfg } from "../cfg/build";
import type { Cfg } from "../cfg/cfg";
import { analyseFunction, type FunctionAnalysis } from "../locks/analyse";
import { apiModel } from "../locks/apiModel";
import type { Compiled, EntryContext, Scope } from "../locks/context";
import { UNKNOWN_ENTRY } from "../locks/context";
import type { CallModel } from "../locks/outcomes";
import type { MacroTable, SlotContext } from "../rules/model";
import type { FunctionAst } from "../syntax/ast";
import { functionsNamed } from "../syntax/functionNames";
import type { FileScan, FunctionItem } from "../syntax/model";
import { parseFunction } from "../syntax/parseFunction";
import type { CParser } from "../syntax/parser";
import type { TreeIndex } from "../syntax/treeIndex";
import { buildCallGraph, type CallGraph, type FunctionRef, refKey } from "./callGraph";
import { entryContext, entryMatters } from "./entry";
import { withConsumed } from "./handover";
import { MacroEnv } from "./macroEnv";
import { summarise } from "./summary";

export interface Lowered {
  ast: FunctionAst;
  cfg: Cfg;
}

export interface ProgramOptions {
  index: TreeIndex;
  /** Current text of a file. */
  text: (path: string) => string | undefined;
  parser: CParser;
  compiled: Compiled;
  macros: MacroTable;
  contexts: ReadonlyMap<string, SlotContext>;
}

const sameJson = (a: unknown, b: unknown): boolean => a === b || JSON.stringify(a) === JSON.stringify(b);
const identical = (a: unknown, b: unknown): boolean => a === b;

export class Program {
  readonly db = new QueryDb();
  readonly env: MacroEnv;
  private readonly apiModels = new Map<string, CallModel | null>();
  private readonly graphs = new Map<string, CallGraph>();
  /** Parsed functions by text: an unchanged function is not parsed again. */
  private readonly parsed = new Map<string, { text: string; lowered: Lowered }>();
  readonly phases: Record<string, number> = { parse: 0, cfg: 0, summaries: 0, checks: 0 };

  constructor(readonly o: ProgramOptions) {
    this.env = new MacroEnv(o.index, o.text, o.macros);
  }

  // ---- inputs ----

  /** A file's text changed. `structural`: more than the inside of functions. */
  touch(file: string, structural: boolean): void {
    this.db.touch(`text:${file}`);
    if (structural) {
      this.db.touch("structure");
      this.graphs.clear();
      this.env.clear();
    }
  }

  private readonly refs = new WeakMap<FileScan, FunctionRef[]>();

  functionsOf(file: string): readonly FunctionRef[] {
    const scan = this.o.index.scan(file);
    if (!scan) return [];
    let refs = this.refs.get(scan);
    if (!refs) {
      const seen = new Map<string, number>();
      refs = scan.functions.map((item: FunctionItem) => {
        const ordinal = seen.get(item.name) ?? 0;
        seen.set(item.name, ordinal + 1);
        return { file, item, ordinal };
      });
      this.refs.set(scan, refs);
    }
    return refs;
  }

  /** The alternatives of one name in a file. */
  named(file: string, name: string): FunctionRef[] {
    return functionsNamed(this.o.index.scan(file), name).map((item, ordinal) => ({ file, item, ordinal }));
  }

  private find(key: string): FunctionRef | undefined {
    const [file, name, ordinal] = key.split("#") as [string, string, string];
    return this.named(file, name)[Number(ordinal)];
  }

  textOf(ref: FunctionRef): string {
    return (this.o.text(ref.file) ?? "").slice(ref.item.start, ref.item.end);
  }

  // ---- parsing ----

  lowered(ref: FunctionRef): Lowered {
    const key = refKey(ref);
    return this.db.get(
      `ast:${key}`,
      () => {
        this.db.read(`text:${ref.file}`);
        this.db.read("structure");
        const here = this.find(key) ?? ref;
        const text = this.textOf(here);
        const old = this.parsed.get(key);
        if (old && old.text === text) return old.lowered;
        const t0 = now();
        const ast = parseFunction(this.o.parser, text, {
          kind: here.item.kind,
          macros: this.o.macros,
          macroClass: (name) => this.env.classOf(here.file, name),
        });
        const t1 = now();
        const cfg = buildCfg(ast, this.o.macros);
        this.phases.parse = (this.phases.parse ?? 0) + (t1 - t0);
        this.phases.cfg = (this.phases.cfg ?? 0) + (now() - t1);
        const lowered = { ast, cfg };
        this.parsed.set(key, { text, lowered });
        return lowered;
      },
      identical,
      EMPTY,
    );
  }

  /** Frees the syntax of functions that no analysis needs again. */
  forgetSyntax(ref: FunctionRef): void {
    this.parsed.delete(refKey(ref));
  }

  // ---- call graph ----

  graph(dir: string): CallGraph {
    const old = this.graphs.get(dir);
    if (old) return old;
    const { index } = this.o;
    const files = index.folderUnit(dir === "" ? "x.c" : `${dir}/x.c`);
    const graph = buildCallGraph({
      roots: files.flatMap((f) => this.functionsOf(f)),
      resolve: (file, name) => this.resolve(file, name, dir),
      isPrimitive: (name) => this.isOpaque(name),
      isRelevant: (ref) => this.touchesRules(ref),
    });
    this.graphs.set(dir, graph);
    return graph;
  }

  private isOpaque(name: string): boolean {
    const e = this.o.compiled.api(name, -1);
    return e !== undefined && e.opaque !== false;
  }

  /** Definitions of `name` in reach of `file`: same file, its headers, or the folder. */
  resolve(file: string, name: string, dir: string): FunctionRef[] {
    const found = this.o.index
      .resolve(file, name)
      .filter((d) => d.file === file || d.file.endsWith(".h") || folderOf(d.file) === dir);
    if (found.length === 0) return NO_REFS;
    // Alternatives under #if: the fullest body; a stub is never evidence.
    let best = found[0] as (typeof found)[number];
    const rank = (d: typeof best): number =>
      (d.item.guards.some((g) => g.startsWith("!")) ? 0 : 1e9) + (d.item.end - d.item.bodyStart);
    for (const d of found) if (rank(d) > rank(best)) best = d;
    return [{ file: best.file, item: best.item, ordinal: found.filter((d) => d.file === best.file).indexOf(best) }];
  }

  private readonly touching = new Map<string, boolean>();

  private touchesRules(ref: FunctionRef): boolean {
    const { compiled } = this.o;
    if (this.inAskedSlot(ref)) return true;
    for (const c of ref.item.calls) {
      const known = this.touching.get(c);
      if (known ?? this.remember(c, matters(compiled, c))) return true;
    }
    if (compiled.watched.size === 0) return false;
    return this.watchedPattern().test(this.textOf(ref));
  }

  /** Installed, in its own file, in a slot that detectors ask about? */
  private inAskedSlot(ref: FunctionRef): boolean {
    const scan = this.o.index.scan(ref.file);
    return (
      scan?.slots.some(
        (s) => s.value === ref.item.name && this.o.compiled.askedSlots.has(`${s.struct ?? "?"}.${s.field}`),
      ) ?? false
    );
  }

  private remember(name: string, value: boolean): boolean {
    this.touching.set(name, value);
    return value;
  }

  private pattern: RegExp | null = null;

  private watchedPattern(): RegExp {
    this.pattern ??= new RegExp(
      `(?:->|\\.)\\s*(?:${[...this.o.compiled.watched.keys()].join("|")})\\b\\s*(?:[-+|&^*/%]|<<|>>)?=(?!=)|scoped_guard|guard\\(`,
    );
    return this.pattern;
  }

  // ---- models of calls ----

  private api(name: string, args: number): CallModel | null {
    const key = `${name}/${args}`;
    const old = this.apiModels.get(key);
    if (old !== undefined) return old;
    const e = this.o.compiled.api(name, args);
    const model = e ? apiModel(e) : null;
    this.apiModels.set(key, model);
    return model;
  }

  scopeOf(ref: FunctionRef, dir: string): Scope {
    const graph = this.graph(dir);
    const mine = graph.component.get(refKey(ref));
    const cache = new Map<string, CallModel | null>();
    return {
      call: (name, args) => {
        // What the data says of a call wins over what its body shows; the body is judged on its own.
        if (this.o.compiled.api(name, args)) return this.api(name, args);
        const old = cache.get(name);
        if (old !== undefined) return old;
        const target = this.resolve(ref.file, name, dir)[0];
        const key = target && refKey(target);
        let model: CallModel | null = null;
        // A stub that calls nothing is worth knowing: it often returns a constant.
        const tiny = target && target.item.calls.length === 0 && target.item.end - target.item.bodyStart < 800;
        if (target && key && (graph.relevant.has(key) || tiny) && graph.component.get(key) !== mine)
          model = this.summary(target, dir);
        cache.set(name, model);
        return model;
      },
      counters: this.inAskedSlot(ref),
      constant: (name) => this.env.constant(ref.file, name),
      fieldType: (tag, field) => this.o.index.fieldType(ref.file, tag, field),
    };
  }

  /** Analysis with nothing known about the caller. */
  analysis(ref: FunctionRef, dir: string): FunctionAnalysis | null {
    const key = refKey(ref);
    return this.db.get<FunctionAnalysis | null>(
      `analysis:${dir}:${key}`,
      () => {
        this.db.read("structure");
        const here = this.find(key) ?? ref;
        const { ast, cfg } = this.lowered(here);
        return this.timed("summaries", () =>
          analyseFunction(ast, cfg, this.o.compiled, this.scopeOf(here, dir), UNKNOWN_ENTRY),
        );
      },
      identical,
      null,
    );
  }

  summary(ref: FunctionRef, dir: string): CallModel | null {
    const key = refKey(ref);
    return this.db.get<CallModel | null>(
      `summary:${dir}:${key}`,
      () => {
        const a = this.analysis(ref, dir);
        const { ast } = this.lowered(this.find(key) ?? ref);
        return a ? withConsumed(this, ref, ast, summarise(ast, a)) : null;
      },
      sameJson,
      null,
    );
  }

  /** What callers hold, as far as all of them are known. */
  entry(ref: FunctionRef, dir: string): EntryContext {
    const key = refKey(ref);
    return this.db.get<EntryContext>(
      `entry:${dir}:${key}`,
      () => {
        this.db.read("structure");
        return entryContext(this, this.find(key) ?? ref, dir);
      },
      (a, b) => sameJson(plainEntry(a), plainEntry(b)),
      UNKNOWN_ENTRY,
    );
  }

  /** Analysis under the entry context: what findings are drawn from. */
  checked(ref: FunctionRef, dir: string): FunctionAnalysis | null {
    const key = refKey(ref);
    return this.db.get<FunctionAnalysis | null>(
      `checked:${dir}:${key}`,
      () => {
        const plain = this.analysis(ref, dir);
        if (!plain || !entryMatters(plain)) return plain;
        const entry = this.entry(ref, dir);
        if (entry.unknown) return plain;
        const here = this.find(key) ?? ref;
        const { ast, cfg } = this.lowered(here);
        return this.timed("checks", () => analyseFunction(ast, cfg, this.o.compiled, this.scopeOf(here, dir), entry));
      },
      identical,
      null,
    );
  }

  private depth = 0;

  private timed<T>(phase: string, f: () => T): T {
    const t0 = now();
    this.depth++;
    try {
      return f();
    } finally {
      this.depth--;
      if (this.depth === 0) this.phases[phase] = (this.phases[phase] ?? 0) + (now() - t0);
    }
  }
}

const NO_REFS: FunctionRef[] = [];

const EMPTY: Lowered = {
  ast: {
    name: "",
    kind: "function",
    returnType: "",
    params: [],
    isStatic: false,
    isInline: false,
    attributes: [],
    body: [],
    degraded: [],
  },
  cfg: { blocks: [{ id: 0, instrs: [], term: { k: "stop", at: 0 } }], loopHeads: new Set(), order: [0] },
};

function plainEntry(e: EntryContext): unknown {
  return { ...e, free: [...e.free], some: [...e.some] };
}

function now(): number {
  return (globalThis as { performance?: { now(): number } }).performance?.now() ?? 0;
}

export function folderOf(file: string): string {
  const i = file.lastIndexOf("/");
  return i < 0 ? "" : file.slice(0, i);
}

/** Does a call of this API alone make a function worth analysing? Sleeping, pure values and looks do not. */
function matters(compiled: Compiled, name: string): boolean {
  const e = compiled.api(name, -1) ?? compiled.api(name, 1);
  if (!e) return false;
  if (e.returns?.protectedBy) return true;
  return e.effects.some((x) => {
    if (x.does && (compiled.askedActions.has(x.does) || compiled.reachActions.has(x.does))) return true;
    const cls = x.acquire ?? x.release ?? x.downgrade ?? x.assert ?? x.releaseAll;
    if (cls !== undefined) {
      const c = compiled.classes.get(cls);
      if (c?.kind === "seq") return true;
      return !c?.generic && c?.kind !== "ref" && c?.kind !== "preempt" && c?.kind !== "rcu" && c?.kind !== "irq";
    }
    if (x.does)
      return compiled.needs.has(x.does) || compiled.splitActions.has(x.does) || compiled.lookActions.has(x.does);
    return false;
  });
}
