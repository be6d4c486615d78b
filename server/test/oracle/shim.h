/*
 * What the fixtures need of the kernel, for a C compiler: types, constants, prototypes. Stands in for every <linux/…> header.
 * Written from what the primitives are documented to do; nothing here comes from the replay.
 */
#pragma once
#define NULL ((void *)0)
#define bool int
#define true 1
#define false 0
#define EPERM 1
#define ENOENT 2
#define ENOMEM 12
#define EAGAIN 11
#define EFAULT 14
#define EBUSY 16
#define EINVAL 22
#ifndef PAGE_SIZE
#define PAGE_SIZE 4096
#endif
#ifndef MMU_NOTIFY_UNMAP
#define MMU_NOTIFY_UNMAP 0
#define MMU_NOTIFY_EXCLUSIVE 6
#endif
#define MMU_NOTIFY_CLEAR 1
#define MMU_NOTIFY_PROTECTION_PAGE 3
#define container_of(p, type, member) ((type *)((char *)(p) - __builtin_offsetof(type, member)))

/* Entries of page tables: 16 × page (or table) + bits. */
typedef int pte_t;
typedef int pmd_t;
typedef int pgprot_t;
typedef int pgtable_t;
typedef int spinlock_t;
typedef int seqcount_t;
struct mutex { int x; };
struct rw_semaphore { int x; };
struct list_head { struct list_head *next, *prev; };
struct page { int x; };
struct folio { int x; };
struct mempolicy { int x; };
struct address_space { int x; };
struct mm_struct { seqcount_t write_protect_seq; int map_count; };
struct vm_area_struct { int vm_start, vm_end, vm_pgoff, vm_flags; struct mm_struct *vm_mm; pgprot_t vm_page_prot; struct mempolicy *vm_policy; void *vm_ops, *vm_file, *vm_private_data; };
#define VM_WRITE 2
struct vm_fault { struct vm_area_struct *vma; unsigned long address; pmd_t *pmd; pte_t *pte, orig_pte; spinlock_t *ptl; struct page *page; };
struct mmu_notifier { int x; };
struct mmu_notifier_range { int event; };
struct mmu_interval_notifier { int x; };
struct mmu_interval_notifier_ops { bool (*invalidate)(struct mmu_interval_notifier *, const struct mmu_notifier_range *, unsigned long); };
struct hmm_range { struct mmu_interval_notifier *notifier; unsigned long notifier_seq; };

extern struct mm_struct the_mm;
extern struct vm_area_struct the_vma;
extern struct vm_fault the_vmf;
extern struct page the_pages[8];
extern char scratch[8192];

/* --- the scheduler: every shared access is a point at which another thread may come */
enum { READ = 0, WRITE = 1 };
void sh_lock(int lock, int mode);
int sh_try(int lock, int mode);
void sh_unlock(int lock);
void sh_downgrade(int lock);
void sh_enter(int section);
void sh_leave(int section);
void sh_snapshot(int section);
void sh_settle(int section);
int sh_add(int *cell, int n);
int sh_add_nonzero(int *cell, int n);
int sh_add_below(int *cell, int n, int limit);
int sh_xchg(int *cell, int n);
int sh_and(int *cell, int n);
void sh_free(int *cell);
int sh_choose(int a, int b);
void sh_await_try(void);
int sh_await_done(int ok);
int sh_await_value(void);
int sh_thread(void);

/* --- locks */
void mmap_read_lock(struct mm_struct *mm);
void mmap_read_unlock(struct mm_struct *mm);
void mmap_write_lock(struct mm_struct *mm);
void mmap_write_unlock(struct mm_struct *mm);
void mmap_write_downgrade(struct mm_struct *mm);
void mmap_assert_write_locked(struct mm_struct *mm);
void i_mmap_lock_write(struct address_space *mapping);
void i_mmap_unlock_write(struct address_space *mapping);
void folio_lock(struct folio *folio);
void folio_unlock(struct folio *folio);
int trylock_page(struct page *page);
void unlock_page(struct page *page);
void spin_lock(spinlock_t *lock);
void spin_unlock(spinlock_t *lock);
void mutex_lock(struct mutex *lock);
void mutex_unlock(struct mutex *lock);
void local_irq_disable_(void);
void local_irq_enable_(void);
#define local_irq_save(flags) ((flags) = 0, local_irq_disable_())
#define local_irq_restore(flags) local_irq_enable_()
void msleep(int ms);

/* --- VMAs */
struct vm_area_struct *vma_lookup(struct mm_struct *mm, unsigned long addr);
struct vm_area_struct *lock_vma_under_rcu(struct mm_struct *mm, unsigned long addr);
void vma_end_read(struct vm_area_struct *vma);
void vma_start_write(struct vm_area_struct *vma);
void vma_mark_detached(struct vm_area_struct *vma);
void vm_flags_reset(struct vm_area_struct *vma, unsigned long flags);
void vm_flags_clear(struct vm_area_struct *vma, unsigned long flags);
void mpol_put(struct mempolicy *policy);

/* --- entries */
pte_t ptep_get(pte_t *ptep);
pte_t ptep_get_lockless(pte_t *ptep);
pmd_t pmdp_get(pmd_t *pmdp);
pmd_t pmdp_get_lockless(pmd_t *pmdp);
pmd_t pmdp_huge_get_and_clear(struct mm_struct *mm, unsigned long addr, pmd_t *pmdp);
spinlock_t *pmd_lock(struct mm_struct *mm, pmd_t *pmdp);
#define pmd_trans_huge(v) ((v) & 8)
#define pte_val(v) (v)
#define pmd_val(v) (v)
#define pte_same(a, b) ((a) == (b))
#define pmd_same(a, b) ((a) == (b))
#define pte_none(v) ((v) == 0)
#define pte_present(v) ((v) & 1)
#define pte_write(v) ((v) & 2)
#define pte_mkwrite(v, vma) ((v) | 2)
#define pte_wrprotect(v) ((v) & ~2)
/* Of what is not present, there are only entries that belong to a device. */
typedef int swp_entry_t;
#define pte_to_swp_entry(v) (v)
#define is_device_exclusive_entry(e) ((e) != 0 && !((e) & 1))
#define pfn_swap_entry_to_page(e) pte_page(e)
struct page *pte_page(pte_t v);
pte_t mk_pte(struct page *page, pgprot_t prot);
struct folio *page_folio(struct page *page);
pte_t *pte_offset_map(pmd_t *pmdp, unsigned long addr);
pte_t *pte_offset_map_lock(struct mm_struct *mm, pmd_t *pmdp, unsigned long addr, spinlock_t **ptlp);
pte_t *pte_alloc_map_lock(struct mm_struct *mm, pmd_t *pmdp, unsigned long addr, spinlock_t **ptlp);
pte_t *pte_offset_map_nolock(struct mm_struct *mm, pmd_t *pmdp, unsigned long addr, spinlock_t **ptlp);
void pte_unmap(pte_t *ptep);
void pte_unmap_unlock(pte_t *ptep, spinlock_t *ptl);
void set_pte_at(struct mm_struct *mm, unsigned long addr, pte_t *ptep, pte_t v);
void set_pmd_at(struct mm_struct *mm, unsigned long addr, pmd_t *pmdp, pmd_t v);
pte_t ptep_clear_flush(struct vm_area_struct *vma, unsigned long addr, pte_t *ptep);
void ptep_set_wrprotect(struct mm_struct *mm, unsigned long addr, pte_t *ptep);
pmd_t pmdp_collapse_flush(struct vm_area_struct *vma, unsigned long addr, pmd_t *pmdp);
pgtable_t pmd_pgtable(pmd_t v);
void pmd_populate(struct mm_struct *mm, pmd_t *pmdp, pgtable_t table);

/* --- pages */
struct folio *try_grab_folio_fast(struct page *page, int n, unsigned int flags);
void gup_put_folio(struct folio *folio, int n, unsigned int flags);
void unpin_user_page(struct page *page);
int folio_ref_count(struct folio *folio);
int folio_mapcount(struct folio *folio);
int folio_needs_cow_for_dma(struct vm_area_struct *vma, struct folio *folio);

/* --- sequence counter of fork */
unsigned int raw_read_seqcount(seqcount_t *s);
int read_seqcount_retry(seqcount_t *s, unsigned int start);
void raw_write_seqcount_begin(seqcount_t *s);
void raw_write_seqcount_end(seqcount_t *s);
void write_seqcount_begin(seqcount_t *s);
void write_seqcount_end(seqcount_t *s);

/* --- notifiers */
unsigned long mmu_interval_read_begin(struct mmu_interval_notifier *sub);
int mmu_interval_read_retry(struct mmu_interval_notifier *sub, unsigned long before);
void mmu_interval_set_seq(struct mmu_interval_notifier *sub, unsigned long now);
int mmu_notifier_range_blockable(const struct mmu_notifier_range *range);
void mmu_notifier_range_init();
void mmu_notifier_range_init_owner();
void mmu_notifier_invalidate_range_start(struct mmu_notifier_range *range);
void mmu_notifier_invalidate_range_end(struct mmu_notifier_range *range);
int hmm_range_fault(struct hmm_range *range);
