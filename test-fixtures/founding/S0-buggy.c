#include <linux/mm.h>

/* Founding document S0: fork() write-protects pages that fast GUP may be pinning. */
static unsigned long fast_pin(struct mm_struct *mm, unsigned long start, unsigned long end, unsigned int flags)
{
	unsigned long irq, nr = 0;
	unsigned int seq;

	if (flags & FOLL_PIN) {
		seq = raw_read_seqcount(&mm->write_protect_seq);
	}
	local_irq_save(irq);
	nr = walk_range(pgd_offset(mm, start), start, end, flags);
	local_irq_restore(irq);
	if (flags & FOLL_PIN) {
		count_pins(nr);
	}
	return nr;
}

static void share_entry(struct mm_struct *mm, pmd_t *pmd, unsigned long addr)
{
	struct mmu_notifier_range range;
	spinlock_t *ptl;
	pte_t *pte;

	mmap_assert_write_locked(mm);
	mmu_notifier_range_init(&range, MMU_NOTIFY_PROTECTION_PAGE, 0, mm, addr, addr + PAGE_SIZE);
	mmu_notifier_invalidate_range_start(&range);
	raw_write_seqcount_begin(&mm->write_protect_seq);
	raw_write_seqcount_end(&mm->write_protect_seq);
	pte = pte_offset_map_lock(mm, pmd, addr, &ptl);
	if (pte) {
		ptep_set_wrprotect(mm, addr, pte);
		pte_unmap_unlock(pte, ptl);
	}
	mmu_notifier_invalidate_range_end(&range);
}

static unsigned long walk_range(pgd_t *pgdp, unsigned long start, unsigned long end, unsigned int flags)
{
	pmd_t *pmdp = pmd_offset(pud_offset(p4d_offset(pgdp, start), start), start);
	pmd_t pmd = READ_ONCE(*pmdp);
	struct folio *folio;
	unsigned long nr = 0;
	pte_t *ptep, pte;

	ptep = pte_offset_map(&pmd, start);
	if (!ptep)
		return 0;
	pte = ptep_get_lockless(ptep);
	if (!pte_access_permitted(pte, flags & FOLL_WRITE))
		goto out;
	folio = try_grab_folio_fast(pte_page(pte), 1, flags);
	if (!folio)
		goto out;
	if (pmd_val(pmd) != pmd_val(*pmdp) || pte_val(pte) != pte_val(ptep_get(ptep))) {
		gup_put_folio(folio, 1, flags);
		goto out;
	}
	nr = 1;
out:
	pte_unmap(ptep);
	return nr;
}
