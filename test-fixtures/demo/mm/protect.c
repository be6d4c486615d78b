#include <linux/errno.h>
#include <linux/mm.h>

/* Other readers look at the flags at the same time. */
int protect_mark_wrong(struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *vma;
	int error = -ENOMEM;

	mmap_read_lock(mm);
	vma = vma_lookup(mm, addr);
	if (vma) {
		vm_flags_set(vma, VM_DONTCOPY);
		error = 0;
	}
	mmap_read_unlock(mm);
	return error;
}

int protect_mark_right(struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *vma;
	int error = -ENOMEM;

	mmap_write_lock(mm);
	vma = vma_lookup(mm, addr);
	if (vma) {
		vm_flags_set(vma, VM_DONTCOPY);
		error = 0;
	}
	mmap_write_unlock(mm);
	return error;
}
