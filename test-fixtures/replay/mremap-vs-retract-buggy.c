#include <linux/mm.h>

/* Maps a page in a table that was looked up before. */
int map_page(struct mm_struct *mm, struct vm_area_struct *vma, pmd_t *pmd, unsigned long addr, struct page *page)
{
	pmd_t seen = pmdp_get(pmd);
	spinlock_t *ptl;
	pte_t *pte;
	int ret = -EAGAIN;

	pte = pte_offset_map_nolock(mm, pmd, addr, &ptl);
	if (!pte)
		return ret;
	spin_lock(ptl);
	if (pte_none(ptep_get(pte))) {
		set_pte_at(mm, addr, pte, mk_pte(page, vma->vm_page_prot));
		ret = 0;
	}
	spin_unlock(ptl);
	pte_unmap(pte);
	return ret;
}
