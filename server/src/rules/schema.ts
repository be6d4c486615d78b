/** The shape of the YAML rule files, before defaults and cross-references. JSON schemas for editors are generated from it. */
import { z } from "zod";

const lockMode = z.enum(["read", "write"]);
const anyMode = z.enum(["read", "write", "any"]);
const path = z
  .string()
  .min(1)
  .describe("arg0…arg9, ret, $, cpu, global:NAME, with ->field, leading * or &, or folio(path)");
const cond = z.string().min(1).describe('e.g. "ret == 0", "ret not-err && ret != 0", "ret & FLAG|FLAG"');
const applies = z.string().describe("+symbol: only if the tree defines it; -symbol: only if it does not");

export const classShape = z.strictObject({
  label: z.string().optional(),
  kind: z.enum(["rwsem", "mutex", "spin", "bit", "rcu", "irq", "preempt", "seq", "range", "map", "mark", "ref"]),
  atomic: z.boolean().optional(),
  atomicIf: applies.optional(),
  nests: z.boolean().optional(),
  generic: z.boolean().optional(),
  object: z.string().optional().describe("struct tag of the object that carries the lock"),
  field: z.string().optional().describe("lock field in that struct"),
  annotate: z
    .strictObject({ any: z.string().optional(), write: z.string().optional(), attribute: z.string().optional() })
    .optional()
    .describe("how code says that its caller holds the lock; {object} is the object, {address} its address"),
  insteadOf: z.strictObject({ lock: z.string(), via: z.string() }).optional(),
  until: z.strictObject({ lock: z.string(), mode: lockMode, via: z.string() }).optional(),
});

export const VERBS = [
  "acquire",
  "release",
  "downgrade",
  "assert",
  "releaseAll",
  "does",
  "mark",
  "unmark",
  "invalidate",
  "assume",
] as const;
const verbs = {
  acquire: z.string().optional(),
  release: z.string().optional(),
  downgrade: z.string().optional(),
  assert: z.string().optional(),
  releaseAll: z.string().optional(),
  does: z.string().optional(),
  mark: z.string().optional(),
  unmark: z.string().optional(),
  invalidate: z.string().optional(),
  assume: cond.optional().describe("a fact that holds after the call"),
};
const operands = {
  mode: anyMode.optional(),
  object: path.optional(),
  with: z.array(path).optional(),
  when: cond.optional(),
  try: z.boolean().optional(),
  rule: z.string().optional(),
};
export const effectShape = z.strictObject({ ...verbs, ...operands });

const failure = z.enum(["null", "err", "null-or-err", "negative", "nonzero", "zero"]).or(z.null());
export const returnsShape = z.strictObject({
  struct: z.string().optional(),
  fails: failure.optional(),
  failsUnless: z.string().optional().describe("condition under which it cannot fail"),
  mustCheck: z.boolean().optional(),
  pure: z.boolean().optional(),
  is: path.optional(),
  protectedBy: z.array(z.strictObject({ lock: z.string(), object: path })).optional(),
  fields: z.record(z.string(), path).optional(),
  marks: z.array(z.string()).optional(),
});

export const apiShape = z.strictObject({
  ...verbs,
  ...operands,
  effects: z.array(effectShape).optional(),
  alias: z.string().optional().describe("another name of that entry"),
  returns: returnsShape.optional(),
  sleeps: z
    .union([
      z.boolean(),
      z.strictObject({ gfp: path }),
      z.strictObject({ unless: cond }),
      z.strictObject({ unlessHeld: z.string() }),
    ])
    .optional(),
  writes: z.array(path).optional(),
  exhaustive: z.boolean().optional().describe("the conditions of the effects cover every case"),
  sets: z.record(z.string(), path).optional(),
  locks: z.record(z.string(), z.string()).optional(),
  applies: applies.optional(),
  since: z.string().optional(),
  params: z.number().int().min(0).max(10).optional(),
  doc: z.string().optional(),
  opaque: z.boolean().optional(),
});

export const apiFileShape = z.strictObject({
  family: z.string().regex(/^[a-z0-9-]+$/),
  doc: z.string().optional(),
  opaque: z.boolean().optional().describe("default for the entries of this file"),
  classes: z.record(z.string(), classShape).optional(),
  apis: z.record(z.string(), z.union([apiShape, z.array(apiShape)])).optional(),
});

export const needShape = z.strictObject({ lock: z.string(), mode: anyMode, on: z.string() });
export const needsShape = z.array(z.array(needShape).min(1)).describe("all of: any of");

const fixPlace = z
  .string()
  .regex(/^[a-z]\w*(\.(jump|test))?$/)
  .describe("site, step1, step2 …, a name from find, or one of these with .jump or .test");
const fixLines = z.array(z.string().min(1)).min(1);
const editShape = z.strictObject({
  insert: fixLines.optional(),
  replace: z.record(z.string(), z.array(z.string()).min(1)).optional().describe("regular expression → new lines"),
  swap: z.record(z.string(), z.string()).optional(),
  move: fixPlace.optional(),
  remove: fixPlace.optional(),
  delay: fixPlace.optional(),
  wrap: fixPlace.optional(),
  enclose: fixPlace.optional(),
  declare: z.string().optional(),
  with: z.tuple([z.string(), z.string()]).optional(),
  before: fixPlace.optional(),
  after: fixPlace.optional(),
  behind: fixPlace.optional(),
  in: fixPlace.optional(),
  like: fixPlace.optional(),
  plain: z.boolean().optional(),
});
export const EDIT_VERBS = [
  "insert",
  "replace",
  "swap",
  "move",
  "remove",
  "delay",
  "wrap",
  "enclose",
  "declare",
] as const;
export const fixShape = z.strictObject({
  title: z.string().min(1),
  when: z.record(z.string(), z.array(z.string()).min(1)).default({}),
  find: z.record(z.string(), z.array(z.string().regex(/^((any|after) \w+|each goto)$/)).min(1)).default({}),
  unless: z.array(z.string()).default([]).describe("not where the function calls one of these"),
  let: z.record(z.string(), z.record(z.string(), z.string())).default({}),
  edits: z.array(editShape).min(1),
});

export const checkShape = z.strictObject({
  id: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/),
  alias: z.string().regex(/^[A-Z]\w*$/),
  title: z.string().min(1),
  status: z.enum(["stable", "preview", "deprecated"]).default("stable"),
  confidence: z.enum(["high", "moderate", "low"]).default("high"),
  harm: z.enum(["race", "single-thread"]),
  detector: z.string(),
  with: z.record(z.string(), z.unknown()).default({}),
  message: z.string().min(1),
  what: z.string().min(1),
  why: z.string().min(1),
  fix: z.string().min(1),
  fixes: z.array(fixShape).default([]),
  applies: z.array(applies).default([]),
  since: z.string().optional(),
  sources: z.array(z.string()).default([]),
  falsePositives: z.array(z.string()).default([]),
  scenario: z.union([z.string(), z.array(z.string()).min(1)]).optional(),
  bad: z.array(z.string().min(1)).default([]),
  good: z.array(z.string().min(1)).default([]),
});

export const slotShape = z.strictObject({
  holds: z
    .array(
      z.strictObject({
        lock: z.string(),
        mode: anyMode,
        object: path,
        or: z.string().optional(),
        orObject: path.optional(),
      }),
    )
    .default([]),
  free: z.array(z.string()).default([]),
  maySleep: z.union([z.boolean(), z.enum(["if-blockable", "unknown"])]).default("unknown"),
  marks: z.record(z.string(), z.array(z.string())).default({}),
  forbids: z.array(z.string()).default([]),
  handsOver: z
    .array(
      z.strictObject({
        lock: z.string(),
        when: z.string().optional().describe("condition on the result"),
        to: z.string().optional().describe("field of the same table whose function releases it"),
      }),
    )
    .default([])
    .describe("locks it may return with"),
  consumes: z
    .array(z.strictObject({ lock: z.string(), object: path }))
    .default([])
    .describe("locks that it gets with the call and releases, at once or later"),
  doc: z.string().optional(),
});
export const contextsShape = z.strictObject({ slots: z.record(z.string(), slotShape) });

const names = z.array(z.string());
const guardShape = z.strictObject({ acquire: z.string(), release: z.string(), try: z.boolean().optional() });
const definingShape = z.strictObject({ pattern: z.string(), kind: z.enum(["syscall", "function", "blank"]) });
export const macrosShape = z.strictObject({
  attributes: names.optional(),
  lockAttributes: names.optional(),
  iterators: names.optional(),
  transparent: z.record(z.string(), z.number().int().min(0)).optional(),
  members: z.record(z.string(), z.number().int().min(0)).optional(),
  stopIf: names.optional(),
  noReturn: names.optional(),
  truthOf: names.optional(),
  typeArguments: z.record(z.string(), z.array(z.number().int().min(0))).optional(),
  defining: z.array(definingShape).optional(),
  guards: z.record(z.string(), guardShape).optional(),
  frees: z.record(z.string(), z.string()).optional(),
  configTests: names.optional(),
});

export const typesShape = z.strictObject({
  immutableFields: z.array(z.string().regex(/^\w+\.\w+$/)).optional(),
  lockFields: z.record(z.string().regex(/^\w+\.\w+$/), z.string()).optional(),
  markFields: z.record(z.string().regex(/^\w+\.\w+$/), z.string()).optional(),
  resultTypes: z
    .record(z.string().regex(/^\w+$/), z.strictObject({ released: z.array(z.string()), flags: z.array(z.string()) }))
    .optional()
    .describe("types of results that say by a flag that the function has released a lock of its caller"),
  cells: z.record(z.string().regex(/^\w+$/), z.string()).optional(),
  actions: z.record(z.string(), z.string()).optional(),
  marks: z.record(z.string(), z.string()).optional(),
  flagSets: z.record(z.string(), z.array(z.string())).optional(),
  accessors: z.array(z.string().regex(/^\w+\*?$/)).optional(),
  gfp: z.strictObject({ sleeping: z.array(z.string()), atomic: z.array(z.string()) }).optional(),
});

export type RawApi = z.output<typeof apiShape>;
export type RawEffect = z.output<typeof effectShape>;
export type RawClass = z.output<typeof classShape>;
export type RawCheck = z.output<typeof checkShape>;
export type RawSlot = z.output<typeof slotShape>;
export type RawMacros = z.output<typeof macrosShape>;
export type RawTypes = z.output<typeof typesShape>;

/** Kinds of rule files and the schema of each. */
export const FILE_SHAPES = {
  apis: apiFileShape,
  check: checkShape,
  contexts: contextsShape,
  macros: macrosShape,
  types: typesShape,
} as const;
export type FileKind = keyof typeof FILE_SHAPES;
