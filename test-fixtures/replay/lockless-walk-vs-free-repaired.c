#include <linux/mm.h>

/* Looks at an entry without locks. */
int peek(pmd_t *pmd, unsigned long addr)
{
	unsigned long irq;
	pte_t *pte;
	int present = 0;

	local_irq_save(irq);
	pte = pte_offset_map(pmd, addr);
	if (pte) {
		present = pte_present(ptep_get_lockless(pte));
		pte_unmap(pte);
	}
	local_irq_restore(irq);
	return present;
}
