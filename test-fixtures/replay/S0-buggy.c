#include <linux/mm.h>

/* Founding document S0: fast GUP pins a page that fork() is about to share. */
static int walk(pmd_t *pmd, unsigned long addr, unsigned int flags, struct page **page)
{
	pte_t *ptep = pte_offset_map(pmd, addr);
	struct folio *folio;
	pte_t pte;
	int nr = 0;

	if (!ptep)
		return 0;
	pte = ptep_get_lockless(ptep);
	if (!pte_present(pte) || !pte_write(pte))
		goto out;
	folio = try_grab_folio_fast(pte_page(pte), 1, flags);
	if (!folio)
		goto out;
	if (pte_val(pte) != pte_val(ptep_get(ptep))) {
		gup_put_folio(folio, 1, flags);
		goto out;
	}
	*page = pte_page(pte);
	nr = 1;
out:
	pte_unmap(ptep);
	return nr;
}

int fast_pin(struct mm_struct *mm, pmd_t *pmd, unsigned long addr, unsigned int flags, struct page **page)
{
	unsigned long irq;
	int nr;

	local_irq_save(irq);
	nr = walk(pmd, addr, flags, page);
	local_irq_restore(irq);
	return nr;
}
