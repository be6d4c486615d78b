/**
 * A large callee on a finding's path, taken by its contract: what the analysis has found that it does to locks and to what its
 * arguments point to, in each of its outcomes. Nothing else of it is in the model, which the trace lists as an assumption;
 * it may show that harm happens, never that none does.
 */
import { UNKNOWN } from "../explore/model";
import type { CallEffect, CallModel, Term } from "../locks/outcomes";
import type { Trace } from "../protocol/trace";
import { clearBits, wordOf } from "./bits";
import type { Code } from "./code";
import type { Extent } from "./extent";
import type { Lowering } from "./lower";
import { cellOf, numberOf, plain, representative, require, waysOf } from "./outcomes";
import type { Value } from "./place";
import { lockKindOf } from "./relevance";
import { num, reg, same } from "./world";

/** Which calls are taken by their contracts: none, those that stand before the finding, or all but the finding itself. */
export type Contracts = Trace["contracts"];

/** The finding's place in the text of the subject. */
export interface Around {
  subject: Code;
  at: number;
  end: number;
  which: Contracts;
  extent: Extent;
}

/** Characters of relevant code that are laid out all the same. */
const SMALL = 2500;

/** Is a call one that is taken by its contract? */
export function isAbridged(l: Lowering, name: string, at: number, end: number): boolean {
  const { around, frame } = l;
  if (!around || around.which === "none") return false;
  const place = placeBeside(l, at, end);
  if (!place || (around.which === "before" && place.at >= around.at)) return false;
  return around.extent.of(frame.code.file, name) > SMALL;
}

/** Is a call on the finding's path, and not the finding itself? */
export function isBeside(l: Lowering, at: number, end: number): boolean {
  return placeBeside(l, at, end) !== null;
}

/** Where the subject makes the call, or one that leads to it; null: not there, or at the finding. */
function placeBeside(l: Lowering, at: number, end: number): { at: number; end: number } | null {
  const { around, frame } = l;
  if (!around || !frame.code.user) return null;
  let place: { at: number; end: number } = { at, end };
  let outermost = frame;
  for (; outermost.outer; outermost = outermost.outer)
    if (outermost.calledAt !== undefined) place = l.out.notes.sites[outermost.calledAt]!;
  // The racing threads stay as they are.
  if (outermost.code !== around.subject) return null;
  return place.at < around.end && place.end > around.at ? null : place;
}

/** The call's effects as the contract that was inferred for it has them; null: the contract says too little. */
export function byContract(l: Lowering, code: Code, args: readonly Value[]): Value | null {
  const model = l.ctx.user.contract(code, l.around!.subject);
  return model && byModel(l, model, code.file, code.ast.returnType, args);
}

/** The same for a contract that is at hand. `file`: where the callee stands. */
export function byModel(
  l: Lowering,
  model: CallModel,
  file: string,
  type: string,
  args: readonly Value[],
): Value | null {
  const { name } = model;
  const ways = waysOf(l, model.outcomes);
  if (!ways || ways.length === 0 || !ways.every((o) => o.effects.every((e) => isKnown(l, e)))) return null;
  const { out, ctx } = l;
  out.notes.assumptions.add(`${name}() does what its contract says, and nothing else to the model`);
  args.forEach((a, i) => {
    const role = a.addr ? undefined : ctx.world.roleOf(a.type);
    if (role?.live && ctx.relevance.looksInto(file, name, i)) l.places.touch(role, a);
  });
  if (model.sleeps === "yes" && ctx.world.scenario.sleeps) out.emit({ k: "sleep" });
  for (const cell of model.writes) store(l, args, cell, UNKNOWN);
  const id = `${l.frame.id}/${out.frames++}`;
  const [r, which] = [out.reg(), out.reg()];
  out.emit({ k: "choose", r: which, values: ways.map((_, n) => n) });
  const [end, other] = [out.label(), out.label()];
  ways.forEach(({ effects, result, bits, when }, n) => {
    const [here, next] = [out.label(), out.label()];
    out.branch(same(reg(which), num(n)), here, next);
    out.place(here);
    for (const c of when) require(l, args, c, other);
    for (const e of effects) effect(l, e, args);
    out.set(r, num(result));
    out.assigned(id, bits);
    out.jump(end);
    out.place(next);
  });
  out.place(other);
  out.cut(`another outcome of ${name}()`, true);
  out.place(end);
  return { e: reg(r), type, key: null, vars: new Set(), bits: wordOf(id, new Set([id])) };
}

/** What becomes of the model's locks must be certain. */
function isKnown(l: Lowering, e: CallEffect): boolean {
  if (!("cls" in e)) return true;
  if (!isOurs(l, e.cls)) return !l.takesOwn() || l.ctx.user.program.o.compiled.classes.get(e.cls)?.generic !== true;
  return e.k !== "lost";
}

function isOurs(l: Lowering, cls: string): boolean {
  return l.ctx.world.hasLock(cls) || l.ctx.world.section(cls) >= 0;
}

function effect(l: Lowering, e: CallEffect, args: readonly Value[]): void {
  const { out, ctx } = l;
  if (e.k === "store") {
    store(l, args, e.cell, (e.value && numberOf(l, e.value)) ?? representative(e.mask ?? 0));
    return;
  }
  if (!("cls" in e) || !isOurs(l, e.cls)) return;
  const section = ctx.world.section(e.cls);
  if (section >= 0) {
    if (e.k === "acquire") out.emit({ k: "enter", section });
    else if (e.k === "release") out.emit({ k: "leave", section });
    return;
  }
  const kind = lockKindOf(ctx.user.program.o.compiled.classes.get(e.cls)?.kind ?? "");
  if (kind === undefined) return;
  const lock = ctx.world.lock(e.cls, kind);
  const take = (mode: "read" | "write"): void => out.emit({ k: "acquire", lock, mode, sleeps: kind !== "spin" });
  const drop = (): void => out.emit({ k: "release", lock, mode: "any" });
  if (e.k === "acquire") take(e.mode);
  else if (e.k === "release") drop();
  else if (e.k === "releaseAll") out.emit({ k: "release", lock, mode: "ifHeld" });
  else if (e.k === "downgrade") out.emit({ k: "downgrade", lock });
  else if (e.k === "takes") {
    take(e.mode);
    drop();
  } else if (e.k === "drop") {
    drop();
    take(e.mode ?? "write");
  }
}

/** A cell of the caller that the callee writes, if the caller has it in its own memory. */
function store(l: Lowering, args: readonly Value[], cell: Term, v: number): void {
  const named = plain(cell);
  // Rule data names a cell by the value in it.
  const place = cellOf(l, args, cell.k === "path" && named.k === "load" ? named.of : named);
  if (!place || l.ctx.world.roleOf(place.type)) return;
  l.out.set(place.r, num(v));
  l.out.assigned(place.id, v === 0 ? clearBits : undefined);
}
