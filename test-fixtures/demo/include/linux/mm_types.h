/* The few types the demo needs, reduced to the fields it uses. */
#ifndef _LINUX_MM_TYPES_H
#define _LINUX_MM_TYPES_H

typedef struct { unsigned long pte; } pte_t;
typedef struct { unsigned long pmd; } pmd_t;
typedef struct { unsigned long pgprot; } pgprot_t;
typedef unsigned long vm_flags_t;

struct mm_struct {
	struct rw_semaphore mmap_lock;
	unsigned long total_vm;
	int map_count;
};

struct vm_area_struct {
	unsigned long vm_start;
	unsigned long vm_end;
	struct mm_struct *vm_mm;
	pgprot_t vm_page_prot;
	union {
		const vm_flags_t vm_flags;
		vm_flags_t __vm_flags;
	};
	unsigned long vm_pgoff;
	struct file *vm_file;
};

struct mmu_notifier_range {
	struct mm_struct *mm;
	unsigned long start;
	unsigned long end;
	unsigned int flags;
	int event;
};

#endif
