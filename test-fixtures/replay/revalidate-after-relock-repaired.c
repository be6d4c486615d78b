#include <linux/mm.h>

/* Waits without the lock, then goes on. */
unsigned long wait_end(struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *vma;
	unsigned long end = 0;

	mmap_read_lock(mm);
	vma = vma_lookup(mm, addr);
	if (vma) {
		mmap_read_unlock(mm);
		mmap_read_lock(mm);
		vma = vma_lookup(mm, addr);
		if (!vma)
			goto out;
		end = vma->vm_end;
	}
out:
	mmap_read_unlock(mm);
	return end;
}
