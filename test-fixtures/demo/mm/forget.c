#include <linux/errno.h>
#include <linux/mm.h>

int forget_entries(struct mm_struct *mm, unsigned long start, unsigned long end);

/* Devices that were told to stop wait for the end of the announcement, forever on this error path. */
int forget_range_wrong(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	struct mmu_notifier_range range;
	int error;

	mmu_notifier_range_init(&range, MMU_NOTIFY_CLEAR, 0, mm, start, end);
	mmu_notifier_invalidate_range_start(&range);
	error = forget_entries(mm, start, end);
	if (error)
		return error;
	mmu_notifier_invalidate_range_end(&range);
	return 0;
}

int forget_range_right(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	struct mmu_notifier_range range;
	int error;

	mmu_notifier_range_init(&range, MMU_NOTIFY_CLEAR, 0, mm, start, end);
	mmu_notifier_invalidate_range_start(&range);
	error = forget_entries(mm, start, end);
	mmu_notifier_invalidate_range_end(&range);
	return error;
}
