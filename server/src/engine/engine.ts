/** The façade: a mutable set of texts in, plain answers out. No I/O of its own. */
import { LineIndex } from "../base/lineIndex";
import { folderOf } from "../base/path";
import type { DetectorContext, RawFinding } from "../checks/detector";
import { runChecks } from "../checks/run";
import { isSuppressed, judge, suppressions } from "../checks/suppress";
import type { FunctionRef } from "../interproc/callGraph";
import { express } from "../interproc/express";
import { handoversOf } from "../interproc/handover";
import { type Changes, changesBetween } from "../interproc/inputs";
import { Program, slotName } from "../interproc/program";
import type { FunctionAnalysis } from "../locks/analyse";
import { askedSymbols, compile } from "../locks/compile";
import type { Machine } from "../locks/machine";
import type { Term } from "../locks/outcomes";
import type { State } from "../locks/state";
import type { ValueId } from "../locks/values";
import type { Contract, Finding } from "../protocol/finding";
import type { CheckRule, RuleSet } from "../rules/model";
import type { FunctionAst } from "../syntax/ast";
import type { CParser } from "../syntax/parser";
import { TreeIndex } from "../syntax/treeIndex";
import type { PartSource } from "../syntax/treeIndexWords";
import { annotationsOf } from "./annotate";
import { contractOf } from "./contract";
import { fingerprint, toFinding } from "./findings";
import { fixesOf } from "./fixes";
import { lockMaps } from "./lockMap";
import { Overlay } from "./overlay";
import { Queries } from "./queries";
import type { CancelCheck, Engine, EngineStats, FileResult, TreeProvider } from "./types";

export interface EngineOptions {
  tree: TreeProvider;
  rules: RuleSet;
  parser: CParser;
  /** Word indexes of the tree as it is on disk, made elsewhere meanwhile. */
  parts?: PartSource;
}

export function createEngine(options: EngineOptions): Engine {
  return new EngineImpl(options);
}

/** After more of them nothing gets faster. */
const WARM_UP_ROUNDS = 3;

interface Prepared {
  program: Program<RawFinding[]>;
  checks: CheckRule[];
}

/** What a finding was made of. */
export interface Cause {
  raw: RawFinding;
  ref: FunctionRef;
  check: CheckRule;
}

/** Result for one function, relative to its start. */
interface FunctionResult {
  findings: RawFinding[];
  degraded: { reason: string; at: number }[];
}

export class EngineImpl implements Engine {
  readonly overlay: Overlay;
  readonly index: TreeIndex;
  private prepared: Prepared | null = null;
  private readonly bySlug = new Map<string, CheckRule>();
  /** Symbols that rules ask about, and which of them the tree has: the rule set is compiled for these. */
  private readonly asked: string[];
  private present = "";
  /** Files that will be checked. */
  private expected = new Set<string>();
  private readonly queries: Queries;
  private readonly causes = new WeakMap<Finding, Cause>();
  private checkMs = 0;
  private indexMs = 0;

  constructor(readonly options: EngineOptions) {
    this.overlay = new Overlay(options.tree);
    this.index = new TreeIndex(this.overlay, options.parts);
    this.asked = askedSymbols(options.rules);
    this.queries = new Queries(this);
  }

  get program(): Program<RawFinding[]> {
    return this.ready().program;
  }

  /** Rules in force for this tree. */
  get checks(): CheckRule[] {
    return this.ready().checks;
  }

  private presentSymbols(): string {
    return this.asked.filter((symbol) => this.index.defines(symbol)).join(" ");
  }

  /** What rests on the rules: made when first asked for, and again when the tree gains or loses a symbol they ask about. */
  private ready(): Prepared {
    this.prepared ??= this.prepare();
    return this.prepared;
  }

  /** Compiles the rules for the tree as it is; nothing that was computed before is kept. */
  private prepare(): Prepared {
    const { options } = this;
    this.present = this.presentSymbols();
    const has = new Set(this.present.split(" "));
    const { compiled, checks } = compile(options.rules, (symbol) => has.has(symbol));
    this.bySlug.clear();
    for (const c of checks) this.bySlug.set(c.id, c);
    const program: Program<RawFinding[]> = new Program({
      index: this.index,
      text: (path) => this.overlay.text(path),
      parser: options.parser,
      compiled,
      macros: options.rules.macros,
      contexts: options.rules.contexts,
      judge: (ref, dir, ast, analysis) => this.judge(ref, dir, ast, analysis),
      isExpected: (ref) => this.expected.has(ref.file) && !program.isLockPrimitive(ref.item.name),
    });
    return { program, checks };
  }

  setOverlay(path: string, text: string | null): void {
    this.change(path, () => this.overlay.set(path, text));
  }

  invalidate(path: string): void {
    this.change(path, () => this.overlay.forget(path));
  }

  expect(paths: Iterable<string>): void {
    this.expected = new Set(paths);
    const { parts } = this.options;
    if (!parts || this.prepared !== null) return;
    // Needed in any case: done while the other thread is at work.
    const t0 = now();
    for (const path of this.expected) this.index.includeClosure(path);
    this.indexMs += now() - t0;
    this.program.parseAhead(this.expected, () => parts.underWay("core"));
  }

  /** Finds out what a change of one file means to the others, by name. */
  private change(path: string, apply: () => void): void {
    const text = this.overlay.known(path);
    apply();
    const change = this.index.invalidate(path);
    if (change.forgotten) {
      // What it was is not known any more: begin anew.
      this.prepared = null;
      return;
    }
    if (!change.changed || this.prepared === null) return;
    const after = { scan: this.index.scan(path), text: this.overlay.read(path) };
    const changes = changesBetween(path, { scan: change.before, text }, after, change.existence);
    if (this.concernsRules(changes) && this.presentSymbols() !== this.present) this.prepared = null;
    else this.program.touch(path, changes);
  }

  /** Could the change add or remove a symbol that rules ask about? */
  private concernsRules(c: Changes): boolean {
    if (c.files) return true;
    return this.asked.some((s) => c.definitions.has(s) || c.macros.has(s) || c.structs.has(s) || c.prototypes.has(s));
  }

  check(path: string, cancel?: CancelCheck, survey = false, patience = Number.POSITIVE_INFINITY): FileResult {
    const text = this.overlay.read(path);
    const result: FileResult = { file: path, findings: [], functions: 0, degraded: [], problems: [], suppressions: [] };
    if (text === undefined) {
      result.problems.push({ file: path, line: 1, column: 1, message: "cannot be read as text" });
      return result;
    }
    const t0 = now();
    const scan = this.index.scan(path);
    const lines = new LineIndex(text);
    for (const p of scan?.problems ?? []) {
      const at = lines.positionAt(p.at);
      result.problems.push({ file: path, line: at.line + 1, column: at.column + 1, message: p.message });
    }
    const dir = folderOf(path);
    this.prepareFile(path, dir);
    this.indexMs += now() - t0;
    const ignored = suppressions(text, (offset) => lines.positionAt(offset).line + 1);
    const silenced: Finding[] = [];
    for (const ref of this.inOrder(path, dir, patience)) {
      cancel?.();
      if (now() - t0 > patience && result.functions > 0) {
        result.unfinished = true;
        break;
      }
      result.functions++;
      const one = this.checkFunction(ref, dir, survey);
      const d = one.degraded[0];
      if (d && !result.degraded.some((x) => x.function === ref.item.name)) {
        const line = lines.positionAt(ref.item.start + d.at).line + 1;
        result.degraded.push({ file: path, function: ref.item.name, line, reason: d.reason });
      }
      const place = { file: path, lines, start: ref.item.start, function: ref.item.name };
      for (const raw of one.findings) {
        const check = this.bySlug.get(raw.rule);
        if (!check) continue;
        const finding = toFinding(raw, check, place);
        this.causes.set(finding, { raw, ref, check });
        const quiet = isSuppressed(ignored, finding.rule, finding.alias, finding.line);
        (quiet ? silenced : result.findings).push(finding);
      }
    }
    result.findings.sort((a, b) => a.line - b.line || a.column - b.column || (a.rule < b.rule ? -1 : 1));
    fingerprint(result.findings, lines);
    const named = (name: string) => (c: CheckRule) => c.id === name || c.alias === name;
    if (result.unfinished !== true)
      result.suppressions = judge(
        ignored,
        silenced,
        (name) => this.checks.some(named(name)),
        (name) => this.options.rules.checks.some(named(name)),
      );
    this.checkMs += now() - t0;
    return result;
  }

  /** The functions of a file; if time is short, those first whose callers need not be known. */
  private *inOrder(path: string, dir: string, patience: number): Generator<FunctionRef, void> {
    const waiting: FunctionRef[] = [];
    for (const ref of this.program.functionsOf(path)) {
      if (patience !== Number.POSITIVE_INFINITY && this.waitsForCallers(ref, dir)) waiting.push(ref);
      else yield ref;
    }
    yield* waiting;
  }

  private waitsForCallers(ref: FunctionRef, dir: string): boolean {
    try {
      return this.program.isRelevant(ref, dir) && this.program.folder(dir).waitsForCallers(ref);
    } catch (error) {
      if (isCancellation(error)) throw error;
      // What is wrong with it is said where it is checked.
      return false;
    }
  }

  /** Does what is needed in any case before the first question that has to wait for the index of the tree. */
  private prepareFile(path: string, dir: string): void {
    const { parts } = this.options;
    this.index.includeClosure(path);
    for (const one of this.index.folderUnit(path)) this.index.scan(one);
    const folder = this.program.folder(dir);
    if (parts?.underWay("core")) folder.parseAhead(this.program.functionsOf(path), () => parts.underWay("core"));
  }

  *warmUp(path: string): Generator<undefined, void> {
    const dir = folderOf(path);
    for (let round = 0; round < WARM_UP_ROUNDS; round++) {
      for (const ref of this.program.functionsOf(path)) {
        yield;
        if (this.program.isRelevant(ref, dir)) this.program.folder(dir).rehearse(ref);
      }
    }
  }

  causeOf(finding: Finding): Cause | undefined {
    return this.causes.get(finding);
  }

  /** Asks as if a file had another text. */
  asIf<T>(path: string, text: string, ask: () => T): T {
    const now = this.overlay.unsaved(path);
    this.setOverlay(path, text);
    try {
      return ask();
    } finally {
      this.setOverlay(path, now);
    }
  }

  private checkFunction(ref: FunctionRef, dir: string, survey: boolean): FunctionResult {
    const { program } = this;
    try {
      const relevant = program.isRelevant(ref, dir);
      const degraded = relevant || survey ? program.degraded(ref).slice(0, 1) : [];
      // The bodies of primitives implement what the data says; they are not judged by it.
      const checked = relevant && !program.isLockPrimitive(ref.item.name) ? program.verdict(ref, dir) : null;
      if (checked?.incomplete) degraded.push({ reason: "too many paths: some were not followed", at: 0 });
      return { findings: checked?.verdict ?? [], degraded };
    } catch (error) {
      if (isCancellation(error)) throw error;
      const reason = `internal: ${error instanceof Error ? error.message : String(error)}`;
      return { findings: [], degraded: [{ reason, at: 0 }] };
    }
  }

  /** Runs the detectors on one analysed function. */
  judge(ref: FunctionRef, dir: string, ast: FunctionAst, analysis: FunctionAnalysis): RawFinding[] {
    const { program } = this;
    if (program.isLockPrimitive(ref.item.name)) return [];
    const ctx: DetectorContext = {
      fn: ast,
      analysis,
      slots: program.slots(ref).map(slotName),
      handovers: handoversOf(program, ref),
      callers: () => {
        const { complete, sites } = program.callers(ref);
        return complete ? sites.map((s) => s.fn) : null;
      },
      calleeOf: () => false,
      unitCalls: (action) => program.folder(dir).unitCalls(action),
      text: program.textOf(ref),
      checks: this.checks,
    };
    return runChecks(ctx);
  }

  /** A lock object as a term over the function's parameters, or null. */
  queryTerm(m: Machine, s: State, v: ValueId): Term | null {
    return express(m, s, v, null);
  }

  contract(path: string, fn: string): Contract | undefined {
    const text = this.overlay.read(path);
    const ref = text === undefined ? undefined : this.program.functionsOf(path).find((r) => r.item.name === fn);
    return ref && contractOf(this, ref, folderOf(path), new LineIndex(text!));
  }

  contracts(path: string): Contract[] {
    const text = this.overlay.read(path);
    if (text === undefined) return [];
    const lines = new LineIndex(text);
    return this.program.functionsOf(path).map((ref) => contractOf(this, ref, folderOf(path), lines));
  }

  lockStateAt: Engine["lockStateAt"] = (path, offset) => this.queries.lockStateAt(path, offset);
  annotations: Engine["annotations"] = (path, offset) => annotationsOf(this, path, offset);
  fixes: Engine["fixes"] = (path, id) => fixesOf(this, path, id);
  defines: Engine["defines"] = (symbol) => this.index.defines(symbol);
  lockMaps: Engine["lockMaps"] = (path) => lockMaps(this, path);
  why: Engine["why"] = (path, line) => this.queries.why(path, line);
  hover: Engine["hover"] = (path, offset) => this.queries.hover(path, offset);
  highlight: Engine["highlight"] = (path, offset) => this.queries.highlight(path, offset);
  definition: Engine["definition"] = (path, offset) => this.queries.definition(path, offset);

  dependents(path: string): string[] {
    return this.index.folderUnit(path);
  }

  stats(): EngineStats {
    const p = this.program.phases;
    return {
      phasesMs: {
        index: round(this.indexMs),
        ...Object.fromEntries(Object.entries(p).map(([k, v]) => [k, round(v)])),
        total: round(this.checkMs),
      },
    };
  }
}

function isCancellation(error: unknown): boolean {
  return error instanceof Error && /cancel/i.test(error.name + error.message);
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}

function now(): number {
  return (globalThis as { performance?: { now(): number } }).performance?.now() ?? 0;
}
