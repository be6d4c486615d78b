/** Names of the detectors with the parameters each takes: what may stand under `with:` in a check. */
import { z } from "zod";
import { needsShape } from "./schema";

const names = z.array(z.string()).min(1);
const needs = needsShape.min(1);
const marks = z.array(z.string());

/**
 * `needs`: all of the groups, any within a group. `given`: the rule only speaks where these are held.
 * `some` in requires-lock: a caller is asked for the lock also if only some paths of the function need it.
 * `unless`: marks on the object that exempt it. `onlyNamed`: only mistakes with effects whose `rule` is this check.
 * `mmActions` in field-access: calls whose object is the mm itself, with the same needs for it.
 * `pairs` in lock-order: acquiring the class, or doing the action, while the other is held; not inside `unlessHeld`.
 * `counters` in seqcount-protocol: classes of the counters whose readers and writers it follows; `locks`: for kind
 * writer-lock the classes that keep writers apart, for kind balance the write sections that must be closed.
 * `begin`, `retry`: actions of its readers; `odd`: what a reader does that may see a write section open; `actions`: for kind
 * writer-section what belongs inside, for kind reader-retry what belongs between begin and retry.
 * `test` in notifier-contract: the action that asks whether sleeping is allowed; `errors`: the errors a callback may
 * return; `events`: kinds of invalidation for which the protocol may be skipped, `only`: those it may be limited to.
 * `balance` in result-check: a success without a release is this rule's business too.
 */
export const DETECTORS: Record<string, z.ZodObject> = {
  "requires-lock": z.strictObject({
    actions: names,
    needs,
    given: needs.optional(),
    unless: marks.optional(),
    some: z.boolean().optional(),
  }),
  "field-access": z.strictObject({
    struct: z.string(),
    fields: names,
    access: z.enum(["write", "any"]),
    needs: needs.optional(),
    given: needs.optional(),
    actions: names.optional(),
    mmActions: names.optional(),
    unless: marks.optional(),
    accessorOnly: z.boolean().optional(),
    asserts: names.optional(),
    own: z.boolean().optional(),
    some: z.boolean().optional(),
  }),
  balance: z.strictObject({
    locks: names,
    asserts: names.optional(),
    uses: names.optional(),
    initialised: z.string().optional(),
    onlyNamed: z.boolean().optional(),
    unless: marks.optional(),
  }),
  "result-check": z.strictObject({ locks: names, apis: names.optional(), balance: z.boolean().optional() }),
  "stale-after-release": z.strictObject({
    struct: z.string(),
    lock: names,
    phase: z.enum(["unlocked", "relocked", "downgraded"]),
    actions: names.optional(),
    unless: marks.optional(),
  }),
  "recheck-after-acquire": z.strictObject({
    read: names,
    acquire: names,
    write: names,
    recheck: names,
    unless: marks.optional(),
  }),
  "lockless-recheck": z.strictObject({ grab: z.string(), compare: names, kept: z.string(), unless: marks.optional() }),
  "lock-order": z.strictObject({
    pairs: z
      .array(z.strictObject({ held: z.string(), acquire: z.string().optional(), does: z.string().optional() }))
      .min(1),
    unlessHeld: names.optional(),
  }),
  "sleep-in-atomic": z.strictObject({ held: names, actions: names.optional() }),
  "seqcount-protocol": z.strictObject({
    kind: z.enum(["writer-section", "reader-retry", "writer-lock", "balance"]),
    counters: z.array(z.string()).optional(),
    actions: names.optional(),
    locks: names.optional(),
    needs: needs.optional(),
    opens: z.string().optional(),
    closes: z.string().optional(),
    begin: z.string().optional(),
    retry: z.string().optional(),
    odd: z.string().optional(),
  }),
  "notifier-contract": z.strictObject({
    kind: z.enum(["coverage", "start-return", "set-seq", "exclusive"]),
    actions: names.optional(),
    slots: names.optional(),
    locks: names.optional(),
    errors: z.array(z.string()).optional(),
    events: z.array(z.string()).optional(),
    only: z.array(z.string()).optional(),
    test: z.string().optional(),
  }),
  "error-unwind": z.strictObject({ slots: names, errors: z.array(z.string()).optional(), locks: names.optional() }),
  "retry-protocol": z.strictObject({
    begin: z.string(),
    retry: z.string(),
    use: names.optional(),
    lock: names.optional(),
  }),
};

/** Parameter keys whose values are names of actions, lock classes, slots, marks or API entries. */
export const REFERENCES: Record<string, "action" | "lock" | "slot" | "mark" | "api"> = {
  actions: "action",
  read: "action",
  write: "action",
  recheck: "action",
  grab: "action",
  compare: "action",
  opens: "action",
  closes: "action",
  begin: "action",
  retry: "action",
  odd: "action",
  test: "action",
  use: "action",
  locks: "lock",
  counters: "lock",
  lock: "lock",
  acquire: "lock",
  held: "lock",
  slots: "slot",
  unless: "mark",
  asserts: "lock",
  uses: "action",
  initialised: "mark",
  unlessHeld: "lock",
  does: "action",
  mmActions: "action",
  apis: "api",
};
