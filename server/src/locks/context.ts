/** What the analysis of one function needs from outside: rules, callees, types, entry assumptions. */
import type { ApiEntry, LockClass, ResultType } from "../rules/model";
import type { CallModel, Term } from "./outcomes";

/** One compiled obligation: each group must hold, by any of its alternatives. */
export interface CompiledNeed {
  rule: string;
  /** The obligation exists only where these are certainly held. */
  given: { cls: string; mode: "read" | "write" | "any"; term: NeedTerm }[][];
  groups: { cls: string; mode: "read" | "write" | "any"; term: NeedTerm }[][];
  unless: readonly string[];
}

/** Object of an obligation relative to the action's object. */
export type NeedTerm = { any: true } | { any: false; fields: string[]; folio: boolean };

export interface WatchedField {
  rule: string;
  struct: string;
  access: "write" | "any";
}

/** What is known of locks when the function is entered. */
export interface EntryContext {
  /** Held (or certainly free) on every call: class and object as a term over parameters. */
  held: { cls: string; term: Term; mode: "read" | "write" | "any" | "free"; why: string }[];
  /** Classes of which certainly no instance is held on any call. */
  free: ReadonlySet<string>;
  /** Classes of which some instance is held on every call. */
  some: ReadonlySet<string>;
  /** Marks on parameters. */
  marks: { index: number; mark: string }[];
  /** Why `free` is known: `called only from x`, `ioctl entry`. */
  why: string;
  /** Nothing is known. */
  unknown: boolean;
}

export const UNKNOWN_ENTRY: EntryContext = {
  held: [],
  free: new Set(),
  some: new Set(),
  marks: [],
  why: "",
  unknown: true,
};

/** Rule data compiled once per rule set and tree. */
export interface Compiled {
  classes: ReadonlyMap<string, LockClass>;
  /** `mm_struct.mmap_lock` → class. */
  fieldClasses: ReadonlyMap<string, string>;
  /** Classes whose lifetime ends with another: key = the other class. */
  until: ReadonlyMap<string, LockClass[]>;
  needs: ReadonlyMap<string, CompiledNeed[]>;
  /** Rules that ask callers for a lock also if only some paths need it. */
  someNeeds: ReadonlySet<string>;
  watched: ReadonlyMap<string, WatchedField[]>;
  /** Class → rule that names the use of a failed attempt to take it. */
  failureRules: ReadonlyMap<string, string>;
  immutable: ReadonlySet<string>;
  /** Just the field names of `immutable`. */
  stableFields: ReadonlySet<string>;
  /** Classes that open a critical section in which a value must be looked at again. */
  sectionClasses: ReadonlySet<string>;
  /** Actions that count as looking. */
  lookActions: ReadonlySet<string>;
  /** Actions on which disjuncts are kept apart. */
  splitActions: ReadonlySet<string>;
  /** Actions that detectors ask for without needing a lock: calls of their APIs make a function worth analysing. */
  askedActions: ReadonlySet<string>;
  /** Actions of which callers hear even if only some path of a callee performs them. */
  reachActions: ReadonlySet<string>;
  /** Action → actions that it takes back: reading a sequence anew makes the earlier check void. */
  resets: ReadonlyMap<string, readonly string[]>;
  /** Callback slots whose functions are analysed in any case: `mmu_notifier_ops.release`. */
  askedSlots: ReadonlySet<string>;
  /** Classes kept apart when there are many paths: not the generic ones, not per-folio bits. */
  important(cls: string): boolean;
  /** Classes kept apart to the last: those an object of their own and waiting readers. */
  vital(cls: string): boolean;
  /** Type name → action that dereferencing a pointer to it performs. */
  cellReads: ReadonlyMap<string, string>;
  /** Struct → lock that guards its lifetime, and the field leading to the lock's object. */
  guarded: ReadonlyMap<string, { cls: string; via: string }>;
  /** `vm_fault.ptl` → class of the spinlock that the field points to. */
  lockFields: ReadonlyMap<string, string>;
  /** `linux_binprm.mm` → mark of what the field points to. */
  markFields: ReadonlyMap<string, string>;
  /** Type of a result → what its flags say about the locks of the caller. */
  resultTypes: ReadonlyMap<string, ResultType>;
  /** Flags that the rule data looks for in results. */
  resultFlags: ReadonlySet<string>;
  /** Named results that mean failure. */
  errorNames: ReadonlySet<string>;
  /** Class → rule that names a violated assertion of it. */
  assertRules: ReadonlyMap<string, string>;
  /** Names that the rule data uses as flags. */
  flags: ReadonlySet<string>;
  /** Entry of an API by name and number of arguments, as it applies in this tree. */
  api(name: string, args: number): ApiEntry | undefined;
  /** Is it a generated accessor that keeps no hold of its argument? */
  isAccessor(name: string): boolean;
  guard(name: string): { acquire: string; release: string } | undefined;
  /** Does an allocation with these flag names reclaim? */
  gfpSleeps(names: readonly string[]): "yes" | "no" | "unknown";
}

/** How an argument goes on from a callee. */
export type HandingOn = "any" | "store";

/** Supplies callees and declarations for one function. */
export interface Scope {
  /** Model of a call by name, or null if nothing is known. */
  call(name: string, args: number): CallModel | null;
  /** Is the body of the function in reach, whether or not it says anything about locks? */
  reaches(name: string): boolean;
  /** Does the text of the function show that it stores the argument, or (`any`) hands it on to one that it calls through a pointer? */
  handsOn(name: string, index: number, way: HandingOn): boolean;
  /** What the function-like macro of this name calls, through other macros too; empty if it is none. */
  macroCalls(name: string): readonly string[];
  /** Value of an object-like macro: a number, or the names it ors together. */
  constant(name: string): number | string[] | null;
  fieldType(struct: string, field: string): string | undefined;
  /** Declared types of all fields of a struct, by name. */
  fields(struct: string): ReadonlyMap<string, string>;
  /** Is the function a callback whose counters are followed (`inc:` actions)? */
  counters?: boolean;
}
