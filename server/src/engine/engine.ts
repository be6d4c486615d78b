/** The façade: a mutable set of texts in, plain answers out. No I/O of its own. */
import { LineIndex } from "../base/lineIndex";
import type { DetectorContext, RawFinding } from "../checks/detector";
import { runChecks } from "../checks/run";
import { isSuppressed, judge, suppressions } from "../checks/suppress";
import { type FunctionRef, refKey } from "../interproc/callGraph";
import { folderOf, Program } from "../interproc/program";
import { express } from "../interproc/summary";
import { compile } from "../locks/compile";
import type { Machine } from "../locks/machine";
import type { Term } from "../locks/outcomes";
import type { State } from "../locks/state";
import type { ValueId } from "../locks/values";
import type { Contract, Degraded, Finding } from "../protocol/finding";
import type { CheckRule, RuleSet } from "../rules/model";
import type { CParser } from "../syntax/parser";
import { TreeIndex } from "../syntax/treeIndex";
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
}

export function createEngine(options: EngineOptions): Engine {
  return new EngineImpl(options);
}

/** What a finding was made of. */
export interface Cause {
  raw: RawFinding;
  ref: FunctionRef;
  check: CheckRule;
}

/** Result for one function, relative to its start. */
interface FunctionResult {
  findings: Finding[];
  degraded: { reason: string; at: number }[];
}

export class EngineImpl implements Engine {
  readonly overlay: Overlay;
  readonly index: TreeIndex;
  readonly program: Program;
  readonly checks: CheckRule[];
  private readonly bySlug = new Map<string, CheckRule>();
  private readonly queries: Queries;
  private readonly causes = new WeakMap<Finding, Cause>();
  private checkMs = 0;
  private indexMs = 0;

  constructor(readonly options: EngineOptions) {
    this.overlay = new Overlay(options.tree);
    this.index = new TreeIndex(this.overlay);
    const { compiled, checks } = compile(options.rules, (symbol) => this.index.defines(symbol));
    this.checks = checks;
    for (const c of checks) this.bySlug.set(c.id, c);
    this.program = new Program({
      index: this.index,
      text: (path) => this.overlay.text(path),
      parser: options.parser,
      compiled,
      macros: options.rules.macros,
      contexts: options.rules.contexts,
    });
    this.queries = new Queries(this);
  }

  setOverlay(path: string, text: string | null): void {
    const before = this.shape(path);
    this.overlay.set(path, text);
    this.changed(path, before);
  }

  invalidate(path: string): void {
    const before = this.shape(path);
    this.overlay.forget(path);
    this.changed(path, before);
  }

  /** Everything but the inside of functions: what other functions' results may rest on. */
  private shape(path: string): string {
    const s = this.index.scan(path);
    if (!s) return "";
    return JSON.stringify([
      s.functions.map((f) => [f.name, f.isStatic, f.isInline, f.kind, f.calls, f.mentions, f.guards]),
      s.macros.map((m) => [m.name, m.params, this.overlay.read(path)?.slice(m.bodyStart, m.end)]),
      s.slots.map((x) => [x.struct, x.table, x.field, x.value]),
      s.structs.map((x) => [x.tag, [...x.fields]]),
      s.exports,
      s.includes,
      s.mentions,
      s.prototypes,
    ]);
  }

  private changed(path: string, before: string): void {
    this.index.invalidate(path);
    this.program.touch(path, this.shape(path) !== before);
  }

  check(path: string, cancel?: CancelCheck): FileResult {
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
    const graph = this.program.graph(dir);
    this.indexMs += now() - t0;
    const ignored = suppressions(text, (offset) => lines.positionAt(offset).line + 1);
    const silenced: Finding[] = [];
    for (const ref of this.program.functionsOf(path)) {
      cancel?.();
      result.functions++;
      const one = this.checkFunction(ref, dir, graph.relevant.has(refKey(ref)), text, lines);
      for (const d of one.degraded) {
        const degraded: Degraded = {
          file: path,
          function: ref.item.name,
          line: lines.positionAt(ref.item.start + d.at).line + 1,
          reason: d.reason,
        };
        if (!result.degraded.some((x) => x.function === degraded.function)) result.degraded.push(degraded);
      }
      for (const f of one.findings)
        (isSuppressed(ignored, f.rule, f.alias, f.line) ? silenced : result.findings).push(f);
    }
    result.findings.sort((a, b) => a.line - b.line || a.column - b.column || (a.rule < b.rule ? -1 : 1));
    fingerprint(result.findings, lines);
    const named = (name: string) => (c: CheckRule) => c.id === name || c.alias === name;
    result.suppressions = judge(
      ignored,
      silenced,
      (name) => this.checks.some(named(name)),
      (name) => this.options.rules.checks.some(named(name)),
    );
    this.checkMs += now() - t0;
    return result;
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

  private checkFunction(
    ref: FunctionRef,
    dir: string,
    relevant: boolean,
    text: string,
    lines: LineIndex,
  ): FunctionResult {
    try {
      const { ast } = this.program.lowered(ref);
      const degraded = ast.degraded.slice(0, 1);
      // The bodies of primitives implement what the data says; they are not judged by it.
      if (!relevant || this.isPrimitive(ref.item.name)) {
        if (!relevant) this.program.forgetSyntax(ref);
        return { findings: [], degraded };
      }
      const a = this.program.checked(ref, dir);
      if (!a) return { findings: [], degraded };
      if (a.incomplete) degraded.push({ reason: "too many paths: some were not followed", at: 0 });
      const place = { file: ref.file, text, lines, start: ref.item.start, function: ref.item.name };
      const callers = this.index.callers(ref.file, ref.item.name);
      const ctx: DetectorContext = {
        fn: ast,
        analysis: a,
        slots: this.index.slots(ref.file, ref.item.name).map((s) => `${s.struct ?? "?"}.${s.field}`),
        callersKnown: callers.complete,
        callers: callers.sites.map((s) => s.fn),
        calleeOf: () => false,
        unitCalls: (action) => this.unitCalls(ref.file, action),
        text: text.slice(ref.item.start, ref.item.end),
        checks: this.checks,
      };
      const findings = runChecks(ctx).flatMap((raw) => {
        const check = this.bySlug.get(raw.rule);
        if (!check) return [];
        const finding = toFinding(raw, check, place);
        this.causes.set(finding, { raw, ref, check });
        return [finding];
      });
      return { findings, degraded };
    } catch (error) {
      if (isCancellation(error)) throw error;
      return {
        findings: [],
        degraded: [{ reason: `internal: ${error instanceof Error ? error.message : String(error)}`, at: 0 }],
      };
    }
  }

  private unitCalls(file: string, action: string): { api: string; text: string }[] {
    const { compiled } = this.program.o;
    return this.index.folderUnit(file).flatMap((f) =>
      this.program.functionsOf(f).flatMap((r) => {
        const api = r.item.calls.find((c) => compiled.api(c, -1)?.effects.some((x) => x.does === action));
        return api === undefined ? [] : [{ api, text: this.program.textOf(r) }];
      }),
    );
  }

  /** A lock object as a term over the function's parameters, or null. */
  queryTerm(m: Machine, s: State, v: ValueId): Term | null {
    return express(m, s, v, null);
  }

  isPrimitive(name: string): boolean {
    const e = this.program.o.compiled.api(name, -1);
    return e !== undefined && e.opaque !== false;
  }

  contract(path: string, fn: string): Contract | undefined {
    return this.contracts(path).find((c) => c.function === fn);
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
