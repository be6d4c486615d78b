/**
 * Lost updates, as a harm that no scenario declares: a thread writes to a cell what it computed from an earlier reading of it, or
 * writes because of what it read there, although another thread has changed it meanwhile. Ops are added that notice it.
 */
import { type Expr, type Op, type Ref, UNKNOWN } from "../explore/model";
import { expressionsOf, registersOf } from "./fold";
import { postDominators } from "./postdom";
import { num, reg } from "./world";

/** How a store depends on an earlier reading: by value, by what decides that it happens, not at all. */
type Kind = "data" | "control" | "blind";

export interface Laid {
  ops: Op[];
  registers: number;
}

export interface OverwriteInput {
  threads: Laid[];
  /** Cells to look at. */
  /** `blind`: whoever writes without looking may lose something as well, unless it was empty or it is emptied. */
  cells: { ref: Ref; name: string; blind: boolean }[];
  /** New cells, all 0 at first. */
  grow(name: string, size: number): Ref;
  /** A new harm; its number. */
  harm(thread: number, cell: string): number;
}

/** The threads with the ops that notice; unchanged where nothing can be lost. */
export function noticeOverwrites(input: OverwriteInput): Laid[] {
  let { threads } = input;
  for (const { ref, name, blind } of input.cells) {
    const on = (r: Ref): boolean => r.base >= ref.base && r.base < ref.base + ref.size;
    const stores = threads.map((t) => dependentStores(t.ops, on, blind));
    const writes = threads.map((t) => t.ops.some((op) => writtenBy(op, on)));
    const guarded = threads.map((_, t) => stores[t]!.size > 0 && writes.some((w, u) => w && u !== t));
    if (!guarded.includes(true)) continue;
    const stale = guarded.map((g, t) => (g ? input.grow(`changed meanwhile: ${name} (${t})`, ref.size) : null));
    threads = threads.map((thread, t) => {
      const harm = stale[t] ? input.harm(t, name) : -1;
      return instrumented(thread, t, { on, base: ref.base, stale, stores: stores[t]!, harm });
    });
  }
  return threads;
}

function writtenBy(op: Op, on: (r: Ref) => boolean): boolean {
  return (op.k === "store" && on(op.to)) || ((op.k === "rmw" || op.k === "compareSwap") && on(op.at));
}

/** Stores to the cells that depend on a reading of them: "data" by value, "control" by what decides that they happen. */
function dependentStores(ops: readonly Op[], on: (r: Ref) => boolean, blind: boolean): Map<number, Kind> {
  const out = new Map<number, Kind>();
  if (!ops.some((op) => op.k === "store" && on(op.to))) return out;
  if (!blind && !ops.some((op) => op.k === "load" && on(op.from))) return out;
  const tainted = taint(ops, on);
  const touched = (e: Expr): boolean => registersOf(e).some((r) => tainted.has(r));
  const { controllers } = postDominators(ops, () => true);
  const direct = controllers(ops);
  ops.forEach((op, pc) => {
    if (op.k !== "store" || !on(op.to)) return;
    if (touched(op.e)) {
      out.set(pc, "data");
      return;
    }
    if (blind) out.set(pc, "blind");
    const seen = new Set<number>();
    const work = [...(direct[pc] ?? [])];
    for (let b = work.pop(); b !== undefined; b = work.pop()) {
      if (seen.has(b)) continue;
      seen.add(b);
      const branch = ops[b]!;
      if (branch.k === "branch" && touched(branch.cond)) out.set(pc, "control");
      work.push(...(direct[b] ?? []));
    }
  });
  return out;
}

/** Registers whose value comes from a reading of the cells. */
function taint(ops: readonly Op[], on: (r: Ref) => boolean): Set<number> {
  const tainted = new Set<number>();
  for (let changed = true; changed; ) {
    changed = false;
    for (const op of ops) {
      if (!("r" in op) || op.r === null || tainted.has(op.r)) continue;
      const reads = (op.k === "load" || op.k === "await") && on(op.from);
      const carries = op.k === "set" && expressionsOf(op).some((e) => registersOf(e).some((r) => tainted.has(r)));
      if (!reads && !carries) continue;
      tainted.add(op.r);
      changed = true;
    }
  }
  return tainted;
}

interface Notice {
  on(r: Ref): boolean;
  base: number;
  /** Per thread: cells that say that another thread has written since it read. */
  stale: (Ref | null)[];
  stores: ReadonlyMap<number, Kind>;
  harm: number;
}

function instrumented(thread: Laid, t: number, notice: Notice): Laid {
  const out: Op[] = [];
  const at = new Map<number, number>();
  let registers = thread.registers;
  const fresh = (): number => registers++;
  const mine = notice.stale[t] ?? null;
  const seen = fresh();
  const beside = (cells: Ref, r: Ref): Ref => ({ ...r, base: cells.base + r.base - notice.base });
  // Labels of the ops that are added: resolved with the others, as negative numbers.
  const labels: number[] = [];
  const label = (): number => -labels.push(-1);
  const place = (l: number): void => {
    labels[-l - 1] = out.length;
  };
  /** The others' marks are set, the own one is cleared, in the same step as `op`. */
  const marks = (op: Op, ref: Ref, others: boolean): void => {
    const sets: Op[] = notice.stale.flatMap((cells, u) =>
      cells && (u === t || others)
        ? [{ k: "store", to: beside(cells, ref), e: num(u === t ? 0 : 1), site: op.site }]
        : [],
    );
    out.push(sets.length > 0 ? { ...op, atomic: true } : op);
    sets.forEach((s, i) => {
      out.push(i + 1 < sets.length || op.atomic ? { ...s, atomic: true } : s);
    });
  };
  thread.ops.forEach((op, pc) => {
    at.set(pc, out.length);
    const { site } = op;
    if ((op.k === "load" || op.k === "await") && notice.on(op.from) && mine) {
      if (op.k === "await") {
        out.push(op);
        out.push({ k: "store", to: beside(mine, op.from), e: num(0), site });
      } else marks(op, op.from, false);
      out.push({ k: "set", r: seen, e: reg(op.r), site });
    } else if (op.k === "store" && notice.on(op.to)) {
      const kind = mine ? notice.stores.get(pc) : undefined;
      if (!kind || !mine) {
        marks(op, op.to, true);
        if (mine) out.push({ k: "set", r: seen, e: num(UNKNOWN), site });
        return;
      }
      const [changed, now, wrote] = [fresh(), fresh(), fresh()];
      out.push({ k: "set", r: wrote, e: op.e, site });
      out.push({ k: "load", r: changed, from: beside(mine, op.to), site, atomic: true });
      out.push({ k: "load", r: now, from: op.to, site, atomic: true });
      marks({ ...op, e: reg(wrote) }, op.to, true);
      // Unknown values count as different ones.
      const [ask, lost, fine] = [label(), label(), label()];
      const equals = (l: number, r: number): Expr => ({ k: "bin", op: "==", l: reg(l), r: reg(r) });
      out.push({ k: "branch", cond: reg(changed), t: ask, f: fine, site });
      place(ask);
      const zero = (r: number): Expr => ({ k: "un", op: "!", e: reg(r) });
      const either = (l: Expr, r: Expr): Expr => ({ k: "bin", op: "||", l, r });
      const harmless: Expr[] = [
        ...(kind === "blind" ? [either(zero(now), zero(wrote))] : [equals(now, seen)]),
        ...(kind === "data" ? [] : [equals(now, wrote)]),
      ];
      harmless.forEach((cond, n) => {
        const next = n + 1 < harmless.length ? label() : lost;
        out.push({ k: "branch", cond, t: fine, f: next, assume: false, site });
        if (next !== lost) place(next);
      });
      place(lost);
      out.push({ k: "assert", e: num(0), harm: notice.harm, site });
      place(fine);
      out.push({ k: "set", r: seen, e: reg(wrote), site });
    } else if (writtenBy(op, notice.on)) {
      marks(op, (op as Op & { k: "rmw" }).at, true);
      if (mine) out.push({ k: "set", r: seen, e: num(UNKNOWN), site });
    } else out.push(op);
  });
  const target = (pc: number): number => (pc < 0 ? labels[-pc - 1]! : at.get(pc)!);
  const ops = out.map((op): Op => {
    if (op.k === "jump") return { ...op, to: target(op.to) };
    return op.k === "branch" ? { ...op, t: target(op.t), f: target(op.f) } : op;
  });
  return { ops, registers };
}
