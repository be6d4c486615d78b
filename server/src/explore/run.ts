/** Runs a schedule step by step and tells what each step changed; schedules as text. */
import { cellValue, DORMANT, FINISHED, initialState, pcOf, type State, signed, WRITE_HOLD } from "./layout";
import { Machine, type Outcome, type Pruned } from "./machine";
import type { Choice, MemoryModel, Model, Violation } from "./model";

export interface Step {
  choice: Choice;
  /** Program counter before the step; -1 for a store buffer that drains. */
  pc: number;
  /** All ops that ran: more than one for an atomic sequence. */
  pcs: number[];
  changed: { cell: number; from: number; to: number }[];
  /** Locks the thread holds afterwards. */
  held: { lock: number; write: boolean }[];
  /** How many ways the step could have gone: unknown conditions and other choices. */
  ways: number;
  /** Registers of the thread afterwards. */
  regs: number[];
  /** Asked to wait rather than done: a writer that queues. */
  waits: boolean;
}

export interface Run {
  steps: Step[];
  outcome: Outcome;
  violation: Violation | null;
  pruned: Pruned | null;
  /** Index of the first choice that could not be taken; null if all could. */
  stuckAt: number | null;
  /** Threads that can neither go on nor have ended. */
  waiting: number[];
  ended: number[];
  final: State;
}

export function runSchedule(model: Model, schedule: readonly Choice[], memory: MemoryModel = "sc"): Run {
  const machine = new Machine(model, memory);
  const l = machine.layout;
  const s = initialState(model, l);
  const run: Run = {
    steps: [],
    outcome: "ok",
    violation: null,
    pruned: null,
    stuckAt: null,
    waiting: [],
    ended: [],
    final: s,
  };
  for (const [n, choice] of schedule.entries()) {
    const t = choice.thread;
    const ways = choice.flush ? (machine.canFlush(s, t) ? 1 : 0) : t < l.threads ? machine.alternatives(s, t) : 0;
    if (choice.alt >= ways) {
      run.stuckAt = n;
      break;
    }
    const before = s.slice();
    const pcs: number[] = [];
    if (!choice.flush) {
      for (
        let pc = pcOf(s, t), op = machine.opAt(s, t);
        op;
        op = op.atomic ? (model.threads[t]!.ops[++pc] ?? null) : null
      )
        pcs.push(pc);
    }
    run.outcome = machine.execute(s, choice);
    const blocked = !choice.flush && pcOf(s, t) === pcOf(before, t) && machine.opAt(s, t)?.k === "acquire";
    run.steps.push({
      choice,
      pc: pcs[0] ?? -1,
      pcs,
      changed: model.cells.flatMap((_, c) => {
        const from = cellValue(before, l, c);
        const to = cellValue(s, l, c);
        return from === to ? [] : [{ cell: c, from, to }];
      }),
      held: model.locks.flatMap((_, lock) => {
        const hold = s[l.locks + lock * l.lockStride + 1 + t]!;
        return hold === 0 ? [] : [{ lock, write: hold === WRITE_HOLD }];
      }),
      ways,
      regs: Array.from({ length: model.threads[t]!.registers }, (_, r) => signed(s[l.regs[t]! + r]!)),
      waits: blocked && run.outcome === "ok",
    });
    if (run.outcome === "violation") run.violation = { ...machine.violation };
    if (run.outcome === "pruned") run.pruned = machine.pruned;
    if (run.outcome !== "ok") break;
  }
  if (run.outcome === "ok") {
    for (let t = 0; t < l.threads; t++) {
      const pc = pcOf(s, t);
      if (pc === FINISHED || pc === DORMANT) run.ended.push(t);
      if (pc !== FINISHED && pc !== DORMANT && machine.alternatives(s, t) === 0) run.waiting.push(t);
    }
  }
  return run;
}

/** `AAB1Ab`: a capital letter is a step of that thread, a digit its alternative, a small letter its store buffer. */
export function formatSchedule(schedule: readonly Choice[]): string {
  return schedule
    .map(({ thread, alt, flush }) => {
      const letter = String.fromCharCode((flush ? 97 : 65) + thread);
      return alt === 0 ? letter : `${letter}${alt}`;
    })
    .join("");
}

/** The choices, or a sentence about what is wrong with the text. */
export function parseSchedule(text: string, threads: number): Choice[] | string {
  const out: Choice[] = [];
  const last = String.fromCharCode(64 + threads);
  for (let at = 0; at < text.length; ) {
    const match = /^([A-Za-z])(\d*)/.exec(text.slice(at));
    if (!match) return `"${text[at]}" at position ${at + 1} is no step: expected letters A to ${last}`;
    const flush = match[1]! >= "a";
    const thread = match[1]!.charCodeAt(0) - (flush ? 97 : 65);
    if (thread >= threads) return `"${match[1]}" at position ${at + 1}: there are only the threads A to ${last}`;
    out.push({ thread, alt: match[2] === "" ? 0 : Number(match[2]), flush });
    at += match[0].length;
  }
  return out;
}
