/** Checks that are there and say the opposite, sections that are closed only: each beside the form that is right. */
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

/** `R35 function` for every finding, once. */
function reported(code: string): string[] {
  const file = "drivers/polarity/polarity.c";
  const result = exampleEngine(parser, rules, { [file]: `#include <linux/mm.h>\n${code}` }).check(file);
  expect(result.degraded).toEqual([]);
  return [...new Set(result.findings.map((f) => `${f.alias} ${f.function}`))];
}

describe("an entry compared under its lock", () => {
  const finish = (test: string, write = "set_pte_at(vmf->vma->vm_mm, vmf->address, vmf->pte, entry);"): string => `
    static void put(struct vm_fault *vmf, pte_t entry)
    {
    	set_pte_at(vmf->vma->vm_mm, vmf->address, vmf->pte, entry);
    }
    static int finish(struct vm_fault *vmf, pte_t entry)
    {
    	vmf->pte = pte_offset_map_lock(vmf->vma->vm_mm, vmf->pmd, vmf->address, &vmf->ptl);
    	if (!vmf->pte)
    		return -EAGAIN;
    	if (${test}) {
    		pte_unmap_unlock(vmf->pte, vmf->ptl);
    		return -EAGAIN;
    	}
    	${write}
    	pte_unmap_unlock(vmf->pte, vmf->ptl);
    	return 0;
    }`;

  it("may be changed if it is the same", () => {
    expect(reported(finish("!pte_same(ptep_get(vmf->pte), vmf->orig_pte)"))).toEqual([]);
  });

  it("may not if it is another one", () => {
    expect(reported(finish("pte_same(ptep_get(vmf->pte), vmf->orig_pte)"))).toEqual(["R35 finish"]);
  });

  it("may not by a callee either", () => {
    expect(reported(finish("!pte_same(ptep_get(vmf->pte), vmf->orig_pte)", "put(vmf, entry);"))).toEqual([]);
    expect(reported(finish("pte_same(ptep_get(vmf->pte), vmf->orig_pte)", "put(vmf, entry);"))).toEqual(["R35 finish"]);
  });

  it("may be set to what it differs from", () => {
    expect(reported(finish("pte_same(ptep_get(vmf->pte), entry)"))).not.toContain("R35 finish");
  });
});

describe("an entry handed over by value", () => {
  const swap = (test: string): string => `
    static int swap(struct mm_struct *mm, pmd_t *pmd, unsigned long addr, pte_t old, pte_t new)
    {
    	spinlock_t *ptl;
    	pte_t *ptep = pte_offset_map_lock(mm, pmd, addr, &ptl);

    	if (!ptep)
    		return -EAGAIN;
    	${test}
    	set_pte_at(mm, addr, ptep, new);
    	pte_unmap_unlock(ptep, ptl);
    	return 0;
    }`;

  it("is there to be compared", () => {
    expect(reported(swap(""))).toEqual(["R35 swap"]);
    expect(
      reported(swap("if (!pte_same(ptep_get(ptep), old)) { pte_unmap_unlock(ptep, ptl); return -EAGAIN; }")),
    ).toEqual([]);
  });
});

describe("a write section of a sequence counter", () => {
  const touch = (begin: string, others = ""): string => `
    struct stats { seqcount_t lock; long start; };
    ${others}
    static void touch(struct stats *s)
    {
    	${begin}
    	s->start = 1;
    	write_seqcount_end(&s->lock);
    }`;

  it("that is closed was opened", () => {
    expect(reported(touch("write_seqcount_begin(&s->lock);"))).toEqual([]);
    expect(reported(touch(""))).toEqual(["R56 touch"]);
  });

  it("may be opened by a function of its own", () => {
    const opener = "static void open(struct stats *s) { write_seqcount_begin(&s->lock); }";
    expect(reported(touch("", opener))).not.toContain("R56 touch");
  });
});

describe("a member behind a macro", () => {
  it("is a member", () => {
    const write = "void mark(struct vm_area_struct *vma) { ACCESS_PRIVATE(vma, __vm_flags) |= VM_IO; }";
    expect(reported(write)).toEqual(["R04 mark"]);
  });
});

describe("a folio that was an argument", () => {
  const work = (leave: string): string => `
    static int charge(struct folio *folio);
    static int work(struct folio *folio)
    {
    	int err = charge(folio);

    	if (err)
    		return err;
    	folio_lock(folio);
    	err = folio->index == 0 ? -EINVAL : 0;
    	${leave}
    	return err;
    }`;

  it("is not left locked where the caller cannot know", () => {
    expect(reported(work("folio_unlock(folio);"))).toEqual([]);
    expect(reported(work(""))).toEqual(["R79 work"]);
  });
});

describe("a reference taken by a walk without locks", () => {
  const UNDO = "gup_put_folio(folio, 1, flags);\n\t\t\tgoto out;";
  const walk = (check: string, others = ""): string => `
    ${others}
    static int grab_all(pmd_t pmd, pmd_t *pmdp, unsigned long addr, unsigned long end, unsigned int flags,
    		struct page **pages, int *nr)
    {
    	int ret = 0;
    	pte_t *ptep = pte_offset_map(&pmd, addr);

    	if (!ptep)
    		return 0;
    	do {
    		pte_t pte = ptep_get_lockless(ptep);
    		struct page *page;
    		struct folio *folio;

    		if (!pte_present(pte))
    			goto out;
    		page = pte_page(pte);
    		folio = try_grab_folio_fast(page, 1, flags);
    		if (!folio)
    			goto out;
    		${check}
    		if (flags & FOLL_PIN)
    			note_pin(folio);
    		pages[*nr] = page;
    		(*nr)++;
    	} while (ptep++, addr += PAGE_SIZE, addr != end);
    	ret = 1;
    out:
    	pte_unmap(ptep);
    	return ret;
    }`;
  const PMD = "pmd_val(pmd) != pmd_val(*pmdp)";
  const PTE = "pte_val(pte) != pte_val(ptep_get(ptep))";
  const silent: [string, string, string?][] = [
    ["both compared", `if (${PMD} || ${PTE}) { ${UNDO} }`],
    ["one after the other", `if (${PMD}) { ${UNDO} }\n if (unlikely(${PTE})) { ${UNDO} }`],
    [
      "nested, and equal",
      "if (pmd_val(pmd) == pmd_val(*pmdp)) { if (pte_same(pte, ptep_get(ptep))) goto keep; }\n" + UNDO + "\nkeep: ;",
    ],
    ["kept in a variable", `bool moved = ${PMD} || ${PTE};\n if (moved) { ${UNDO} }`],
    [
      "forgotten when it is undone",
      `if (${PMD} || ${PTE}) { gup_put_folio(folio, 1, flags); folio = NULL; }\n if (!folio) goto out;`,
    ],
    ["told about before it is undone", `if (${PMD} || ${PTE}) { note_loss(folio); ${UNDO} }`],
    [
      "undone by a helper",
      `if (${PMD} || ${PTE}) { undo(folio, flags); goto out; }`,
      "static void undo(struct folio *folio, unsigned int flags) { gup_put_folio(folio, 1, flags); }",
    ],
    ["undone by what nobody knows", `if (${PMD} || ${PTE}) { my_unpin(folio); goto out; }`],
  ];
  const wrong: [string, string][] = [
    ["nothing done about it", `if (${PMD} || ${PTE}) { }`],
    ["the PMD the other way round", `if (pmd_val(pmd) == pmd_val(*pmdp) || ${PTE}) { ${UNDO} }`],
    ["the PTE the other way round", `if (${PMD} || pte_val(pte) == pte_val(ptep_get(ptep))) { ${UNDO} }`],
    ["the whole the other way round", `if (!(${PMD} || ${PTE})) { ${UNDO} }`],
    ["only where both have changed", `if (${PMD} && ${PTE}) { ${UNDO} }`],
    ["left with the reference", `if (${PMD} || ${PTE})\n goto out;`],
    ["given back and used", `if (${PMD} || ${PTE})\n gup_put_folio(folio, 1, flags);`],
  ];

  it.each(silent)("is kept where the entries are the same: %s", (_, check, others) => {
    expect(reported(walk(check, others))).toEqual([]);
  });

  it.each(wrong)("is not kept elsewhere: %s", (_, check) => {
    expect(reported(walk(check))).toEqual(["R42 grab_all"]);
  });
});

describe("a decision under the user's own lock", () => {
  const mirror = (body: string): string => `
    struct mirror { struct mmu_interval_notifier notifier; struct mutex lock; unsigned long pfn; };
    int program(struct mirror *m);
    static int mirror_fault(struct mirror *m, struct hmm_range *range)
    {
    	unsigned long timeout = jiffies + 100;
    	int ret;

    	while (true) {
    		if (time_after(jiffies, timeout))
    			return -EBUSY;
    		range->notifier_seq = mmu_interval_read_begin(&m->notifier);
    		mmap_read_lock(current->mm);
    		ret = hmm_range_fault(range);
    		mmap_read_unlock(current->mm);
    		if (ret)
    			return ret;
    		mutex_lock(&m->lock);
    		${body}
    	}
    	ret = program(m);
    	mutex_unlock(&m->lock);
    	return ret;
    }`;
  const RETRY = "mmu_interval_read_retry(&m->notifier, range->notifier_seq)";

  it("starts over where something came in between", () => {
    expect(reported(mirror(`if (${RETRY}) { mutex_unlock(&m->lock); continue; } break;`))).toEqual([]);
    expect(reported(mirror(`if (!${RETRY}) break; mutex_unlock(&m->lock);`))).toEqual([]);
  });

  it("does not start over where nothing did", () => {
    expect(reported(mirror(`if (!${RETRY}) { mutex_unlock(&m->lock); continue; } break;`))).toEqual([
      "R64 mirror_fault",
    ]);
    expect(reported(mirror(`if (${RETRY}) break; mutex_unlock(&m->lock);`))).toEqual(["R64 mirror_fault"]);
  });

  it("may be all there is to do under the lock", () => {
    const check = (lost: string): string => `
      struct mirror { struct mmu_interval_notifier notifier; struct mutex lock; int lost; };
      void told(struct mirror *m);
      static int mirror_check(struct mirror *m, unsigned long seq)
      {
      	int ret = 0;

      	mutex_lock(&m->lock);
      	if (mmu_interval_read_retry(&m->notifier, seq)) {
      		${lost}
      		ret = -EAGAIN;
      	}
      	mutex_unlock(&m->lock);
      	return ret;
      }`;
    expect(reported(check(""))).toEqual([]);
    expect(reported(check("told(m);"))).toEqual([]);
  });
});

describe("a fault that is handled under the lock it takes", () => {
  const handle = (look: string, write = "set_pte_at(vmf->vma->vm_mm, vmf->address, vmf->pte, entry);"): string => `
    pte_t made(pte_t entry);
    static int handle(struct vm_fault *vmf, pte_t entry)
    {
    	vmf->pte = pte_offset_map_lock(vmf->vma->vm_mm, vmf->pmd, vmf->address, &vmf->ptl);
    	if (!vmf->pte)
    		return -EAGAIN;
    	${look}
    	${write}
    	pte_unmap_unlock(vmf->pte, vmf->ptl);
    	return 0;
    }`;
  const LEAVE = "{ pte_unmap_unlock(vmf->pte, vmf->ptl); return -EAGAIN; }";

  it("looks at the entry first, though nothing names the old one", () => {
    expect(reported(handle(`if (vmf_pte_changed(vmf)) ${LEAVE}`))).toEqual([]);
    expect(reported(handle(`if (!pte_none(ptep_get(vmf->pte))) ${LEAVE}`))).toEqual([]);
    expect(reported(handle(""))).toEqual(["R35 handle"]);
  });

  it("looks on the paths that need it", () => {
    expect(reported(handle(`if (vmf->flags & FAULT_FLAG_WRITE && vmf_pte_changed(vmf)) ${LEAVE}`))).toEqual([]);
  });

  it("does not look by comparing what is old", () => {
    expect(reported(handle(`if (!pte_same(vmf->orig_pte, vmf->orig_pte)) ${LEAVE}`))).toEqual(["R35 handle"]);
    expect(reported(handle(`if (!pte_same(ptep_get(vmf->pte), vmf->orig_pte)) ${LEAVE}`))).toEqual([]);
  });

  it("was handed an entry, even if it keeps its own there later", () => {
    const write = "vmf->orig_pte = made(entry); set_pte_at(vmf->vma->vm_mm, vmf->address, vmf->pte, entry);";
    const early = "swp_entry_t old = pte_to_swp_entry(vmf->orig_pte);";
    expect(reported(handle(early, write))).toEqual(["R35 handle"]);
    expect(reported(handle(`${early} if (vmf_pte_changed(vmf)) ${LEAVE}`, write))).toEqual([]);
  });
});

describe("a walk that a counter watches", () => {
  const walk = (behind: string): string => `
    static int pin(unsigned long start, unsigned long end, unsigned int flags, struct page **pages)
    {
    	unsigned long irq;
    	unsigned int seq = 0;
    	int nr = 0;

    	if (flags & FOLL_PIN) {
    		seq = raw_read_seqcount(&current->mm->write_protect_seq);
    		if (seq & 1)
    			return 0;
    	}
    	local_irq_save(irq);
    	walk_all(start, end, flags, pages, &nr);
    	local_irq_restore(irq);
    	if (flags & FOLL_PIN) {
    		${behind}
    	}
    	return nr;
    }`;
  const MOVED = "read_seqcount_retry(&current->mm->write_protect_seq, seq)";

  it("gives back what it has when the counter moved", () => {
    expect(reported(walk(`if (${MOVED}) { unpin_user_pages(pages, nr); return 0; }`))).toEqual([]);
    expect(reported(walk(`bool moved = ${MOVED};\n if (moved) { unpin_user_pages(pages, nr); nr = 0; }`))).toEqual([]);
  });

  it("does not go on as if nothing had happened", () => {
    expect(reported(walk(`if (${MOVED}) { }`))).toEqual(["R54 pin"]);
    expect(reported(walk(`if (${MOVED}) unpin_user_pages(pages, nr);`))).toEqual(["R54 pin"]);
    expect(reported(walk(`if (!${MOVED}) { unpin_user_pages(pages, nr); return 0; }`))).toEqual(["R54 pin"]);
  });
});
