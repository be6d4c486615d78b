#include <linux/mm.h>

/* Takes rights away. */
void restrict_area(struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *vma;

	mmap_read_lock(mm);
	vma = vma_lookup(mm, addr);
	if (vma)
		vm_flags_clear(vma, VM_WRITE);
	mmap_read_unlock(mm);
}
