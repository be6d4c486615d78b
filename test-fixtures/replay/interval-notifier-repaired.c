#include <linux/mm.h>

struct hub {
	struct mutex lock;
	struct mmu_interval_notifier sub;
};

static bool hub_invalidate(struct mmu_interval_notifier *sub, const struct mmu_notifier_range *range, unsigned long seq)
{
	struct hub *hub = container_of(sub, struct hub, sub);

	mutex_lock(&hub->lock);
	mmu_interval_set_seq(sub, seq);
	mutex_unlock(&hub->lock);
	return true;
}

static const struct mmu_interval_notifier_ops hub_ops = {
	.invalidate = hub_invalidate,
};

int hub_fault(struct hub *hub, struct hmm_range *range, struct mm_struct *mm)
{
	int ret;

	range->notifier_seq = mmu_interval_read_begin(range->notifier);
	mmap_read_lock(mm);
	ret = hmm_range_fault(range);
	mmap_read_unlock(mm);
	if (ret)
		return ret;
	mutex_lock(&hub->lock);
	if (mmu_interval_read_retry(range->notifier, range->notifier_seq)) {
		mutex_unlock(&hub->lock);
		return -EBUSY;
	}
	mutex_unlock(&hub->lock);
	return 0;
}
