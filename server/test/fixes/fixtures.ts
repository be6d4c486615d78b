/** Mistakes that fixes repair which the wrong examples of their rules do not need: rule → title of the fix → code. */
export const FIXTURES: Record<string, Record<string, string>> = {
  R12: {
    "Release the VMA lock on this path": `
unsigned long peek(struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *vma = lock_vma_under_rcu(mm, addr);
	unsigned long end = 0;

	if (!vma)
		return 0;
	if (vma->vm_start > addr)
		goto out;
	end = vma->vm_end;
	vma_end_read(vma);
out:
	return end;
}
`,
  },
  R21: {
    "Remove this release": `
int count(struct mm_struct *mm)
{
	int n;

	mmap_read_lock(mm);
	n = mm->map_count;
	mmap_read_unlock(mm);
	mmap_read_unlock(mm);
	return n;
}
`,
  },
  R32: {
    "Unlock on this path": `
int peek(struct mm_struct *mm, pmd_t *pmd)
{
	spinlock_t *ptl = pmd_lock(mm, pmd);

	if (pmd_none(*pmd))
		return 0;
	spin_unlock(ptl);
	return 1;
}
`,
  },
  R35: {
    "Compare with what was handed down, and back off": `
vm_fault_t finish(struct vm_fault *vmf, pte_t entry)
{
	struct vm_area_struct *vma = vmf->vma;

	if (pte_none(vmf->orig_pte))
		return 0;
	vmf->pte = pte_offset_map_lock(vma->vm_mm, vmf->pmd, vmf->address, &vmf->ptl);
	if (!vmf->pte)
		return 0;
	set_pte_at(vma->vm_mm, vmf->address, vmf->pte, entry);
	pte_unmap_unlock(vmf->pte, vmf->ptl);
	return 0;
}
`,
    "Compare with what was handed down, and leave": `
vm_fault_t finish(struct vm_fault *vmf, pte_t entry)
{
	struct vm_area_struct *vma = vmf->vma;
	vm_fault_t ret = 0;

	if (pte_none(vmf->orig_pte))
		return 0;
	vmf->pte = pte_offset_map_lock(vma->vm_mm, vmf->pmd, vmf->address, &vmf->ptl);
	if (!vmf->pte) {
		ret = VM_FAULT_NOPAGE;
		goto out;
	}
	set_pte_at(vma->vm_mm, vmf->address, vmf->pte, entry);
out:
	if (vmf->pte)
		pte_unmap_unlock(vmf->pte, vmf->ptl);
	return ret;
}
`,
    "Go on only where it is what it was": `
vm_fault_t finish(struct vm_fault *vmf, pte_t entry)
{
	struct vm_area_struct *vma = vmf->vma;

	if (pte_none(vmf->orig_pte))
		return 0;
	vmf->pte = pte_offset_map_lock(vma->vm_mm, vmf->pmd, vmf->address, &vmf->ptl);
	if (likely(vmf->pte)) {
		set_pte_at(vma->vm_mm, vmf->address, vmf->pte, entry);
	}
	if (vmf->pte)
		pte_unmap_unlock(vmf->pte, vmf->ptl);
	return 0;
}
`,
    "Read the comparison the other way round": `
vm_fault_t finish(struct vm_fault *vmf, pte_t entry)
{
	struct vm_area_struct *vma = vmf->vma;

	vmf->pte = pte_offset_map_lock(vma->vm_mm, vmf->pmd, vmf->address, &vmf->ptl);
	if (!vmf->pte)
		return 0;
	if (!pte_same(ptep_get(vmf->pte), vmf->orig_pte))
		set_pte_at(vma->vm_mm, vmf->address, vmf->pte, entry);
	pte_unmap_unlock(vmf->pte, vmf->ptl);
	return 0;
}
`,
  },
  R36: {
    "Compare with what was handed down, and back off": `
vm_fault_t make_young(struct vm_fault *vmf, pmd_t entry)
{
	struct vm_area_struct *vma = vmf->vma;

	if (pmd_none(vmf->orig_pmd))
		return 0;
	vmf->ptl = pmd_lock(vma->vm_mm, vmf->pmd);
	set_pmd_at(vma->vm_mm, vmf->address, vmf->pmd, entry);
	spin_unlock(vmf->ptl);
	return 0;
}
`,
    "Read the comparison the other way round": `
vm_fault_t make_young(struct vm_fault *vmf, pmd_t entry)
{
	struct vm_area_struct *vma = vmf->vma;

	vmf->ptl = pmd_lock(vma->vm_mm, vmf->pmd);
	if (!pmd_same(*vmf->pmd, vmf->orig_pmd))
		set_pmd_at(vma->vm_mm, vmf->address, vmf->pmd, entry);
	spin_unlock(vmf->ptl);
	return 0;
}
`,
  },
  // The walk ends, by jumps too, before something that sleeps.
  R43: {
    "Disable interrupts around the walk": `
static long dev_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	long present = 0;
	pgd_t *pgd;
	pmd_t *pmd;
	pte_t *pte;

	if (cmd > 0) {
		pgd = pgd_offset(current->mm, arg);
		if (pgd_none(*pgd))
			goto out;
		pmd = pmd_offset(pud_offset(p4d_offset(pgd, arg), arg), arg);
		pte = pte_offset_map(pmd, arg);
		if (!pte)
			return -EFAULT;
		present = pte_present(ptep_get_lockless(pte));
		pte_unmap(pte);
	}
	msleep(1);
out:
	return present;
}

static const struct file_operations dev_fops = {
	.unlocked_ioctl = dev_ioctl,
};
`,
  },
  R62: {
    "Unlock before the error is returned": `
struct mirror {
	struct mmu_notifier mn;
	spinlock_t lock;
	int busy;
};

static int mirror_start(struct mmu_notifier *mn, const struct mmu_notifier_range *range)
{
	struct mirror *m = container_of(mn, struct mirror, mn);

	spin_lock(&m->lock);
	if (!mmu_notifier_range_blockable(range))
		return -EAGAIN;
	m->busy = 1;
	spin_unlock(&m->lock);
	return 0;
}

static const struct mmu_notifier_ops mirror_ops = {
	.invalidate_range_start = mirror_start,
};
`,
  },
};
