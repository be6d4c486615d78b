#include <linux/mm.h>

/* Where an area ends. */
unsigned long area_end(struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *vma;
	unsigned long end = 0;

	mmap_read_lock(mm);
	vma = vma_lookup(mm, addr);
	if (vma)
		end = vma->vm_end;
	mmap_read_unlock(mm);
	return end;
}
