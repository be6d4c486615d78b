/**
 * Registers shared by values that are never needed at the same time (greedy colouring of the interference graph,
 * Chaitin et al., Register Allocation via Coloring, 1981), and questions that are asked once are not remembered.
 */
import { type Expr, nextPcs, type Op } from "../explore/model";
import { expressionsOf, mapExpressions, registersOf } from "./fold";

interface Coloured {
  ops: Op[];
  registers: number;
}

/** The same ops over fewer registers. */
export function colour(ops: readonly Op[]): Coloured {
  const plain = forgetful(ops);
  const live = liveness(plain);
  const used = new Set<number>();
  const clash = new Map<number, Set<number>>();
  const conflict = (a: number, b: number): void => {
    if (a === b) return;
    for (const [x, y] of [
      [a, b],
      [b, a],
    ] as const) {
      const set = clash.get(x);
      if (set) set.add(y);
      else clash.set(x, new Set([y]));
    }
  };
  const together = (list: readonly number[]): void => {
    for (let i = 0; i < list.length; i++) for (let j = i + 1; j < list.length; j++) conflict(list[i]!, list[j]!);
  };
  together([...live.before[0]!]);
  plain.forEach((op, pc) => {
    for (const r of [...usesOf(op), ...definesOf(op)]) used.add(r);
    const after = new Set<number>();
    for (const next of nextPcs(op, pc)) for (const r of live.before[next]!) after.add(r);
    // While an awaited value is looked at, its register is in use beside all that the condition reads.
    const alongside = op.k === "await" ? [...after, ...usesOf(op)] : after;
    for (const d of definesOf(op)) for (const r of alongside) conflict(d, r);
    if (op.k === "compareSwap" || op.k === "rmw")
      for (const d of definesOf(op)) for (const r of usesOf(op)) conflict(d, r);
  });
  const name = new Map<number, number>();
  let count = 0;
  for (const r of [...used].sort((a, b) => a - b)) {
    const taken = new Set([...(clash.get(r) ?? [])].map((x) => name.get(x)));
    let c = 0;
    while (taken.has(c)) c++;
    name.set(r, c);
    count = Math.max(count, c + 1);
  }
  const rename = (e: Expr): Expr => {
    if (e.k === "reg") return { k: "reg", r: name.get(e.r)! };
    if (e.k === "un") return { ...e, e: rename(e.e) };
    return e.k === "bin" ? { ...e, l: rename(e.l), r: rename(e.r) } : e;
  };
  const out = plain.map((op): Op => {
    const next = mapExpressions(op, rename) as Op & { r?: number | null; memo?: number };
    if ("r" in next && typeof next.r === "number") next.r = name.get(next.r)!;
    if (next.memo !== undefined) next.memo = name.get(next.memo)!;
    return next;
  });
  return { ops: out, registers: count };
}

function usesOf(op: Op): number[] {
  let out = expressionsOf(op).flatMap(registersOf);
  // The condition speaks of the awaited value; an index speaks of what its register held before.
  if (op.k === "await") {
    const indexes = [op.from.index, op.live?.index].flatMap((e) => (e ? registersOf(e) : []));
    out = [...out.filter((r) => r !== op.r), ...indexes];
  }
  if (op.k === "branch" && op.memo !== undefined) out.push(op.memo);
  return out;
}

function definesOf(op: Op): number[] {
  if (op.k === "branch") return op.memo === undefined ? [] : [op.memo];
  return "r" in op && op.r !== null ? [op.r] : [];
}

function liveness(ops: readonly Op[]): { before: Set<number>[] } {
  const before = ops.map((op) => new Set(usesOf(op)));
  const preds: number[][] = ops.map(() => []);
  ops.forEach((op, pc) => {
    for (const next of nextPcs(op, pc)) preds[next]!.push(pc);
  });
  const work = ops.map((_, pc) => pc);
  for (let pc = work.pop(); pc !== undefined; pc = work.pop()) {
    for (const p of preds[pc]!) {
      const op = ops[p]!;
      const kills = op.k === "branch" ? [] : definesOf(op);
      const size = before[p]!.size;
      for (const r of before[pc]!) if (!kills.includes(r)) before[p]!.add(r);
      if (before[p]!.size !== size) work.push(p);
    }
  }
  return { before };
}

/** Questions that nobody asks again are not remembered; the first of several starts from nothing. */
function forgetful(ops: readonly Op[]): Op[] {
  const memos = new Set(ops.flatMap((op) => (op.k === "branch" && op.memo !== undefined ? [op.memo] : [])));
  let out = ops.slice();
  const fresh = new Map<number, number[]>();
  for (const memo of memos) {
    const asks = out.flatMap((op, pc) => (op.k === "branch" && op.memo === memo ? [pc] : []));
    const sets = (op: Op): op is Op & { k: "set" } => op.k === "set" && op.r === memo;
    const clear = (op: Op): boolean => sets(op) && op.e.k === "num" && op.e.v === 0;
    // May it be set when control gets here?
    const maybe = new Uint8Array(out.length);
    const work = [...asks, ...out.flatMap((op, pc) => (sets(op) && !clear(op) ? [pc] : []))];
    while (work.length > 0) {
      const pc = work.pop()!;
      for (const next of nextPcs(out[pc]!, pc)) {
        if (maybe[next]) continue;
        maybe[next] = 1;
        if (!clear(out[next]!)) work.push(next);
      }
    }
    const again = asks.filter((pc) => maybe[pc]);
    if (again.length === 0) {
      out = out.map((op) => {
        if (op.k !== "branch" || op.memo !== memo) return op;
        const { memo: _, ...rest } = op;
        return rest;
      });
    } else for (const pc of asks) if (!maybe[pc]) fresh.set(pc, [...(fresh.get(pc) ?? []), memo]);
  }
  return fresh.size === 0 ? out : withClears(out, fresh);
}

/** Sets a memo to "not asked" right before a branch that is the first to ask: its register is free until there. */
function withClears(ops: readonly Op[], fresh: ReadonlyMap<number, number[]>): Op[] {
  const at: number[] = [];
  let extra = 0;
  ops.forEach((_, pc) => {
    at.push(pc + extra);
    extra += fresh.get(pc)?.length ?? 0;
  });
  const out: Op[] = [];
  ops.forEach((op, pc) => {
    for (const memo of fresh.get(pc) ?? []) out.push({ k: "set", r: memo, e: { k: "num", v: 0 }, site: op.site });
    out.push(
      op.k === "jump" ? { ...op, to: at[op.to]! } : op.k === "branch" ? { ...op, t: at[op.t]!, f: at[op.f]! } : op,
    );
  });
  return out;
}
