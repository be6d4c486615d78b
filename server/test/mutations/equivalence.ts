/** General conditions under which a mutant is no bug; single sites stand in `equivalents.yaml`. */
import type { Fn, SourceFile } from "./functions";
import type { Mutant } from "./model";

interface Condition {
  operators: string[];
  /** The function's code (comments blanked) must match. */
  body?: RegExp;
  description?: RegExp;
  reason: string;
}

const conditions: Condition[] = [
  {
    operators: ["delete-recheck", "invert-check"],
    description: /check (?:pmd|pud|pte)_|check vmf_/,
    body: /mmap_assert_write_locked|BUG_ON\(pmd_same/,
    reason: "the mmap lock held for write excludes every writer of the entry",
  },
  {
    operators: ["early-return", "drop-unwind"],
    body: /__acquires\(|\bguard\(/,
    reason: "the function returns with the lock by contract, or a guard releases it",
  },
];

export function equivalentInGeneral(mutant: Mutant, fn: Fn, file: SourceFile): string | undefined {
  const body = file.code.slice(fn.start, fn.end);
  return conditions.find(
    (c) =>
      c.operators.includes(mutant.operator) &&
      (!c.body || c.body.test(body)) &&
      (!c.description || c.description.test(mutant.description)),
  )?.reason;
}
