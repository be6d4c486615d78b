/** Locks that are taken or given back in helpers: the caller's lock is meant, whatever way it was passed. */
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

/** `R32 function` for every finding. */
function reported(code: string): string[] {
  const file = "drivers/helpers/helper.c";
  const result = exampleEngine(parser, rules, { [file]: `#include <linux/mm.h>\n${code}` }).check(file);
  expect(result.degraded).toEqual([]);
  return result.findings.map((f) => `${f.alias} ${f.function}`);
}

describe("a helper that releases the lock it is passed", () => {
  const peek = (helper: string, call: string): string => `
    ${helper}
    static int peek(struct mm_struct *mm, pmd_t *pmd)
    {
    	spinlock_t *ptl = pmd_lock(mm, pmd);

    	if (pmd_none(*pmd)) {
    		${call}
    		return 0;
    	}
    	spin_unlock(ptl);
    	return 1;
    }`;

  it("releases a lock of a more specific class", () => {
    expect(reported(peek("static void done(spinlock_t *l)\n{\n\tspin_unlock(l);\n}", "done(ptl);"))).toEqual([]);
  });

  it("releases it if there is one", () => {
    const helper = "static void done(spinlock_t *l)\n{\n\tif (l)\n\t\tspin_unlock(l);\n}";
    expect(reported(peek(helper, "done(ptl);"))).toEqual([]);
  });

  it("does not hide that nobody does", () => {
    expect(reported(peek("static void done(spinlock_t *l)\n{\n\tspin_lock_init(l);\n}", "done(ptl);"))).toEqual([
      "R32 peek",
    ]);
  });

  it("cannot do so twice", () => {
    const helper = "static void done(spinlock_t *l)\n{\n\tspin_unlock(l);\n}";
    expect(reported(peek(helper, "done(ptl);\n\t\tdone(ptl);"))).toEqual(["R32 peek"]);
  });
});

describe("a lock kept in a struct", () => {
  const walk = (end: string): string => `
    struct walk {
    	struct mm_struct *mm;
    	spinlock_t *ptl;
    };

    static int walk_begin(struct walk *w, pmd_t *pmd)
    {
    	w->ptl = pmd_lock(w->mm, pmd);
    	if (pmd_none(*pmd)) {
    		spin_unlock(w->ptl);
    		return -ENOENT;
    	}
    	return 0;
    }

    static void walk_end(struct walk *w)
    {
    	spinlock_t *l = w->ptl;

    	spin_unlock(l);
    }

    int walk_all(struct mm_struct *mm, pmd_t *pmd)
    {
    	struct walk w;
    	int err;

    	w.mm = mm;
    	err = walk_begin(&w, pmd);
    	if (err)
    		return err;
    	${end}
    	return 0;
    }`;

  it("is released through it", () => {
    expect(reported(walk("walk_end(&w);"))).toEqual([]);
  });

  it("is a leak if it is not", () => {
    expect(reported(walk(""))).toEqual(["R32 walk_all"]);
  });
});

describe("helpers that say whether they hold the lock", () => {
  it("do so by a comparison", () => {
    const code = `
      struct run {
      	pte_t *pte;
      	spinlock_t *ptl;
      };

      static bool open(struct run *r, struct mm_struct *mm, pmd_t *pmd, unsigned long addr)
      {
      	r->pte = pte_offset_map_lock(mm, pmd, addr, &r->ptl);
      	return r->pte != NULL;
      }

      int once(struct mm_struct *mm, pmd_t *pmd, unsigned long addr)
      {
      	struct run r;

      	if (!open(&r, mm, pmd, addr))
      		return -EAGAIN;
      	pte_unmap_unlock(r.pte, r.ptl);
      	return 0;
      }`;
    expect(reported(code)).toEqual([]);
  });

  it("do so with the result of an attempt on the lock itself", () => {
    const code = `
      static bool take(struct mm_struct *mm, bool wait)
      {
      	if (!wait)
      		return down_read_trylock(&mm->mmap_lock);
      	down_read(&mm->mmap_lock);
      	return true;
      }

      int twice(struct mm_struct *mm, bool wait)
      {
      	if (!take(mm, wait))
      		return -EAGAIN;
      	up_read(&mm->mmap_lock);
      	return 0;
      }`;
    expect(reported(code)).toEqual([]);
  });
});

describe("two locks that may be one", () => {
  const both = (second: string): string => `
    static void unlock_both(spinlock_t *a, spinlock_t *b)
    {
    	spin_unlock(a);
    	if (a != b)
    		spin_unlock(b);
    }

    int both(struct mm_struct *mm, pmd_t *pmd, unsigned long addr)
    {
    	spinlock_t *ptl, *pml;
    	pte_t *pte;

    	pml = pmd_lock(mm, pmd);
    	pte = pte_offset_map_nolock(mm, pmd, addr, &ptl);
    	if (!pte) {
    		spin_unlock(pml);
    		return 0;
    	}
    	if (ptl != pml)
    		spin_lock_nested(ptl, SINGLE_DEPTH_NESTING);
    	pte_unmap(pte);
    	unlock_both(pml, ${second});
    	return 0;
    }`;

  it("are released by a helper that compares them", () => {
    expect(reported(both("ptl"))).toEqual([]);
  });

  it("stay held if the helper gets one of them twice", () => {
    expect(reported(both("pml"))).toEqual(["R32 both"]);
  });
});

describe("a locked folio behind a pointer that a callee replaces", () => {
  const swapin = (end: string): string => `
    static int replace(struct folio **fp)
    {
    	struct folio *old = *fp, *new = folio_alloc(GFP_KERNEL, 0);

    	if (!new)
    		return -ENOMEM;
    	if (exchange(old, new))
    		old = new;
    	else
    		*fp = new;
    	folio_unlock(old);
    	return 0;
    }

    int swapin(struct address_space *mapping, struct folio **out, int n)
    {
    	struct folio *folio = filemap_get_folio(mapping, n);

    	folio_lock(folio);
    	if (n < 0) {
    		folio_unlock(folio);
    		return -EIO;
    	}
    	if (n > 100)
    		replace(&folio);
    	${end}
    }`;

  it("may be another one now", () => {
    expect(reported(swapin("*out = folio;\n\treturn 0;"))).toEqual([]);
  });
});

describe("results named after what went wrong", () => {
  const look = (early: string): string => `
    enum answer { ANSWER_OK, ANSWER_RETRY, ANSWER_FAIL };

    static enum answer look(struct counted *c, int n)
    {
    	unsigned seq = read_seqcount_begin(&c->seq);

    	if (c->size < n)
    		return ${early};
    	if (read_seqcount_retry(&c->seq, seq))
    		return ANSWER_RETRY;
    	return ANSWER_OK;
    }`;

  it("need no second look at the counter", () => {
    expect(reported(look("ANSWER_FAIL"))).toEqual([]);
  });

  it("do not stand for success", () => {
    expect(reported(look("ANSWER_OK"))).toEqual(["R56 look"]);
  });
});

describe("a macro that releases the lock in its own way", () => {
  const early = (macro: string): string => `
    #define DONE(m) do { ${macro} } while (0)

    int early(struct mm_struct *mm, unsigned long addr)
    {
    	mmap_read_lock(mm);
    	if (!find_vma(mm, addr)) {
    		DONE(mm);
    		return -EFAULT;
    	}
    	mmap_read_unlock(mm);
    	return 0;
    }`;

  it("leaves open whether it is held", () => {
    expect(reported(early("if (m) mmap_read_unlock(m);"))).toEqual([]);
  });

  it("is no excuse if it only counts", () => {
    expect(reported(early("if (m) atomic_inc(&(m)->mm_count);"))).toEqual(["R21 early"]);
  });
});

describe("a helper whose result says that the lock is gone", () => {
  const retry = (note: string): string => `
    static vm_fault_t step(struct mm_struct *mm, unsigned long address)
    {
    	if (settled(mm, address))
    		return 0;
    	${note}
    	mmap_read_unlock(mm);
    	return result_of(address, VM_FAULT_RETRY);
    }

    static int retry(struct mm_struct *mm, unsigned long address)
    {
    	mmap_read_lock(mm);
    	if (step(mm, address) & VM_FAULT_RETRY)
    		return 1;
    	mmap_read_unlock(mm);
    	return 0;
    }`;

  it("says it by the flags that its code names", () => {
    expect(reported(retry(""))).toEqual([]);
    expect(reported(retry("count_vm_event(result_of(address, VM_FAULT_COMPLETED));"))).toEqual(["R21 retry"]);
  });

  it("does not say it by a flag that a comment or a string names", () => {
    expect(reported(retry("/* VM_FAULT_COMPLETED is for the caller's caller. */"))).toEqual([]);
    expect(reported(retry('pr_debug("no VM_FAULT_COMPLETED\\n");'))).toEqual([]);
  });
});

describe("a locked folio that goes to a helper", () => {
  const judge = (helper: string, call: string): string => `
    ${helper}
    int judge(struct page *page, int (*done)(struct page *), int known)
    {
    	struct folio *folio = page_folio(page);

    	folio_lock(folio);
    	if (!folio->mapping || known) {
    		folio_unlock(folio);
    		return known;
    	}
    	return ${call};
    }`;
  const settle = (body: string): string => `
    static int settle(struct page *page, int (*done)(struct page *))
    {
    	${body}
    	return count_outcome(0);
    }`;

  it("may be unlocked by what the helper calls through a parameter or a variable", () => {
    expect(reported(judge(settle("done(page);"), "settle(page, done)"))).toEqual([]);
    expect(reported(judge(settle("(*done)(page);"), "settle(page, done)"))).toEqual([]);
    const variable = "int (*hook)(void *) = hook_of(0);\n\thook((void *)page);";
    expect(reported(judge(settle(variable), "settle(page, done)"))).toEqual([]);
  });

  it("may be so through a second helper", () => {
    const outer = "static int outer(int n, struct page *p)\n{\n\treturn settle(p, hook_of(n));\n}";
    expect(reported(judge(settle("done(page);") + outer, "outer(1, page)"))).toEqual([]);
  });

  it("stays locked where only a comment calls, or the pointer is called with something else", () => {
    const comment = settle("/* ops->done(page); */");
    expect(reported(judge(comment, "settle(page, done)"))).toEqual(["R79 judge"]);
    expect(reported(judge(settle("done(NULL);"), "settle(page, done)"))).toEqual(["R79 judge"]);
  });
});

describe("a VMA that a helper splits or merges before it changes it", () => {
  const fixup = (lock: string, again = ""): string => `
    int fixup(struct vma_iterator *vmi, struct vm_area_struct *vma, struct vm_area_struct **prev, vm_flags_t flags)
    {
    	if (vma->vm_flags == flags) {
    		*prev = vma;
    		return 0;
    	}
    	vma = vma_modify_flags(vmi, *prev, vma, vma->vm_start, vma->vm_end, flags);
    	if (IS_ERR(vma))
    		return PTR_ERR(vma);
    	*prev = vma;
    	${lock}
    	vm_flags_reset(vma, flags);
    	return 0;
    }
    int fix(struct mm_struct *mm, struct vma_iterator *vmi, unsigned long addr, vm_flags_t flags)
    {
    	struct vm_area_struct *vma, *prev = NULL;
    	int ret = -ENOENT;

    	mmap_write_lock(mm);
    	vma = vma_lookup(mm, addr);
    	if (vma) {
    		${again}
    		ret = fixup(vmi, vma, &prev, flags);
    	}
    	mmap_write_unlock(mm);
    	return ret;
    }
    EXPORT_SYMBOL(fixup);`;

  it("is not write-locked by that: only some paths need it, and callers do not have it", () => {
    expect(reported(fixup(""))).toEqual(["R05 fix"]);
  });

  it("may be write-locked by the helper, or by its caller", () => {
    expect(reported(fixup("vma_start_write(vma);"))).toEqual([]);
    expect(reported(fixup("", "vma_start_write(vma);"))).toEqual([]);
  });

  it("may be handed back with an error instead: then nothing is left held or forgotten", () => {
    const code = `
    int seal(struct mm_struct *mm, struct vma_iterator *vmi, struct vm_area_struct *vma, vm_flags_t flags)
    {
    	int ret = 0;

    	mmap_write_lock(mm);
    	vma = vma_modify_flags(vmi, NULL, vma, vma->vm_start, vma->vm_end, flags);
    	if (IS_ERR(vma))
    		return PTR_ERR(vma);
    	vm_flags_set(vma, flags);
    	mmap_write_unlock(mm);
    	return ret;
    }`;
    // The way out with an error is followed.
    expect(reported(code)).toEqual(["R21 seal"]);
  });

  it("a helper that needs it only where its argument says so is not held against callers that say otherwise", () => {
    const code = (locked: string): string => `
    void set(struct vm_area_struct *vma, int plain, vm_flags_t flags)
    {
    	mmap_assert_write_locked(vma->vm_mm);
    	if (plain)
    		vm_flags_reset(vma, flags);
    	else
    		vm_flags_set(vma, flags);
    }
    EXPORT_SYMBOL(set);
    void change(struct mm_struct *mm, unsigned long addr, vm_flags_t flags)
    {
    	struct vm_area_struct *vma;

    	mmap_write_lock(mm);
    	vma = vma_lookup(mm, addr);
    	if (vma)
    		set(vma, ${locked}, flags);
    	mmap_write_unlock(mm);
    }`;
    expect(reported(code("0"))).toEqual([]);
    expect(reported(code("1"))).toEqual(["R05 change"]);
  });
});

describe("a lock that a helper needs on some of its paths", () => {
  const chain = (test: string, ...callers: string[]): string => `
    static int set_one(struct vm_area_struct *vma, vm_flags_t flags, int how)
    {
    	if (${test})
    		return 0;
    	vma_start_write(vma);
    	vm_flags_reset(vma, flags);
    	return 1;
    }
    static int set_all(vm_flags_t flags, int how)
    {
    	VMA_ITERATOR(vmi, current->mm, 0);
    	struct vm_area_struct *vma;
    	int n = 0;

    	for_each_vma(vmi, vma)
    		n += set_one(vma, flags, how);
    	return n;
    }
    ${callers.join("\n")}`;
  const caller = (name: string, mode: string, how: string): string => `
    int ${name}(vm_flags_t flags, int how)
    {
    	int n;

    	mmap_${mode}_lock(current->mm);
    	n = set_all(flags, ${how});
    	mmap_${mode}_unlock(current->mm);
    	return n;
    }`;
  const changed = "vma->vm_flags == flags";

  it("is missed by the caller that holds it for reading", () => {
    const found = reported(chain(changed, caller("right", "write", "0"), caller("wrong", "read", "0")));
    expect(new Set(found)).toEqual(new Set(["R02 wrong", "R10 wrong"]));
  });

  it("is not missed by those that hold it for writing", () => {
    expect(reported(chain(changed, caller("one", "write", "0"), caller("other", "write", "how")))).toEqual([]);
  });

  it("is not asked of a caller that chooses what the helper does", () => {
    for (const test of ["!how", "how == 2", "how != 1"])
      expect(reported(chain(test, caller("writes", "write", "1"), caller("reads", "read", "how")))).toEqual([]);
  });

  it("may be that of the running task", () => {
    const map = (mode: string): string[] =>
      reported(`
    unsigned long map_one(struct file *file, unsigned long addr)
    {
    	struct mm_struct *mm = current->mm;
    	unsigned long populate, at;

    	mmap_${mode}_lock(mm);
    	at = do_mmap(file, addr, PAGE_SIZE, 0, 0, 0, 0, &populate, NULL);
    	mmap_${mode}_unlock(mm);
    	return at;
    }`);
    expect(map("read")).toEqual(["R02 map_one"]);
    expect(map("write")).toEqual([]);
  });
});
