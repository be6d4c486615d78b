#include <linux/errno.h>
#include <linux/mm.h>

/* The VMA may be freed as soon as nobody holds the lock any more. */
unsigned long range_end_wrong(struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *vma;

	mmap_read_lock(mm);
	vma = vma_lookup(mm, addr);
	mmap_read_unlock(mm);
	if (!vma)
		return 0;
	return vma->vm_end;
}

unsigned long range_end_right(struct mm_struct *mm, unsigned long addr)
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

/* The early return forgets that something is held. */
int range_check_wrong(struct mm_struct *mm, unsigned long addr, unsigned long length)
{
	struct vm_area_struct *vma;

	mmap_read_lock(mm);
	vma = vma_lookup(mm, addr);
	if (!vma)
		return -ENOMEM;
	if (vma->vm_end - addr < length) {
		mmap_read_unlock(mm);
		return -EINVAL;
	}
	mmap_read_unlock(mm);
	return 0;
}

int range_check_right(struct mm_struct *mm, unsigned long addr, unsigned long length)
{
	struct vm_area_struct *vma;
	int error = 0;

	mmap_read_lock(mm);
	vma = vma_lookup(mm, addr);
	if (!vma)
		error = -ENOMEM;
	else if (vma->vm_end - addr < length)
		error = -EINVAL;
	mmap_read_unlock(mm);
	return error;
}
