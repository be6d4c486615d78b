#include <linux/mm.h>

/* Makes an entry writable. */
int allow(struct mm_struct *mm, struct vm_area_struct *vma, pmd_t *pmd, unsigned long addr)
{
	spinlock_t *ptl;
	pte_t *pte;
	pte_t entry;

	pte = pte_offset_map(pmd, addr);
	if (!pte)
		return -EAGAIN;
	entry = ptep_get(pte);
	if (pte_present(entry))
		set_pte_at(mm, addr, pte, pte_mkwrite(entry, vma));
	pte_unmap(pte);
	return 0;
}
