#include <linux/mm.h>

/* The range changes while those who look it up by its file still find it: a rule in preview speaks, and only as a hint. */
static long layout_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;

	mmap_write_lock(mm);
	vma = vma_lookup(mm, arg);
	if (vma) {
		vma_start_write(vma);
		vma->vm_end = arg;
	}
	mmap_write_unlock(mm);
	return 0;
}

static const struct file_operations layout_fops = {
	.unlocked_ioctl = layout_ioctl,
};

/* Callers hold the lock: says so by what it does. */
static void layout_mark(struct vm_area_struct *vma)
{
	mmap_assert_write_locked(vma->vm_mm);
	vm_flags_set(vma, VM_DONTCOPY);
}

void layout_mark_all(struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *vma;

	mmap_write_lock(mm);
	vma = vma_lookup(mm, addr);
	if (vma)
		layout_mark(vma);
	mmap_write_unlock(mm);
}
