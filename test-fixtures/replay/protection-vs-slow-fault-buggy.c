#include <linux/mm.h>

/* Replaces the protection of a VMA. */
void protect(struct mm_struct *mm, unsigned long addr, pgprot_t prot)
{
	struct vm_area_struct *vma;

	mmap_read_lock(mm);
	vma = vma_lookup(mm, addr);
	if (vma)
		vma->vm_page_prot = prot;
	mmap_read_unlock(mm);
}
