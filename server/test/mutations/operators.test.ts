/** Each operator does what it says, on small C of our own. */
import { describe, expect, it } from "vitest";
import { loadMutationData } from "./data";
import { enumerateFile } from "./enumerate";
import { readSource } from "./functions";
import { applyEdits, type Mutant } from "./model";

const data = loadMutationData();
const symbols = new Set(["pte_offset_map_nolock", "ptep_get", "vm_flags_set", "DEFINE_LOCK_GUARD_1"]);

function mutants(operator: string, body: string, kind: "seeding" | "harmless" = "seeding", path = "mm/x.c"): Mutant[] {
  const file = readSource(path, body);
  return enumerateFile(file, data, (s) => symbols.has(s), kind).mutants.filter((m) => m.operator === operator);
}

/** The mutated texts, white space squeezed. */
function texts(operator: string, body: string, kind: "seeding" | "harmless" = "seeding", path?: string): string[] {
  return mutants(operator, body, kind, path).map((m) => squeeze(applyEdits(body, m.edits)));
}

function squeeze(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

const lookup = `
int probe(struct mm_struct *mm, struct mm_struct *other, unsigned long addr)
{
	struct vm_area_struct *vma;
	int err = -EFAULT;

	if (mmap_read_lock_killable(mm))
		return -EINTR;
	vma = vma_lookup(mm, addr);
	if (!vma)
		goto out;
	err = use(vma->vm_flags);
out:
	mmap_read_unlock(mm);
	return err;
}
`;

const entry = `
int touch(struct vm_area_struct *vma, pmd_t *pmd, unsigned long addr, pte_t old)
{
	spinlock_t *ptl;
	pte_t *pte;
	int err = 0;

	pte = pte_offset_map_lock(vma->vm_mm, pmd, addr, &ptl);
	if (!pte)
		return -EAGAIN;
	if (unlikely(!pte_same(ptep_get(pte), old))) {
		err = -EBUSY;
		goto unlock;
	}
	set_pte_at(vma->vm_mm, addr, pte, old);
unlock:
	pte_unmap_unlock(pte, ptl);
	return err;
}
`;

describe("seeding operators", () => {
  it("delete-acquire takes the lock away, and what depends on its result", () => {
    expect(texts("delete-acquire", lookup)[0]).not.toContain("mmap_read_lock_killable");
    expect(texts("delete-acquire", entry)[0]).toContain("pte = pte_offset_map_nolock(vma->vm_mm, pmd, addr, &ptl);");
  });

  it("delete-release takes the unlock away and keeps the label legal", () => {
    expect(texts("delete-release", lookup)[0]).toContain("out: ; return err;");
  });

  it("wrong-object uses another object of the same type", () => {
    const changed = mutants("wrong-object", lookup).map((m) => m.description);
    expect(changed).toContain("mmap_read_lock_killable: mm → other");
    expect(changed).toContain("mmap_read_unlock: mm → other");
  });

  it("early-return leaves behind the acquire", () => {
    expect(texts("early-return", entry)[0]).toContain(
      "return -EAGAIN; if (fatal_signal_pending(current)) return -EINTR; if (unlikely(",
    );
  });

  it("drop-unwind skips the release", () => {
    expect(texts("drop-unwind", lookup)[0]).toContain("if (!vma) return err;");
    expect(texts("drop-unwind", entry)[0]).toContain("err = -EBUSY; return err; }");
  });

  it("drop-unwind leaves a goto alone whose other label releases too", () => {
    const two = lookup.replace("out:\n", "out:\n\tmmap_read_unlock(mm);\n\treturn 0;\nother:\n");
    expect(texts("drop-unwind", two)).toEqual([]);
  });

  it("delete-recheck removes the operand or the statement", () => {
    expect(texts("delete-recheck", entry)[0]).not.toContain("pte_same");
    const both = entry.replace(
      "if (unlikely(!pte_same(ptep_get(pte), old)))",
      "if (bad(vma) || !pte_same(ptep_get(pte), old))",
    );
    expect(texts("delete-recheck", both)[0]).toContain("if (bad(vma)) {");
    const positive = entry.replace(
      "if (unlikely(!pte_same(ptep_get(pte), old)))",
      "if (!bad(vma) && pte_same(ptep_get(pte), old))",
    );
    expect(texts("delete-recheck", positive)[0]).toContain("if (!bad(vma)) {");
  });

  it("delete-relookup keeps the old VMA over a dropped lock", () => {
    const again = lookup.replace(
      "\terr = use",
      "\tmmap_read_unlock(mm);\n\tmmap_read_lock(mm);\n\tvma = vma_lookup(mm, addr);\n\tif (!vma)\n\t\tgoto out;\n\terr = use",
    );
    const found = texts("delete-relookup", again);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain("mmap_read_lock(mm); err = use");
  });

  it("invert-check reverses the test of a lock's result and of a re-check", () => {
    expect(texts("invert-check", lookup)[0]).toContain("if (!mmap_read_lock_killable(mm))");
    const changed = texts("invert-check", entry);
    expect(changed.some((t) => t.includes("if (pte) return -EAGAIN;"))).toBe(true);
    expect(changed.some((t) => t.includes("if (unlikely(pte_same("))).toBe(true);
  });

  it("drop-check keeps the call and drops its test", () => {
    expect(texts("drop-check", lookup)[0]).toContain("mmap_read_lock_killable(mm); vma = vma_lookup");
    expect(texts("drop-check", entry)[0]).toContain("&ptl); if (unlikely(");
  });

  it("weaken-mode changes the lock alone and the pair", () => {
    const write = lookup.replaceAll("_read_", "_write_");
    const [alone, pair] = texts("weaken-mode", write) as [string, string];
    expect(alone).toContain("mmap_read_lock_killable");
    expect(alone).toContain("mmap_write_unlock");
    expect(pair).toContain("mmap_read_lock_killable");
    expect(pair).not.toContain("mmap_write_unlock");
  });

  it("early-downgrade downgrades behind the test of the lock", () => {
    const write = lookup.replaceAll("_read_", "_write_");
    expect(texts("early-downgrade", write)[0]).toContain("return -EINTR; mmap_write_downgrade(mm); vma =");
  });

  it("use-after-release uses the VMA or the entry behind the unlock", () => {
    const straight = lookup.replace("out:\n", "").replace("goto out", "return 0");
    expect(
      texts("use-after-release", straight).some((t) =>
        /mmap_read_unlock\(mm\); (?:pr_debug|if|WARN_ON_ONCE)\(.*vma->/.test(t),
      ),
    ).toBe(true);
    const direct = entry.replace("unlock:\n", "").replace("goto unlock", "return err");
    expect(texts("use-after-release", direct)[0]).toContain("pte_unmap_unlock(pte, ptl); set_pte_at(");
  });

  it("swap-order reverses two lock calls", () => {
    const two =
      "\nvoid f(struct mm_struct *mm, struct vm_area_struct *vma)\n{\n\tmmap_write_lock(mm);\n\tvma_start_write(vma);\n\tmmap_write_unlock(mm);\n}\n";
    expect(texts("swap-order", two)[0]).toContain("vma_start_write(vma); mmap_write_lock(mm);");
  });

  it("sleep-under-lock moves or inserts a sleeping call", () => {
    const sleeping = entry.replace(
      "\tpte_unmap_unlock(pte, ptl);\n",
      "\tpte_unmap_unlock(pte, ptl);\n\tcond_resched();\n",
    );
    const changed = texts("sleep-under-lock", sleeping);
    expect(changed.some((t) => t.includes("unlock: cond_resched(); pte_unmap_unlock(pte, ptl); return"))).toBe(true);
    expect(changed.some((t) => t.includes("return -EAGAIN; cond_resched();"))).toBe(true);
  });

  it("block-under-lock replaces a trylock", () => {
    const trying = entry.replace("\tset_pte_at", "\tif (!folio_trylock(folio))\n\t\tgoto unlock;\n\tset_pte_at");
    expect(texts("block-under-lock", trying)[0]).toContain("folio_lock(folio); set_pte_at");
  });

  it("delete-call and replace-call act on the calls of the data", () => {
    const flags = "\nvoid f(struct vm_area_struct *vma)\n{\n\tvma_start_write(vma);\n\tvm_flags_set(vma, VM_IO);\n}\n";
    expect(texts("delete-call", flags)[0]).toBe("void f(struct vm_area_struct *vma) { vm_flags_set(vma, VM_IO); }");
    expect(texts("replace-call", flags)).toContain(
      "void f(struct vm_area_struct *vma) { vma_start_write(vma); vma->vm_flags |= VM_IO; }",
    );
  });

  it("callback-unwind gives up behind a side effect", () => {
    const start =
      "\nstatic int start(struct thing *t, const struct mmu_notifier_range *range)\n{\n\tt->notifiers++;\n\treturn 0;\n}\n";
    expect(texts("callback-unwind", start)[0]).toContain(
      "t->notifiers++; if (!mmu_notifier_range_blockable(range)) return -EAGAIN;",
    );
  });

  it("keeps identities over line shifts and gives each site its own", () => {
    const ids = enumerateFile(readSource("mm/x.c", lookup), data, () => true, "seeding").mutants.map((m) => m.id);
    const moved = enumerateFile(
      readSource("mm/x.c", `\n/* more */\n\n${lookup}`),
      data,
      () => true,
      "seeding",
    ).mutants.map((m) => m.id);
    expect(moved).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("leaves out code without MMU and pieces that conditionals cut through", () => {
    expect(mutants("delete-acquire", `#ifndef CONFIG_MMU\n${lookup}\n#endif\n`)).toEqual([]);
    const cut = lookup.replace(
      "\t\treturn -EINTR;\n",
      "#ifdef CONFIG_A\n\t\treturn -EINTR;\n#else\n\t\treturn -EAGAIN;\n#endif\n",
    );
    expect(mutants("delete-acquire", cut)).toEqual([]);
  });
});

/** Names that are called in a text, sorted. */
function callNames(text: string): string[] {
  return [...text.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, "").matchAll(/\b([A-Za-z_]\w*)\s*\(/g)]
    .map((m) => m[1] as string)
    .filter((n) => !/^(?:if|while|for|switch|ls_\w+|scoped_guard|f|probe|touch)$/.test(n))
    .sort();
}

describe("harmless operators", () => {
  const guarded =
    "\nvoid f(struct t *t)\n{\n\tspin_lock(&t->lock);\n\tt->n++;\n\tspin_unlock(&t->lock);\n\tmmap_read_lock(t->mm);\n\tmmap_read_unlock(t->mm);\n}\n";
  const rich = `
static void drop(struct mm_struct *m)
{
	mmap_read_unlock(m);
}

int probe(struct mm_struct *mm, int flags)
{
	struct vm_area_struct *vma;
	int err = 0;

	mmap_read_lock(mm);
	vma = vma_lookup(mm, 0);
	if (!vma)
		goto out;
	if (flags && vma->vm_flags)
		err = 1;
	else
		err = 2;
	if (err && flags)
		err = 3;
	if (flags) {
		mmap_read_unlock(mm);
		return err;
	}
	drop(mm);
	return 0;
out:
	mmap_read_unlock(mm);
	return err;
}
`;

  it("keep the calls, but for those they are about", () => {
    const before = callNames(rich).join();
    for (const operator of [
      "rename-locals",
      "alias-object",
      "split-and",
      "invert-if",
      "null-compare",
      "double-parens",
      "extract-helper",
      "add-comment",
    ]) {
      const found = mutants(operator, rich, "harmless").map((m) => applyEdits(rich, m.edits));
      expect(found.length, operator).toBeGreaterThan(0);
      for (const text of found) expect(callNames(text).join(), operator).toBe(before);
    }
  });

  it("keep the brackets balanced", () => {
    for (const m of enumerateFile(readSource("mm/x.c", rich), data, () => true, "harmless").mutants) {
      const text = applyEdits(rich, m.edits).replace(/\/\*.*?\*\/|\/\/.*/g, "");
      for (const [open, close] of ["()", "{}"])
        expect(text.split(open as string).length, m.operator).toBe(text.split(close as string).length);
    }
  });

  it("say what they should", () => {
    expect(texts("rename-locals", rich, "harmless")[1]).toContain("vma_r = vma_lookup(mm_r, 0); if (!vma_r) goto out;");
    expect(texts("rename-locals", rich, "harmless")[1]).toContain("vma_r->vm_flags");
    expect(texts("alias-object", rich, "harmless")[1]).toContain(
      "struct mm_struct *ls_alias = mm; mmap_read_lock(ls_alias);",
    );
    expect(texts("split-and", rich, "harmless")[0]).toContain("if (err) { if (flags) err = 3; }");
    expect(texts("invert-if", rich, "harmless")[0]).toContain(
      "if (!(flags && vma->vm_flags)) { err = 2; } else { err = 1; }",
    );
    expect(texts("null-compare", rich, "harmless")[0]).toContain("if (vma == NULL) goto out;");
    expect(texts("goto-to-return", rich, "harmless")[0]).toContain("if (!vma) { mmap_read_unlock(mm); return err; }");
    expect(texts("return-to-goto", rich, "harmless")[0]).toContain("if (flags) { goto out; }");
    expect(texts("inline-helper", rich, "harmless")[0]).toContain(
      "{ struct mm_struct *ls_m = mm; mmap_read_unlock(ls_m); }",
    );
    expect(
      texts("extract-helper", rich, "harmless").some((t) =>
        t.includes("static void ls_probe_step(struct mm_struct *mm) { mmap_read_lock(mm); }"),
      ),
    ).toBe(true);
    expect(texts("wrap-in-guard", guarded, "harmless")[0]).toContain("scoped_guard(spinlock, &t->lock) { t->n++; }");
    expect(texts("add-ifdef", rich, "harmless")[1]).toContain("#ifdef CONFIG_LOCKSTEP_NOISE");
    expect(texts("add-comment", rich, "harmless")[0]).toContain("mmap_read_unlock(mm); spin_unlock(ptl); */");
  });
});
