#include <linux/mm.h>

/* Puts a huge page in place of a table. */
int collapse(struct mm_struct *mm, struct vm_area_struct *vma, pmd_t *pmd, unsigned long addr, struct folio *folio, pmd_t huge)
{
	pmd_t old = pmdp_collapse_flush(vma, addr, pmd);

	if (folio_ref_count(folio) != folio_mapcount(folio)) {
		pmd_populate(mm, pmd, pmd_pgtable(old));
		return -EBUSY;
	}
	set_pmd_at(mm, addr, pmd, huge);
	return 0;
}
