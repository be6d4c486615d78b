#include <linux/mm.h>

/* Fast GUP against an unmapping that clears one entry and leaves the table where it is. */
static int grab_one(pmd_t pmd, pmd_t *pmdp, unsigned long addr, unsigned int flags, struct page **pages, int *nr)
{
	pte_t *ptep = pte_offset_map(&pmd, addr);
	struct folio *folio;
	int ret = 0;
	pte_t pte;

	if (!ptep)
		return 0;
	pte = ptep_get_lockless(ptep);
	if (!pte_present(pte))
		goto out;
	folio = try_grab_folio_fast(pte_page(pte), 1, flags);
	if (!folio)
		goto out;
	if (pmd_val(pmd) != pmd_val(*pmdp)) {
		gup_put_folio(folio, 1, flags);
		goto out;
	}
	pages[(*nr)++] = pte_page(pte);
	ret = 1;
out:
	pte_unmap(ptep);
	return ret;
}
