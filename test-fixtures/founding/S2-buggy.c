#include <linux/mm.h>

/* Founding document S2: a page is made exclusive to a device, and taken back. */
struct accel {
	struct mmu_interval_notifier sub;
	struct mutex lock;
};

static int own_page(struct accel *a, struct mm_struct *mm, unsigned long addr)
{
	struct page *page;
	unsigned long seq;
	int n;

	for (;;) {
		seq = mmu_interval_read_begin(&a->sub);
		mmap_read_lock(mm);
		mmap_read_unlock(mm);
		n = make_device_exclusive_range(mm, addr, addr + PAGE_SIZE, &page, a);
		if (n <= 0 || !page)
			return -EBUSY;
		if (!mmu_interval_read_retry(&a->sub, seq)) {
			mutex_lock(&a->lock);
			break;
		}
		unlock_page(page);
		put_page(page);
	}
	program(a, addr, page);
	mutex_unlock(&a->lock);
	unlock_page(page);
	put_page(page);
	return 0;
}

static int take_back(struct vm_area_struct *vma, struct folio *folio, pmd_t *pmd, unsigned long addr)
{
	spinlock_t *ptl;
	pte_t *pte;

	pte = pte_offset_map_lock(vma->vm_mm, pmd, addr, &ptl);
	if (!pte) {
		return -EAGAIN;
	}
	folio_lock(folio);
	restore(vma, addr, pte);
	pte_unmap_unlock(pte, ptl);
	folio_unlock(folio);
	return 0;
}
