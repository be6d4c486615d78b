/** Kernels in which the VMA lock is a reference count: what their functions return and do. */
import { beforeAll, expect, it } from "vitest";
import { wasmParser } from "../../test/cParser";
import { exampleEngine, REFCOUNT_HEADERS } from "../../test/exampleTree";
import { findResources } from "../node/resources";
import type { CParser } from "../syntax/parser";

let parser: CParser;

beforeAll(async () => {
  parser = await wasmParser();
});

function found(body: string): string[] {
  const file = "mm/example.c";
  const code = `#include <linux/mm.h>\n\nint f(struct mm_struct *mm, struct vma_iterator *vmi, struct vm_area_struct *given)\n{\n\tstruct vm_area_struct *vma;\n\n${body}\n}\n`;
  const engine = exampleEngine(parser, findResources().ruleSet(), { ...REFCOUNT_HEADERS, [file]: code });
  return [...new Set(engine.check(file).findings.map((f) => f.alias))].sort();
}

const lines = (...text: string[]): string => text.map((line) => `\t${line}`).join("\n");

it.each([
  [
    "a VMA that was read-locked may be used until it is unlocked",
    lines(
      "vma = vma_start_read(mm, given);",
      "if (IS_ERR_OR_NULL(vma))",
      "\treturn -EAGAIN;",
      "given->vm_private_data = NULL;",
      "vma_end_read(vma);",
      "return 0;",
    ),
    [],
  ],
  [
    "an error is no lock",
    lines("vma = vma_start_read(mm, given);", "if (!vma)", "\treturn 0;", "vma_end_read(vma);", "return 0;"),
    ["R12"],
  ],
  [
    "the mmap lock is not waited for under it",
    lines(
      "vma = vma_start_read(mm, given);",
      "if (IS_ERR_OR_NULL(vma))",
      "\treturn 0;",
      "mmap_read_lock(mm);",
      "mmap_read_unlock(mm);",
      "vma_end_read(vma);",
      "return 0;",
    ),
    ["R13"],
  ],
  [
    "it is released once, also if it was taken under the mmap lock",
    lines(
      "mmap_read_lock(mm);",
      "vma = vma_lookup(mm, 0);",
      "if (!vma || !vma_start_read_locked(vma)) {",
      "\tmmap_read_unlock(mm);",
      "\treturn 0;",
      "}",
      "mmap_read_unlock(mm);",
      "vma_end_read(vma);",
      "return 0;",
    ),
    [],
  ],
  [
    "whether it was taken under the mmap lock must be looked at",
    lines(
      "mmap_read_lock(mm);",
      "vma = vma_lookup(mm, 0);",
      "if (vma)",
      "\tvma_start_read_locked(vma);",
      "mmap_read_unlock(mm);",
      "return 0;",
    ),
    ["R12"],
  ],
  [
    "the VMA is gone once it is unlocked",
    lines(
      "vma = lock_vma_under_rcu(mm, 0);",
      "if (!vma)",
      "\treturn 0;",
      "vma_end_read(vma);",
      "return vma->vm_flags;",
    ),
    ["R07"],
  ],
  [
    "the next VMA of a walk comes locked, or not at all",
    lines(
      "vma = lock_next_vma(mm, vmi, 0);",
      "if (IS_ERR_OR_NULL(vma))",
      "\treturn 0;",
      "vma_end_read(vma);",
      "return vma->vm_flags;",
    ),
    ["R07"],
  ],
])("%s", (_, body, expected) => {
  expect(found(body)).toEqual(expected);
});
