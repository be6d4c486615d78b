/**
 * The interprocedural database: parsed functions, and per folder summaries, entry contexts and
 * verdicts, all on demand, memoised, and the same whatever the order of the questions.
 */
import { folderOf } from "../base/path";
import { Query, QueryDb } from "../base/query";
import { Recent } from "../base/recent";
import { buildCfg } from "../cfg/build";
import type { Cfg } from "../cfg/cfg";
import { liveness } from "../dataflow/liveness";
import type { FunctionAnalysis } from "../locks/analyse";
import { apiModel } from "../locks/apiModel";
import type { Compiled, EntryContext } from "../locks/context";
import type { CallModel } from "../locks/outcomes";
import type { MacroTable, SlotContext } from "../rules/model";
import type { FunctionAst } from "../syntax/ast";
import { functionsNamed } from "../syntax/functionNames";
import type { FileScan } from "../syntax/model";
import type { MacroClass } from "../syntax/normaliseMacros";
import { type ParseFunctionOptions, parseFunction, problemsOf } from "../syntax/parseFunction";
import type { CParser } from "../syntax/parser";
import type { TreeIndex } from "../syntax/treeIndex";
import type { Callers } from "../syntax/treeIndexCalls";
import { type FunctionRef, refKey, refOf } from "./callGraph";
import { type Checked, Folder } from "./folder";
import type { Changes } from "./inputs";
import { MacroEnv } from "./macroEnv";
import { touchingRules } from "./relevance";

export interface Lowered {
  readonly ast: FunctionAst;
  /** Built when first asked for. */
  readonly cfg: Cfg;
}

/** A place in an ops table. */
export interface Slot {
  file: string;
  struct: string | null;
  table: string;
  field: string;
}

/** `vm_operations_struct.fault` */
export function slotName(s: { struct: string | null; field: string }): string {
  return `${s.struct ?? "?"}.${s.field}`;
}

/** What stays of a parsed function when its syntax is dropped to save memory. */
export interface Parsed {
  /** Stands for the text. */
  hash: string;
  degraded: FunctionAst["degraded"];
  /** Macros the parse asked about, and the answers. */
  macros: Map<string, MacroClass | undefined>;
}

export interface ProgramOptions<V> {
  index: TreeIndex;
  /** Current text of a file. */
  text: (path: string) => string | undefined;
  parser: CParser;
  compiled: Compiled;
  macros: MacroTable;
  contexts: ReadonlyMap<string, SlotContext>;
  /** Draws the findings from an analysis; may ask the program further questions. */
  judge: (ref: FunctionRef, dir: string, ast: FunctionAst, analysis: FunctionAnalysis) => V;
  /** Will the verdict on this function be asked for anyway? It is then drawn while the analysis is at hand. */
  isExpected: (ref: FunctionRef) => boolean;
}

/** Folders whose results are kept at a time. */
const MAX_FOLDERS = 8;
const MAX_SYNTAX = 1200;
const MAX_ANALYSES = 400;
/** Less than `MAX_SYNTAX`, or the first ones are dropped before they are used. */
const MAX_AHEAD = 900;

const identical = (a: unknown, b: unknown): boolean => a === b;
const sameJson = (a: unknown, b: unknown): boolean => a === b || JSON.stringify(a) === JSON.stringify(b);

export class Program<V> {
  readonly db = new QueryDb();
  readonly env: MacroEnv;
  readonly touches: (ref: FunctionRef) => boolean;
  /** Full analyses used lately; the others are computed again if a question needs them. */
  readonly analyses = new Recent<object, FunctionAnalysis>(MAX_ANALYSES);
  readonly phases: Record<string, number> = { parse: 0, cfg: 0, summaries: 0, checks: 0 };
  private readonly apiModels = new Map<string, CallModel | null>();
  private readonly folders = new Map<string, Folder<V>>();
  /** Folders that results of others were drawn from. */
  private readonly foreign = new Set<string>();
  private readonly refs = new WeakMap<FileScan, FunctionRef[]>();
  private readonly parsed: Query<Parsed>;
  /** The last two parses of a function, to be reused if nothing they rest on differs. */
  private readonly lastParsed = new Map<string, Parsed[]>();
  /** Functions parsed before it was known whether they will be analysed. */
  private readonly ahead = new Set<string>();
  private readonly syntax = new Recent<Parsed, Lowered>(MAX_SYNTAX);
  private readonly callersOf: Query<Callers>;
  private readonly slotsOf: Query<Slot[]>;
  private depth = 0;

  constructor(readonly o: ProgramOptions<V>) {
    const { db } = this;
    this.env = new MacroEnv(db, o.index, o.text, o.macros);
    this.touches = touchingRules(
      o.compiled,
      (ref) => this.textOf(ref),
      (ref) => this.inAskedSlot(ref),
    );
    this.parsed = new Query(db, (key) => this.parse(key), identical, NOT_PARSED);
    this.callersOf = new Query(
      db,
      (key) => {
        const { file, name } = parts(key);
        for (const input of ["files", `use:${name}`, `def:${name}`, `proto:${name}`]) db.read(input);
        return o.index.callers(file, name);
      },
      sameJson,
      { sites: [], complete: false, reason: "" },
    );
    this.slotsOf = new Query(
      db,
      (key) => {
        const { file, name } = parts(key);
        for (const input of ["files", `use:${name}`, `def:${name}`]) db.read(input);
        return o.index
          .slots(file, name)
          .map((s) => ({ file: s.file, struct: s.struct, table: s.table, field: s.field }));
      },
      sameJson,
      [],
    );
  }

  // ---- inputs ----

  /** A file changed. */
  touch(file: string, changes: Changes): void {
    const { db } = this;
    for (const key of changes.functions) db.touch(`fn:${key}`);
    for (const name of changes.definitions) db.touch(`def:${name}`);
    for (const name of changes.uses) db.touch(`use:${name}`);
    for (const name of changes.macros) db.touch(`macro:${name}`);
    for (const tag of changes.structs) db.touch(`struct:${tag}`);
    for (const name of changes.tables) db.touch(`table:${name}`);
    for (const name of changes.prototypes) db.touch(`proto:${name}`);
    if (changes.files) db.touch("files");
    if (changes.calls) db.touch(`unit:${folderOf(file)}`);
    for (const folder of this.folders.values()) folder.graph.note(changes);
  }

  /** Results as seen from a folder, with all changes taken in. */
  folder(dir: string): Folder<V> {
    const { db, folders, foreign } = this;
    let folder = folders.get(dir);
    if (!folder) folder = new Folder(this, dir);
    else if (db.idle) folders.delete(dir);
    folders.set(dir, folder);
    if (db.idle) {
      if (folders.size > MAX_FOLDERS) this.drop(folders.keys().next().value as string);
      // Results of this folder may rest on results of those.
      for (const other of foreign) folders.get(other)?.refresh();
    } else {
      db.read(`folder:${dir}`);
      foreign.add(dir);
    }
    folder.refresh();
    return folder;
  }

  private drop(dir: string): void {
    this.folders.delete(dir);
    this.foreign.delete(dir);
    this.db.touch(`folder:${dir}`);
  }

  // ---- functions ----

  functionsOf(file: string): readonly FunctionRef[] {
    const scan = this.o.index.scan(file);
    if (!scan) return [];
    let refs = this.refs.get(scan);
    if (!refs) {
      const seen = new Map<string, number>();
      refs = scan.functions.map((item) => {
        const ordinal = seen.get(item.name) ?? 0;
        seen.set(item.name, ordinal + 1);
        return refOf(file, item, ordinal);
      });
      this.refs.set(scan, refs);
    }
    return refs;
  }

  /** The alternatives of one name in a file. */
  named(file: string, name: string): FunctionRef[] {
    this.db.read(`def:${name}`);
    return functionsNamed(this.o.index.scan(file), name).map((item, ordinal) => refOf(file, item, ordinal));
  }

  /** A function as it is now. */
  find(key: string): FunctionRef | undefined {
    const { file, name, ordinal } = parts(key);
    const item = functionsNamed(this.o.index.scan(file), name)[ordinal];
    return item && { file, item, ordinal, key };
  }

  textOf(ref: FunctionRef): string {
    return (this.o.text(ref.file) ?? "").slice(ref.item.start, ref.item.end);
  }

  /** All functions that call a function of a file, and whether they are all. */
  callers(ref: FunctionRef): Callers {
    return this.callersOf.get(refKey(ref));
  }

  /** Slots the function is installed in. */
  slots(ref: FunctionRef): readonly Slot[] {
    return this.slotsOf.get(refKey(ref));
  }

  /** The function in another field of the same table, if it is in the same file. */
  sibling(slot: Slot, field: string): FunctionRef | undefined {
    this.db.read(`table:${slot.table}`);
    const other = this.o.index.scan(slot.file)?.slots.find((s) => s.table === slot.table && s.field === field);
    return other && this.named(slot.file, other.value)[0];
  }

  /** Is a function of that name described by rule data alone? */
  isOpaque(name: string): boolean {
    const e = this.o.compiled.api(name, -1);
    return e !== undefined && e.opaque !== false;
  }

  /** Is it a lock primitive: rule data says which locks it takes or gives back, and its body is how? */
  isLockPrimitive(name: string): boolean {
    const e = this.o.compiled.api(name, -1);
    return (
      e !== undefined &&
      e.opaque !== false &&
      e.effects.some((x) => x.acquire || x.release || x.releaseAll || x.downgrade || x.invalidate)
    );
  }

  /** Installed, in its own file, in a slot that detectors ask about? */
  inAskedSlot(ref: FunctionRef): boolean {
    this.db.read(`use:${ref.item.name}`);
    const { askedSlots } = this.o.compiled;
    if (askedSlots.size === 0) return false;
    const scan = this.o.index.scan(ref.file);
    return (
      scan?.slots.some((s) => s.value === ref.item.name && askedSlots.has(`${s.struct ?? "?"}.${s.field}`)) ?? false
    );
  }

  /** What the rule data says of a call. */
  api(name: string, args: number): CallModel | null {
    const key = `${name}/${args}`;
    const old = this.apiModels.get(key);
    if (old !== undefined) return old;
    const e = this.o.compiled.api(name, args);
    const model = e ? apiModel(e) : null;
    this.apiModels.set(key, model);
    return model;
  }

  /** Records that the running computation read the text of a function. */
  readText(key: string): void {
    this.parsed.get(key);
  }

  // ---- syntax ----

  /** What could not be understood of a function's text. */
  degraded(ref: FunctionRef): FunctionAst["degraded"] {
    return this.parsed.get(refKey(ref)).degraded;
  }

  lowered(ref: FunctionRef): Lowered {
    const key = refKey(ref);
    const parsed = this.parsed.get(key);
    if (parsed === NOT_PARSED) return this.lower(ref, this.textOf(ref), new Map());
    return this.syntax.get(parsed, () => this.lower(ref, this.textOf(ref), new Map()));
  }

  /** Frees the syntax of a function that has been judged. */
  forgetSyntax(ref: FunctionRef): void {
    this.syntax.delete(this.parsed.get(refKey(ref)));
  }

  private parse(key: string): Parsed {
    this.db.read(`fn:${key}`);
    const ref = this.find(key);
    if (!ref) return NOT_PARSED;
    const text = this.textOf(ref);
    const hash = fingerprintOf(text);
    const last = this.lastParsed.get(key) ?? [];
    const same = (p: Parsed): boolean =>
      p.hash === hash && [...p.macros].every(([name, c]) => sameJson(this.env.classOf(ref.file, name), c));
    const old = last.find(same);
    if (old) {
      this.lastParsed.set(key, [...last.filter((p) => p !== old), old]);
      return old;
    }
    const macros: Parsed["macros"] = new Map();
    const lowered = this.mayAnalyse(key) ? this.lower(ref, text, macros) : null;
    const degraded = lowered?.ast.degraded.slice() ?? this.problems(ref, text, macros);
    const parsed: Parsed = { hash, degraded, macros };
    this.lastParsed.set(key, last.slice(-1).concat(parsed));
    if (lowered) this.syntax.set(parsed, lowered);
    return parsed;
  }

  /** Parses and lowers functions that will be analysed, as long as there is nothing better to do. Changes no result. */
  parseAhead(files: Iterable<string>, waiting: () => boolean): void {
    for (const file of files) {
      for (const ref of this.functionsOf(file)) {
        if (this.ahead.size >= MAX_AHEAD || !waiting()) return;
        if (this.touches(ref) && !this.isLockPrimitive(ref.item.name)) this.parseEarly(ref);
      }
    }
  }

  /** Parses a function that will be analysed; false if there are enough of them. */
  parseEarly(ref: FunctionRef): boolean {
    if (this.ahead.size >= MAX_AHEAD) return false;
    this.ahead.add(ref.key);
    this.parsed.get(ref.key);
    liveness(this.lowered(ref).cfg);
    return true;
  }

  /** Will the syntax of a function be asked for? A guess: if it is wrong, the function is parsed twice. */
  private mayAnalyse(key: string): boolean {
    if (this.ahead.has(key)) return true;
    for (const folder of this.folders.values()) if (folder.graph.isKnownRelevant(key)) return true;
    return false;
  }

  private parseOptions(ref: FunctionRef, macros: Parsed["macros"]): ParseFunctionOptions {
    return {
      kind: ref.item.kind,
      macros: this.o.macros,
      macroClass: (name) => {
        if (!macros.has(name)) macros.set(name, this.env.classOf(ref.file, name));
        return macros.get(name);
      },
    };
  }

  private problems(ref: FunctionRef, text: string, macros: Parsed["macros"]): Parsed["degraded"] {
    const t0 = now();
    const problems = problemsOf(this.o.parser, text, this.parseOptions(ref, macros));
    this.phases.parse = (this.phases.parse ?? 0) + (now() - t0);
    return problems;
  }

  private lower(ref: FunctionRef, text: string, macros: Parsed["macros"]): Lowered {
    const t0 = now();
    const ast = parseFunction(this.o.parser, text, this.parseOptions(ref, macros));
    const t1 = now();
    this.phases.parse = (this.phases.parse ?? 0) + (t1 - t0);
    const build = (): Cfg => {
      const t2 = now();
      const cfg = buildCfg(ast, this.o.macros);
      this.phases.cfg = (this.phases.cfg ?? 0) + (now() - t2);
      return cfg;
    };
    let cfg: Cfg | undefined;
    return {
      ast,
      get cfg() {
        cfg ??= build();
        return cfg;
      },
    };
  }

  // ---- questions about one function, as seen from a folder ----

  isRelevant(ref: FunctionRef, dir: string): boolean {
    return this.folder(dir).isRelevant(refKey(ref));
  }

  /** Definition that a call of `name` in `file` reaches. */
  resolve(file: string, name: string, dir: string): FunctionRef | undefined {
    return this.folder(dir).resolve(file, name);
  }

  /** Analysis with nothing known about the caller. */
  analysis(ref: FunctionRef, dir: string): FunctionAnalysis | null {
    return this.folder(dir).analysisOf(refKey(ref));
  }

  summary(ref: FunctionRef, dir: string): CallModel | null {
    return this.folder(dir).model(refKey(ref));
  }

  /** What callers hold, as far as all of them are known. */
  entry(ref: FunctionRef, dir: string): EntryContext {
    return this.folder(dir).entryOf(refKey(ref));
  }

  /** Analysis under the entry context: what findings are drawn from. */
  checked(ref: FunctionRef, dir: string): FunctionAnalysis | null {
    return this.folder(dir).checkedAnalysis(refKey(ref));
  }

  /** What was found, drawn from that analysis; null if there is none. */
  verdict(ref: FunctionRef, dir: string): Checked<V> | null {
    return this.folder(dir).verdict(refKey(ref));
  }

  timed<T>(phase: string, f: () => T): T {
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

const NOT_PARSED: Parsed = { hash: "", degraded: [], macros: new Map() };

/** Length and two independent hashes: texts that differ have different ones. */
function fingerprintOf(text: string): string {
  let a = 0x811c9dc5;
  let b = 5381;
  for (let at = 0; at < text.length; at++) {
    const c = text.charCodeAt(at);
    a = Math.imul(a ^ c, 0x01000193);
    b = (Math.imul(b, 33) + c) | 0;
  }
  return `${text.length}:${a}:${b}`;
}

function parts(key: string): { file: string; name: string; ordinal: number } {
  const first = key.indexOf("#");
  const second = key.indexOf("#", first + 1);
  return { file: key.slice(0, first), name: key.slice(first + 1, second), ordinal: Number(key.slice(second + 1)) };
}

function now(): number {
  return (globalThis as { performance?: { now(): number } }).performance?.now() ?? 0;
}
