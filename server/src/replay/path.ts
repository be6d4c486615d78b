/**
 * The path of a finding, in the ops of its thread: the steps that the analysis names must be passed in their order. Ops from
 * which that can no longer happen are cut off, and a condition that nobody knows takes the way that stays. Each op exists once
 * per number of steps passed, so that nothing that leaves the path can come back to it.
 */
import { nextPcs, type Op } from "../explore/model";
import type { Notes } from "./thread";

/** A step of the path: a part of a function's text, or a line of the file. */
export type Waypoint = { function: string; at: number; end: number } | { line: number };

export interface OnPath {
  ops: Op[];
  /** Sites of the ops behind the last step. */
  passed: Set<number>;
}

export const OFF_PATH = "the finding's path goes another way";

/** The thread confined to the path; null: none of its ops is where the finding is. */
export function confine(ops: readonly Op[], notes: Notes, file: string, path: readonly Waypoint[]): OnPath | null {
  const inFile = [...new Set(ops.map((op) => op.site))].filter((n) => {
    const s = notes.sites[n]!;
    return s.user && s.file === file;
  });
  const steps = path.map((w) => sitesAt(notes, inFile, w));
  const last = steps.at(-1);
  if (!last || last.size === 0) return null;
  const present = steps.filter((s) => s.size > 0);
  return follow(ops, notes, present) ?? (present.length > 1 ? follow(ops, notes, [last]) : null);
}

/** Sites that stand for a step: the narrowest that hold it, else those inside it. */
function sitesAt(notes: Notes, inFile: readonly number[], w: Waypoint): ReadonlySet<number> {
  if ("line" in w) return new Set(inFile.filter((n) => notes.sites[n]!.line === w.line));
  const used = inFile.filter((n) => notes.sites[n]!.function === w.function);
  const around = used.filter((n) => notes.sites[n]!.at <= w.at && notes.sites[n]!.end >= w.end);
  const length = (n: number): number => notes.sites[n]!.end - notes.sites[n]!.at;
  const least = Math.min(...around.map(length));
  if (around.length > 0) return new Set(around.filter((n) => length(n) === least));
  return new Set(used.filter((n) => notes.sites[n]!.at >= w.at && notes.sites[n]!.end <= w.end));
}

function follow(ops: readonly Op[], notes: Notes, steps: readonly ReadonlySet<number>[]): OnPath | null {
  const levels = steps.length + 1;
  const goal = steps.length;
  const enter = (pc: number, level: number): number => {
    let k = level;
    while (k < goal && steps[k]!.has(ops[pc]!.site)) k++;
    return pc * levels + k;
  };
  const nextOf = (node: number): number[] => {
    const pc = Math.floor(node / levels);
    return nextPcs(ops[pc]!, pc).map((next) => enter(next, node % levels));
  };
  const { order, preds } = reachable(enter(0, 0), nextOf);
  const leads = new Set<number>();
  const work = order.filter((node) => node % levels === goal);
  for (let node = work.pop(); node !== undefined; node = work.pop()) {
    if (leads.has(node)) continue;
    leads.add(node);
    work.push(...(preds.get(node) ?? []));
  }
  const start = enter(0, 0);
  if (!leads.has(start)) return null;
  return layOut(ops, notes, start, leads, levels, nextOf);
}

function reachable(
  start: number,
  nextOf: (node: number) => number[],
): { order: number[]; preds: Map<number, number[]> } {
  const preds = new Map<number, number[]>([[start, []]]);
  const order = [start];
  for (const node of order)
    for (const next of nextOf(node)) {
      const old = preds.get(next);
      if (old) old.push(node);
      else {
        preds.set(next, [node]);
        order.push(next);
      }
    }
  return { order, preds };
}

/** The nodes that stay as ops again; what leads away ends in a cut. */
function layOut(
  ops: readonly Op[],
  notes: Notes,
  start: number,
  leads: ReadonlySet<number>,
  levels: number,
  nextOf: (node: number) => number[],
): OnPath {
  const goal = levels - 1;
  const passedSite = new Map<number, number>();
  const siteOf = (site: number, level: number): number => {
    if (level < goal) return site;
    let clone = passedSite.get(site);
    if (clone === undefined) {
      clone = notes.sites.push({ ...notes.sites[site]! }) - 1;
      passedSite.set(site, clone);
    }
    return clone;
  };
  let off = notes.cuts.indexOf(OFF_PATH);
  if (off < 0) off = notes.cuts.push(OFF_PATH) - 1;
  notes.bounds.add(off);
  const out: Op[] = [];
  const at = new Map<number, number>();
  const targets: number[] = [];
  const todo = [start];
  for (let first = todo.pop(); first !== undefined; first = todo.pop()) {
    for (let node: number | undefined = first; node !== undefined; ) {
      const known = at.get(node);
      const op: Op = ops[Math.floor(node / levels)]!;
      const site = siteOf(op.site, node % levels);
      if (known !== undefined) {
        if (node !== first) out.push({ k: "jump", to: known, site });
        break;
      }
      at.set(node, out.length);
      const next: number[] = nextOf(node);
      node = undefined;
      if (op.k === "branch") {
        const [t, f] = [next[0]!, next[1] ?? next[0]!];
        const [yes, no] = [leads.has(t), leads.has(f)];
        targets.push(out.length);
        out.push({ ...op, site, t, f, ...(yes === no ? {} : { assume: yes }) });
        for (const x of [f, t]) if (leads.has(x)) todo.push(x);
      } else {
        out.push({ ...op, site });
        if (op.k === "jump") {
          targets.push(out.length - 1);
          out[out.length - 1] = { ...op, site, to: next[0]! };
          todo.push(next[0]!);
        } else node = next[0];
      }
    }
  }
  const away = out.push({ k: "cut", id: off, site: siteOf(ops[0]!.site, 0) }) - 1;
  const place = (node: number): number => at.get(node) ?? away;
  for (const pc of targets) {
    const op = out[pc]!;
    if (op.k === "branch") out[pc] = { ...op, t: place(op.t), f: place(op.f) };
    else if (op.k === "jump") out[pc] = { ...op, to: place(op.to) };
  }
  return { ops: out, passed: new Set(passedSite.values()) };
}
