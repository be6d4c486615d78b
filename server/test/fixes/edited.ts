/** Mistakes that no operator seeds: small edits of functions of Linux 6.12. */
import type { Edited } from "./sites";

const UFFD = "mm/userfaultfd.c";
const KVM = "virt/kvm/kvm_main.c";
const GUP = "mm/gup.c";
const FAULT = "arch/x86/mm/fault.c";
const I915 = "drivers/gpu/drm/i915/gem/i915_gem_mman.c";
const KSM = "mm/ksm.c";
const START = "\tmmu_notifier_invalidate_range_start(&range);\n";
const END = "\tmmu_notifier_invalidate_range_end(&range);\n";
const GIVE_UP = "if (!mmu_notifier_range_blockable(range))\n\t\treturn -EAGAIN;";

export const EDITED: Edited[] = [
  {
    rule: "R12",
    title: "Release the VMA lock before returning",
    file: FAULT,
    fn: "do_user_addr_fault",
    edits: [[/(if \(!vma\)\n\t\tgoto lock_mmap;\n)/, "if (!vma)\n\t\tgoto lock_mmap;\n\tif (in_nmi())\n\t\treturn;\n"]],
  },
  {
    rule: "R13",
    title: "Only try, and back out",
    file: FAULT,
    fn: "do_user_addr_fault",
    edits: [
      [
        /(if \(!vma\)\n\t\tgoto lock_mmap;\n)/,
        "if (!vma)\n\t\tgoto lock_mmap;\n\tmmap_read_lock(mm);\n\tmmap_read_unlock(mm);\n",
      ],
    ],
    repaired: "inconclusive",
  },
  {
    rule: "R25",
    title: "Unlock only where the lock was kept",
    file: FAULT,
    fn: "do_user_addr_fault",
    edits: [[/\tif \(fault & VM_FAULT_COMPLETED\)\n\t\treturn;\n/, ""]],
  },
  {
    rule: "R42",
    title: "Compare PMD and PTE again, and give the reference back",
    file: GUP,
    fn: "gup_fast_pte_range",
    edits: [[/\t\tif \(unlikely\(pmd_val\(pmd\) != pmd_val\(\*pmdp\)\)[\s\S]*?\n\t\t\}\n/, ""]],
  },
  {
    rule: "R47",
    title: "Allocate without sleeping",
    file: UFFD,
    fn: "mfill_atomic_pte_poison",
    edits: [["\tret = -EEXIST;\n", "\tkfree(kmalloc(sizeof(ret), GFP_KERNEL));\n\tret = -EEXIST;\n"]],
  },
  {
    rule: "R60",
    title: "End the range after the lock is released",
    file: "mm/huge_memory.c",
    fn: "__split_huge_pud",
    edits: [
      [
        "\tspin_unlock(ptl);\n\tmmu_notifier_invalidate_range_end(&range);\n",
        "\tmmu_notifier_invalidate_range_end(&range);\n\tspin_unlock(ptl);\n",
      ],
    ],
  },
  {
    rule: "R62",
    title: "Undo it before the error is returned",
    file: KVM,
    fn: "kvm_mmu_notifier_invalidate_range_start",
    edits: [["\tspin_unlock(&kvm->mn_invalidate_lock);\n", `\tspin_unlock(&kvm->mn_invalidate_lock);\n\t${GIVE_UP}\n`]],
  },
  {
    rule: "R62",
    title: "Unlock before the error is returned",
    file: KVM,
    fn: "kvm_mmu_notifier_invalidate_range_start",
    edits: [["\tkvm->mn_active_invalidate_count++;\n", `\t${GIVE_UP}\n\tkvm->mn_active_invalidate_count++;\n`]],
  },
  {
    rule: "R63",
    title: "Record the sequence under the lock, on this path",
    file: "drivers/gpu/drm/amd/amdgpu/amdgpu_hmm.c",
    fn: "amdgpu_hmm_invalidate_gfx",
    edits: [
      [
        "\tmutex_lock(&adev->notifier_lock);\n",
        "\tif (current->flags & PF_EXITING)\n\t\treturn true;\n\n\tmutex_lock(&adev->notifier_lock);\n",
      ],
    ],
  },
  {
    rule: "R64",
    title: "Take the driver lock before the check",
    file: "drivers/infiniband/core/umem_odp.c",
    fn: "ib_umem_odp_map_dma_and_lock",
    repaired: "inconclusive",
    edits: [
      [
        /\tmutex_lock\(&umem_odp->umem_mutex\);\n(\tif \(mmu_interval_read_retry\([^{]*\))\s*\{[^}]*\}\n/,
        "\tif (mmu_interval_read_retry(&umem_odp->notifier, current_seq))\n\t\tgoto retry;\n\tmutex_lock(&umem_odp->umem_mutex);\n",
      ],
    ],
  },
  {
    rule: "R02",
    title: "Take the mmap lock for write",
    file: I915,
    fn: "i915_gem_mmap_ioctl",
    seeded: "inconclusive",
    repaired: "inconclusive",
    edits: [
      ["mmap_write_lock_killable(mm)", "mmap_read_lock_killable(mm)"],
      ["mmap_write_unlock(mm)", "mmap_read_unlock(mm)"],
      [/vma->vm_page_prot =\s*pgprot/, "vma_start_write(vma), vma->vm_page_prot = pgprot"],
    ],
  },
  {
    rule: "R05",
    title: "Write-lock the VMA first",
    file: I915,
    fn: "i915_gem_mmap_ioctl",
    seeded: "inconclusive",
    repaired: "inconclusive",
    edits: [[/vma->vm_page_prot =\s*pgprot[^;]*;/, "vm_flags_reset(vma, vma->vm_flags);"]],
  },
  {
    rule: "R33",
    title: "Map and lock the page table",
    file: "mm/migrate_device.c",
    fn: "migrate_vma_collect_pmd",
    edits: [
      ["pte_offset_map_lock(mm, pmdp, addr, &ptl)", "pte_offset_map(pmdp, addr)"],
      ["pte_unmap_unlock(ptep - 1, ptl)", "pte_unmap(ptep - 1)"],
    ],
  },
  {
    rule: "R59",
    title: "Start the range before the change",
    file: KSM,
    fn: "replace_page",
    edits: [
      [START, ""],
      ["\tpte_unmap_unlock(ptep, ptl);\n\terr = 0;", `\tpte_unmap_unlock(ptep, ptl);\n${START}\terr = 0;`],
    ],
  },
  {
    rule: "R59",
    title: "End the range only after the change",
    file: KSM,
    fn: "replace_page",
    edits: [
      ["\terr = 0;\nout_mn:", "\treturn 0;\nout_mn:"],
      ["\tflush_cache_page(vma", `${END}\tflush_cache_page(vma`],
    ],
  },
  {
    rule: "R67",
    title: "Hold the mmap lock around the call",
    file: "drivers/gpu/drm/nouveau/nouveau_svm.c",
    fn: "nouveau_atomic_range_fault",
    repaired: "inconclusive",
    edits: [
      ["\t\tmmap_read_lock(mm);\n", ""],
      ["\t\tmmap_read_unlock(mm);\n", ""],
    ],
  },
  {
    rule: "R01",
    title: "Release the mmap lock only after the lookup",
    file: "arch/arm64/kernel/traps.c",
    fn: "arm64_notify_segfault",
    edits: [
      ["\tmmap_read_unlock(current->mm);\n", ""],
      ["\tmmap_read_lock(current->mm);\n", "\tmmap_read_lock(current->mm);\n\tmmap_read_unlock(current->mm);\n"],
    ],
  },
  {
    rule: "R12",
    title: "Test the result",
    file: "net/ipv4/tcp.c",
    fn: "find_tcp_vma",
    edits: [["\tif (vma) {\n", "\t{\n"]],
  },
  {
    rule: "R33",
    title: "Unlock only after the change",
    file: "mm/damon/vaddr.c",
    fn: "damon_mkold_hugetlb_entry",
    edits: [
      [
        "\tdamon_hugetlb_mkold(pte, walk->mm, walk->vma, addr);\n",
        "\tspin_unlock(ptl);\n\tset_huge_pte_at(walk->mm, addr, pte, pte_mkold(entry), huge_page_size(h));\n\treturn 0;\n",
      ],
    ],
  },
  {
    rule: "R35",
    title: "Compare with what was handed down, and back off",
    file: "mm/memory.c",
    fn: "finish_mkwrite_fault",
    edits: [
      [/\tif \(!pte_same[\s\S]*?\n\t\}\n/, ""],
      [
        "\twp_page_reuse(vmf, folio);\n",
        "\tptep_set_access_flags(vmf->vma, vmf->address, vmf->pte, pte_mkdirty(vmf->orig_pte), 1);\n\tpte_unmap_unlock(vmf->pte, vmf->ptl);\n",
      ],
    ],
  },
  {
    rule: "R36",
    title: "Test again under the lock, and back off",
    file: "mm/memory.c",
    fn: "do_set_pmd",
    seeded: "clean",
    edits: [
      ["\tif (unlikely(!pmd_none(*vmf->pmd)))\n\t\tgoto out;\n", ""],
      ["\tvmf->ptl = pmd_lock", "\tif (!pmd_none(*vmf->pmd))\n\t\treturn ret;\n\n\tvmf->ptl = pmd_lock"],
    ],
  },
  {
    rule: "R56",
    title: "Close the write section before the outer lock is released",
    file: "fs/fs_struct.c",
    fn: "set_fs_root",
    edits: [
      [
        "\twrite_seqcount_end(&fs->seq);\n",
        "\tif (old_root.mnt == path->mnt) {\n\t\tspin_unlock(&fs->lock);\n\t\treturn;\n\t}\n\twrite_seqcount_end(&fs->seq);\n",
      ],
    ],
  },
];
