#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/mutex.h>

struct ring_stats {
	long pushed;
};

struct ring {
	spinlock_t lock;
	struct mutex setup;
	refcount_t users;
	int count;
	int ready;
	char *buf;
	struct ring_stats stats;
	struct ring_page *page;
	struct list_head entries;
	unsigned long flags;
	int slots[8];
};

struct ring_page {
	int used;
};

struct other {
	int value;
};

static int total;
static DEFINE_SPINLOCK(total_lock);

/* count is read and written without the lock */
void ring_push(struct ring *r)
{
	r->count++;
}

void ring_push_locked(struct ring *r)
{
	spin_lock(&r->lock);
	r->count++;
	spin_unlock(&r->lock);
}

void ring_pop_locked(struct ring *r)
{
	spin_lock(&r->lock);
	if (r->count > 0)
		r->count--;
	spin_unlock(&r->lock);
}

/* the value is read under the lock, and written back under it, but not in one section */
void ring_halve(struct ring *r)
{
	int n;

	spin_lock(&r->lock);
	n = r->count;
	spin_unlock(&r->lock);
	spin_lock(&r->lock);
	r->count = n - 1;
	spin_unlock(&r->lock);
}

/* two of them free the buffer twice */
void ring_close(struct ring *r)
{
	if (r->buf) {
		kfree(r->buf);
		r->buf = NULL;
	}
}

void ring_close_locked(struct ring *r)
{
	mutex_lock(&r->setup);
	if (r->buf) {
		kfree(r->buf);
		r->buf = NULL;
	}
	mutex_unlock(&r->setup);
}

/* two of them install two pages; one is lost */
int ring_open(struct ring *r)
{
	struct ring_page *page;

	if (r->page)
		return 0;
	page = kzalloc(sizeof(*page), GFP_KERNEL);
	if (!page)
		return -ENOMEM;
	r->page = page;
	return 0;
}

static void use_page(struct ring *r)
{
	r->page->used = 1;
}

int ring_open_locked(struct ring *r)
{
	struct ring_page *page;
	int ret = 0;

	mutex_lock(&r->setup);
	if (r->page)
		goto out;
	page = kzalloc(sizeof(*page), GFP_KERNEL);
	if (!page) {
		ret = -ENOMEM;
		goto out;
	}
	r->page = page;
out:
	mutex_unlock(&r->setup);
	return ret;
}

void ring_mark(struct ring *r)
{
	if (r->page)
		use_page(r);
}

void ring_drop_page(struct ring *r)
{
	struct ring_page *page = r->page;

	r->page = NULL;
	kfree(page);
}

void ring_drop_page_later(struct ring *r)
{
	struct ring_page *page = r->page;

	r->page = NULL;
	synchronize_rcu();
	kfree(page);
}

void ring_mark_rcu(struct ring *r)
{
	struct ring_page *page;

	rcu_read_lock();
	page = rcu_dereference(r->page);
	if (page)
		page->used = 1;
	rcu_read_unlock();
}

void lock_then_setup(struct ring *r)
{
	mutex_lock(&r->setup);
	spin_lock(&r->lock);
	r->ready = 1;
	spin_unlock(&r->lock);
	mutex_unlock(&r->setup);
}

struct pair {
	struct mutex first;
	struct mutex second;
	int n;
};

void pair_up(struct pair *p)
{
	mutex_lock(&p->first);
	mutex_lock(&p->second);
	p->n = 1;
	mutex_unlock(&p->second);
	mutex_unlock(&p->first);
}

void pair_down(struct pair *p)
{
	mutex_lock(&p->second);
	mutex_lock(&p->first);
	p->n = 0;
	mutex_unlock(&p->first);
	mutex_unlock(&p->second);
}

/* forgets the lock on one path */
int pair_leak(struct pair *p)
{
	mutex_lock(&p->first);
	if (p->n)
		return -EBUSY;
	p->n = 1;
	mutex_unlock(&p->first);
	return 0;
}

void ring_sleeps(struct ring *r)
{
	spin_lock(&r->lock);
	r->page = kzalloc(sizeof(*r->page), GFP_KERNEL);
	spin_unlock(&r->lock);
}

void ring_put(struct ring *r)
{
	if (refcount_dec_and_test(&r->users))
		kfree(r);
}

void ring_get_late(struct ring *r)
{
	if (refcount_inc_not_zero(&r->users)) {
		r->count = 1;
		ring_put(r);
	}
}

void ring_count(struct ring *r)
{
	r->stats.pushed++;
}

void count_total(struct other *o)
{
	total++;
	o->value = 1;
}

void count_total_locked(struct other *o)
{
	spin_lock(&total_lock);
	total++;
	spin_unlock(&total_lock);
	o->value = 1;
}

void other_set(struct other *o)
{
	o->value = 2;
}

void ring_link(struct ring *r, struct list_head *entry)
{
	list_add(entry, &r->entries);
}

void ring_flag(struct ring *r)
{
	set_bit(0, &r->flags);
}

void ring_flag_plain(struct ring *r)
{
	r->flags |= 2;
}

void ring_maybe(struct ring *r, int force)
{
	if (force)
		r->count++;
}

/* counts the reference only after the object may be gone */
void ring_get_early(struct ring *r)
{
	r->count = 1;
	refcount_inc(&r->users);
	r->count = 2;
}

void ring_slots(struct ring *r, int n)
{
	spin_lock(&r->lock);
	r->ready = 1;
	spin_unlock(&r->lock);
	r->slots[n] = 1;
}
