#include <linux/mm.h>

/* Copies the entry of a page to the child: a special one is made an ordinary one before. */
int copy_entry(struct mm_struct *dst, struct mm_struct *src, struct vm_area_struct *vma, pmd_t *dst_pmd, pmd_t *src_pmd, unsigned long addr)
{
	struct mmu_notifier_range range;
	spinlock_t *dst_ptl, *src_ptl;
	pte_t *dst_pte, *src_pte;
	int ret = 0;
	pte_t pte;

	mmu_notifier_range_init(&range, MMU_NOTIFY_PROTECTION_PAGE, 0, src, addr, addr + PAGE_SIZE);
	mmu_notifier_invalidate_range_start(&range);
	dst_pte = pte_alloc_map_lock(dst, dst_pmd, addr, &dst_ptl);
	if (!dst_pte) {
		ret = -ENOMEM;
		goto out;
	}
	src_pte = pte_offset_map_lock(src, src_pmd, addr, &src_ptl);
	if (!src_pte)
		goto unlock;
	pte = ptep_get(src_pte);
	if (!pte_present(pte) && is_device_exclusive_entry(pte_to_swp_entry(pte))) {
		struct page *page = pfn_swap_entry_to_page(pte_to_swp_entry(pte));

		if (!trylock_page(page)) {
			ret = -EBUSY;
			goto unlock_src;
		}
		pte = pte_mkwrite(mk_pte(page, vma->vm_page_prot), vma);
		set_pte_at(src, addr, src_pte, pte);
		unlock_page(page);
	}
	if (pte_present(pte)) {
		ptep_set_wrprotect(src, addr, src_pte);
		pte = pte_wrprotect(pte);
	}
	set_pte_at(dst, addr, dst_pte, pte);
unlock_src:
	pte_unmap_unlock(src_pte, src_ptl);
unlock:
	pte_unmap_unlock(dst_pte, dst_ptl);
out:
	mmu_notifier_invalidate_range_end(&range);
	return ret;
}
