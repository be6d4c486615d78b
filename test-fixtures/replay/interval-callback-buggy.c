#include <linux/mm.h>

struct hub {
	struct mutex lock;
	struct mmu_interval_notifier sub;
};

bool hub_invalidate(struct mmu_interval_notifier *sub, const struct mmu_notifier_range *range, unsigned long seq)
{
	struct hub *hub = container_of(sub, struct hub, sub);

	mutex_lock(&hub->lock);
	mutex_unlock(&hub->lock);
	return true;
}
