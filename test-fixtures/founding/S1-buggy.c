#include <linux/mm.h>

/* Founding document S1: what the VMA lock allows, and for how long. */
static int seal_area(struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *vma;

	mmap_read_lock(mm);
	vma = vma_lookup(mm, addr);
	if (vma)
		vma_start_write(vma);
	mmap_read_unlock(mm);
	return vma ? 0 : -ENOENT;
}

static unsigned long area_end(struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *vma = lock_vma_under_rcu(mm, addr);

	if (!vma)
		return 0;
	vma_end_read(vma);
	return vma->vm_end;
}

static int areas(struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *vma = lock_vma_under_rcu(mm, addr);
	int n;

	if (!vma)
		return 0;
	mmap_read_lock(mm);
	n = mm->map_count;
	mmap_read_unlock(mm);
	vma_end_read(vma);
	return n;
}
