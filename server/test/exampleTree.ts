/** A tree in memory around a small C file: just the declarations that the analysis looks for in headers. */
import { createEngine } from "../src/engine/engine";
import type { Engine, TreeProvider } from "../src/engine/types";
import type { RuleSet } from "../src/rules/model";
import type { CParser } from "../src/syntax/parser";

export const HEADERS: Record<string, string> = {
  "include/linux/mm_types.h": `
#define FAULT_FLAG_DEFAULT (FAULT_FLAG_ALLOW_RETRY | FAULT_FLAG_KILLABLE | FAULT_FLAG_INTERRUPTIBLE)
struct mm_struct { struct rw_semaphore mmap_lock; seqcount_t write_protect_seq; spinlock_t page_table_lock; int map_count; unsigned long def_flags; };
struct vm_area_struct { unsigned long vm_start; unsigned long vm_end; struct mm_struct *vm_mm; pgprot_t vm_page_prot; unsigned long vm_flags; struct anon_vma *anon_vma; const struct vm_operations_struct *vm_ops; unsigned long vm_pgoff; struct file *vm_file; void *vm_private_data; struct mempolicy *vm_policy; struct vm_userfaultfd_ctx vm_userfaultfd_ctx; };
struct folio { unsigned long flags; struct address_space *mapping; unsigned long index; };
struct page { unsigned long flags; struct address_space *mapping; };
struct vm_fault { struct vm_area_struct *vma; unsigned long address; unsigned int flags; pmd_t *pmd; pte_t orig_pte; pmd_t orig_pmd; pte_t *pte; spinlock_t *ptl; struct page *page; };
struct address_space { struct inode *host; struct rw_semaphore i_mmap_rwsem; struct rw_semaphore invalidate_lock; };
struct anon_vma { struct anon_vma *root; struct rw_semaphore rwsem; };
struct file { struct inode *f_inode; struct address_space *f_mapping; void *private_data; };
struct inode { struct rw_semaphore i_rwsem; struct address_space *i_mapping; };
struct task_struct { struct mm_struct *mm; };
`,
  "include/linux/mm.h": `
#include <linux/mm_types.h>
#include <linux/mmu_notifier.h>
static inline bool vma_start_read(struct vm_area_struct *vma);
static inline void vma_start_write(struct vm_area_struct *vma);
static inline void vm_flags_set(struct vm_area_struct *vma, unsigned long flags);
static inline void vm_flags_reset(struct vm_area_struct *vma, unsigned long flags);
struct vm_area_struct *lock_vma_under_rcu(struct mm_struct *mm, unsigned long address);
int expand_stack_locked(struct vm_area_struct *vma, unsigned long address);
pte_t *__pte_offset_map(pmd_t *pmd, unsigned long addr, pmd_t *pmdvalp);
struct folio *try_grab_folio_fast(struct page *page, int refs, unsigned int flags);
`,
  "include/linux/mmu_notifier.h": `
struct mmu_notifier { const struct mmu_notifier_ops *ops; };
struct mmu_notifier_range { struct mm_struct *mm; unsigned long start; unsigned long end; unsigned flags; enum mmu_notifier_event event; void *owner; };
struct mmu_interval_notifier { struct mm_struct *mm; const struct mmu_interval_notifier_ops *ops; };
struct hmm_range { struct mmu_interval_notifier *notifier; unsigned long notifier_seq; };
`,
};

/** Headers in which the VMA lock is a reference count, as in Linux 6.15 and later. */
export const REFCOUNT_HEADERS: Record<string, string> = {
  "include/linux/mmap_lock.h": `
static inline void vma_refcount_put(struct vm_area_struct *vma);
static inline bool vma_start_read_locked(struct vm_area_struct *vma);
static inline void vma_end_read(struct vm_area_struct *vma);
static inline void vma_assert_attached(struct vm_area_struct *vma);
static inline void vma_mark_attached(struct vm_area_struct *vma);
void vma_mark_detached(struct vm_area_struct *vma);
`,
  "include/linux/mm.h": HEADERS["include/linux/mm.h"]!.replace(
    "bool vma_start_read(struct vm_area_struct *vma)",
    "struct vm_area_struct *vma_start_read(struct mm_struct *mm, struct vm_area_struct *vma)",
  ),
};

/** An engine over the files given by path, with the headers of a recent kernel beside them. */
export function exampleEngine(parser: CParser, rules: RuleSet, files: Record<string, string>): Engine {
  const all: Record<string, string> = { ...HEADERS, ...files };
  const names = Object.keys(all);
  const below = (dir: string): string[] =>
    names.filter((n) => dir === "" || n.startsWith(`${dir}/`)).map((n) => (dir === "" ? n : n.slice(dir.length + 1)));
  const tree: TreeProvider = {
    read: (path) => all[path],
    list: (dir) =>
      below(dir)
        .filter((n) => !n.includes("/"))
        .sort(),
    folders: (dir) =>
      [
        ...new Set(
          below(dir)
            .filter((n) => n.includes("/"))
            .map((n) => n.slice(0, n.indexOf("/"))),
        ),
      ].sort(),
  };
  return createEngine({ tree, rules, parser });
}
