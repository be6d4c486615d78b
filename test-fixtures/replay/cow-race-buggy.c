#include <linux/mm.h>

/* Replaces the page that the fault was called for by a copy. */
int fill(struct vm_fault *vmf, struct page *page)
{
	struct vm_area_struct *vma = vmf->vma;
	pte_t *pte;

	pte = pte_offset_map_lock(vma->vm_mm, vmf->pmd, vmf->address, &vmf->ptl);
	if (!pte)
		return -EAGAIN;
	set_pte_at(vma->vm_mm, vmf->address, pte, mk_pte(page, vma->vm_page_prot));
	pte_unmap_unlock(pte, vmf->ptl);
	return 0;
}
