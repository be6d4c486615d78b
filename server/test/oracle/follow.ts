/** Does the explorer's model of a race have the run that a compiled program made? */
import { compileExpr } from "../../src/explore/expression";
import { cellValue, DORMANT, initialState, pcOf, type State } from "../../src/explore/layout";
import { Machine } from "../../src/explore/machine";
import { type Model, type Op, type Ref, UNKNOWN } from "../../src/explore/model";
import type { GccRun } from "./oracle";

export type Followed =
  /** All accesses are there with their values, and the cells end alike. */
  | { k: "equal" }
  /** So far, and then the model says that harm is done: the program, which knows no harm, went on. */
  | { k: "harm"; after: number }
  | { k: "differs"; at: number; event: string; expected: string[] };

/** Looks for a path of the model with exactly these accesses in this order. */
export function follow(model: Model, run: GccRun): Followed {
  const machine = new Machine(model);
  const seen = new Set<string>();
  const expected = new Map<number, Set<string>>();
  let furthest = 0;
  let harm: number | null = null;
  const stack: { s: State; at: number }[] = [{ s: initialState(model, machine.layout), at: 0 }];
  for (let now = stack.pop(); now; now = stack.pop()) {
    const { s, at } = now;
    furthest = Math.max(furthest, at);
    if (at === run.events.length) {
      if (sameCells(model, machine, s, run.final)) return { k: "equal" };
      continue;
    }
    const key = `${at} ${s.join(",")}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const event = run.events[at]!;
    const t = Number(event[0]);
    const op = machine.opAt(s, t);
    if (op === null) continue;
    for (let alt = machine.alternatives(s, t) - 1; alt >= 0; alt--) {
      const next = s.slice();
      const outcome = machine.execute(next, { thread: t, alt, flush: false });
      if (outcome === "violation") {
        harm = Math.max(harm ?? 0, at);
        continue;
      }
      // A writer that announces itself has not got the lock yet: compiled threads do not announce themselves.
      if (outcome === "pruned" || (op.k === "acquire" && pcOf(next, t) === pcOf(s, t) && pcOf(s, t) < DORMANT))
        continue;
      const shown = told(model, machine, s, next, t, op);
      if (shown === null) stack.push({ s: next, at });
      else if (alike(shown, event)) stack.push({ s: next, at: at + 1 });
      else expected.set(at, (expected.get(at) ?? new Set()).add(shown));
    }
  }
  if (harm !== null && harm >= furthest) return { k: "harm", after: harm };
  const event = run.events[furthest] ?? `final ${[...run.final].map(([n, v]) => `${n}=${v}`).join(" ")}`;
  return { k: "differs", at: furthest, event, expected: [...(expected.get(furthest) ?? [])] };
}

/** A value that the model does not know is as good as any. */
function alike(ours: string, theirs: string): boolean {
  const a = ours.split(" ");
  const b = theirs.split(" ");
  return a.length === b.length && a.every((word, i) => word === b[i] || word === String(UNKNOWN));
}

function sameCells(model: Model, machine: Machine, s: State, final: ReadonlyMap<string, number>): boolean {
  return model.cells.every(({ name }, c) => {
    const v = cellValue(s, machine.layout, c);
    return v === UNKNOWN || !final.has(name) || final.get(name) === v;
  });
}

/** What a step is in the words of scheduler.c; null if it is none that others can see. */
function told(model: Model, machine: Machine, before: State, after: State, t: number, op: Op): string | null {
  const { layout } = machine;
  const at = (ref: Ref): number => {
    const e = ref.index;
    return ref.base + (e ? compileExpr(e, layout, layout.regs[t]!)(before) : 0);
  };
  const name = (c: number): string => model.cells[c]!.name;
  switch (op.k) {
    case "load":
      // What is read and changed at once is one access.
      if (op.atomic) {
        const c = at(op.from);
        return `${t} X ${name(c)} ${cellValue(before, layout, c)} ${cellValue(after, layout, c)}`;
      }
      return `${t} R ${name(at(op.from))} ${cellValue(before, layout, at(op.from))}`;
    case "await":
      return `${t} R ${name(at(op.from))} ${cellValue(before, layout, at(op.from))}`;
    case "store":
      return `${t} W ${name(at(op.to))} ${cellValue(after, layout, at(op.to))}`;
    case "rmw":
    case "compareSwap": {
      const c = at(op.at);
      return `${t} X ${name(c)} ${cellValue(before, layout, c)} ${cellValue(after, layout, c)}`;
    }
    case "free":
      return `${t} F ${name(at(op.live))}`;
    case "acquire":
      return `${t} L ${model.locks[at(op.lock)]!.name} ${op.mode}`;
    case "try": {
      const hold = (s: State): number => s[layout.locks + at(op.lock) * layout.lockStride + 1 + t]!;
      return `${t} T ${model.locks[at(op.lock)]!.name} ${Number(hold(after) !== hold(before))}`;
    }
    case "release":
      return `${t} U ${model.locks[at(op.lock)]!.name}`;
    case "downgrade":
      return `${t} D ${model.locks[at(op.lock)]!.name}`;
    case "enter":
    case "leave":
    case "snapshot":
    case "settle": {
      const letter = { enter: "E", leave: "V", snapshot: "S", settle: "Z" }[op.k];
      return `${t} ${letter} ${model.sections[op.section]!.name}`;
    }
    default:
      return null;
  }
}
