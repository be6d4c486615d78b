#include <linux/mm.h>

/* Founding document S3: fast GUP against the collapse of a page table into a huge page. */
static int grab_range(pmd_t pmd, pmd_t *pmdp, unsigned long addr, unsigned long end, unsigned int flags, struct page **pages, int *nr)
{
	pte_t *ptep = pte_offset_map(&pmd, addr);
	pte_t *first = ptep;
	struct folio *folio;
	int ret = 0;

	if (!ptep)
		return 0;
	do {
		pte_t pte = ptep_get_lockless(ptep);

		if (!pte_present(pte))
			goto out;
		folio = try_grab_folio_fast(pte_page(pte), 1, flags);
		if (!folio)
			goto out;
		if (pte_val(pte) != pte_val(ptep_get(ptep))) {
			gup_put_folio(folio, 1, flags);
			goto out;
		}
		pages[(*nr)++] = pte_page(pte);
	} while (ptep++, addr += PAGE_SIZE, addr != end);
	ret = 1;
out:
	pte_unmap(first);
	return ret;
}
