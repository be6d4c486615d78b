/** A schedule as rows of source lines: which to show, what happened, what was assumed on the way. */
import type { Choice, Op, Violation } from "../explore/model";
import { runSchedule, type Step } from "../explore/run";
import type { StepDetail, TraceFrame, TraceLock, TraceStep } from "../protocol/trace";
import type { Built } from "./build";
import { type Decision, type OpenChoice, Questions } from "./questions";
import type { Site } from "./thread";

/** Rows that a reader can take in. */
const MAX_ROWS = 14;

const LOCAL = new Set<Op["k"]>(["set", "jump", "branch", "choose", "assert", "stop", "cut", "sleep"]);

/** Does an op touch what other threads can see? */
export function isShared(op: Op): boolean {
  return !LOCAL.has(op.k);
}

export interface Told {
  steps: Row[];
  violated: { invariant: string; text: string };
  /** Conditions nobody knows, as they were decided. */
  open: OpenChoice[];
  /** Those that the finding's path decides. */
  fixed: string[];
  /** What the first thread decided without knowing. */
  decisions: Decision[];
  /** Lines of the subject's file that its thread executes. */
  lines: Set<number>;
}

export interface Row extends TraceStep {
  detail: StepDetail;
  /** How much the row matters: 3 changes memory, 2 reads what another thread changes, 1 takes or drops locks, 0 else. */
  weight: number;
}

export function tell(built: Built, schedule: readonly Choice[], violation: Violation, memory: "sc" | "tso"): Told {
  const run = runSchedule(built.model, schedule, memory);
  const contested = contestedCells(built);
  const rows: Row[] = [];
  let lastSite = -1;
  let lastThread = -1;
  const asked = new Questions(built);
  const lines = new Set<number>();
  const now = { values: built.model.cells.map((c) => c.init), held: built.model.threads.map((): TraceLock[] => []) };
  for (const step of run.steps) {
    if (built.hidden) step.changed = step.changed.filter((c) => !built.hidden!.has(c.cell));
    const t = step.choice.thread;
    for (const { cell, to } of step.changed) now.values[cell] = to;
    now.held[t] = locksOf(built, step);
    const ops = step.pcs.map((pc) => built.model.threads[t]!.ops[pc]!);
    asked.note(step, ops);
    for (const op of ops) {
      const s = built.notes.sites[op.site]!;
      if (t === 0 && s.file === built.subject.file) lines.add(s.line);
    }
    const shared = ops.filter(isShared);
    const site = (shared[0] ?? ops[0])?.site ?? lastSite;
    const row = rowOf(built, step, site, weightOf(ops, step, contested), now);
    // What decides and computes is no row of its own, unless the run ends with it.
    if (row.weight === 0 && step !== run.steps[run.steps.length - 1]) continue;
    const old = rows[rows.length - 1];
    if (old && site === lastSite && t === lastThread) merge(old, row);
    else rows.push(row);
    lastSite = site;
    lastThread = t;
  }
  const text = words(built, violation);
  if (violation.kind === "deadlock") {
    for (const t of run.waiting) {
      const row = waitRow(built, run.final, t, now);
      if (t === 0 && row.file === built.subject.file) lines.add(row.line);
      const last = rows.findLastIndex((r) => r.cpu === t);
      const before = rows[last];
      // A writer that queued, or announced itself in the same call, stands there already.
      if (before?.line === row.line && (before.note === "waits" || last === rows.length - 1)) {
        row.changed = before.changed;
        rows.splice(last, 1);
      }
      rows.push(row);
    }
  }
  markHalves(built, rows);
  const last = rows[rows.length - 1];
  if (last) {
    last.weight = 4;
    last.note = violation.kind === "deadlock" ? `${last.note}: ${text}` : text;
  }
  return {
    steps: rows,
    violated: { invariant: violation.kind, text },
    open: asked.open(),
    fixed: asked.fixed(),
    decisions: asked.decisions,
    lines,
  };
}

/** Cells that one thread writes and another one reads or writes. */
function contestedCells(built: Built): Set<number> {
  const { model } = built;
  const touch = model.threads.map((t) => {
    const reads = new Set<number>();
    const writes = new Set<number>();
    for (const op of t.ops) {
      for (const ref of refs(op)) for (let i = 0; i < ref.size; i++) (ref.write ? writes : reads).add(ref.base + i);
    }
    return { reads, writes };
  });
  const out = new Set<number>();
  touch.forEach((a, i) => {
    touch.forEach((b, j) => {
      if (i !== j) for (const c of a.writes) if (b.reads.has(c) || b.writes.has(c)) out.add(c);
    });
  });
  return out;
}

function refs(op: Op): { base: number; size: number; write: boolean }[] {
  const out: { base: number; size: number; write: boolean }[] = [];
  if ("from" in op) out.push({ ...op.from, write: false });
  if (op.k === "store") out.push({ ...op.to, write: true });
  if ("at" in op) out.push({ ...op.at, write: true });
  if ("live" in op && op.live) out.push({ ...op.live, write: op.k === "free" });
  return out;
}

function weightOf(ops: readonly Op[], step: Step, contested: ReadonlySet<number>): number {
  if (step.waits) return 2;
  if (step.changed.length > 0) return 3;
  const reads = ops.some((op) => refs(op).some((r) => contested.has(r.base)));
  if (reads) return 2;
  return ops.some((op) => "lock" in op || "section" in op) ? 1 : 0;
}

/** State of the model as it stands while the rows are made. */
type Now = Pick<StepDetail, "values" | "held">;

function detailOf(built: Built, site: Site, now: Now): StepDetail {
  return { stack: stackOf(built, site), values: [...now.values], held: [...now.held] };
}

function stackOf(built: Built, site: Site): TraceFrame[] {
  const out: TraceFrame[] = [];
  for (let n = site.caller; n !== undefined; ) {
    const { function: name, file, line, caller }: Site = built.notes.sites[n]!;
    out.push({ function: name, file, line });
    n = caller;
  }
  return out;
}

function locksOf({ model }: Built, step: Step): TraceLock[] {
  return step.held.map(({ lock, write }) => ({ lock: model.locks[lock]!.name, mode: write ? "write" : "read" }));
}

function rowOf(built: Built, step: Step, site: number, weight: number, now: Now): Row {
  const s = built.notes.sites[site] ?? built.notes.sites[0]!;
  const { model } = built;
  return {
    cpu: step.choice.thread,
    function: s.function,
    file: s.file,
    line: s.line,
    text: step.choice.flush ? `(store reaches memory)` : s.text,
    depth: s.depth,
    changed: step.changed.map(({ cell, from, to }) => ({ cell: model.cells[cell]!.name, from, to })),
    locks: locksOf(built, step),
    note: step.waits ? "waits" : "",
    detail: detailOf(built, s, now),
    weight,
  };
}

function merge(into: Row, row: Row): void {
  into.changed.push(...row.changed);
  into.locks = row.locks;
  into.detail = row.detail;
  into.weight = Math.max(into.weight, row.weight);
  if (row.note !== "") into.note = row.note;
}

/** A line that reads and writes, of which only the reading has happened. */
function markHalves(built: Built, rows: Row[]): void {
  for (const row of rows) {
    if (row.note !== "" || row.changed.length > 0 || row.weight > 2) continue;
    const ops = built.model.threads[row.cpu]!.ops.filter((op) => built.notes.sites[op.site]!.line === row.line);
    if (ops.some((op) => op.k === "load") && ops.some((op) => op.k === "store")) row.note = "reads";
  }
}

function waitRow(built: Built, final: Uint8Array, t: number, now: Now): Row {
  const pc = final[2 * t]! | (final[2 * t + 1]! << 8);
  const op = built.model.threads[t]!.ops[pc]!;
  const s = built.notes.sites[op.site]!;
  const what =
    "lock" in op
      ? built.model.locks[op.lock.base]!.name
      : "from" in op
        ? built.model.cells[op.from.base]!.name
        : "others";
  return {
    cpu: t,
    function: s.function,
    file: s.file,
    line: s.line,
    text: s.text,
    depth: s.depth,
    changed: [],
    locks: now.held[t]!,
    detail: detailOf(built, s, now),
    note: `waits for ${what}`,
    weight: 4,
  };
}

function words(built: Built, v: Violation): string {
  const { model } = built;
  const who = model.threads[v.thread]!.name;
  const cell = model.cells[v.subject]?.name ?? "memory";
  const lock = model.locks[v.subject]?.name ?? "a lock";
  switch (v.kind) {
    case "harm":
      return model.harms[v.subject]!;
    case "deadlock":
      return "nobody can go on";
    case "self-deadlock":
      return `${who} waits for ${lock}, which it holds itself`;
    case "not-held":
      return `${who} releases what it does not hold`;
    case "held-at-exit":
      return `${who} ends with ${lock} held`;
    case "use-after-free":
      return `${who} uses freed memory (${cell.replace(/_live$/, "")})`;
    case "double-free":
      return `${cell.replace(/_live$/, "")} is freed twice`;
    case "sleep-in-atomic":
      return `${who} may sleep in atomic context`;
  }
}

/** At most MAX_ROWS rows: those that matter least go first, in either thread. */
export function slice(rows: readonly Row[]): TraceStep[] {
  let kept = rows.filter((r) => r.weight > 0);
  for (let least = 1; kept.length > MAX_ROWS && least < 4; least++) {
    const weak = kept.filter((r) => r.weight === least);
    const drop = new Set(weak.slice(0, kept.length - MAX_ROWS));
    kept = kept.filter((r) => !drop.has(r));
  }
  return kept.map(({ weight: _, ...step }) => step);
}
