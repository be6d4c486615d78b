#include <linux/mm.h>

/* Moves the start of an area. */
void move_start(struct mm_struct *mm, struct vm_area_struct *vma)
{
	mmap_write_lock(mm);
	vma_start_write(vma);
	vma->vm_start += PAGE_SIZE;
	vma->vm_pgoff += 1;
	mmap_write_downgrade(mm);
	mmap_read_unlock(mm);
}
