/**
 * The shape of the rule data after loading: what kernel primitives do (`rules/apis`), what is
 * forbidden (`rules/checks`), what callers of callbacks guarantee (`rules/contexts.yaml`) and how
 * kernel macros read (`rules/macros.yaml`). Plain data; the loader validates it, nobody else does.
 */

/**
 * A path over one call: `arg0`, `arg0->vm_mm`, `*arg3`, `&arg0->page_table_lock`, `ret`,
 * `ret->vm_mm`, `global:hugetlb_lock` (one instance per kernel), `cpu` (one per CPU: RCU, irqs),
 * `current->mm`, or `folio(arg0)`: the folio that page or folio belongs to. Parsed by expressions.ts.
 */
export type PathExpr = string;

/**
 * A condition over one call, clauses joined by ` && `: `ret != 0`, `ret == 0`, `ret < 0`, `ret >= 0`,
 * `ret is-err`, `ret not-err`, `ret & VM_FAULT_RETRY|VM_FAULT_COMPLETED`,
 * `ret !& VM_FAULT_RETRY|VM_FAULT_COMPLETED`, `*arg5 == 0`, `arg3 != 0`, `arg2 & FAULT_FLAG_ALLOW_RETRY`.
 * The flag names on the right of `&` are symbolic; a value built only from other known flags does not match.
 */
export type CondExpr = string;

export type LockMode = "read" | "write";

export interface LockClass {
  id: string;
  /** How the lock is named in messages, e.g. `mmap_lock`. */
  label: string;
  kind: "rwsem" | "mutex" | "spin" | "bit" | "rcu" | "irq" | "preempt" | "seq" | "range" | "map" | "mark" | "ref";
  /** While held the task must not sleep. */
  atomic: boolean;
  /** Nested acquisition counts instead of deadlocking (RCU, irq state, PTE maps). */
  nests: boolean;
  /** Struct tag of the object that carries it, e.g. `mm_struct`; absent for per-CPU state. */
  objectType?: string;
  /** The object is the address of the lock itself (spin_lock(&x->lock)); a class that names that field takes precedence. */
  generic?: boolean;
  /** `atomic` holds only if this symbol is (`+sym`) / is not (`-sym`) defined in the tree. */
  atomicIf?: string;
  /** Lock field in that object, so that raw calls on `&obj->field` mean this class. */
  field?: string;
  /** How code says that its caller holds it: statements per mode (`any` also for read), and an attribute. */
  annotate?: { any?: string | undefined; write?: string | undefined; attribute?: string | undefined };
  /** Taken instead of this other lock (found at `via` of the object), not beside it. */
  insteadOf?: { lock: string; via: string };
  /** Held only as long as this other lock (vma write lock: mmap_lock in write mode), found at `via` of the object. */
  until?: { lock: string; mode: LockMode; via: string };
}

/** One effect of a call. Exactly one of the verb keys is set. `when` guards it. */
export interface Effect {
  acquire?: string;
  release?: string;
  downgrade?: string;
  assert?: string;
  /**
   * Release of every instance of the class (vma_end_write_all), or with an object of that one; no mistake if
   * nothing is held.
   */
  releaseAll?: string;
  /** An action that checks refer to, e.g. `vma-lookup`, `pte-write`, `notifier-start`. */
  does?: string;
  /** Put a mark on / take it off the object's value: `fresh`, `detached`, `pseudo`, `pinned`, `rechecked` … */
  mark?: string;
  unmark?: string;
  /** A fact that holds after the call under `when`: `arg0 & VM_FAULT_RETRY`. */
  assume?: CondExpr;
  /** That lock of the object is dropped and retaken inside: what was derived under it becomes stale. */
  invalidate?: string;
  mode?: LockMode | "any";
  object?: PathExpr;
  /** Further operands of `does` (e.g. the value written, the value compared). */
  with?: PathExpr[];
  when?: CondExpr;
  /** A non-blocking attempt: no sleep, no lock-order edge. */
  try?: boolean;
  /** Slug of the rule that names a mistake with this conditional effect (default: the class's balance rule). */
  rule?: string;
}

export interface ApiReturns {
  /** Struct tag the returned pointer points to. */
  struct?: string;
  /** What failure looks like: `null`, `err` (ERR_PTR), `null-or-err`, `negative`, `nonzero`, `zero`. */
  fails?: "null" | "err" | "null-or-err" | "negative" | "nonzero" | "zero";
  /** Under this condition it cannot fail. */
  failsUnless?: CondExpr;
  /** Ignoring the result is a mistake. */
  mustCheck?: boolean;
  /** Same arguments, same value (page_folio, pte_lockptr): lets aliases be recognised. */
  pure?: boolean;
  /** The value is simply this path of the call (identity helpers, e.g. READ_ONCE(x) is arg0); with `fails`, this argument or a failure. */
  is?: PathExpr;
  /** The result may be used only while this lock is held: VMA looked up under the mmap lock. */
  protectedBy?: { lock: string; object: PathExpr }[];
  /** Known fields of the returned object, e.g. `{ vm_mm: arg0 }`. */
  fields?: Record<string, PathExpr>;
  marks?: string[];
}

/** May the call sleep? `gfp: "arg1"` = only if that argument allows direct reclaim. `unlessHeld`: not inside that section. */
export type Sleeps = boolean | { gfp: PathExpr } | { unless: CondExpr } | { unlessHeld: string };

export interface ApiEntry {
  name: string;
  family: string;
  effects: Effect[];
  returns?: ApiReturns;
  sleeps?: Sleeps;
  /** The conditions of the effects cover every case: nothing else can happen. */
  exhaustive?: boolean;
  /** Out-parameters written: `*arg3`. */
  writes?: PathExpr[];
  /** Known values after the call: `{ "arg0->mm": arg1 }` (an iterator walks that mm). */
  sets?: Record<PathExpr, PathExpr>;
  /** Values of these paths are locks of these classes: `{ ret: ptl }`, so that spin_lock(value) means the class. */
  locks?: Record<PathExpr, string>;
  /** First kernel version that has it, where neither 6.1 nor 6.12 does. */
  since?: string;
  /** Kernel versions by symbol presence: the entry applies only if this symbol is (`+sym`) / is not (`-sym`) defined in the tree. */
  applies?: string;
  /** Several entries of one name with different `params` counts pick by number of arguments. */
  params?: number;
  doc?: string;
  /** This name is only another spelling of that entry, whose effects it has. */
  aliasOf?: string;
  /** The entry stays even if the tree has a C body for it: the body is not analysed. Default true. */
  opaque?: boolean;
}

export interface Need {
  lock: string;
  mode: LockMode | "any";
  /** Relative to the action's object `$`: `$`, `$->vm_mm`, or a path of the call; `any` = any instance. */
  on: string;
}

/**
 * A place in a function: `site` (what the finding points at), `step1`, `step2` … (steps of its path), a name from `find`,
 * or one of these with `.jump`: the statement by which the `if` around or right behind it leaves; or with `.test`: the `if` right
 * behind it that goes on where there is a result.
 */
export type FixPlace = string;

/** One change of a function's text. Exactly one of the first keys is set; lines hold placeholders such as `{step1.arg0}`. */
export interface FixEdit {
  /** New statements. */
  insert?: string[] | undefined;
  /** Regular expression → new lines for the statement at `in`; the first that matches is used. */
  replace?: Record<string, string[]> | undefined;
  /** Called name → other name, in all calls whose first argument is that of the call at `like`. */
  swap?: Record<string, string> | undefined;
  /** This statement goes elsewhere. `plain`: only if it is a mere call. */
  move?: FixPlace | undefined;
  remove?: FixPlace | undefined;
  /** This release is made on every way out, and only after the statement at `behind`. */
  delay?: FixPlace | undefined;
  /** This statement gets one before and one behind it. */
  wrap?: FixPlace | undefined;
  /** One statement before this one; another behind the last use of what it found, and on every way out in between. */
  enclose?: FixPlace | undefined;
  /** A local variable, unless there is one of that name. */
  declare?: string | undefined;
  with?: [string, string] | undefined;
  before?: FixPlace | undefined;
  after?: FixPlace | undefined;
  /** After the statement and the test for failure that follows it, if there is one. */
  behind?: FixPlace | undefined;
  /** `function` for `replace`: every match in the function. */
  in?: FixPlace | undefined;
  like?: FixPlace | undefined;
  plain?: boolean | undefined;
}

/** A way to repair what the rule reports. Offered only where checking the result shows that it helps. */
export interface RuleFix {
  title: string;
  /** Place → names of which its call must be one; or word of the message → values. */
  when: Record<string, string[]>;
  /** Name → the nearest call of one of these: `any NAME` before the site, else behind it; `after NAME` behind it only;
   * `each goto`: every jump behind the first step, one at a time. */
  find: Record<string, string[]>;
  /** Not where the function calls one of these. */
  unless: string[];
  /** Placeholder → declared type → text, where `{it}` is the first parameter or local of that type. */
  let: Record<string, Record<string, string>>;
  edits: FixEdit[];
}

export interface CheckRule {
  id: string;
  alias: string;
  title: string;
  status: "stable" | "preview" | "deprecated";
  confidence: "high" | "moderate" | "low";
  /** Needs a race to do harm (warning until replayed) or is complete in a single thread (error). */
  harm: "race" | "single-thread";
  detector: string;
  /** Parameters of the detector, validated by it. */
  with: Record<string, unknown>;
  message: string;
  what: string;
  why: string;
  fix: string;
  fixes: RuleFix[];
  /** Feature symbols: `+lock_vma_under_rcu` = applies only where the tree defines it. */
  applies: string[];
  since?: string;
  sources: string[];
  falsePositives: string[];
  scenario?: string;
  /** All of them, tried in order. */
  scenarios?: string[];
  bad: string[];
  good: string[];
  file: string;
}

export interface SlotContext {
  /** `vm_operations_struct.fault`, `syscall`, `ioctl` … */
  slot: string;
  /** `or`: that class (at `orObject`) may be the one held instead. The object may be `any`: some instance. */
  holds: { lock: string; mode: LockMode | "any"; object: PathExpr; or?: string; orObject?: PathExpr }[];
  /** Classes certainly NOT held on entry. `["*"]` = none held but those in `holds`. */
  free: string[];
  maySleep: boolean | "if-blockable" | "unknown";
  /** Marks on parameters: `{ arg1: ["fresh"] }`. */
  marks: Record<string, string[]>;
  forbids: string[];
  /** Locks it may return with (`*`: any). `when`: if this is true of the result; `to`: the slot of the same table that releases. */
  handsOver: { lock: string; when?: string; to?: string }[];
  /** Locks that come with the call and are the callee's to release, at once or later. */
  consumes: { lock: string; object: PathExpr }[];
}

export interface MacroTable {
  /** Attribute-like words that are blanked. `(…)` after them is blanked too. */
  attributes: string[];
  /** Attribute-like words that speak of locks; blanked and remembered. */
  lockAttributes: string[];
  /** Names of loop macros: read as `while (…)`. */
  iterators: string[];
  /** Calls that yield their argument unchanged: likely, unlikely, READ_ONCE … value = argument index. */
  transparent: Record<string, number>;
  /** Calls that stand for `p->member`: position of the pointer, the member follows it. */
  members: Record<string, number>;
  /** Calls that stop the path when the argument is true: BUG_ON … */
  stopIf: string[];
  /** Calls that never return: BUG, panic … */
  noReturn: string[];
  /** Calls whose value is the truth of the argument, and which do nothing else: WARN_ON … */
  truthOf: string[];
  /** Argument positions that hold a type name, e.g. `container_of: [1, 2]`. */
  typeArguments: Record<string, number[]>;
  /** Defining macros: `SYSCALL_DEFINE` … */
  defining: { pattern: string; kind: "syscall" | "function" | "blank" }[];
  /** guard()/CLASS() names: what is called at entry and at scope exit. `arg` is the guard's argument. */
  guards: Record<string, { acquire: string; release: string; try?: boolean }>;
  /** `__free(name)`: what is called at scope exit. */
  frees: Record<string, string>;
  /** `IS_ENABLED`, `defined` … */
  configTests: string[];
}

/** What results of one type say about the locks of the caller. */
export interface ResultType {
  /** Classes of locks that the function may release. */
  released: string[];
  /** It then has one of these flags. */
  flags: string[];
}

export interface RuleSet {
  classes: Map<string, LockClass>;
  /** Entries of one name, in file order. */
  apis: Map<string, ApiEntry[]>;
  checks: CheckRule[];
  contexts: Map<string, SlotContext>;
  macros: MacroTable;
  /** `vm_area_struct.vm_mm`: never changes once set, survives calls. */
  immutableFields: Set<string>;
  /** `vm_fault.ptl` → `ptl`: the lock pointer in that field is of that class. */
  lockFields?: Map<string, string>;
  /** `linux_binprm.mm` → `unpublished`: what that field points to has the mark. */
  markFields?: Map<string, string>;
  /** Types of results that say by a flag that the function has released a lock of its caller. */
  resultTypes?: Map<string, ResultType>;
  /** Names after `does:` with their meaning; what checks may refer to. */
  actions?: Map<string, string>;
  /** Names after `mark:` with their meaning. */
  marks?: Map<string, string>;
  /** Flag names that stand for several flags. */
  flagSets?: Map<string, string[]>;
  /** Names (`PageDirty`) and prefixes (`Page*`) of generated accessors that keep no hold of their argument. */
  accessors?: string[];
  /** Allocation flags that certainly allow, certainly forbid sleeping. */
  gfp?: { sleeping: Set<string>; atomic: Set<string> };
  /** Type name → action performed by dereferencing a pointer to it: `pte_t` → `pte-read`. */
  cells?: Map<string, string>;
  problems: RuleProblem[];
}

export interface RuleProblem {
  file: string;
  line: number;
  column: number;
  message: string;
}
