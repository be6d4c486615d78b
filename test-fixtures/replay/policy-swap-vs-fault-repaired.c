#include <linux/mm.h>

/* Gives an area another policy. */
int set_policy(struct mm_struct *mm, struct vm_area_struct *vma, struct mempolicy *new)
{
	struct mempolicy *old;

	mmap_write_lock(mm);
	vma_start_write(vma);
	old = vma->vm_policy;
	vma->vm_policy = 0;
	mpol_put(old);
	mmap_write_unlock(mm);
	return 0;
}
