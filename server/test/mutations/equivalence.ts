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
  const general = conditions.find(
    (c) =>
      c.operators.includes(mutant.operator) &&
      (!c.body || c.body.test(body)) &&
      (!c.description || c.description.test(mutant.description)),
  );
  return general?.reason ?? foreignFolio(mutant, fn, body);
}

/** Calls that give a function a folio lock of its own. */
const locksFolio =
  /\b(?:folio_(?:try)?lock\w*|(?:try)?lock_page\w*|filemap_(?:lock|grab|get)_folio|__filemap_get_folio|find_lock_\w+|find_or_create_page|grab_cache_page\w*|pagecache_get_page|\w*get_folio\w*)\(/;

/** R79 leaves ownership alone that arrives through a list, an array or a callee, or goes to I/O. */
function foreignFolio(mutant: Mutant, fn: Fn, body: string): string | undefined {
  if (mutant.family !== "folio_lock" || !["delete-release", "drop-unwind"].includes(mutant.operator)) return undefined;
  const object = /(?:folio_unlock|unlock_page)\(\W*([A-Za-z_]\w*)/.exec(mutant.description)?.[1] ?? "";
  if (fn.variables.get(object)?.param === false && !locksFolio.test(body))
    return "the folio arrives locked through a list, an array or a callee";
  return /read_?folio|readahead|writepage|end_(?:io|read|write)|endio|_bio\b|bio_/.test(fn.name)
    ? "I/O owns the folio lock"
    : undefined;
}
