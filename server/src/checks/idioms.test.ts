/** Ways of writing kernel code that look like a mistake and are none, each beside the mistake it must not hide. */
import { beforeAll, describe, expect, it } from "vitest";
import { wasmParser } from "../../test/cParser";
import { exampleEngine } from "../../test/exampleTree";
import { findResources } from "../node/resources";
import type { CParser } from "../syntax/parser";

const rules = findResources().ruleSet();
let parser: CParser;

beforeAll(async () => {
  parser = await wasmParser();
});

/** `R21 function` for every finding. */
function reported(code: string): string[] {
  const file = "drivers/idioms/idiom.c";
  const result = exampleEngine(parser, rules, { [file]: `#include <linux/mm.h>\n${code}` }).check(file);
  expect(result.degraded).toEqual([]);
  return result.findings.map((f) => `${f.alias} ${f.function}`);
}

describe("results of attempts to lock", () => {
  const dirty = (test: string): string => `
    int dirty(struct folio *folio)
    {
    	if (folio_lock_killable(folio) ${test})
    		return -EINTR;
    	folio_mark_dirty(folio);
    	folio_unlock(folio);
    	return 0;
    }`;

  it("are zero or negative: a test for less than zero leaves success only", () => {
    expect(reported(dirty("< 0"))).toEqual([]);
  });

  it("still count when the test is the wrong way round", () => {
    expect(reported(dirty("== 0"))).not.toEqual([]);
  });
});

describe("a lock whose release is announced to lockdep only", () => {
  const later = (announce: string): string => `
    void later(struct mm_struct *mm, struct irq_work *work)
    {
    	mmap_read_lock(mm);
    	${announce}
    	irq_work_queue(work);
    }`;

  it("is handed to whoever releases it", () => {
    expect(reported(later("rwsem_release(&mm->mmap_lock.dep_map, _RET_IP_);"))).toEqual([]);
  });

  it("is a leak without the announcement", () => {
    expect(reported(later(""))).toEqual(["R21 later"]);
  });
});

describe("a pointer whose lock was waited for", () => {
  const locked = (wait: string): string => `
    struct state { struct mutex lock; };
    struct state *find_locked_state(struct mm_struct *mm, struct list_head *all)
    {
    	struct state *s = ERR_PTR(-EINVAL);

    	mmap_write_lock(mm);
    	if (list_empty(all))
    		goto out;
    	s = new_state(all);
    	if (IS_ERR(s))
    		goto out;
    	${wait}
    	mmap_write_downgrade(mm);
    	return s;
    out:
    	mmap_write_unlock(mm);
    	return s;
    }`;

  it("is valid, so that success and failure differ", () => {
    expect(reported(locked("mutex_lock(&s->lock);"))).toEqual([]);
  });
});

describe("locks that a callback is expected to hand over", () => {
  const iterator = (stop: string): string => `
    struct state { struct mm_struct *mm; };
    static void *areas_start(struct seq_file *m, loff_t *pos)
    {
    	struct state *s = m->private;

    	if (*pos < 0)
    		return NULL;
    	mmap_read_lock(s->mm);
    	return area_at(s, *pos);
    }
    static void areas_stop(struct seq_file *m, void *v)
    {
    	struct state *s = m->private;

    	${stop}
    }
    static const struct seq_operations areas_ops = { .start = areas_start, .stop = areas_stop };`;

  it("are not missing where the other callback of the table releases them", () => {
    expect(reported(iterator("mmap_read_unlock(s->mm);"))).toEqual([]);
  });

  it("are missing where it does not", () => {
    expect(reported(iterator("put_state(s);"))).toEqual(["R21 areas_start"]);
  });

  const writable = (result: string): string => `
    static vm_fault_t writable(struct vm_fault *vmf)
    {
    	struct folio *folio = page_folio(vmf->page);
    	vm_fault_t ret;

    	folio_lock(folio);
    	if (folio->mapping == NULL) {
    		folio_unlock(folio);
    		return VM_FAULT_NOPAGE;
    	}
    	${result}
    	return ret;
    }
    static const struct vm_operations_struct writable_ops = { .page_mkwrite = writable };`;

  it("go with the result that says so", () => {
    expect(reported(writable("ret = VM_FAULT_LOCKED;"))).toEqual([]);
    expect(reported(writable("ret = result_of(folio);"))).toEqual([]);
    expect(reported(writable("ret = VM_FAULT_SIGBUS;"))).toEqual(["R79 writable"]);
  });

  const again = (table: string): string => `
    static int fill(struct file *file, struct folio *folio)
    {
    	queue_read(folio);
    	return 0;
    }
    ${table}
    int fetch(struct folio *folio)
    {
    	folio_lock(folio);
    	fill(NULL, folio);
    	folio_lock(folio);
    	folio_unlock(folio);
    	return 0;
    }
    int fetch_twice(struct folio *folio)
    {
    	folio_lock(folio);
    	folio_lock(folio);
    	folio_unlock(folio);
    	return 0;
    }`;

  it("are gone after a read was started, and only then", () => {
    const table = "static const struct address_space_operations aops = { .read_folio = fill };";
    expect(reported(again(table))).toEqual(["R79 fetch_twice"]);
  });
});

describe("a locked folio with a new owner", () => {
  const grab = (store: string): string => `
    int grab(struct address_space *mapping, struct folio *out[2], struct batch *b)
    {
    	struct folio *folio = filemap_lock_folio(mapping, 0);

    	if (IS_ERR(folio))
    		return PTR_ERR(folio);
    	if (folio->index == 0) {
    		folio_unlock(folio);
    		return 0;
    	}
    	${store}
    	return 0;
    }`;

  it("is that of the one who finds it in memory", () => {
    expect(reported(grab("out[0] = folio;"))).toEqual([]);
    expect(reported(grab("b->part = &folio->page;"))).toEqual([]);
    expect(reported(grab("out[0] = folio; if (b) swap(out[0], out[1]);"))).toEqual([]);
  });

  it("is nobody's if it is not stored", () => {
    expect(reported(grab("folio->private = b;"))).toEqual(["R79 grab"]);
    expect(reported(grab("SetPageUptodate(&folio->page);"))).toEqual(["R79 grab"]);
  });

  it("may be a callee's of which nothing is known", () => {
    expect(reported(grab("elsewhere_defined(folio);"))).toEqual([]);
  });

  it("may be a callee's that can replace it", () => {
    const code = (call: string): string => `
      int touch(struct folio *folio)
      {
      	folio_lock(folio);
      	if (${call}) {
      		folio_unlock(folio);
      		return -EIO;
      	}
      	folio_unlock(folio);
      	return 0;
      }`;
    expect(reported(code("replace(&folio)"))).toEqual([]);
  });
});

describe("looking twice at a sequence counter", () => {
  const search = (found: string): string => `
    struct table { seqcount_t seq; spinlock_t lock; struct node *root; };
    struct node *search(struct table *table, unsigned long key)
    {
    	struct node *node;
    	unsigned int seq;

    	do {
    		seq = read_seqcount_begin(&table->seq);
    		node = descend(table->root, key);
    		${found}
    	} while (read_seqcount_retry(&table->seq, seq));
    	return NULL;
    }`;

  it("is needed only to believe that nothing was found", () => {
    expect(reported(search("if (node) return node;"))).toEqual([]);
  });

  it("is needed where what was found may be torn", () => {
    const torn = search("if (key == 0) return node;").replace("return NULL;", "return node;");
    expect(reported(torn)).toEqual(["R56 search"]);
  });

  const fallback = (lock: string): string => `
    struct table { seqcount_t seq; spinlock_t lock; int value; };
    int value_of(struct table *table)
    {
    	unsigned int seq = read_seqcount_begin(&table->seq);
    	int value = table->value;

    	if (value != 0 && !read_seqcount_retry(&table->seq, seq))
    		return value;
    	${lock}
    	value = table->value;
    	${lock.replace("lock", "unlock")}
    	return value;
    }`;

  it("is not needed where a lock is taken instead", () => {
    expect(reported(fallback("spin_lock(&table->lock);"))).toEqual([]);
    expect(reported(fallback(""))).toEqual(["R56 value_of"]);
  });
});

it("a variable that holds one of a few constants is none of the others", () => {
  const walk = (after: string): string => `
    enum step { first_step, next_step, search_step };
    int walk(struct mm_struct *mm, struct vm_area_struct *vma, int fresh)
    {
    	enum step step;
    	int n = 0;

    	mmap_read_lock(mm);
    	vma = find_vma(mm, 0);
    	if (need_resched()) {
    		mmap_read_unlock(mm);
    		mmap_read_lock(mm);
    		if (fresh)
    			step = first_step;
    		else
    			step = ${after};
    	} else {
    		step = next_step;
    	}
    	switch (step) {
    	case first_step:
    		vma = find_vma(mm, 0);
    		break;
    	case next_step:
    		if (vma)
    			vma = find_vma(mm, vma->vm_end);
    		break;
    	case search_step:
    		vma = find_vma(mm, 4096);
    		break;
    	}
    	if (vma)
    		n = vma->vm_end != 0;
    	mmap_read_unlock(mm);
    	return n;
    }`;
  expect(reported(walk("search_step"))).toEqual([]);
  expect(reported(walk("next_step"))).toEqual(["R08 walk"]);
});

it("a lookup that may not fail need not be checked", () => {
  const fill = (gfp: string): string => `
    void fill(struct address_space *mapping)
    {
    	struct folio *folio = __filemap_get_folio(mapping, 0, FGP_LOCK | FGP_CREAT, ${gfp});

    	folio_mark_dirty(folio);
    	folio_unlock(folio);
    }`;
  expect(reported(fill("mapping_gfp_mask(mapping) | __GFP_NOFAIL"))).toEqual([]);
  expect(reported(fill("mapping_gfp_mask(mapping)"))).toEqual(["R22 fill"]);
});

it("an address space that exec is building has no other user", () => {
  const code = (mm: string): string => `
    struct linux_binprm { struct mm_struct *mm; unsigned long p; };
    unsigned long top(struct linux_binprm *bprm)
    {
    	struct mm_struct *mm = ${mm};
    	struct vm_area_struct *vma;

    	mmap_write_lock(mm);
    	vma = find_vma(mm, 0);
    	if (!vma) {
    		mmap_write_unlock(mm);
    		return 0;
    	}
    	mmap_write_unlock(mm);
    	return vma->vm_end;
    }`;
  expect(reported(code("bprm->mm"))).toEqual([]);
  expect(reported(code("current->mm"))).toEqual(["R07 top"]);
});

it("what a call returns is found after whatever the call let go of", () => {
  const code = `
    int grow(struct mm_struct *mm, unsigned long address)
    {
    	struct vm_area_struct *vma;

    	mmap_read_lock(mm);
    	vma = find_vma(mm, address);
    	if (!vma)
    		goto out;
    	if (vma->vm_start > address) {
    		vma = expand_stack(mm, address);
    		if (!vma)
    			return -EFAULT;
    	}
    	use_flags(vma->vm_flags);
    out:
    	mmap_read_unlock(mm);
    	return 0;
    }`;
  expect(reported(code)).toEqual([]);
});

it("one result that may have failed is one mistake, however often it is used", () => {
  const code = `
    void touch(struct mm_struct *mm, pmd_t *pmd, unsigned long a)
    {
    	pte_t *pte = pte_offset_map(pmd, a);

    #ifdef CONFIG_64BIT
    	use(pte->high);
    #else
    	use(pte->low);
    #endif
    	pte_unmap(pte);
    }`;
  expect(reported(code)).toEqual(["R31 touch"]);
});

it("an object on the stack needs no lock that others would need to see it", () => {
  const code = (vma: string): string => `
    static void set_owner(struct vm_area_struct *vma, void *owner)
    {
    	vma->vm_private_data = owner;
    	vma->vm_policy = owner;
    }
    static long owner_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
    {
    	struct vm_area_struct pseudo;
    	struct vm_area_struct *real = file->private_data;

    	vma_init(&pseudo, current->mm);
    	real->vm_mm = current->mm;
    	set_owner(${vma}, file);
    	return 0;
    }
    static const struct file_operations owner_fops = { .unlocked_ioctl = owner_ioctl };`;
  expect(reported(code("&pseudo"))).toEqual([]);
  expect(reported(code("real"))).toContain("R02 owner_ioctl");
});

describe("the VMAs of a loop", () => {
  const loop = (lock: string): string => `
    void forget_policies(struct mm_struct *mm)
    {
    	struct vm_area_struct *vma;
    	VMA_ITERATOR(vmi, mm, 0);

    	mmap_write_lock(mm);
    	for_each_vma(vmi, vma) {
    		${lock}
    		vma->vm_policy = NULL;
    	}
    	mmap_write_unlock(mm);
    }`;

  it("are those of the mm that the iterator was declared with", () => {
    expect(reported(loop(""))).toEqual(["R03 forget_policies"]);
    expect(reported(loop("vma_start_write(vma);"))).toEqual([]);
  });
});
