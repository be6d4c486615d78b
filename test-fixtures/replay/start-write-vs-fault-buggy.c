#include <linux/mm.h>

/* Prepares a VMA for a change. */
int prepare(struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *vma;
	int ret = -ENOENT;

	mmap_read_lock(mm);
	vma = vma_lookup(mm, addr);
	if (vma) {
		vma_start_write(vma);
		ret = 0;
	}
	mmap_read_unlock(mm);
	return ret;
}
