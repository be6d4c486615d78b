/** Where locks are taken, released and held in the functions of a file. */
import { LineIndex } from "../base/lineIndex";
import { folderOf } from "../base/path";
import type { FunctionRef } from "../interproc/callGraph";
import type { FunctionAnalysis } from "../locks/analyse";
import { isHeld } from "../locks/query";
import { type LockEntry, lockKey, type State } from "../locks/state";
import { printValue } from "../locks/values";
import type { FunctionLocks, LockChange, LockName } from "../protocol/locks";
import type { EngineImpl } from "./engine";

/** Kinds of the data's classes that are no locks to a reader: counted references. */
const HIDDEN = new Set(["ref"]);

/** One entry per function that touches locks, in source order. */
export function lockMaps(engine: EngineImpl, path: string): FunctionLocks[] {
  const text = engine.overlay.read(path);
  if (text === undefined) return [];
  const lines = new LineIndex(text);
  const dir = folderOf(path);
  return engine.program.functionsOf(path).flatMap((ref) => {
    if (!engine.program.isRelevant(ref, dir) || engine.program.isOpaque(ref.item.name)) return [];
    const analysis = engine.program.checked(ref, dir);
    return analysis ? [new Mapper(ref, analysis, lines, text).map()] : [];
  });
}

/** The mode is worth a word where the lock has two. */
function shownMode(kind: string, mode: LockEntry["mode"]): LockName["mode"] {
  if (mode === "top" || mode === "free") return "any";
  if (kind === "rwsem") return mode === "down" ? "read" : mode;
  return kind === "spin" && mode === "read" ? "read" : "any";
}

class Mapper {
  private readonly held = new Map<number, Map<string, LockName> | null>();

  constructor(
    private readonly ref: FunctionRef,
    private readonly analysis: FunctionAnalysis,
    private readonly lines: LineIndex,
    private readonly text: string,
  ) {}

  map(): FunctionLocks {
    const { item } = this.ref;
    const changes = this.changes();
    const firstLine = this.lineOf(item.bodyStart - item.start);
    const lastLine = this.lineOf(item.end - 1 - item.start);
    const head = this.text.slice(item.start, item.bodyStart);
    return {
      function: item.name,
      nameAt: item.nameAt,
      headEnd: item.start + head.trimEnd().length,
      bodyStart: item.bodyStart,
      end: item.end,
      firstLine,
      lastLine,
      entry: this.entry(),
      changes,
      lines: this.filledLines(firstLine, lastLine),
    };
  }

  private lineOf(offset: number): number {
    return this.lines.positionAt(this.ref.item.start + offset).line + 1;
  }

  private shown(e: LockEntry): boolean {
    return !HIDDEN.has(this.analysis.machine.rules.classes.get(e.cls)?.kind ?? "");
  }

  private name(e: LockEntry): LockName {
    const c = this.analysis.machine.rules.classes.get(e.cls);
    // Per-CPU state and what has no name in the source has no object worth showing.
    const text = printValue(this.analysis.machine.t, e.obj).replace(/^&/, "");
    const printed = /^[A-Za-z_][\w.>[\]-]*$/.test(text) && text !== "cpu" ? text : "";
    return { lock: c?.label ?? e.cls, object: printed, mode: shownMode(c?.kind ?? "", e.mode) };
  }

  private heldIn(s: State): Map<string, LockEntry> {
    const out = new Map<string, LockEntry>();
    for (const e of s.locks.values()) if (isHeld(e) && this.shown(e)) out.set(lockKey(e.cls, e.obj), e);
    return out;
  }

  /** Held in every one of the states. */
  private common(states: readonly State[]): Map<string, LockEntry> {
    const [first, ...others] = states.map((s) => this.heldIn(s));
    const out = new Map(first ?? []);
    for (const o of others) for (const key of [...out.keys()]) if (!o.has(key)) out.delete(key);
    return out;
  }

  private entry(): LockName[] {
    const first = this.analysis.states[0] ?? [];
    const seen = new Map<string, LockName>();
    for (const e of this.common(first).values()) seen.set(lockKey(e.cls, e.obj), this.name(e));
    // What only assertions in the body tell about the caller.
    for (const ev of this.analysis.events) {
      if (ev.k !== "exit") continue;
      for (const e of ev.state.locks.values()) {
        if (!e.entry || e.dropped || !this.shown(e) || this.analysis.machine.t.root(e.obj).k === "local") continue;
        const key = lockKey(e.cls, e.obj);
        if (!seen.has(key)) seen.set(key, { ...this.name(e), mode: e.entryMode });
      }
    }
    return [...seen.values()];
  }

  private changes(): LockChange[] {
    const found = new Map<string, LockChange>();
    const { cfg, states } = this.analysis;
    for (const block of cfg.blocks) {
      const start = states[block.id] ?? [];
      if (start.length === 0) continue;
      let now: readonly State[] = start;
      for (const instr of block.instrs) {
        this.record(instr.at, now);
        const after = this.analysis.statesBefore(block.id, instr.end + 1);
        this.record(instr.end, after);
        this.note(found, instr.at, instr.end, now, after, false);
        now = after;
      }
      const { term } = block;
      if (!("end" in term)) continue;
      this.record(term.at, now);
      if (term.k !== "branch") continue;
      for (const to of [term.t, term.f])
        this.note(found, term.at, term.end, now, this.through(states[to] ?? [], term.at, term.end, now), true);
    }
    return [...found.values()].sort((a, b) => a.at - b.at || a.end - b.end);
  }

  /** Of the states after a branch those whose locks changed in its very condition. */
  private through(states: readonly State[], at: number, end: number, before: readonly State[]): State[] {
    const known = new Set(before.flatMap((s) => [...this.heldIn(s).keys()]));
    const inside = (p: number) => p >= at && p <= end;
    return states.filter((s) =>
      [...s.locks.values()].some((e) =>
        isHeld(e) ? inside(e.origin.at) && !known.has(lockKey(e.cls, e.obj)) : e.last !== null && inside(e.last.at),
      ),
    );
  }

  private note(
    found: Map<string, LockChange>,
    at: number,
    end: number,
    before: readonly State[],
    after: readonly State[],
    branch: boolean,
  ): void {
    if (after.length === 0 || before.length === 0) return;
    const was = new Map(before.flatMap((s) => [...this.heldIn(s)]));
    const is = new Map(after.flatMap((s) => [...this.heldIn(s)]));
    const always = this.common(after);
    const taken = [...is].filter(
      ([key, e]) => (!was.has(key) && !e.entry) || (was.get(key)?.mode !== e.mode && e.mode === "down"),
    );
    const gone = [...was].filter(([key]) => !is.has(key) && this.common(before).has(key));
    if (taken.length === 0 && gone.length === 0) return;
    const key = `${at}:${end}`;
    if (found.has(key)) return;
    const { start } = this.ref.item;
    found.set(key, {
      at: start + at,
      end: start + end,
      taken: taken.map(([, e]) => this.name(e)),
      released: gone.map(([, e]) => ({
        ...this.name(e),
        takenAtLine: e.origin.end > 0 && !e.entry ? this.lineOf(e.origin.at) : null,
      })),
      held: [...always.values()].map((e) => this.name(e)),
      conditional: branch || taken.some(([k]) => !always.has(k)),
    });
  }

  /** Notes what is held on the line of an offset; several records of one line are met. */
  private record(offset: number, states: readonly State[]): void {
    if (states.length === 0) return;
    const line = this.lineOf(offset);
    const here = new Map([...this.common(states)].map(([key, e]) => [key, this.name(e)] as const));
    const old = this.held.get(line);
    // A line on which a lock is taken or released counts as held: it shows where the section begins and ends.
    this.held.set(line, old ? new Map([...old, ...here]) : here);
  }

  /** Lines without code of their own (`else`, braces, comments) hold what both neighbours hold. */
  private filledLines(first: number, last: number): FunctionLocks["lines"] {
    const known = [...this.held.keys()].sort((a, b) => a - b);
    const out: FunctionLocks["lines"] = [];
    let next = 0;
    for (let line = first; line <= last; line++) {
      while (next < known.length && known[next]! < line) next++;
      const own = this.held.get(line);
      const before = next > 0 ? this.held.get(known[next - 1]!) : undefined;
      const behind = next < known.length ? this.held.get(known[next]!) : undefined;
      const held = own ?? (before && behind && new Map([...before].filter(([key]) => behind.has(key))));
      if (held && held.size > 0) out.push({ line, held: [...held.values()] });
    }
    return out;
  }
}
