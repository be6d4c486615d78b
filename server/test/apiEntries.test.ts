/**
 * Entries for functions that have a C body are a convenience for callers that cannot see it. Taken away, the contract
 * inferred from the source must still say the essential.
 */
import { beforeAll, expect, it } from "vitest";
import type { Engine } from "../src/engine/types";
import { createNodeHost } from "../src/node/host";
import type { Contract, HeldLock } from "../src/protocol/finding";
import type { RuleSet } from "../src/rules/model";
import { describeKernel } from "./kernel";
import { Tree } from "./mutations/tree";

/** `acquires mmap_lock(mm) read | return value != 0`: a verb, a lock on an object, its mode, words the condition must hold. */
interface Expectation {
  file: string;
  says: string[];
  /** Locks of which the contract must say nothing. */
  silent?: string[];
}

const FAMILIES: Record<string, Record<string, Expectation>> = {
  faults: {
    lock_mm_and_find_vma: { file: "mm/memory.c", says: ["acquires mmap_lock(mm) read | return value"] },
    handle_mm_fault: {
      file: "mm/memory.c",
      says: ["releases mmap_lock(vma->vm_mm) read", "releases vma_lock(vma) read"],
    },
    fixup_user_fault: {
      file: "mm/gup.c",
      says: ["requires mmap_lock(mm) read", "drops mmap_lock(mm) read | unlocked"],
    },
  },
  stacks: {
    expand_stack: {
      file: "mm/mmap.c",
      says: [
        "requires mmap_lock(mm) read",
        "releases mmap_lock(mm) read | return value == 0",
        "drops mmap_lock(mm) read | return value != 0",
      ],
    },
  },
  gup: {
    get_user_pages_remote: { file: "mm/gup.c", says: ["requires mmap_lock(mm) any", "releases mmap_lock(mm) any"] },
    pin_user_pages_remote: { file: "mm/gup.c", says: ["requires mmap_lock(mm) any", "releases mmap_lock(mm) any"] },
    faultin_page_range: {
      file: "mm/gup.c",
      says: ["requires mmap_lock(mm) any", "releases mmap_lock(mm) any | *locked"],
    },
    populate_vma_page_range: {
      file: "mm/gup.c",
      says: ["requires mmap_lock(vma->vm_mm) any", "releases mmap_lock(vma->vm_mm) any"],
    },
    get_user_pages: { file: "mm/gup.c", says: ["requires mmap_lock(*current->mm) any"] },
    get_user_pages_unlocked: { file: "mm/gup.c", says: [], silent: ["mmap_lock"] },
    pin_user_pages_unlocked: { file: "mm/gup.c", says: [], silent: ["mmap_lock"] },
    get_user_pages_fast: { file: "mm/gup.c", says: [], silent: ["mmap_lock"] },
    pin_user_pages_fast: { file: "mm/gup.c", says: [], silent: ["mmap_lock"] },
    get_user_pages_fast_only: { file: "mm/gup.c", says: [], silent: ["mmap_lock"] },
    access_process_vm: { file: "mm/memory.c", says: ["sleeps"], silent: ["mmap_lock"] },
    access_remote_vm: { file: "mm/memory.c", says: ["sleeps"], silent: ["mmap_lock"] },
  },
  mappings: {
    vm_munmap: { file: "mm/mmap.c", says: ["sleeps"], silent: ["mmap_lock"] },
    vm_mmap: { file: "mm/util.c", says: [], silent: ["mmap_lock"] },
    vm_brk_flags: { file: "mm/mmap.c", says: [], silent: ["mmap_lock"] },
    insert_vm_struct: { file: "mm/mmap.c", says: ["requires mmap_lock(mm) write", "sleeps"] },
    do_munmap: { file: "mm/mmap.c", says: ["requires mmap_lock(mm) write"] },
    do_mmap: { file: "mm/mmap.c", says: ["requires mmap_lock(*current->mm) write"] },
    do_vmi_munmap: {
      file: "mm/vma.c",
      says: ["requires mmap_lock(mm) write", "releases mmap_lock(mm) write | return value == 0 && unlock != 0"],
    },
    mm_take_all_locks: { file: "mm/vma.c", says: ["requires mmap_lock(mm) write", "sleeps"] },
  },
  "pages into a VMA": {
    remap_pfn_range: { file: "mm/memory.c", says: ["acquires vma_write(vma) write"], silent: ["hugetlb_vma_lock"] },
    vm_insert_page: { file: "mm/memory.c", says: ["acquires vma_write(vma) write"] },
    vm_map_pages: { file: "mm/memory.c", says: ["acquires vma_write(vma) write"] },
    vmf_insert_pfn: { file: "mm/memory.c", says: [], silent: ["mmap_lock", "ptl"] },
    apply_to_page_range: { file: "mm/memory.c", says: [], silent: ["ptl"] },
    zap_page_range_single: { file: "mm/memory.c", says: [], silent: ["i_mmap_rwsem", "hugetlb_vma_lock"] },
    unmap_mapping_pages: { file: "mm/memory.c", says: [], silent: ["i_mmap_rwsem"] },
  },
  "walking and reverse map": {
    walk_page_range: { file: "mm/pagewalk.c", says: ["requires mmap_lock(mm) any"] },
    migration_entry_wait_on_locked: { file: "mm/filemap.c", says: ["releases ptl(ptl) write"] },
    __anon_vma_prepare: { file: "mm/rmap.c", says: ["requires mmap_lock(vma->vm_mm) any", "sleeps"] },
    folio_lock_anon_vma_read: { file: "mm/rmap.c", says: ["acquires anon_vma(return value) read | return value"] },
    folio_get_anon_vma: { file: "mm/rmap.c", says: [], silent: ["anon_vma"] },
    try_to_migrate: { file: "mm/rmap.c", says: ["requires folio_lock(folio) any"], silent: ["anon_vma", "ptl"] },
    make_device_exclusive_range: { file: "mm/rmap.c", says: ["requires mmap_lock(mm) any"] },
  },
};

/** What inference does not say yet, with the reason; an entry that passes must be deleted. */
const KNOWN: Record<string, string> = {
  insert_vm_struct: "the maple tree takes the lock as given: only reading is asserted on every path",
  do_mmap: "early returns need no lock, and a requirement is what every return shows",
  walk_page_range: "early returns need no lock, and a requirement is what every return shows",
  make_device_exclusive_range: "the lock is only assumed by what walks the tables far below",
  remap_pfn_range: "two calls test the flags of the VMA anew, and are not seen to agree",
  zap_page_range_single: "two calls test the flags of the VMA anew, and are not seen to agree",
  migration_entry_wait_on_locked: "the lock is a bare spinlock parameter; its class is the caller's knowledge",
  folio_lock_anon_vma_read: "the object is named by the page's mapping, not by the result, which is the same",
};

const VERBS = { requires: "requires", acquires: "acquires", releases: "releases", drops: "drops" } as const;

/** What the contract lacks, as sentences. */
function lacks(contract: Contract | undefined, expected: Expectation): string[] {
  if (!contract) return ["no contract"];
  const missing = expected.says.filter((text) => !says(contract, text));
  const wrong = (expected.silent ?? []).flatMap((lock) =>
    [...contract.requires, ...contract.acquires, ...contract.releases, ...contract.drops]
      .filter((l) => l.lock === lock)
      .map((l) => `speaks of ${lock} (${l.object}) ${l.mode}`),
  );
  return [...missing.map((text) => `does not say: ${text}`), ...new Set(wrong)];
}

function says(contract: Contract, text: string): boolean {
  if (text === "sleeps") return contract.maySleep === true;
  const m = /^(\w+) (\w+)\((.*?)\) (read|write|any)(?: \| (.*))?$/.exec(text);
  if (!m) throw new Error(`not an expectation: ${text}`);
  const [, verb, lock, object, mode, when] = m as unknown as [
    string,
    keyof typeof VERBS,
    string,
    string,
    string,
    string?,
  ];
  const strong = (l: HeldLock): boolean =>
    l.mode === mode || mode === "any" || (verb === "requires" && l.mode === "write");
  return contract[VERBS[verb]].some(
    (l) =>
      l.lock === lock &&
      l.object === object &&
      strong(l) &&
      (when === undefined || when.split(" && ").every((w) => l.when.includes(w))),
  );
}

describeKernel("6.12", "contracts without the entries", (root) => {
  for (const [family, functions] of Object.entries(FAMILIES)) {
    const found = new Map<string, Contract>();

    beforeAll(async () => {
      const host = createNodeHost();
      const shipped = host.shippedRules();
      const names = Object.keys(functions);
      const rules: RuleSet = { ...shipped, apis: new Map([...shipped.apis].filter(([name]) => !names.includes(name))) };
      const engine: Engine = await host.createEngine(new Tree(root), rules);
      for (const file of new Set(Object.values(functions).map((e) => e.file)))
        for (const c of engine.contracts(file)) {
          const key = `${c.file} ${c.function}`;
          const old = found.get(key);
          // Alternatives under #if: the one that says more.
          if (!old || JSON.stringify(old).length < JSON.stringify(c).length) found.set(key, c);
        }
    }, 300_000);

    for (const [name, expected] of Object.entries(functions)) {
      const test = KNOWN[name] === undefined ? it : it.fails;
      test(`${family}: ${name}${KNOWN[name] === undefined ? "" : ` (known: ${KNOWN[name]})`}`, () => {
        expect(lacks(found.get(`${expected.file} ${name}`), expected)).toEqual([]);
      });
    }
  }
});
