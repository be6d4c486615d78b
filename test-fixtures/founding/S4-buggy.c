#include <linux/mm.h>

/* Founding document S4: a start callback that fails is not followed by an end. */
struct client {
	struct list_head list;
	int (*stop)(struct client *c, bool blockable);
};

struct hub {
	struct mmu_notifier mn;
	struct mutex setup;
	spinlock_t count_lock;
	struct rw_semaphore clients_sem;
	struct list_head clients;
	int running;
};

static int hub_start(struct mmu_notifier *mn, const struct mmu_notifier_range *range)
{
	struct hub *h = container_of(mn, struct hub, mn);
	struct client *c;
	int ret = 0;

	if (mmu_notifier_range_blockable(range))
		mutex_lock(&h->setup);
	else if (!mutex_trylock(&h->setup)) {
		ret = -EAGAIN;
		goto out;
	}
	h->running++;
	mutex_unlock(&h->setup);

	if (mmu_notifier_range_blockable(range))
		down_read(&h->clients_sem);
	else if (!down_read_trylock(&h->clients_sem)) {
		ret = -EAGAIN;
		goto out;
	}
	list_for_each_entry(c, &h->clients, list) {
		int ret;

		ret = c->stop(c, mmu_notifier_range_blockable(range));
		if (ret == -EAGAIN)
			break;
	}
	up_read(&h->clients_sem);
out:
	return ret;
}

static const struct mmu_notifier_ops hub_ops = {
	.invalidate_range_start = hub_start,
};
