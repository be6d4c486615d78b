/**
 * The uniform description of what a call does, whether it comes from rule data or from an inferred
 * summary: a small set of alternative outcomes, each guarded by clauses over the call's values.
 */
import type { Path } from "../rules/expressions";
import type { Site } from "./state";

/** A value of the callee expressed by what the caller sees. */
export type Term =
  | { k: "path"; path: Path }
  /** Structural form used by summaries. */
  | { k: "arg"; index: number }
  | { k: "ret" }
  | { k: "global"; name: string }
  | { k: "num"; n: number }
  | { k: "sym"; name: string }
  | { k: "field"; of: Term; field: string }
  | { k: "load"; of: Term }
  /** Content of a cell after the call (out-parameters). */
  | { k: "after"; of: Term }
  | { k: "pure"; fn: string; args: Term[] }
  | { k: "op"; op: string; a: Term; b: Term }
  | { k: "un"; op: string; a: Term }
  /** Any instance of the class. */
  | { k: "any" };

export type Clause =
  /** The value's class lies within `mask`. */
  | { k: "mask"; term: Term; mask: number }
  | { k: "flags"; term: Term; flags: string[]; set: boolean }
  | { k: "equals"; term: Term; to: Term; positive: boolean };

/** `passed`: done to a lock the caller passed, on some returns only; it counts if that lock has a class of its own. */
export type CallEffect =
  | {
      k: "acquire";
      cls: string;
      term: Term;
      mode: "read" | "write";
      blocking: boolean;
      rule: string | null;
      site: Site | null;
      passed?: true;
    }
  | {
      k: "release";
      cls: string;
      term: Term;
      mode: "read" | "write" | "any";
      rule: string | null;
      site: Site | null;
      passed?: true;
    }
  /** No longer held, if it was: every instance, or the one on the object. */
  | { k: "releaseAll"; cls: string; term: Term | null }
  | { k: "downgrade"; cls: string; term: Term }
  | { k: "assert"; cls: string; term: Term; mode: "read" | "write" | "any" }
  /** Let go and taken again inside the callee. */
  | { k: "drop"; cls: string; term: Term; mode: "read" | "write" | null; site: Site | null }
  /** An attempt to take it failed: it is not held now. */
  | { k: "failed"; cls: string; term: Term; name: string }
  | { k: "lost"; cls: string; term: Term; passed?: true }
  /** Taken and released again inside the callee, waiting for it. */
  | { k: "takes"; cls: string; term: Term; mode: "read" | "write" }
  | { k: "action"; action: string; term: Term; with: Term[]; direct: boolean }
  | { k: "mark"; mark: string; term: Term; on: boolean }
  /** `mask`: what is known of a value that cannot be expressed. */
  | { k: "store"; cell: Term; value: Term | null; mask?: number }
  /** A fact that holds after the call in this outcome. */
  | { k: "assume"; clause: Clause };

export interface Outcome {
  when: Clause[];
  /** Not this outcome if all clauses of one of these groups certainly hold. */
  unless: Clause[][];
  effects: CallEffect[];
  /** Named constant returned, if one. */
  returns: Term | null;
  /** Every path to it rests on a choice that the callee could not settle. */
  guess?: boolean;
}

export interface CallNeed {
  rule: string;
  cls: string;
  mode: "read" | "write" | "any";
  term: Term;
  /** Where in the callee, for the message. */
  what: string;
}

/** Only some paths need it: those on which these hold of the arguments. */
export interface SomeNeed extends CallNeed {
  when: Clause[];
}

/** Everything a call does. */
export interface CallModel {
  name: string;
  outcomes: Outcome[];
  needs: CallNeed[];
  someNeeds: SomeNeed[];
  /** `yes`, `no`, or the clauses under which it does not. */
  sleeps: "yes" | "no" | "conditional" | { gfp: Term };
  /** The calls through which it sleeps, outermost first. */
  sleepsThrough: string;
  mustCheck: boolean;
  /** What a failing result looks like, as a class mask; 0 = cannot fail. */
  failMask: number;
  /** It cannot fail if all of these are certainly true; empty = it may. */
  surely: Clause[];
  pure: boolean;
  /** The call's value is this term. */
  is: Term | null;
  guardians: { cls: string; term: Term }[];
  fields: { field: string; term: Term }[];
  marks: string[];
  /** Struct tag the result points to. */
  struct: string | null;
  /** Spinlock values that are known to be of a class. */
  lockClasses: { term: Term; cls: string }[];
  /** Parameters that the callee dereferences. */
  derefs: number[];
  /** Cells written on some path, unknown value. */
  writes: Term[];
  /** From rule data: a stale or failed argument is an error whatever the body does. */
  primitive: boolean;
}
