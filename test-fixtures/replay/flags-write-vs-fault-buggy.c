#include <linux/mm.h>

/* Takes write access away. */
int restrict_area(struct mm_struct *mm, struct vm_area_struct *vma, unsigned long flags)
{
	mmap_write_lock(mm);
	vm_flags_reset(vma, flags);
	mmap_write_unlock(mm);
	return 0;
}
