#include <linux/mm.h>

/* Takes a huge page out. */
int drop(struct vm_area_struct *vma, pmd_t *pmd, unsigned long addr)
{
	spinlock_t *ptl;

	if (!pmd_trans_huge(pmdp_get_lockless(pmd)))
		return 0;
	ptl = pmd_lock(vma->vm_mm, pmd);
	pmdp_huge_get_and_clear(vma->vm_mm, addr, pmd);
	spin_unlock(ptl);
	return 1;
}
