#include <linux/mm.h>

/* Shares a page with the child. */
int share(struct mm_struct *mm, struct vm_area_struct *vma, pmd_t *pmd, unsigned long addr, struct folio *folio)
{
	spinlock_t *ptl;
	pte_t *pte;
	int ret = -EBUSY;

	mmap_read_lock(mm);
	raw_write_seqcount_begin(&mm->write_protect_seq);
	pte = pte_offset_map_lock(mm, pmd, addr, &ptl);
	if (pte) {
		if (!folio_needs_cow_for_dma(vma, folio)) {
			ptep_set_wrprotect(mm, addr, pte);
			ret = 0;
		}
		pte_unmap_unlock(pte, ptl);
	}
	raw_write_seqcount_end(&mm->write_protect_seq);
	mmap_read_unlock(mm);
	return ret;
}
