#include <linux/mm.h>

/* Changes an entry and waits. */
int change(struct mm_struct *mm, struct vm_area_struct *vma, pmd_t *pmd, unsigned long addr)
{
	spinlock_t *ptl;
	pte_t *pte = pte_offset_map_lock(mm, pmd, addr, &ptl);

	if (!pte)
		return -EAGAIN;
	ptep_clear_flush(vma, addr, pte);
	pte_unmap_unlock(pte, ptl);
	msleep(1);
	return 0;
}
