#include <linux/mm.h>

/* Founding document S1: what the VMA lock allows, and for how long. */
static int seal_area(struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *vma;
	int ret = -ENOENT;

	mmap_write_lock(mm);
	vma = vma_lookup(mm, addr);
	if (vma) {
		vma_start_write(vma);
		ret = 0;
	}
	mmap_write_unlock(mm);
	return ret;
}

static unsigned long area_end(struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *vma = lock_vma_under_rcu(mm, addr);
	unsigned long end;

	if (!vma)
		return 0;
	end = vma->vm_end;
	vma_end_read(vma);
	return end;
}

static int areas(struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *vma = lock_vma_under_rcu(mm, addr);
	int n;

	if (!vma)
		return 0;
	vma_end_read(vma);
	mmap_read_lock(mm);
	n = mm->map_count;
	mmap_read_unlock(mm);
	return n;
}
