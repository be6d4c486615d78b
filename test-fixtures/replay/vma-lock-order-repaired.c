#include <linux/mm.h>

/* Locks a VMA for a change of its place in the file. */
void lock_both(struct address_space *mapping, struct vm_area_struct *vma)
{
	vma_start_write(vma);
	i_mmap_lock_write(mapping);
	i_mmap_unlock_write(mapping);
}
