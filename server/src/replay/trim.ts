/**
 * What of a thread's ops matters to anybody: shared accesses, and what decides whether and with which values they
 * happen. Everything else goes before the search. A backward slice over the control-flow graph of the ops
 * (Ferrante, Ottenstein, Warren, The Program Dependence Graph, TOPLAS 9, 1987), with data dependence by register.
 */
import { nextPcs, type Op } from "../explore/model";
import { foldAnswers } from "./answers";
import { colour } from "./colour";
import { expressionsOf, foldConstants, registersOf } from "./fold";
import { dropMoves, dropUnread, forgetful, withClears } from "./forgetful";
import { type PostDominators, postDominators } from "./postdom";

export interface Trimmed {
  ops: Op[];
  registers: number;
}

export interface TrimInput {
  ops: readonly Op[];
  registers: number;
  /** Sites whose accesses must stay although another one tells the same. */
  keep: ReadonlySet<number>;
  /** Cuts that stand for a bound or the end of the machine, not for something unknown. */
  isBound(id: number): boolean;
  /** Cuts that end a loop after so many turns. */
  isLoop(id: number): boolean;
}

const LOCAL = new Set<Op["k"]>(["set", "jump", "branch", "choose", "cut"]);

/** Rounds: what is dropped in one may leave more without effect. */
const ROUNDS = 4;

/** The thread without what cannot matter; same behaviour towards all others. */
export function trim(input: TrimInput): Trimmed {
  let ops: readonly Op[] = input.ops;
  for (let round = 0, size = Number.POSITIVE_INFINITY; round < ROUNDS && ops.length < size; round++) {
    size = ops.length;
    const folded = foldConstants(foldAnswers(ops), input.registers);
    const alive = dropRepeatedTouches(folded.ops, folded.reached, input.keep);
    const { kept, dom } = slice(alive, folded.reached, input);
    ops = dropUnread(forgetful(compact(alive, kept, dom)));
  }
  const { ops: short, registers } = colour(withClears(ops));
  return { ops: dropMoves(short), registers };
}

/** An object that was looked at is as alive a moment later, unless the thread let go of something between. */
function dropRepeatedTouches(ops: Op[], reached: readonly boolean[], keep: ReadonlySet<number>): Op[] {
  const cells = new Set<number>();
  for (const op of ops) if ("live" in op && op.live && !op.live.index && op.k !== "free") cells.add(op.live.base);
  let out = ops;
  for (const cell of cells) {
    const known = knownAlive(out, reached, cell);
    out = out.map((op, pc): Op => {
      if (!known[pc] || keep.has(op.site) || !("live" in op) || op.live?.index || op.live?.base !== cell) return op;
      if (op.k === "touch") return { k: "set", r: 0, e: { k: "reg", r: 0 }, site: op.site };
      if (op.k !== "load") return op;
      const { live: _, ...rest } = op;
      return rest;
    });
  }
  return out;
}

function knownAlive(ops: readonly Op[], reached: readonly boolean[], cell: number): boolean[] {
  const before = ops.map((_, pc) => pc !== 0);
  for (let changed = true; changed; ) {
    changed = false;
    ops.forEach((op, pc) => {
      if (!reached[pc]) return;
      const touches = (op.k === "touch" || op.k === "load") && op.live?.base === cell && !op.live.index;
      const gentle = LOCAL.has(op.k) || ["load", "touch", "acquire", "try", "enter", "sleep"].includes(op.k);
      const after = touches || (before[pc]! && gentle);
      if (after) return;
      for (const next of nextPcs(op, pc))
        if (before[next]) {
          before[next] = false;
          changed = true;
        }
    });
  }
  return before;
}

/** The pcs that stay. */
function slice(
  ops: readonly Op[],
  reached: readonly boolean[],
  input: TrimInput,
): { kept: Set<number>; dom: PostDominators } {
  const bound = (op: Op): boolean => op.k === "cut" && input.isBound(op.id);
  let dom = postDominators(ops, (pc) => reached[pc] === true && !bound(ops[pc]!));
  // A function that ends nowhere but at a bound keeps its bounds.
  const endless = dom.ipdom[0] === -1;
  if (endless) dom = postDominators(ops, (pc) => reached[pc] === true);
  const definitions = new Map<number, number[]>();
  const define = (r: number, pc: number): void => {
    const list = definitions.get(r);
    if (list) list.push(pc);
    else definitions.set(r, [pc]);
  };
  ops.forEach((op, pc) => {
    if (!reached[pc]) return;
    if ("r" in op && op.r !== null) define(op.r, pc);
    if (op.k === "branch" && op.memo !== undefined) define(op.memo, pc);
  });
  const controllers = dom.controllers(ops);
  const loops = naturalLoops(ops, reached);
  const kept = new Set<number>();
  const work: number[] = [];
  const keep = (pc: number): void => {
    if (!reached[pc] || kept.has(pc)) return;
    kept.add(pc);
    work.push(pc);
  };
  ops.forEach((op, pc) => {
    if (!LOCAL.has(op.k) || (op.k === "cut" && (endless || !bound(op)))) keep(pc);
    // What decides that a path ends early stays, if it is decided by anything known.
    const known =
      op.k === "branch" && (registersOf(op.cond).length > 0 || (op.assume !== undefined && op.memo !== undefined));
    if (op.k === "branch" && reached[pc] && dom.live[pc] !== undefined && known) {
      const end = ops[dom.live[pc] === op.t ? op.f : op.t]!;
      if (end.k !== "cut" || !input.isLoop(end.id)) keep(pc);
    }
  });
  const seen = new Set<number>();
  for (let pc = work.pop(); pc !== undefined; pc = work.pop()) {
    for (const e of expressionsOf(ops[pc]!))
      for (const r of registersOf(e)) {
        if (seen.has(r)) continue;
        seen.add(r);
        for (const d of definitions.get(r) ?? []) if (ops[d]!.k !== "branch") keep(d);
      }
    const op = ops[pc]!;
    if (op.k === "branch" && op.memo !== undefined && !seen.has(op.memo)) {
      seen.add(op.memo);
      for (const d of definitions.get(op.memo) ?? []) if (ops[d]!.k === "set") keep(d);
    }
    for (const b of controllers[pc] ?? []) keep(b);
    for (const loop of loops) if (loop.body.has(pc)) for (const b of loop.bounds) keep(b);
  }
  return { kept, dom };
}

interface Loop {
  body: Set<number>;
  /** Branches to the cut that ends it. */
  bounds: number[];
}

/** Loops by their back edges, each with the test of its bound. */
function naturalLoops(ops: readonly Op[], reached: readonly boolean[]): Loop[] {
  const preds: number[][] = ops.map(() => []);
  ops.forEach((op, pc) => {
    if (reached[pc]) for (const next of nextPcs(op, pc)) preds[next]!.push(pc);
  });
  const heads = new Map<number, number[]>();
  for (const [from, to] of backEdges(ops)) heads.set(to, [...(heads.get(to) ?? []), from]);
  return [...heads].map(([head, tails]) => {
    const body = new Set([head]);
    const stack = tails.slice();
    for (let pc = stack.pop(); pc !== undefined; pc = stack.pop()) {
      if (body.has(pc)) continue;
      body.add(pc);
      stack.push(...preds[pc]!);
    }
    const bounds = [...body].filter((pc) => {
      const op = ops[pc]!;
      return op.k === "branch" && [op.t, op.f].some((x) => ops[x]!.k === "cut");
    });
    return { body, bounds };
  });
}

/** Without recursion: threads of real functions are thousands of ops long. */
function backEdges(ops: readonly Op[]): [number, number][] {
  const state = new Uint8Array(ops.length);
  const out: [number, number][] = [];
  const stack: { pc: number; next: number[] }[] = [{ pc: 0, next: nextPcs(ops[0]!, 0) }];
  state[0] = 1;
  while (stack.length > 0) {
    const top = stack[stack.length - 1]!;
    const to = top.next.pop();
    if (to === undefined) {
      state[top.pc] = 2;
      stack.pop();
    } else if (state[to] === 1) out.push([top.pc, to]);
    else if (state[to] === 0) {
      state[to] = 1;
      stack.push({ pc: to, next: nextPcs(ops[to]!, to) });
    }
  }
  return out;
}

/** Leaves out the rest; jumps go on to what stays. */
function compact(ops: readonly Op[], kept: ReadonlySet<number>, dom: PostDominators): Op[] {
  const follow = (from: number): number => {
    let pc = from;
    let bound = -1;
    for (let n = 0; n <= ops.length; n++) {
      const op = ops[pc]!;
      if (op.k === "cut" || op.k === "stop") return pc;
      if (op.k === "jump") pc = op.to;
      else if (kept.has(pc)) return pc;
      else if (op.k === "branch") {
        bound = [op.t, op.f].find((x) => ops[x]!.k === "cut") ?? bound;
        const on = dom.live[pc] ?? dom.ipdom[pc]!;
        pc = on >= 0 ? on : op.f;
      } else pc++;
    }
    // Round and round, and nobody sees it: only the bound ends that.
    return bound < 0 ? pc : bound;
  };
  const at = new Map<number, number>();
  const out: Op[] = [];
  const targets: [number, number, number][] = [];
  const place = (start: number): number => {
    let pc = follow(start);
    const first = at.get(pc);
    if (first !== undefined) return first;
    const entry = out.length;
    for (;;) {
      const known = at.get(pc);
      if (known !== undefined) {
        out.push({ k: "jump", to: known, site: ops[pc]!.site });
        return entry;
      }
      const op = ops[pc]!;
      at.set(pc, out.length);
      out.push(op);
      if (op.k === "branch") {
        targets.push([out.length - 1, op.t, op.f]);
        return entry;
      }
      if (op.k === "stop" || op.k === "cut") return entry;
      pc = follow(pc + 1);
    }
  };
  place(0);
  for (let target = targets.shift(); target; target = targets.shift()) {
    const [pc, t, f] = target;
    const op = out[pc]! as Op & { k: "branch" };
    out[pc] = { ...op, t: place(t), f: place(f) };
  }
  return out;
}
