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
