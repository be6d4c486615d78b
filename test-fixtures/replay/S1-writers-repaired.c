#include <linux/mm.h>

/* Founding document S1: changing a VMA's layout while somebody may read it. */
int shift_area(struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *vma;

	mmap_write_lock(mm);
	vma = vma_lookup(mm, addr);
	if (vma) {
		vma_start_write(vma);
		vma->vm_start -= PAGE_SIZE;
		vma->vm_pgoff -= 1;
	}
	mmap_write_unlock(mm);
	return vma ? 0 : -ENOENT;
}
