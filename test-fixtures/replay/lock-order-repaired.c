#include <linux/mm.h>

/* Takes two locks. */
void both(struct mm_struct *mm, struct address_space *mapping)
{
	mmap_write_lock(mm);
	i_mmap_lock_write(mapping);
	i_mmap_unlock_write(mapping);
	mmap_write_unlock(mm);
}
