/* Declarations of what the demo calls. What the calls do to locks is Lockstep's own knowledge. */
#ifndef _LINUX_MM_H
#define _LINUX_MM_H

#include <linux/mm_types.h>

void mmap_read_lock(struct mm_struct *mm);
void mmap_read_unlock(struct mm_struct *mm);
void mmap_write_lock(struct mm_struct *mm);
void mmap_write_unlock(struct mm_struct *mm);

struct vm_area_struct *vma_lookup(struct mm_struct *mm, unsigned long addr);
struct vm_area_struct *lock_vma_under_rcu(struct mm_struct *mm, unsigned long addr);
void vma_start_write(struct vm_area_struct *vma);
void vma_end_read(struct vm_area_struct *vma);

static inline void vm_flags_set(struct vm_area_struct *vma, vm_flags_t flags)
{
	vma_start_write(vma);
	vma->__vm_flags |= flags;
}

pte_t *__pte_offset_map(pmd_t *pmd, unsigned long addr, pmd_t *value);
pte_t *pte_offset_map_lock(struct mm_struct *mm, pmd_t *pmd, unsigned long addr, spinlock_t **ptl);
void pte_unmap_unlock(pte_t *pte, spinlock_t *ptl);
pte_t ptep_get(pte_t *pte);
int pte_present(pte_t pte);
int pte_young(pte_t pte);
pte_t pte_mkold(pte_t pte);
void set_pte_at(struct mm_struct *mm, unsigned long addr, pte_t *pte, pte_t value);

void mmu_notifier_range_init(struct mmu_notifier_range *range, int event, unsigned int flags,
			     struct mm_struct *mm, unsigned long start, unsigned long end);
void mmu_notifier_invalidate_range_start(struct mmu_notifier_range *range);
void mmu_notifier_invalidate_range_end(struct mmu_notifier_range *range);
bool mmu_notifier_range_blockable(const struct mmu_notifier_range *range);

#endif
