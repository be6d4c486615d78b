/** Answers and registers that nobody reads any more go. */
import { nextPcs, type Op } from "../explore/model";
import { expressionsOf, registersOf } from "./fold";
import { liveness } from "./liveness";

/** Questions that nobody asks again are not remembered. */
export function forgetful(ops: readonly Op[]): Op[] {
  const forgotten = new Set<number>();
  const read = new Set(ops.flatMap((op) => expressionsOf(op).flatMap(registersOf)));
  for (const [memo, { asks, again }] of asked(ops))
    if (!read.has(memo) && asks.every((pc) => !again[pc])) forgotten.add(memo);
  return ops.map((op) => {
    if (op.k !== "branch" || op.memo === undefined || !forgotten.has(op.memo)) return op;
    const { memo: _, ...rest } = op;
    return rest;
  });
}

/** Before a branch that is the first to ask, its question is set to "not asked": the register is free until there. */
export function withClears(ops: readonly Op[]): Op[] {
  const fresh = new Map<number, number>();
  for (const [memo, { asks, again }] of asked(ops)) for (const pc of asks) if (!again[pc]) fresh.set(pc, memo);
  const at: number[] = [];
  let extra = 0;
  ops.forEach((_, pc) => {
    at.push(pc + extra);
    if (fresh.has(pc)) extra++;
  });
  const out: Op[] = [];
  ops.forEach((op, pc) => {
    const memo = fresh.get(pc);
    if (memo !== undefined) out.push({ k: "set", r: memo, e: { k: "num", v: 0 }, site: op.site });
    out.push(
      op.k === "jump" ? { ...op, to: at[op.to]! } : op.k === "branch" ? { ...op, t: at[op.t]!, f: at[op.f]! } : op,
    );
  });
  return out;
}

/** Per question: the branches that ask it, and where control may come with an answer. */
function asked(ops: readonly Op[]): Map<number, { asks: number[]; again: Uint8Array }> {
  const places = new Map<number, { asks: number[]; sets: number[] }>();
  ops.forEach((op, pc) => {
    if (op.k !== "branch" || op.memo === undefined) return;
    const known = places.get(op.memo);
    if (known) known.asks.push(pc);
    else places.set(op.memo, { asks: [pc], sets: [] });
  });
  ops.forEach((op, pc) => {
    if (op.k === "set" && !(op.e.k === "num" && op.e.v === 0)) places.get(op.r)?.sets.push(pc);
  });
  return new Map(
    [...places].map(([memo, { asks, sets }]) => {
      const again = new Uint8Array(ops.length);
      const work = [...asks, ...sets];
      for (let pc = work.pop(); pc !== undefined; pc = work.pop())
        for (const next of nextPcs(ops[pc]!, pc)) {
          if (again[next]) continue;
          again[next] = 1;
          const op = ops[next]!;
          if (op.k !== "set" || op.r !== memo) work.push(next);
        }
      return [memo, { asks, again }];
    }),
  );
}

/** Leaves out what is computed for registers that nobody reads. */
export function dropUnread(ops: readonly Op[]): Op[] {
  const live = liveness(ops);
  return without(ops, (op, pc) => op.k === "set" && !live.isLiveAfter(pc, op.r));
}

/** Leaves out moves of a register to itself. */
export function dropMoves(ops: readonly Op[]): Op[] {
  return without(ops, (op) => op.k === "set" && op.e.k === "reg" && op.e.r === op.r);
}

function without(ops: readonly Op[], idle: (op: Op, pc: number) => boolean): Op[] {
  const at: number[] = [];
  let kept = 0;
  const drop = ops.map((op, pc) => {
    const gone = op.atomic !== true && idle(op, pc);
    at.push(kept);
    if (!gone) kept++;
    return gone;
  });
  return ops.flatMap((op, pc): Op[] => {
    if (drop[pc]) return [];
    if (op.k === "jump") return [{ ...op, to: at[op.to]! }];
    return [op.k === "branch" ? { ...op, t: at[op.t]!, f: at[op.f]! } : op];
  });
}
