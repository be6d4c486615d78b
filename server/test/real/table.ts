/**
 * Functions of Linux 6.12 with the race that each must withstand, and the edit that takes its protection away.
 * Only tests know these names: rules and product code do not.
 */
import type { Edit, Subject } from "./kernelReplay";

export interface Row extends Subject {
  title: string;
  /** Takes away what protects the function. */
  unprotected: Edit[];
}

const gupCheck =
  /unlikely\(pmd_val\(pmd\) != pmd_val\(\*pmdp\)\) \|\|\s*unlikely\(pte_val\(pte\) != pte_val\(ptep_get\(ptep\)\)\)/;

export const ROWS: Row[] = [
  {
    title: "lockless page-table walk against THP collapse",
    file: "mm/gup.c",
    fn: "gup_fast_pte_range",
    scenario: "gup-fast-vs-collapse",
    profile: "no-sync",
    at: "folio = try_grab_folio_fast(page, 1, flags);",
    unprotected: [[gupCheck, "0"]],
  },
  {
    title: "lockless page-table walk against fork",
    file: "mm/gup.c",
    fn: "gup_fast",
    scenario: "gup-fast-vs-fork",
    at: "folio = try_grab_folio_fast(page, 1, flags);",
    unprotected: [["read_seqcount_retry(&current->mm->write_protect_seq, seq)", "0"]],
  },
  {
    title: "lockless page-table walk against freed tables",
    file: "mm/gup.c",
    fn: "gup_fast",
    scenario: "lockless-walk-vs-free",
    at: "pte_t pte = ptep_get_lockless(ptep);",
    unprotected: [
      ["local_irq_save(flags);", ";"],
      ["local_irq_restore(flags);", ";"],
    ],
  },
  {
    title: "page-range copy of fork",
    file: "mm/memory.c",
    fn: "copy_page_range",
    scenario: "fork-vs-gup-fast",
    at: "wrprotect_ptes(src_mm, addr, src_pte, nr);",
    unprotected: [
      [/raw_write_seqcount_begin\([^)]*\);/, ";"],
      [/raw_write_seqcount_end\([^)]*\);/, ";"],
    ],
  },
  {
    title: "anonymous fault",
    file: "mm/memory.c",
    fn: "do_anonymous_page",
    scenario: "double-install",
    at: "set_ptes(vma->vm_mm, addr, vmf->pte, entry, nr_pages);",
    unprotected: [["nr_pages == 1 && vmf_pte_changed(vmf)", "0"]],
  },
  {
    title: "end of a file fault",
    file: "mm/memory.c",
    fn: "finish_fault",
    scenario: "double-install",
    at: "set_ptes(vma->vm_mm, addr, vmf->pte, entry, nr);",
    unprotected: [["unlikely(vmf_pte_changed(vmf))", "0"]],
  },
  {
    title: "copy-on-write fault",
    file: "mm/memory.c",
    fn: "wp_page_copy",
    scenario: "cow-race",
    at: "ptep_clear_flush(vma, vmf->address, vmf->pte);",
    unprotected: [["pte_same(ptep_get(vmf->pte), vmf->orig_pte)", "1"]],
  },
  {
    title: "copy-on-write fault and devices",
    file: "mm/memory.c",
    fn: "wp_page_copy",
    scenario: "unmap-vs-device",
    at: "ptep_clear_flush(vma, vmf->address, vmf->pte);",
    unprotected: [
      ["mmu_notifier_invalidate_range_start(&range);", ";"],
      ["mmu_notifier_invalidate_range_end(&range);", ";"],
    ],
  },
  {
    title: "swap fault",
    file: "mm/memory.c",
    fn: "do_swap_page",
    scenario: "swapin-race",
    at: "set_ptes(vma->vm_mm, address, ptep, pte, nr_pages);",
    unprotected: [["!vmf->pte || !pte_same(ptep_get(vmf->pte), vmf->orig_pte)", "!vmf->pte"]],
  },
  {
    title: "THP collapse",
    file: "mm/khugepaged.c",
    fn: "collapse_huge_page",
    scenario: "collapse-vs-gup-fast",
    profile: "no-sync",
    at: "set_pmd_at(mm, address, pmd, _pmd);",
    unprotected: [["return folio_ref_count(folio) == expected_refcount;", "return true;"]],
  },
  {
    title: "userfaultfd",
    file: "mm/userfaultfd.c",
    fn: "mfill_atomic_install_pte",
    scenario: "double-install",
    at: "set_pte_at(dst_mm, dst_addr, dst_pte, _dst_pte);",
    unprotected: [["!pte_none_mostly(ptep_get(dst_pte))", "0"]],
  },
  {
    title: "mprotect, entries",
    file: "mm/mprotect.c",
    fn: "change_pte_range",
    scenario: "pte-write-vs-reclaim",
    at: "ptep_modify_prot_commit(vma, addr, pte, oldpte, ptent);",
    unprotected: [
      ["pte_offset_map_lock(vma->vm_mm, pmd, addr, &ptl)", "pte_offset_map(pmd, addr)"],
      ["pte_unmap_unlock(pte - 1, ptl)", "pte_unmap(pte - 1)"],
    ],
  },
  {
    title: "mprotect, flags",
    file: "mm/mprotect.c",
    fn: "mprotect_fixup",
    scenario: "flags-write-vs-fault",
    at: "vm_flags_reset(vma, newflags);",
    unprotected: [["vma_start_write(vma);", ";"]],
  },
  {
    title: "mremap",
    file: "mm/mremap.c",
    fn: "move_ptes",
    scenario: "pte-write-vs-reclaim",
    at: "set_pte_at(mm, new_addr, new_pte, pte);",
    unprotected: [
      ["pte_offset_map_lock(mm, old_pmd, old_addr, &old_ptl)", "pte_offset_map(old_pmd, old_addr)"],
      ["new_ptl != old_ptl", "0"],
      ["pte_unmap_unlock(old_pte - 1, old_ptl)", "pte_unmap(old_pte - 1)"],
    ],
  },
  {
    title: "KSM",
    file: "mm/ksm.c",
    fn: "replace_page",
    scenario: "unmap-vs-device",
    at: "ptep_clear_flush(vma, addr, ptep);",
    unprotected: [
      ["mmu_notifier_invalidate_range_start(&range);", ";"],
      ["mmu_notifier_invalidate_range_end(&range);", ";"],
    ],
  },
  {
    title: "PFN mapping",
    file: "mm/memory.c",
    fn: "insert_pfn",
    scenario: "double-install",
    at: "set_pte_at(mm, addr, pte, entry);",
    unprotected: [["!pte_none(entry)", "0"]],
  },
  {
    title: "madvise",
    file: "mm/madvise.c",
    fn: "madvise_dontneed_free",
    scenario: "revalidate-after-relock",
    at: "valid_vma(vma, start, &end,\n",
    unprotected: [["vma = vma_lookup(mm, start);", ";"]],
  },
  {
    title: "move_pages",
    file: "mm/migrate.c",
    fn: "add_folio_for_migration",
    scenario: "use-after-unlock",
    at: "vma_migratable(vma)",
    unprotected: [
      ["mmap_read_unlock(mm);", ";"],
      ["vma = vma_lookup(mm, addr);", "vma = vma_lookup(mm, addr); mmap_read_unlock(mm);"],
    ],
  },
  {
    title: "test driver of HMM",
    file: "lib/test_hmm.c",
    fn: "dmirror_range_fault",
    scenario: "interval-notifier",
    at: "mutex_lock(&dmirror->mutex);",
    unprotected: [[/mmu_interval_read_retry\(range->notifier,\s*range->notifier_seq\)/, "0"]],
  },
  {
    title: "user of HMM: nouveau",
    file: "drivers/gpu/drm/nouveau/nouveau_svm.c",
    fn: "nouveau_range_fault",
    scenario: "interval-notifier",
    at: "mutex_lock(&svmm->mutex);",
    unprotected: [[/mmu_interval_read_retry\(range.notifier,\s*range.notifier_seq\)/, "0"]],
  },
  {
    title: "interval notifier: test driver",
    file: "lib/test_hmm.c",
    fn: "dmirror_interval_invalidate",
    scenario: "interval-callback",
    at: "mutex_lock(&dmirror->mutex);",
    unprotected: [["mmu_interval_set_seq(mni, cur_seq);", ";"]],
  },
  {
    title: "interval notifier: nouveau",
    file: "drivers/gpu/drm/nouveau/nouveau_svm.c",
    fn: "nouveau_svm_range_invalidate",
    scenario: "interval-callback",
    at: "mutex_lock(&sn->svmm->mutex);",
    unprotected: [["mmu_interval_set_seq(mni, cur_seq);", ";"]],
  },
  {
    title: "interval notifier: mlx5",
    file: "drivers/infiniband/hw/mlx5/odp.c",
    fn: "mlx5_ib_invalidate_range",
    scenario: "interval-callback",
    at: "mutex_lock(&umem_odp->umem_mutex);",
    unprotected: [["mmu_interval_set_seq(mni, cur_seq);", ";"]],
  },
];
