#include <linux/mm.h>

/* Changes what readers look at. */
void change(struct mm_struct *mm)
{
	write_seqcount_begin(&mm->write_protect_seq);
	write_seqcount_end(&mm->write_protect_seq);
}
