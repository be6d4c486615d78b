/**
 * For each fix of each rule a function of Linux 6.12 in which a mistake is seeded that it repairs: by an operator of the mutation
 * tests, or by a small edit of the text. Only tests know these names: rules and product code do not.
 */

import { EDITED } from "./edited";
import { REWRITTEN } from "./rewritten";

interface Common {
  rule: string;
  /** Of the fix. */
  title: string;
  file: string;
  /** The function whose finding is repaired. */
  fn: string;
  /** What the replay says of the seeded mistake, where it does not show the harm. */
  seeded?: "clean" | "inconclusive";
  /** What it says of the repaired function, where it is not clean. */
  repaired?: "inconclusive";
}

/** The operator's mutant of the function; `what` tells it from others by its description. */
export interface Mutated extends Common {
  operator: string;
  /** The function that is changed, if it is another one. */
  mutated?: string;
  what?: string;
}

/** Text of the function, and what stands there instead. */
export interface Edited extends Common {
  edits: [string | RegExp, string][];
}

export type SiteRow = Mutated | Edited;

const SVM = "drivers/gpu/drm/nouveau/nouveau_svm.c";
const KVM = "virt/kvm/kvm_main.c";
const GUP = "mm/gup.c";
const HUGE = "mm/huge_memory.c";

const MUTATED: Mutated[] = [
  {
    rule: "R01",
    title: "Take the mmap lock before the lookup",
    file: "mm/msync.c",
    fn: "msync",
    operator: "swap-order",
  },
  {
    rule: "R01",
    title: "Take the mmap lock around the lookup",
    file: "fs/proc/task_mmu.c",
    fn: "m_start",
    operator: "delete-acquire",
    seeded: "inconclusive",
  },
  {
    rule: "R02",
    title: "Take the mmap lock for write, and the VMA's own lock",
    file: "drivers/gpu/drm/i915/gem/i915_gem_mman.c",
    fn: "i915_gem_mmap_ioctl",
    operator: "weaken-mode",
    what: "(pair)",
    seeded: "inconclusive",
    repaired: "inconclusive",
  },
  {
    rule: "R04",
    title: "Use the accessor",
    file: "mm/secretmem.c",
    fn: "secretmem_mmap",
    operator: "replace-call",
  },
  {
    rule: "R04",
    title: "Lock the VMA and use the accessor",
    file: "drivers/infiniband/hw/hfi1/file_ops.c",
    fn: "hfi1_file_mmap",
    operator: "replace-call",
    what: "vm_flags_reset",
  },
  {
    rule: "R07",
    title: "Release the lock only after the use",
    file: "mm/memory.c",
    fn: "print_vma_addr",
    operator: "release-too-early",
  },
  {
    rule: "R08",
    title: "Look it up again",
    file: "mm/mmap.c",
    fn: "remap_file_pages",
    operator: "delete-relookup",
    repaired: "inconclusive",
  },
  {
    rule: "R10",
    title: "Take the mmap lock for write",
    file: "mm/mmap.c",
    fn: "exit_mmap",
    operator: "weaken-mode",
    what: "(lock only)",
  },
  {
    rule: "R11",
    title: "Change it before the downgrade",
    file: "drivers/gpu/drm/i915/gem/i915_gem_mman.c",
    fn: "i915_gem_mmap_ioctl",
    operator: "early-downgrade",
    seeded: "inconclusive",
    repaired: "inconclusive",
  },
  {
    rule: "R12",
    title: "Release the VMA lock on this path",
    file: "mm/userfaultfd.c",
    fn: "mfill_atomic",
    operator: "drop-unwind",
    what: "goto out_unlock → goto out;",
  },
  {
    rule: "R21",
    title: "Release it in the mode it is held in",
    file: "kernel/events/uprobes.c",
    fn: "xol_add_vma",
    operator: "weaken-mode",
    what: "(lock only)",
  },
  {
    rule: "R21",
    title: "Take the mmap lock for write",
    file: "mm/mlock.c",
    fn: "do_mlock",
    operator: "weaken-mode",
    what: "(lock only)",
  },
  {
    rule: "R21",
    title: "Release the mmap lock on this path",
    file: "mm/oom_kill.c",
    fn: "oom_reap_task_mm",
    operator: "drop-unwind",
  },
  {
    rule: "R21",
    title: "Remove this release",
    file: "kernel/fork.c",
    fn: "replace_mm_exe_file",
    operator: "delete-acquire",
    what: "mmap_write_lock",
  },
  { rule: "R22", title: "Test the result", file: "mm/mlock.c", fn: "do_mlock", operator: "drop-check" },
  {
    rule: "R22",
    title: "Read the result the other way round",
    file: "mm/mmap.c",
    fn: "remap_file_pages",
    operator: "invert-check",
  },
  {
    rule: "R24",
    title: "Unlock only if it is still locked",
    file: "mm/process_vm_access.c",
    fn: "process_vm_rw_single_vec",
    operator: "drop-check",
  },
  {
    rule: "R31",
    title: "Leave where there is no page table",
    file: "fs/proc/task_mmu.c",
    fn: "pagemap_pmd_range",
    operator: "drop-check",
    what: "pte_offset_map_lock",
  },
  {
    rule: "R31",
    title: "Leave where the allocation failed",
    file: "mm/memory.c",
    fn: "insert_page",
    operator: "drop-check",
  },
  {
    rule: "R32",
    title: "Unmap and unlock on this path",
    file: "mm/memcontrol-v1.c",
    fn: "mem_cgroup_move_charge_pte_range",
    operator: "early-return",
    what: "pte_offset_map_lock",
  },
  {
    rule: "R32",
    title: "Unmap on this path",
    file: "mm/swapfile.c",
    fn: "unuse_pte_range",
    operator: "early-return",
    what: "pte_offset_map",
  },
  {
    rule: "R32",
    title: "Unlock on this path",
    file: "mm/damon/vaddr.c",
    fn: "damon_young_pmd_entry",
    operator: "drop-unwind",
  },
  {
    rule: "R33",
    title: "Lock the page table where it is mapped",
    file: "mm/migrate_device.c",
    fn: "migrate_vma_collect_pmd",
    operator: "delete-acquire",
    what: "pte_offset_map_lock",
  },
  {
    rule: "R35",
    title: "Compare with what was handed down, and leave",
    file: "mm/memory.c",
    fn: "__wp_page_copy_user",
    operator: "delete-recheck",
    seeded: "inconclusive",
    repaired: "inconclusive",
  },
  {
    rule: "R35",
    title: "Compare with what was read, and back off",
    file: "mm/memory.c",
    fn: "handle_pte_fault",
    operator: "delete-recheck",
    seeded: "inconclusive",
    repaired: "inconclusive",
  },
  {
    rule: "R35",
    title: "Go on only where it is what it was",
    file: "mm/memory.c",
    fn: "wp_page_copy",
    operator: "delete-recheck",
  },
  {
    rule: "R35",
    title: "Read the comparison the other way round",
    file: "mm/memory.c",
    fn: "remove_device_exclusive_entry",
    operator: "invert-check",
    what: "pte_same",
  },
  {
    rule: "R36",
    title: "Compare with what was handed down, and back off",
    file: HUGE,
    fn: "do_huge_pmd_wp_page",
    operator: "delete-recheck",
    what: "pmd_same",
    repaired: "inconclusive",
  },
  {
    rule: "R36",
    title: "Read the comparison the other way round",
    file: HUGE,
    fn: "huge_pmd_set_accessed",
    operator: "invert-check",
    what: "pmd_same",
  },
  {
    rule: "R42",
    title: "Compare the PMD again, and give the reference back",
    file: GUP,
    fn: "gup_fast_pte_range",
    operator: "delete-recheck",
    what: "pmd_val",
  },
  {
    rule: "R42",
    title: "Compare the PTE again, and give the reference back",
    file: GUP,
    fn: "gup_fast_pte_range",
    operator: "delete-recheck",
    what: "pte_val",
  },
  {
    rule: "R47",
    title: "Do it before the lock is taken",
    file: GUP,
    fn: "gup_fast_pte_range",
    operator: "sleep-under-lock",
  },
  {
    rule: "R48",
    title: "Only try, and back out",
    file: "mm/madvise.c",
    fn: "madvise_free_pte_range",
    operator: "block-under-lock",
    what: "pte_offset_map_lock",
  },
  {
    rule: "R50",
    title: "Take it before the inner lock",
    file: "mm/khugepaged.c",
    fn: "collapse_huge_page",
    operator: "swap-order",
    what: "vma_start_write",
    repaired: "inconclusive",
  },
  {
    rule: "R53",
    title: "Open the section after the announcement",
    file: "mm/memory.c",
    fn: "copy_page_range",
    operator: "delete-acquire",
    what: "raw_write_seqcount_begin",
  },
  {
    rule: "R54",
    title: "Check for a writer before the result is used",
    file: GUP,
    fn: "gup_fast",
    operator: "delete-recheck",
    what: "read_seqcount_retry",
  },
  {
    rule: "R54",
    title: "Give up while a writer is inside",
    file: GUP,
    fn: "gup_fast",
    operator: "delete-recheck",
    what: "seq & 1",
  },
  {
    rule: "R56",
    title: "Close the write section on this path",
    file: "virt/kvm/eventfd.c",
    fn: "irqfd_update",
    operator: "early-return",
  },
  {
    rule: "R58",
    title: "End the range on this path",
    file: "mm/ksm.c",
    fn: "replace_page",
    operator: "early-return",
    what: "mmu_notifier",
  },
  {
    rule: "R58",
    title: "Remove the end of a range that did not start",
    file: "mm/migrate_device.c",
    fn: "migrate_vma_collect",
    operator: "delete-acquire",
  },
  {
    rule: "R60",
    title: "Announce before the lock is taken",
    file: "mm/khugepaged.c",
    fn: "retract_page_tables",
    operator: "sleep-under-lock",
    what: "move mmu_notifier_invalidate_range_start",
  },
  {
    rule: "R61",
    title: "Only try where sleeping is not allowed",
    file: "drivers/gpu/drm/amd/amdgpu/amdgpu_hmm.c",
    fn: "amdgpu_hmm_invalidate_gfx",
    operator: "drop-check",
  },
  {
    rule: "R62",
    title: "Undo it and unlock before the error is returned",
    file: KVM,
    fn: "kvm_mmu_notifier_invalidate_range_start",
    operator: "callback-unwind",
  },
  {
    rule: "R63",
    title: "Record the sequence under the lock",
    file: SVM,
    fn: "nouveau_svm_range_invalidate",
    operator: "delete-call",
  },
  {
    rule: "R64",
    title: "Check for a collision under the lock, and start over",
    file: SVM,
    fn: "nouveau_range_fault",
    operator: "delete-recheck",
  },
  {
    rule: "R64",
    title: "Read the result the other way round",
    file: "drivers/infiniband/core/umem_odp.c",
    fn: "ib_umem_odp_map_dma_and_lock",
    operator: "invert-check",
    repaired: "inconclusive",
  },
  {
    rule: "R79",
    title: "Unlock the folio on this path",
    file: "mm/damon/paddr.c",
    fn: "damon_folio_young",
    operator: "delete-release",
  },
];

export const SITES: SiteRow[] = [...MUTATED, ...EDITED, ...REWRITTEN];
