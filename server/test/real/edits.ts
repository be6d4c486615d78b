/** What people do to a check, for better or worse, in functions of Linux 6.12. */
import type { Edit } from "./kernelReplay";
import { ROWS, type Row } from "./table";

export interface Case {
  row: Row;
  /** Edits that break the protection: name → edits. */
  breaks: Record<string, Edit[]>;
  /** Edits that keep it; `before` is text put in front of the function. */
  keeps: Record<string, { edits: Edit[]; before?: string }>;
}

const rowOf = (fn: string, scenario?: string): Row =>
  ROWS.find((r) => r.fn === fn && (scenario === undefined || r.scenario === scenario))!;

/** `check` stands for itself, inverted and in a helper; `params` and `args` are the helper's. */
function around(row: Row, check: string, params: string, more: Partial<Case> = {}): Case {
  const names = params.split(",").map((p) => /(\w+)$/.exec(p.trim())![1]!);
  return {
    row,
    breaks: {
      "the condition is inverted": [[check, `!(${check})`]],
      "the result is ignored": [[check, `(${check}, 0)`]],
      ...more.breaks,
    },
    keeps: {
      "the check moves into a helper": {
        before: `static int lk_test_check(${params})\n{\n\treturn ${check};\n}\n\n`,
        edits: [[check, `lk_test_check(${names.join(", ")})`]],
      },
      "the condition is asked in two steps": { edits: [[check, `((${check}) ? 1 : 0)`]] },
      ...more.keeps,
    },
  };
}

const undo = /(pte_val\(ptep_get\(ptep\)+) \{\s*gup_put_folio\(folio, 1, flags\);\s*goto pte_unmap;\s*\}/;

/** Unlocks and tries again in the straight line, goes on by a jump. */
const retryByGoto: Edit = [
  /if \((mmu_interval_read_retry\([^)]*\))\) \{([^}]*)\}\s*break;/,
  "if (!$1)\n\t\t\tgoto lk_test_ok;$2lk_test_ok:\n\t\tbreak;",
];

export const CASES: Case[] = [
  around(rowOf("gup_fast_pte_range"), "pmd_val(pmd) != pmd_val(*pmdp)", "pmd_t pmd, pmd_t *pmdp", {
    breaks: {
      "the value is compared with itself": [["pmd_val(*pmdp)", "pmd_val(pmd)"]],
      "the undo is dropped": [[undo, "$1 {\n\t\t\tgoto pte_unmap;\n\t\t}"]],
      "another entry is read again": [["pmd_val(pmd) != pmd_val(*pmdp)", "pte_val(pte) != pte_val(ptep_get(ptep))"]],
      "the body is empty": [[undo, "$1 {\n\t\t}"]],
    },
  }),
  around(
    rowOf("gup_fast", "gup-fast-vs-fork"),
    "read_seqcount_retry(&current->mm->write_protect_seq, seq)",
    "unsigned int seq",
    {
      keeps: {
        "goto instead of nested if": {
          edits: [
            [
              /if \((read_seqcount_retry\([^)]*\))\) \{([^}]*)\} else \{([^}]*)\}/,
              "if (!$1)\n\t\t\tgoto lk_test_ok;$2lk_test_ok:$3",
            ],
          ],
        },
      },
    },
  ),
  around(rowOf("do_anonymous_page"), "vmf_pte_changed(vmf)", "struct vm_fault *vmf", {
    breaks: {
      "the condition is inverted": [
        ["nr_pages == 1 && vmf_pte_changed(vmf)", "nr_pages == 1 && !vmf_pte_changed(vmf)"],
      ],
    },
  }),
  around(rowOf("finish_fault"), "vmf_pte_changed(vmf)", "struct vm_fault *vmf"),
  around(rowOf("wp_page_copy", "cow-race"), "pte_same(ptep_get(vmf->pte), vmf->orig_pte)", "struct vm_fault *vmf", {
    breaks: {
      "the value is compared with itself": [["pte_same(ptep_get(vmf->pte)", "pte_same(vmf->orig_pte"]],
      "the result is ignored": [
        ["pte_same(ptep_get(vmf->pte), vmf->orig_pte)", "(pte_same(ptep_get(vmf->pte), vmf->orig_pte), 1)"],
      ],
    },
  }),
  around(rowOf("mfill_atomic_install_pte"), "!pte_none_mostly(ptep_get(dst_pte))", "pte_t *dst_pte"),
  around(
    rowOf("dmirror_range_fault"),
    "mmu_interval_read_retry(range->notifier,\n\t\t\t\t\t    range->notifier_seq)",
    "struct hmm_range *range",
    {
      breaks: {
        "the check moves before the lock": [
          [
            "mutex_lock(&dmirror->mutex);",
            "if (mmu_interval_read_retry(range->notifier, range->notifier_seq)) continue; mutex_lock(&dmirror->mutex);",
          ],
          [/if \(mmu_interval_read_retry\(range->notifier,\s+range->notifier_seq\)\) \{/, "if (0) {"],
        ],
      },
      keeps: { "goto instead of nested if": { edits: [retryByGoto] } },
    },
  ),
  around(
    rowOf("nouveau_range_fault"),
    "mmu_interval_read_retry(range.notifier,\n\t\t\t\t\t    range.notifier_seq)",
    "struct hmm_range range",
    {
      keeps: {
        "goto instead of nested if": { edits: [retryByGoto] },
        "the check moves into a helper": {
          edits: [["if (mmu_interval_read_retry", "if (0 || mmu_interval_read_retry"]],
        },
      },
    },
  ),
  {
    row: rowOf("mprotect_fixup"),
    breaks: {
      "the lock is dropped": [["vma_start_write(vma);", ";"]],
    },
    keeps: {
      "the lock moves into a helper": {
        before: "static void lk_test_lock(struct vm_area_struct *vma)\n{\n\tvma_start_write(vma);\n}\n\n",
        edits: [["vma_start_write(vma);", "lk_test_lock(vma);"]],
      },
    },
  },
  {
    row: rowOf("nouveau_svm_range_invalidate"),
    breaks: {
      "the number is not stored": [["mmu_interval_set_seq(mni, cur_seq);", ";"]],
    },
    keeps: {
      "the number is stored by a helper": {
        before:
          "static void lk_test_store(struct mmu_interval_notifier *mni, unsigned long seq)\n{\n\tmmu_interval_set_seq(mni, seq);\n}\n\n",
        edits: [["mmu_interval_set_seq(mni, cur_seq);", "lk_test_store(mni, cur_seq);"]],
      },
    },
  },
];
