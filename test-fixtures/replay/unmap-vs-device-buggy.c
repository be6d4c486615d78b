#include <linux/mm.h>

/* Takes an entry away. */
int drop(struct mm_struct *mm, struct vm_area_struct *vma, pmd_t *pmd, unsigned long addr)
{
	struct mmu_notifier_range range;
	spinlock_t *ptl;
	pte_t *pte;

	pte = pte_offset_map_lock(mm, pmd, addr, &ptl);
	if (pte) {
		ptep_clear_flush(vma, addr, pte);
		pte_unmap_unlock(pte, ptl);
	}
	return 0;
}
