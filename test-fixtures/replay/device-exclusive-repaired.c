#include <linux/mm.h>

/* Gives the CPU its access back. */
int restore(struct vm_fault *vmf, struct vm_area_struct *vma, struct page *page)
{
	struct mmu_notifier_range range;
	pte_t *pte;

	folio_lock(page_folio(page));
	mmu_notifier_range_init_owner(&range, MMU_NOTIFY_EXCLUSIVE, 0, vma->vm_mm, vmf->address, vmf->address + PAGE_SIZE, 0);
	mmu_notifier_invalidate_range_start(&range);
	pte = pte_offset_map_lock(vma->vm_mm, vmf->pmd, vmf->address, &vmf->ptl);
	if (pte) {
		if (pte_same(ptep_get(pte), vmf->orig_pte))
			set_pte_at(vma->vm_mm, vmf->address, pte, mk_pte(page, vma->vm_page_prot));
		pte_unmap_unlock(pte, vmf->ptl);
	}
	mmu_notifier_invalidate_range_end(&range);
	folio_unlock(page_folio(page));
	return 0;
}
