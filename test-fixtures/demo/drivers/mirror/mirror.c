/* A device that mirrors a process's page tables, reduced to its invalidation callback. */
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/mmu_notifier.h>
#include <linux/mutex.h>

struct mirror {
	struct mmu_notifier notifier;
	struct mutex lock;
	int active;
};

static void mirror_unmap(struct mirror *mirror, unsigned long start, unsigned long end)
{
	mirror->active++;
}

/* The out-of-memory killer calls this where sleeping is not allowed. */
static int mirror_invalidate_wrong(struct mmu_notifier *notifier, const struct mmu_notifier_range *range)
{
	struct mirror *mirror = container_of(notifier, struct mirror, notifier);

	mutex_lock(&mirror->lock);
	mirror_unmap(mirror, range->start, range->end);
	mutex_unlock(&mirror->lock);
	return 0;
}

static int mirror_invalidate_right(struct mmu_notifier *notifier, const struct mmu_notifier_range *range)
{
	struct mirror *mirror = container_of(notifier, struct mirror, notifier);

	if (mmu_notifier_range_blockable(range))
		mutex_lock(&mirror->lock);
	else if (!mutex_trylock(&mirror->lock))
		return -EAGAIN;
	mirror_unmap(mirror, range->start, range->end);
	mutex_unlock(&mirror->lock);
	return 0;
}

static const struct mmu_notifier_ops mirror_ops_wrong = {
	.invalidate_range_start = mirror_invalidate_wrong,
};

static const struct mmu_notifier_ops mirror_ops_right = {
	.invalidate_range_start = mirror_invalidate_right,
};
