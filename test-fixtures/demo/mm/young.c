#include <linux/mm.h>
#include <linux/slab.h>

/* The page table may have been replaced by a huge page: then there is nothing to map. */
int young_clear_wrong(struct vm_area_struct *vma, pmd_t *pmd, unsigned long addr)
{
	spinlock_t *ptl;
	pte_t *pte;
	int young;

	pte = pte_offset_map_lock(vma->vm_mm, pmd, addr, &ptl);
	young = pte_young(ptep_get(pte));
	if (young)
		set_pte_at(vma->vm_mm, addr, pte, pte_mkold(ptep_get(pte)));
	pte_unmap_unlock(pte, ptl);
	return young;
}

int young_clear_right(struct vm_area_struct *vma, pmd_t *pmd, unsigned long addr)
{
	spinlock_t *ptl;
	pte_t *pte;
	int young;

	pte = pte_offset_map_lock(vma->vm_mm, pmd, addr, &ptl);
	if (!pte)
		return 0;
	young = pte_young(ptep_get(pte));
	if (young)
		set_pte_at(vma->vm_mm, addr, pte, pte_mkold(ptep_get(pte)));
	pte_unmap_unlock(pte, ptl);
	return young;
}

/* An entry that is not present leaves with the page table still mapped and locked. */
int young_test_wrong(struct vm_area_struct *vma, pmd_t *pmd, unsigned long addr)
{
	spinlock_t *ptl;
	pte_t *pte;
	int young;

	pte = pte_offset_map_lock(vma->vm_mm, pmd, addr, &ptl);
	if (!pte)
		return 0;
	if (!pte_present(ptep_get(pte)))
		return 0;
	young = pte_young(ptep_get(pte));
	pte_unmap_unlock(pte, ptl);
	return young;
}

int young_test_right(struct vm_area_struct *vma, pmd_t *pmd, unsigned long addr)
{
	spinlock_t *ptl;
	pte_t *pte;
	int young = 0;

	pte = pte_offset_map_lock(vma->vm_mm, pmd, addr, &ptl);
	if (!pte)
		return 0;
	if (pte_present(ptep_get(pte)))
		young = pte_young(ptep_get(pte));
	pte_unmap_unlock(pte, ptl);
	return young;
}

/* The allocation may wait for memory while a spinlock is held. */
int *young_record_wrong(struct vm_area_struct *vma, pmd_t *pmd, unsigned long addr)
{
	spinlock_t *ptl;
	pte_t *pte;
	int *record;

	pte = pte_offset_map_lock(vma->vm_mm, pmd, addr, &ptl);
	if (!pte)
		return NULL;
	record = kmalloc(sizeof(*record), GFP_KERNEL);
	if (record)
		*record = pte_young(ptep_get(pte));
	pte_unmap_unlock(pte, ptl);
	return record;
}

int *young_record_right(struct vm_area_struct *vma, pmd_t *pmd, unsigned long addr)
{
	spinlock_t *ptl;
	pte_t *pte;
	int *record;

	record = kmalloc(sizeof(*record), GFP_KERNEL);
	if (!record)
		return NULL;
	*record = 0;
	pte = pte_offset_map_lock(vma->vm_mm, pmd, addr, &ptl);
	if (!pte)
		return record;
	*record = pte_young(ptep_get(pte));
	pte_unmap_unlock(pte, ptl);
	return record;
}
