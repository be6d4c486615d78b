/** Mistakes that take several lines to make: functions of Linux 6.12 changed the way somebody might who meant well. */
import type { Edited } from "./sites";

const FORK = "mm/memory.c";
const SECTION_END = "raw_write_seqcount_end(&src_mm->write_protect_seq);\n";

/** A look at the page table of a range of one page, so that the buffer for many is not needed. */
const ONE_PAGE = `	pgd = pgd_offset(current->mm, start);
	p4d = pgd_present(*pgd) ? p4d_offset(pgd, start) : NULL;
	pud = p4d && p4d_present(*p4d) ? pud_offset(p4d, start) : NULL;
	pmd = pud && pud_present(*pud) ? pmd_offset(pud, start) : NULL;
	pte = pmd ? pte_offset_map(pmd, start) : NULL;
	if (pte) {
		present = pte_present(ptep_get_lockless(pte));
		pte_unmap(pte);
	}
	if (present && pages == 1)
		return put_user(present, vec);

`;
const LOCALS = `	unsigned char *tmp, present = 0;
	pgd_t *pgd;
	p4d_t *p4d;
	pud_t *pud;
	pmd_t *pmd;
	pte_t *pte;
`;
const TMP = "\tunsigned char *tmp;\n";
const BUFFER = "\ttmp = (void *) __get_free_page(GFP_USER);\n";

/** Page tables for everybody who has the file mapped, as soon as a page of it is there. */
const FOR_ALL = `		i_mmap_lock_read(mapping);
		vma_interval_tree_foreach(vma, &mapping->i_mmap, addr >> PAGE_SHIFT, addr >> PAGE_SHIFT) {
			unsigned long at = vma->vm_start + addr - (vma->vm_pgoff << PAGE_SHIFT);

			if (!huge_pte_alloc(vma->vm_mm, vma, at, hpage_size))
				break;
		}
		i_mmap_unlock_read(mapping);

`;

export const REWRITTEN: Edited[] = [
  {
    // The policy of each VMA is replaced where it stands; page faults are forgotten.
    rule: "R03",
    title: "Write-lock the VMA first",
    file: "mm/mempolicy.c",
    fn: "set_mempolicy_home_node",
    edits: [
      ["\t\tvma_start_write(vma);\n", ""],
      [
        /\t\terr = mbind_range\([^;]*;\n\t\tmpol_put\(new\);\n\t\tif \(err\)\n\t\t\tbreak;\n/,
        "\t\tvma->vm_policy = new;\n\t\tmpol_put(old);\n\t\terr = 0;\n",
      ],
    ],
  },
  {
    rule: "R37",
    title: "Take the mmap lock by trylock around it",
    file: "fs/hugetlbfs/inode.c",
    fn: "hugetlbfs_fallocate",
    edits: [
      ["\tstruct vm_area_struct pseudo_vma;\n", "\tstruct vm_area_struct pseudo_vma, *vma;\n"],
      [/(?=\t\tfolio_set_hugetlb_migratable\(folio\);\n)/, FOR_ALL],
    ],
  },
  {
    rule: "R43",
    title: "Disable interrupts around the walk",
    file: "mm/mincore.c",
    fn: "mincore",
    repaired: "inconclusive",
    edits: [
      [TMP, LOCALS],
      [BUFFER, ONE_PAGE + BUFFER],
    ],
  },
  {
    // Interrupts are on again before the walk begins.
    rule: "R43",
    title: "Enable interrupts only after the walk",
    file: "mm/mincore.c",
    fn: "mincore",
    repaired: "inconclusive",
    edits: [
      [TMP, `\tunsigned long flags;\n${LOCALS}`],
      [
        /(\tstart = untagged_addr\(start\);\n)/,
        "\tlocal_irq_save(flags);\n\tstart = untagged_addr(start);\n\tlocal_irq_restore(flags);\n",
      ],
      [BUFFER, ONE_PAGE + BUFFER],
    ],
  },
  {
    // The end stands before the loop instead of behind it.
    rule: "R53",
    title: "Keep the section open until it is done",
    file: FORK,
    fn: "copy_page_range",
    edits: [
      [
        `\tif (is_cow) {\n\t\t${SECTION_END}\t\tmmu_notifier_invalidate_range_end(&range);\n\t}\n`,
        "\tif (is_cow)\n\t\tmmu_notifier_invalidate_range_end(&range);\n",
      ],
      ["\tret = 0;\n\tdst_pgd", `\tif (is_cow)\n\t\t${SECTION_END}\n\tret = 0;\n\tdst_pgd`],
    ],
  },
  {
    // Fast GUP shall not see half of it: but others may write-protect at the same time.
    rule: "R53",
    title: "Take the mmap lock for write",
    file: "mm/userfaultfd.c",
    fn: "mwriteprotect_range",
    seeded: "inconclusive",
    repaired: "inconclusive",
    edits: [
      [
        "\terr = -ENOENT;\n\tfor_each",
        "\traw_write_seqcount_begin(&dst_mm->write_protect_seq);\n\terr = -ENOENT;\n\tfor_each",
      ],
      ["\t\terr = 0;\n\t}\n", "\t\terr = 0;\n\t}\n\traw_write_seqcount_end(&dst_mm->write_protect_seq);\n"],
    ],
  },
  {
    // The old value is taken under the lock, the new one written after it.
    rule: "R55",
    title: "Release the lock only after the write section",
    file: "fs/fs_struct.c",
    fn: "set_fs_root",
    edits: [
      ["\twrite_seqcount_end(&fs->seq);\n\tspin_unlock(&fs->lock);\n", "\twrite_seqcount_end(&fs->seq);\n"],
      [
        "\twrite_seqcount_begin(&fs->seq);\n\told_root = fs->root;\n",
        "\told_root = fs->root;\n\tspin_unlock(&fs->lock);\n\n\twrite_seqcount_begin(&fs->seq);\n",
      ],
    ],
  },
];
