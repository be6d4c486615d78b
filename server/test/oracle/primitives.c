/*
 * The primitives, over the cells of one scenario (glue.h: their names, HAS_cell for those there are, LK_lock and SE_section,
 * -1 for those there are not, SCN_scenario). Compiled with hooks before every access to memory.
 */
#include "shim.h"
#include "glue.h"

struct mm_struct the_mm;
struct page the_pages[8];
struct vm_fault the_vmf;
char scratch[8192];

#if defined(SCN_downgrade_then_write) || defined(SCN_protection_vs_fault) || defined(SCN_protection_vs_slow_fault)
#define ENDS_VMA_WRITES
#endif

static int number(void *page) { return (struct page *)page - the_pages + 1; }

void mmap_read_lock(struct mm_struct *mm) { sh_lock(LK_mmap_lock, READ); }
void mmap_read_unlock(struct mm_struct *mm) { sh_unlock(LK_mmap_lock); }
void mmap_write_lock(struct mm_struct *mm) { sh_lock(LK_mmap_lock, WRITE); }
void mmap_write_unlock(struct mm_struct *mm)
{
#ifdef ENDS_VMA_WRITES
	mm_seq = mm_seq + 1;
#endif
	sh_unlock(LK_mmap_lock);
}
void mmap_write_downgrade(struct mm_struct *mm)
{
#ifdef ENDS_VMA_WRITES
	mm_seq = mm_seq + 1;
#endif
	sh_downgrade(LK_mmap_lock);
}
void mmap_assert_write_locked(struct mm_struct *mm) { }
void i_mmap_lock_write(struct address_space *mapping) { sh_lock(LK_i_mmap_rwsem, WRITE); }
void i_mmap_unlock_write(struct address_space *mapping) { sh_unlock(LK_i_mmap_rwsem); }
void folio_lock(struct folio *folio) { sh_lock(LK_folio_lock, WRITE); }
void folio_unlock(struct folio *folio) { sh_unlock(LK_folio_lock); }
int trylock_page(struct page *page) { return sh_try(LK_folio_lock, WRITE); }
void unlock_page(struct page *page) { sh_unlock(LK_folio_lock); }
void spin_lock(spinlock_t *lock) { sh_lock(LK_ptl, WRITE); }
void spin_unlock(spinlock_t *lock) { sh_unlock(LK_ptl); }
/* The fixtures have one lock of their own. */
void mutex_lock(struct mutex *lock) { sh_lock(LK_own, WRITE); }
void mutex_unlock(struct mutex *lock)
{
#ifdef SCN_interval_notifier
	/* What the subject does under its lock, it does before it drops it. */
	if (sh_thread() == 0)
		late = freed;
#endif
	sh_unlock(LK_own);
}
void local_irq_disable_(void) { sh_enter(SE_user_irq); }
void local_irq_enable_(void) { sh_leave(SE_user_irq); }
void msleep(int ms) { }

#ifdef HAS_vma_in_tree
struct vm_area_struct *vma_lookup(struct mm_struct *mm, unsigned long addr)
{
#ifdef HAS_root
	int node = root;
#endif
	return vma_in_tree ? &the_vma : NULL;
}

#ifdef HAS_vma_refs
/* The VMA lock as a reference count. */
static int read_locked(void)
{
	int old = sh_add_below(&vma_refs, 1, VMA_LOCK_OFFSET);

	if (old == 0 || old >= VMA_LOCK_OFFSET)
		return 0;
	vma_own[sh_thread()] = vma_own[sh_thread()] + 1;
	return 1;
}
void vma_end_read(struct vm_area_struct *vma)
{
	vma_own[sh_thread()] = vma_own[sh_thread()] - 1;
	sh_add(&vma_refs, -1);
}
struct vm_area_struct *lock_vma_under_rcu(struct mm_struct *mm, unsigned long addr)
{
	if (vma_in_tree == 0)
		return NULL;
	if (vma_seq == mm_seq)
		return NULL;
	if (!read_locked())
		return NULL;
	if (vma_seq == mm_seq) {
		vma_end_read(&the_vma);
		return NULL;
	}
	return &the_vma;
}
/* Waits until nobody but the writer, and perhaps the tree, has a reference. */
static void exclude_readers(int left)
{
	lk_await(vma_refs == VMA_LOCK_OFFSET + left);
}
static void write_lock(void)
{
	if (vma_seq == mm_seq)
		return;
	if (sh_add_nonzero(&vma_refs, VMA_LOCK_OFFSET) == 0) {
		vma_seq = mm_seq;
		return;
	}
	exclude_readers(1);
	vma_seq = mm_seq;
	sh_add(&vma_refs, -VMA_LOCK_OFFSET);
}
void vma_mark_detached(struct vm_area_struct *vma)
{
	if (sh_add(&vma_refs, -1) == 1)
		return;
	if (sh_add_nonzero(&vma_refs, VMA_LOCK_OFFSET) == 0)
		return;
	exclude_readers(0);
	sh_add(&vma_refs, -VMA_LOCK_OFFSET);
}
#else
struct vm_area_struct *lock_vma_under_rcu(struct mm_struct *mm, unsigned long addr)
{
	if (vma_in_tree == 0)
		return NULL;
	if (vma_seq == mm_seq)
		return NULL;
	if (!sh_try(LK_vma_lock, READ))
		return NULL;
	if (vma_seq == mm_seq || vma_in_tree == 0) {
		sh_unlock(LK_vma_lock);
		return NULL;
	}
	return &the_vma;
}
void vma_end_read(struct vm_area_struct *vma) { sh_unlock(LK_vma_lock); }
static void write_lock(void)
{
	if (vma_seq != mm_seq) {
		sh_lock(LK_vma_lock, WRITE);
		vma_seq = mm_seq;
		sh_unlock(LK_vma_lock);
	}
}
void vma_mark_detached(struct vm_area_struct *vma) { }
#endif
void vma_start_write(struct vm_area_struct *vma)
{
	write_lock();
#ifdef SCN_start_write_vs_fault
	vm_start = vm_start + 1;
	vm_pgoff = vm_pgoff + 1;
#endif
}
#endif

#if defined(SCN_flags_write_vs_fault) || defined(SCN_flags_write_vs_slow_fault)
void vm_flags_clear(struct vm_area_struct *vma, unsigned long flags)
{
	vma_start_write(vma);
	vm_flags = 2;
}
void vm_flags_reset(struct vm_area_struct *vma, unsigned long flags) { vm_flags = 2; }
#endif

#ifdef SCN_policy_swap_vs_fault
void mpol_put(struct mempolicy *policy)
{
	if (policy)
		sh_free(&policy_live[(long)policy - 1]);
}
#endif

pte_t ptep_get(pte_t *ptep) { return *ptep; }
pte_t ptep_get_lockless(pte_t *ptep) { return *ptep; }
pmd_t pmdp_get(pmd_t *pmdp) { return *pmdp; }
struct page *pte_page(pte_t v) { return &the_pages[(v >> 4) - 1]; }
pte_t mk_pte(struct page *page, pgprot_t prot) { return number(page) * 16 + 1; }
struct folio *page_folio(struct page *page) { return (struct folio *)page; }

pmd_t pmdp_get_lockless(pmd_t *pmdp) { return *pmdp; }
spinlock_t *pmd_lock(struct mm_struct *mm, pmd_t *pmdp)
{
	sh_lock(LK_ptl, WRITE);
	return NULL;
}

#ifdef SCN_huge_pmd_vs_split
pmd_t pmdp_huge_get_and_clear(struct mm_struct *mm, unsigned long addr, pmd_t *pmdp)
{
	pmd_t old = sh_xchg(pmdp, 0);

	if (old & 4)
		lost = 1;
	return old;
}
#endif

#ifdef HAS_pte
static pte_t *table(pmd_t v) { return &pte[(v >> 4) - 1]; }

pte_t *pte_offset_map(pmd_t *pmdp, unsigned long addr)
{
	pmd_t v = *pmdp;

	if (!(v & 4))
		return NULL;
#ifndef SCN_lockless_walk_vs_free
	sh_enter(SE_rcu);
#endif
	return table(v);
}
void pte_unmap(pte_t *ptep)
{
#ifndef SCN_lockless_walk_vs_free
	sh_leave(SE_rcu);
#endif
}
pte_t *pte_offset_map_lock(struct mm_struct *mm, pmd_t *pmdp, unsigned long addr, spinlock_t **ptlp)
{
	pmd_t v = *pmdp;

	if (!(v & 4))
		return NULL;
	sh_enter(SE_rcu);
#ifdef SCN_fork_vs_device
	*ptlp = (spinlock_t *)1;
#endif
	sh_lock(LK_ptl, WRITE);
	if (*pmdp != v) {
		sh_unlock(LK_ptl);
		sh_leave(SE_rcu);
		return NULL;
	}
	return table(v);
}
pte_t *pte_offset_map_nolock(struct mm_struct *mm, pmd_t *pmdp, unsigned long addr, spinlock_t **ptlp)
{
	pmd_t v = *pmdp;

	if (!(v & 4))
		return NULL;
	sh_enter(SE_rcu);
	return table(v);
}
#ifdef SCN_fork_vs_device
/* The child's table has its own lock. */
pte_t *pte_alloc_map_lock(struct mm_struct *mm, pmd_t *pmdp, unsigned long addr, spinlock_t **ptlp)
{
	sh_enter(SE_rcu);
	*ptlp = (spinlock_t *)2;
	return &pte[1];
}
#endif
void pte_unmap_unlock(pte_t *ptep, spinlock_t *ptl)
{
#ifdef SCN_fork_vs_device
	if (ptl != (spinlock_t *)2)
#endif
	sh_unlock(LK_ptl);
	sh_leave(SE_rcu);
}
void set_pte_at(struct mm_struct *mm, unsigned long addr, pte_t *ptep, pte_t v)
{
	*ptep = v;
#ifdef SCN_device_exclusive
	if ((v & 1) && device)
		both = 1;
#endif
}
pte_t ptep_clear_flush(struct vm_area_struct *vma, unsigned long addr, pte_t *ptep)
{
	pte_t old = sh_xchg(ptep, 0);

#ifdef SCN_unmap_vs_device
	if ((old & 1) && device)
		stale = 1;
#endif
	return old;
}
void ptep_set_wrprotect(struct mm_struct *mm, unsigned long addr, pte_t *ptep)
{
	sh_and(ptep, ~2);
#ifdef HAS_exclusive
	shared = 1;
#endif
}
pgtable_t pmd_pgtable(pmd_t v) { return v >> 4; }
#endif

#ifdef SCN_collapse_vs_gup_fast
pmd_t pmdp_collapse_flush(struct vm_area_struct *vma, unsigned long addr, pmd_t *pmdp)
{
	pmd_t old = sh_xchg(pmdp, 0);

	if (PROFILE_flush_ipi || PROFILE_sync_ipi) {
		sh_snapshot(SE_irq);
		sh_settle(SE_irq);
	}
	return old;
}
void pmd_populate(struct mm_struct *mm, pmd_t *pmdp, pgtable_t t) { *pmdp = 21; }
void set_pmd_at(struct mm_struct *mm, unsigned long addr, pmd_t *pmdp, pmd_t v)
{
	*pmdp = 25;
	stale = 1;
}
int folio_ref_count(struct folio *folio) { return refs[0]; }
int folio_mapcount(struct folio *folio) { return 1; }
#endif

#ifdef HAS_pins
struct folio *try_grab_folio_fast(struct page *page, int n, unsigned int flags)
{
	if (sh_add_nonzero(&refs[number(page) - 1], 1) == 0)
		return NULL;
#ifdef SCN_gup_fast_vs_fork
	if (!(flags & 2))
		return (struct folio *)page;
#endif
	sh_add(&pins[number(page) - 1], 1);
	return (struct folio *)page;
}
void gup_put_folio(struct folio *folio, int n, unsigned int flags)
{
	sh_add(&pins[number(folio) - 1], -1);
	sh_add(&refs[number(folio) - 1], -1);
}
void unpin_user_page(struct page *page) { gup_put_folio((struct folio *)page, 1, 2); }
int folio_needs_cow_for_dma(struct vm_area_struct *vma, struct folio *folio) { return pins[0] != 0; }
#endif

#if defined(HAS_seq) && !defined(SCN_interval_notifier) && !defined(SCN_interval_callback)
unsigned int raw_read_seqcount(seqcount_t *s) { return seq; }
int read_seqcount_retry(seqcount_t *s, unsigned int start) { return seq != start; }
void raw_write_seqcount_begin(seqcount_t *s)
{
	seq = seq + 1;
#ifdef HAS_pinned_before
	pinned_before = pins[0];
#endif
}
void raw_write_seqcount_end(seqcount_t *s) { seq = seq + 1; }
void write_seqcount_begin(seqcount_t *s) { seq = seq + 1; }
void write_seqcount_end(seqcount_t *s) { seq = seq + 1; }
#endif

void mmu_notifier_range_init() { }
void mmu_notifier_range_init_owner() { }
int mmu_notifier_range_blockable(const struct mmu_notifier_range *range) { return 1; }

#ifdef SCN_device_exclusive
void mmu_notifier_invalidate_range_start(struct mmu_notifier_range *range) { device = 0; }
void mmu_notifier_invalidate_range_end(struct mmu_notifier_range *range) { }
#endif

#if defined(SCN_unmap_vs_device) || defined(SCN_fork_vs_device)
void mmu_notifier_invalidate_range_start(struct mmu_notifier_range *range)
{
	sh_add(&running, 1);
	sh_lock(LK_device_lock, WRITE);
	device = 0;
	sh_unlock(LK_device_lock);
}
void mmu_notifier_invalidate_range_end(struct mmu_notifier_range *range)
{
	sh_add(&ended, 1);
	sh_add(&running, -1);
}
#endif

#if defined(SCN_interval_notifier) || defined(SCN_interval_callback)
void mmu_interval_set_seq(struct mmu_interval_notifier *sub, unsigned long now) { seq = 1; }
#endif
#ifdef SCN_interval_notifier
unsigned long mmu_interval_read_begin(struct mmu_interval_notifier *sub)
{
	int now = seq;

	if (now == 1)
		lk_await(running == 0);
	return now;
}
int mmu_interval_read_retry(struct mmu_interval_notifier *sub, unsigned long before) { return seq != before; }
int hmm_range_fault(struct hmm_range *range)
{
	collected = freed ? 2 : 1;
	return sh_choose(0, -16);
}
#endif
