#include <linux/mm.h>

/* Where an area ends. */
unsigned long area_end(struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *vma;
	unsigned long end = 0;

	vma = vma_lookup(mm, addr);
	if (vma)
		end = vma->vm_end;
	return end;
}
