/** Ten functions of Linux 6.12 that check again what they read before, and what people may do to the check. */
import { type Case, caseOf } from "./edits";
import type { Edit } from "./kernelReplay";
import { ROWS, type Row } from "./table";

const rowOf = (fn: string, scenario?: string): Row => {
  const row = ROWS.find((r) => r.fn === fn && (scenario === undefined || r.scenario === scenario));
  if (!row) throw new Error(`no row of ${fn}()`);
  return row;
};

const gupCheck =
  "unlikely(pmd_val(pmd) != pmd_val(*pmdp)) ||\n\t\t    unlikely(pte_val(pte) != pte_val(ptep_get(ptep)))";
const gupUndo = "gup_put_folio(folio, 1, flags);\n\t\t\tgoto pte_unmap;";
const gupIf = `if (${gupCheck}) {\n\t\t\t${gupUndo}\n\t\t}`;
const gupGrab = "folio = try_grab_folio_fast(page, 1, flags);\n\t\tif (!folio)\n\t\t\tgoto pte_unmap;\n";

const seqIf =
  /if \((read_seqcount_retry\([^)]*\))\) \{\s*(gup_fast_unpin_user_pages[^}]*)\} else \{\s*(sanity_check[^}]*)\}/;

/** The two HMM users differ in whether `range` is a pointer. */
function hmm(row: Row, range: "range->" | "range.", lock: string, unlock: string): Case {
  const check = `mmu_interval_read_retry(${range}notifier,\n\t\t\t\t\t    ${range}notifier_seq)`;
  const statement = `if (${check}) {\n\t\t\t${unlock}\n\t\t\tcontinue;\n\t\t}`;
  return caseOf(row, {
    check,
    params: "struct hmm_range *range",
    args: range === "range." ? "&range" : "range",
    itself: `mmu_interval_read_retry(${range}notifier, ${range}notifier->invalidate_seq)`,
    elsewhere: `mmu_interval_read_retry(${range}notifier, mmu_interval_read_begin(${range}notifier))`,
    empty: [[statement, `if (${check}) {\n\t\t}`]],
    earlier: [
      [statement, ""],
      [lock, `if (${check})\n\t\t\tcontinue;\n\t\t${lock}`],
    ],
    undo: [[statement, `if (${check}) {\n\t\t\tcontinue;\n\t\t}`]],
    goto: [
      [
        `${statement}\n\t\tbreak;`,
        `if (!${check})\n\t\t\tgoto lk_test_ok;\n\t\t${unlock}\n\t\tcontinue;\nlk_test_ok:\n\t\tbreak;`,
      ],
    ],
    twice: [[`if (${check}) {`, `ret = ${check};\n\t\tif (ret) {`]],
  });
}

const anonymousIf =
  "if (nr_pages == 1 && vmf_pte_changed(vmf)) {\n\t\tupdate_mmu_tlb(vma, addr, vmf->pte);\n\t\tgoto release;\n\t} else if (nr_pages > 1 && !pte_range_none(vmf->pte, nr_pages)) {";
const finishIf =
  "if (nr_pages == 1 && unlikely(vmf_pte_changed(vmf))) {\n\t\tupdate_mmu_tlb(vma, addr, vmf->pte);\n\t\tret = VM_FAULT_NOPAGE;\n\t\tgoto unlock;\n\t} else if (nr_pages > 1 && !pte_range_none(vmf->pte, nr_pages)) {";
const changed = "vmf_pte_changed(vmf)";
const samePte = "pte_same(ptep_get(vmf->pte), vmf->orig_pte)";
const copyIf = `if (likely(vmf->pte && ${samePte})) {`;
const copyElse =
  "} else if (vmf->pte) {\n\t\tupdate_mmu_tlb(vma, vmf->address, vmf->pte);\n\t\tpte_unmap_unlock(vmf->pte, vmf->ptl);\n\t}";
const swapIf = `if (unlikely(!vmf->pte || !${samePte}))\n\t\tgoto out_nomap;`;
const swapLock = "vmf->pte = pte_offset_map_lock(vma->vm_mm, vmf->pmd, vmf->address,\n\t\t\t&vmf->ptl);";
const installIf = "if (!pte_none_mostly(ptep_get(dst_pte)))\n\t\tgoto out_unlock;";
const insertIf = /if \(!pte_none\(entry\)\) \{[\s\S]*?\/\* Ok, finally/;

const drop = (text: string, by = ""): Edit => [text, by];

export const CASES: Case[] = [
  caseOf(rowOf("gup_fast_pte_range"), {
    check: gupCheck,
    params: "pmd_t pmd, pmd_t *pmdp, pte_t pte, pte_t *ptep",
    itself: "pmd_val(pmd) != pmd_val(pmd) || pte_val(pte) != pte_val(pte)",
    elsewhere: "pte_val(pte) != pte_val(ptep_get(ptep))",
    empty: [[gupIf, `if (${gupCheck}) {\n\t\t}`]],
    earlier: [
      [gupIf, ""],
      [gupGrab, `if (${gupCheck})\n\t\t\tgoto pte_unmap;\n\n\t\t${gupGrab}`],
    ],
    undo: [[gupIf, `if (${gupCheck}) {\n\t\t\tgoto pte_unmap;\n\t\t}`]],
    goto: [
      [
        gupIf,
        `if (pmd_val(pmd) != pmd_val(*pmdp))\n\t\t\tgoto lk_test_undo;\n\t\tif (pte_val(pte) == pte_val(ptep_get(ptep)))\n\t\t\tgoto lk_test_same;\nlk_test_undo:\n\t\t${gupUndo}\nlk_test_same:`,
      ],
    ],
    twice: [
      [
        gupIf,
        `if (pmd_val(pmd) != pmd_val(*pmdp)) {\n\t\t\t${gupUndo}\n\t\t}\n\t\tif (pte_val(pte) != pte_val(ptep_get(ptep))) {\n\t\t\t${gupUndo}\n\t\t}`,
      ],
    ],
  }),
  caseOf(rowOf("gup_fast", "gup-fast-vs-fork"), {
    check: "read_seqcount_retry(&current->mm->write_protect_seq, seq)",
    params: "unsigned int seq",
    itself: "read_seqcount_retry(&current->mm->write_protect_seq, raw_read_seqcount(&current->mm->write_protect_seq))",
    elsewhere: "read_seqcount_retry(&current->mems_allowed_seq, seq)",
    empty: [[seqIf, "if ($1) {\n\t\t} else {\n\t\t\t$3}"]],
    earlier: [
      [seqIf, "$3"],
      drop(
        "local_irq_save(flags);",
        "if ((gup_flags & FOLL_PIN) && read_seqcount_retry(&current->mm->write_protect_seq, seq))\n\t\treturn 0;\n\tlocal_irq_save(flags);",
      ),
    ],
    undo: [drop("gup_fast_unpin_user_pages(pages, nr_pinned);")],
    goto: [[seqIf, "if (!$1)\n\t\t\tgoto lk_test_ok;\n\t\t$2\nlk_test_ok:\n\t\t$3"]],
    twice: [[seqIf, "nr_pinned += 0;\n\t\tif ($1 ? 1 : 0) {\n\t\t\t$2} else {\n\t\t\t$3}"]],
  }),
  caseOf(rowOf("do_anonymous_page"), {
    check: changed,
    params: "struct vm_fault *vmf",
    itself: "!pte_same(ptep_get(vmf->pte), ptep_get(vmf->pte))",
    elsewhere: "pmd_none(*vmf->pmd)",
    empty: [[anonymousIf, anonymousIf.replace(/\{[^}]*\}/, "{\n\t}")]],
    earlier: [
      [anonymousIf, "if (nr_pages > 1 && !pte_range_none(vmf->pte, nr_pages)) {"],
      drop(
        "vmf->pte = pte_offset_map_lock(vma->vm_mm, vmf->pmd, addr, &vmf->ptl);",
        "vmf->pte = pte_offset_map(vmf->pmd, addr);\n\tif (!vmf->pte)\n\t\tgoto release;\n\tif (nr_pages == 1 && vmf_pte_changed(vmf)) {\n\t\tpte_unmap(vmf->pte);\n\t\tfolio_put(folio);\n\t\treturn 0;\n\t}\n\tpte_unmap(vmf->pte);\n\tvmf->pte = pte_offset_map_lock(vma->vm_mm, vmf->pmd, addr, &vmf->ptl);",
      ),
    ],
    undo: [[anonymousIf, anonymousIf.replace("goto release;", "folio_put(folio);\n\t\treturn 0;")]],
    undoAt: "if (nr_pages == 1 && vmf_pte_changed(vmf)) {",
    goto: [
      [
        anonymousIf,
        "if (nr_pages != 1)\n\t\tgoto lk_test_more;\n\tif (!vmf_pte_changed(vmf))\n\t\tgoto lk_test_same;\n\tupdate_mmu_tlb(vma, addr, vmf->pte);\n\tgoto release;\nlk_test_more:\n\tif (!pte_range_none(vmf->pte, nr_pages)) {",
      ],
      [
        "\n\n\tret = check_stable_address_space(vma->vm_mm);\n\tif (ret)\n\t\tgoto release;",
        "\nlk_test_same:\n\tret = check_stable_address_space(vma->vm_mm);\n\tif (ret)\n\t\tgoto release;",
      ],
    ],
    twice: [
      [
        anonymousIf,
        "if (nr_pages == 1) {\n\t\tif (vmf_pte_changed(vmf)) {\n\t\t\tupdate_mmu_tlb(vma, addr, vmf->pte);\n\t\t\tgoto release;\n\t\t}\n\t} else if (!pte_range_none(vmf->pte, nr_pages)) {",
      ],
    ],
  }),
  caseOf(rowOf("finish_fault"), {
    check: changed,
    params: "struct vm_fault *vmf",
    itself: "!pte_same(ptep_get(vmf->pte), ptep_get(vmf->pte))",
    elsewhere: "pmd_none(*vmf->pmd)",
    empty: [[finishIf, finishIf.replace(/\{[^}]*\}/, "{\n\t}")]],
    earlier: [
      [finishIf, "if (nr_pages > 1 && !pte_range_none(vmf->pte, nr_pages)) {"],
      [
        /vmf->pte = pte_offset_map_lock\(vma->vm_mm, vmf->pmd,\s*addr, &vmf->ptl\);/,
        "vmf->pte = pte_offset_map(vmf->pmd, addr);\n\tif (!vmf->pte)\n\t\treturn VM_FAULT_NOPAGE;\n\tif (nr_pages == 1 && vmf_pte_changed(vmf)) {\n\t\tpte_unmap(vmf->pte);\n\t\treturn VM_FAULT_NOPAGE;\n\t}\n\tpte_unmap(vmf->pte);\n\t$&",
      ],
    ],
    undo: [[finishIf, finishIf.replace("ret = VM_FAULT_NOPAGE;\n\t\tgoto unlock;", "return VM_FAULT_NOPAGE;")]],
    undoAt: "if (nr_pages == 1 && unlikely(vmf_pte_changed(vmf))) {",
    goto: [
      [
        finishIf,
        "if (nr_pages != 1)\n\t\tgoto lk_test_more;\n\tif (!vmf_pte_changed(vmf))\n\t\tgoto lk_test_same;\n\tupdate_mmu_tlb(vma, addr, vmf->pte);\n\tret = VM_FAULT_NOPAGE;\n\tgoto unlock;\nlk_test_more:\n\tif (!pte_range_none(vmf->pte, nr_pages)) {",
      ],
      ["\n\n\tfolio_ref_add(folio, nr_pages - 1);", "\nlk_test_same:\n\tfolio_ref_add(folio, nr_pages - 1);"],
    ],
    twice: [
      [
        finishIf,
        "if (nr_pages == 1) {\n\t\tif (vmf_pte_changed(vmf)) {\n\t\t\tupdate_mmu_tlb(vma, addr, vmf->pte);\n\t\t\tret = VM_FAULT_NOPAGE;\n\t\t\tgoto unlock;\n\t\t}\n\t} else if (!pte_range_none(vmf->pte, nr_pages)) {",
      ],
    ],
  }),
  caseOf(rowOf("wp_page_copy", "cow-race"), {
    check: samePte,
    positive: true,
    params: "struct vm_fault *vmf",
    itself: "pte_same(vmf->orig_pte, vmf->orig_pte)",
    elsewhere: "pmd_present(*vmf->pmd)",
    empty: { none: "the body is the work itself; without it nothing is done" },
    earlier: [
      [
        "vmf->pte = pte_offset_map_lock(mm, vmf->pmd, vmf->address, &vmf->ptl);",
        `vmf->pte = pte_offset_map(vmf->pmd, vmf->address);\n\tif (vmf->pte) {\n\t\tpage_copied = !${samePte};\n\t\tpte_unmap(vmf->pte);\n\t\tif (page_copied)\n\t\t\tgoto lk_test_changed;\n\t}\n\tvmf->pte = pte_offset_map_lock(mm, vmf->pmd, vmf->address, &vmf->ptl);`,
      ],
      [copyIf, "if (likely(vmf->pte)) {"],
      [
        "\n\n\tmmu_notifier_invalidate_range_end(&range);",
        "\nlk_test_changed:\n\tpage_copied = 0;\n\tmmu_notifier_invalidate_range_end(&range);",
      ],
      ["page_copied = 1;", ";"],
    ],
    undo: [[copyElse, "}"]],
    undoAt: copyIf,
    goto: [
      [copyIf, `if (!vmf->pte)\n\t\tgoto lk_test_out;\n\tif (!${samePte})\n\t\tgoto lk_test_changed;\n\t{`],
      [
        copyElse,
        "}\n\tgoto lk_test_out;\nlk_test_changed:\n\tupdate_mmu_tlb(vma, vmf->address, vmf->pte);\n\tpte_unmap_unlock(vmf->pte, vmf->ptl);\nlk_test_out:",
      ],
    ],
    twice: [
      [
        copyIf,
        `bool lk_test_same = vmf->pte;\n\n\tif (lk_test_same)\n\t\tlk_test_same = ${samePte};\n\tif (lk_test_same) {`,
      ],
    ],
  }),
  caseOf(rowOf("mfill_atomic_install_pte"), {
    check: "!pte_none_mostly(ptep_get(dst_pte))",
    params: "pte_t *dst_pte",
    itself: "!pte_same(ptep_get(dst_pte), ptep_get(dst_pte))",
    elsewhere: "!pmd_present(*dst_pmd)",
    empty: [[installIf, "if (!pte_none_mostly(ptep_get(dst_pte)))\n\t\t;"]],
    earlier: [
      [installIf, ""],
      [
        "ret = -EAGAIN;\n",
        "dst_pte = pte_offset_map(dst_pmd, dst_addr);\n\tif (!dst_pte)\n\t\treturn -EAGAIN;\n\tif (!pte_none_mostly(ptep_get(dst_pte))) {\n\t\tpte_unmap(dst_pte);\n\t\treturn -EEXIST;\n\t}\n\tpte_unmap(dst_pte);\n\tret = -EAGAIN;\n",
      ],
    ],
    undo: [[installIf, "if (!pte_none_mostly(ptep_get(dst_pte)))\n\t\tgoto out;"]],
    undoAt: "if (!pte_none_mostly(ptep_get(dst_pte)))",
    goto: [
      [installIf, "if (pte_none_mostly(ptep_get(dst_pte)))\n\t\tgoto lk_test_none;\n\tgoto out_unlock;\nlk_test_none:"],
    ],
    twice: [
      [installIf, "_dst_pte = _dst_pte;\n\tif (!(pte_none_mostly(ptep_get(dst_pte)) ? 1 : 0))\n\t\tgoto out_unlock;"],
    ],
  }),
  caseOf(rowOf("do_swap_page"), {
    check: `!vmf->pte || !${samePte}`,
    params: "struct vm_fault *vmf",
    itself: "!vmf->pte || !pte_same(vmf->orig_pte, vmf->orig_pte)",
    elsewhere: "!vmf->pte || pmd_none(*vmf->pmd)",
    empty: [[swapIf, `if (unlikely(!vmf->pte || !${samePte}))\n\t\t;`]],
    earlier: [
      [swapIf, ""],
      [
        `${swapLock}\n`,
        `vmf->pte = pte_offset_map(vmf->pmd, vmf->address);\n\tif (!vmf->pte)\n\t\tgoto out_page;\n\tif (!${samePte}) {\n\t\tpte_unmap(vmf->pte);\n\t\tgoto out_page;\n\t}\n\tpte_unmap(vmf->pte);\n\t${swapLock}\n\tif (!vmf->pte)\n\t\tgoto out_page;\n`,
      ],
    ],
    undo: [[swapIf, swapIf.replace("out_nomap", "out_page")]],
    undoAt: `if (unlikely(!vmf->pte || !${samePte}))\n\t\tgoto out_page;`,
    goto: [
      [
        swapIf,
        `if (!vmf->pte)\n\t\tgoto out_nomap;\n\tif (${samePte})\n\t\tgoto lk_test_same;\n\tgoto out_nomap;\nlk_test_same:`,
      ],
    ],
    twice: [[swapIf, `if (!vmf->pte)\n\t\tgoto out_nomap;\n\tif (!${samePte})\n\t\tgoto out_nomap;`]],
  }),
  caseOf(rowOf("insert_pfn"), {
    check: "!pte_none(entry)",
    params: "pte_t entry",
    itself: "!pte_same(entry, entry)",
    elsewhere: { none: "it reads one entry and knows of no other" },
    empty: [[insertIf, "if (!pte_none(entry)) {\n\t}\n\n\t/* Ok, finally"]],
    earlier: [
      ["entry = ptep_get(pte);", ""],
      [
        "pte = get_locked_pte(mm, addr, &ptl);",
        "pte = get_locked_pte(mm, addr, &ptl);\n\tif (!pte)\n\t\treturn VM_FAULT_OOM;\n\tentry = ptep_get(pte);\n\tpte_unmap_unlock(pte, ptl);\n\tpte = get_locked_pte(mm, addr, &ptl);",
      ],
    ],
    undo: [
      [insertIf, (text) => text.replace(/goto out_unlock;\s*\}\s*\/\* Ok/, "return VM_FAULT_NOPAGE;\n\t}\n\n\t/* Ok")],
    ],
    undoAt: "if (!pte_none(entry)) {",
    goto: [
      [
        insertIf,
        (text) =>
          text
            .replace("if (!pte_none(entry)) {", "if (pte_none(entry))\n\t\tgoto lk_test_none;\n\t{")
            .replace("/* Ok", "lk_test_none:\n\t/* Ok"),
      ],
    ],
    twice: [["if (!pte_none(entry)) {", "bool lk_test_taken = !pte_none(entry);\n\n\tif (lk_test_taken) {"]],
  }),
  hmm(rowOf("dmirror_range_fault"), "range->", "mutex_lock(&dmirror->mutex);", "mutex_unlock(&dmirror->mutex);"),
  hmm(rowOf("nouveau_range_fault"), "range.", "mutex_lock(&svmm->mutex);", "mutex_unlock(&svmm->mutex);"),
];

/** Functions that hold others off by something that is no check: what protects them moves into a helper. */
export const WITHOUT: { row: Row; edits: Edit[]; before: string }[] = [
  {
    row: rowOf("mprotect_fixup"),
    before: "static void lk_test_lock(struct vm_area_struct *vma)\n{\n\tvma_start_write(vma);\n}\n\n",
    edits: [["vma_start_write(vma);", "lk_test_lock(vma);"]],
  },
  {
    row: rowOf("nouveau_svm_range_invalidate"),
    before:
      "static void lk_test_store(struct mmu_interval_notifier *mni, unsigned long seq)\n{\n\tmmu_interval_set_seq(mni, seq);\n}\n\n",
    edits: [["mmu_interval_set_seq(mni, cur_seq);", "lk_test_store(mni, cur_seq);"]],
  },
];
