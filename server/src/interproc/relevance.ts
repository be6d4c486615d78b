/** Which functions are worth analysing: those that touch what the rules speak of. */
import type { Compiled } from "../locks/context";
import type { FunctionRef } from "./callGraph";

/** A test for functions that touch, themselves, what the rules speak of. */
export function touchingRules(
  compiled: Compiled,
  textOf: (ref: FunctionRef) => string,
  inAskedSlot: (ref: FunctionRef) => boolean,
): (ref: FunctionRef) => boolean {
  const known = new Map<string, boolean>();
  const { watched } = compiled;
  const fields = [...watched.keys()].join("|");
  // `p->field = …`, and a macro that stands for the member: `PRIVATE(p, field) = …`.
  const member = `(?:(?:->|\\.)\\s*(?:${fields})\\b|,\\s*(?:${fields})\\s*\\))`;
  const pattern = new RegExp(`${member}\\s*(?:[-+|&^*/%]|<<|>>)?=(?!=)`);
  const touching = (name: string): boolean => {
    let value = known.get(name);
    if (value === undefined) {
      value = matters(compiled, name);
      known.set(name, value);
    }
    return value;
  };
  const passesLocks = passingLocks(compiled);
  return (ref) =>
    inAskedSlot(ref) ||
    ref.item.calls.some(touching) ||
    guardsIn(compiled, textOf(ref), touching) ||
    passesLocks(ref.item.calls, () => textOf(ref)) ||
    (watched.size > 0 && pattern.test(textOf(ref)));
}

/** A guard counts as the calls it stands for, on the lock that it names. */
function guardsIn(compiled: Compiled, text: string, touching: (call: string) => boolean): boolean {
  if (!text.includes("guard")) return false;
  for (const [, scoped, direct, rest] of text.matchAll(GUARD)) {
    const g = compiled.guard(scoped ?? direct ?? "");
    if (!g) continue;
    if (touching(g.acquire) || touching(g.release)) return true;
    const lock = (rest ?? "").replace(/^[\s,(]+/, "");
    const plain = plainLockCall(compiled, g.acquire);
    if (plain && (!lock.startsWith("&") || fieldsOfClasses(compiled).test(lock))) return true;
  }
  return false;
}

const GUARD = /\b(?:scoped_(?:cond_)?guard\s*\(\s*(\w+)|guard\s*\(\s*(\w+)\s*\))([^;{]*)/g;

/** Mentions of a field that is a lock of a class. */
function fieldsOfClasses(compiled: Compiled): RegExp {
  const fields = [...compiled.fieldClasses.keys()].map((f) => f.slice(f.indexOf(".") + 1));
  return new RegExp(`(?:->|\\.)\\s*(?:${[...new Set(fields)].join("|")})\\b`);
}

/**
 * A test for functions that take or release a lock which somebody else chose (`spin_unlock(ptl)`), or a lock of a known
 * class by its field: for their callers it may be any lock the rules speak of.
 */
function passingLocks(compiled: Compiled): (calls: readonly string[], text: () => string) => boolean {
  const known = new Map<string, boolean>();
  const isPlain = (name: string): boolean => {
    let value = known.get(name);
    if (value === undefined) {
      value = plainLockCall(compiled, name);
      known.set(name, value);
    }
    return value;
  };
  const ofClass = fieldsOfClasses(compiled);
  return (calls, text) => {
    const plain = calls.filter(isPlain);
    if (plain.length === 0) return false;
    const body = text();
    return new RegExp(`\\b(?:${plain.join("|")})\\s*\\(\\s*(?!&)`).test(body) || ofClass.test(body);
  };
}

/** Does it take or release a lock that may have a class of its own? */
function plainLockCall(compiled: Compiled, name: string): boolean {
  const e = compiled.api(name, -1) ?? compiled.api(name, 1);
  return (
    e?.effects.some((x) => {
      const cls = x.acquire ?? x.release ?? x.downgrade;
      const c = cls === undefined ? undefined : compiled.classes.get(cls);
      return c?.generic === true && (c.kind === "spin" || c.kind === "rwsem" || c.kind === "mutex");
    }) ?? false
  );
}

/** Does a call of this API alone make a function worth analysing? Sleeping, pure values and looks do not. */
function matters(compiled: Compiled, name: string): boolean {
  const e = compiled.api(name, -1) ?? compiled.api(name, 1);
  if (!e) return false;
  if (e.returns?.protectedBy) return true;
  return e.effects.some((x) => {
    if (x.does && (compiled.askedActions.has(x.does) || compiled.reachActions.has(x.does))) return true;
    const cls = x.acquire ?? x.release ?? x.downgrade ?? x.assert ?? x.releaseAll;
    if (cls !== undefined) {
      const c = compiled.classes.get(cls);
      if (c?.kind === "seq") return true;
      return !c?.generic && c?.kind !== "ref" && c?.kind !== "preempt" && c?.kind !== "rcu" && c?.kind !== "irq";
    }
    if (x.does)
      return compiled.needs.has(x.does) || compiled.splitActions.has(x.does) || compiled.lookActions.has(x.does);
    return false;
  });
}
