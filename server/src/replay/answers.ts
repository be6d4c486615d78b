/**
 * Questions whose answer is the same on every way to them: the branch is a jump. A forward analysis over the registers that
 * remember answers, with the ways that known answers leave (Wegman and Zadeck, TOPLAS 13, 1991).
 */
import { nextPcs, type Op, UNKNOWN } from "../explore/model";

/** Not asked, yes, no; or one or the other. */
const ANY = 3;
const UNSEEN = 255;

export function foldAnswers(ops: readonly Op[]): Op[] {
  const slot = new Map<number, number>();
  const add = (r: number): void => void (slot.has(r) || slot.set(r, slot.size));
  for (const op of ops) if (op.k === "branch" && op.memo !== undefined) add(op.memo);
  if (slot.size === 0) return ops.slice();
  // Answers may come from those of other questions.
  for (let size = 0; size < slot.size; ) {
    size = slot.size;
    for (const op of ops) if (op.k === "set" && op.e.k === "reg" && slot.has(op.r)) add(op.e.r);
  }
  const known = propagate(ops, slot);
  return ops.map((op, pc) => {
    const answer = open(op) ? known[pc * slot.size + slot.get(op.memo!)!] : undefined;
    if (answer !== 1 && answer !== 2) return op;
    const to = (op as Op & { k: "branch" })[answer === 1 ? "t" : "f"];
    return { k: "jump", to, site: op.site, ...(op.atomic ? { atomic: true } : {}) };
  });
}

/** A branch on something that is never known. */
function open(op: Op): op is Op & { k: "branch"; memo: number } {
  return op.k === "branch" && op.memo !== undefined && op.cond.k === "num" && op.cond.v === UNKNOWN;
}

/** What each register holds before each op. */
function propagate(ops: readonly Op[], slot: ReadonlyMap<number, number>): Uint8Array {
  const n = slot.size;
  const before = new Uint8Array(ops.length * n).fill(UNSEEN);
  before.fill(0, 0, n);
  const now = new Uint8Array(n);
  const work = [0];
  const flow = (pc: number): void => {
    let changed = false;
    for (let i = 0, at = pc * n; i < n; i++) {
      const old = before[at + i]!;
      const joined = old === UNSEEN ? now[i]! : old === now[i] ? old : ANY;
      if (joined === old) continue;
      before[at + i] = joined;
      changed = true;
    }
    if (changed) work.push(pc);
  };
  for (let pc = work.pop(); pc !== undefined; pc = work.pop()) {
    const op = ops[pc]!;
    now.set(before.subarray(pc * n, pc * n + n));
    if (op.k === "branch" && op.memo !== undefined) {
      const at = slot.get(op.memo)!;
      const old = now[at]!;
      const sure = open(op);
      if (!(sure && old === 2)) {
        now[at] = sure || old === 1 ? 1 : ANY;
        flow(op.t);
      }
      if (!(sure && old === 1)) {
        now[at] = sure || old === 2 ? 2 : ANY;
        flow(op.f);
      }
      continue;
    }
    const target = "r" in op && op.r !== null ? slot.get(op.r) : undefined;
    if (target !== undefined) now[target] = op.k === "set" ? held(op, before, pc * n, slot) : ANY;
    for (const next of nextPcs(op, pc)) flow(next);
  }
  return before;
}

function held(op: Op & { k: "set" }, before: Uint8Array, at: number, slot: ReadonlyMap<number, number>): number {
  if (op.e.k === "num") return op.e.v >= 0 && op.e.v <= 2 ? op.e.v : ANY;
  const from = op.e.k === "reg" ? slot.get(op.e.r) : undefined;
  return from === undefined ? ANY : before[at + from]!;
}
