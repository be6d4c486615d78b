/** The VMA lock as a reference count: what it makes of code that a semaphore makes the same of, and what only it has. */
import { beforeAll, describe, expect, it } from "vitest";
import { wasmParser } from "../../test/cParser";
import { REFCOUNT_HEADERS } from "../../test/exampleTree";
import { replayed, replayInput, shippedScenarios, type Wish } from "../../test/replayKit";
import type { Trace } from "../protocol/trace";
import type { CParser } from "../syntax/parser";
import { build } from "./build";
import { loadScenarios } from "./scenario";

let parser: CParser;

beforeAll(async () => {
  parser = await wasmParser();
});

const refcount = { headers: REFCOUNT_HEADERS };
const forms: [string, Partial<Wish>][] = [
  ["semaphore and sequence", {}],
  ["reference count", refcount],
];

function run(code: string, wish: Partial<Wish> & { fn?: string } = {}): Trace {
  const fn = /(\w+)\(/.exec(code)![1]!;
  return replayed(parser, `#include <linux/mm.h>\n\n${code}`, fn, { scenario: "use-after-unlock", ...wish });
}

it("the headers of the tree decide; without them it is the older form", () => {
  const cells = (wish: Partial<Wish>): string[] => {
    const code = "int f(struct mm_struct *mm)\n{\n\treturn lock_vma_under_rcu(mm, 0) != NULL;\n}\n";
    const models = build({
      ...replayInput(parser, code, "f", { scenario: "use-after-unlock", ...wish }),
      loopBound: 2,
    });
    if (typeof models === "string") throw new Error(models);
    const { model } = models.whole();
    return [...model.cells, ...model.locks].map((c) => c.name);
  };
  expect(cells({})).toContain("vma_lock");
  expect(cells({})).not.toContain("vma_refs");
  expect(cells(refcount)).toContain("vma_refs");
  expect(cells(refcount)).not.toContain("vma_lock");
});

describe.each(forms)("%s", (_, form) => {
  const held: Partial<Wish> = { ...form, held: [{ lock: "vma_lock", mode: "read" }] };

  it("callers that hold the lock keep the VMA, until the function drops it", () => {
    const keeps = "int f(struct vm_area_struct *vma)\n{\n\treturn vma->vm_flags;\n}\n";
    const drops = "int f(struct vm_area_struct *vma)\n{\n\tvma_end_read(vma);\n\treturn vma->vm_flags;\n}\n";
    const first =
      "int f(struct vm_area_struct *vma)\n{\n\tint n = vma->vm_flags;\n\n\tvma_end_read(vma);\n\treturn n;\n}\n";
    expect(run(keeps, held)).toMatchObject({ verdict: "clean" });
    expect(run(drops, held)).toMatchObject({ verdict: "violation", violated: { invariant: "use-after-free" } });
    expect(run(first, held)).toMatchObject({ verdict: "clean" });
  });

  it("who ends with the lock held does harm, if callers do not expect it", () => {
    const code =
      "int f(struct mm_struct *mm)\n{\n\tstruct vm_area_struct *vma = lock_vma_under_rcu(mm, 0);\n\n\treturn vma ? vma->vm_flags : 0;\n}\n";
    // It waits in munmap() too: what is said first may be either.
    expect(run(code, { ...form, leaves: false })).toMatchObject({ verdict: "violation" });
    const given = code.replace("\treturn vma ?", "\tif (vma)\n\t\tvma_end_read(vma);\n\treturn vma ?");
    expect(run(given.replace("vma->vm_flags", "1"), { ...form, leaves: false })).toMatchObject({ verdict: "clean" });
  });

  it("giving it back twice does harm", () => {
    const code =
      "int f(struct mm_struct *mm)\n{\n\tstruct vm_area_struct *vma = lock_vma_under_rcu(mm, 0);\n\n\tif (!vma)\n\t\treturn 0;\n\tvma_end_read(vma);\n\tvma_end_read(vma);\n\treturn 1;\n}\n";
    expect(run(code, form)).toMatchObject({ verdict: "violation" });
  });
});

describe("vma_start_read() of a VMA that was looked up", () => {
  const attempt = (test: string): string =>
    [
      "int f(struct mm_struct *mm)",
      "{",
      "\tstruct vm_area_struct *vma;",
      "\tint n = 0;",
      "",
      "\trcu_read_lock();",
      "\tvma = vma_lookup(mm, 0);",
      "\tif (vma)",
      "\t\tvma = vma_start_read(mm, vma);",
      "\trcu_read_unlock();",
      `\tif (${test}) {`,
      "\t\tn = vma->vm_flags;",
      "\t\tvma_end_read(vma);",
      "\t}",
      "\treturn n;",
      "}",
      "",
    ].join("\n");

  it("fails in two ways, as NULL and as an error", () => {
    expect(run(attempt("!IS_ERR_OR_NULL(vma)"), refcount)).toMatchObject({ verdict: "clean" });
    // An error is no VMA: what it gives back it never got.
    expect(run(attempt("vma"), refcount)).toMatchObject({ verdict: "violation" });
  });
});

it("vma_start_read_locked() says whether it took the lock", () => {
  const code = (checked: boolean): string =>
    [
      "int f(struct mm_struct *mm)",
      "{",
      "\tstruct vm_area_struct *vma;",
      "\tint n = 0;",
      "",
      "\tmmap_read_lock(mm);",
      "\tvma = vma_lookup(mm, 0);",
      checked ? "\tif (vma && !vma_start_read_locked(vma))\n\t\tvma = NULL;" : "\t",
      "\tmmap_read_unlock(mm);",
      "\tif (vma) {",
      "\t\tn = vma->vm_flags;",
      checked ? "\t\tvma_end_read(vma);" : "\t",
      "\t}",
      "\treturn n;",
      "}",
      "",
    ].join("\n");
  expect(run(code(true), refcount)).toMatchObject({ verdict: "clean" });
  expect(run(code(false), refcount)).toMatchObject({ verdict: "violation" });
});

it("a form with a mistake is answered with place and advice", () => {
  const text =
    'form: demo\napplies: some_symbol\nsays: x\ninstead: vma_lock\ncells: { n: 300 }\nharms: []\ncode: "x"\nwhat: 1\n';
  const set = loadScenarios([{ path: "rules/scenarios/demo.yaml", text }]);
  expect(set.forms).toEqual([]);
  expect(set.problems.map((p) => `${p.line} ${p.message}`)).toEqual([
    '8 unknown key "what"; expected one of form, applies, says, instead, cells, constants, harms, kept, code',
    "5 a cell starts as a number from -127 to 127, or a list of them",
    "1 kept: expected a list with at least one entry",
    '2 "some_symbol": write +symbol (defined) or -symbol (not defined)',
  ]);
});

it("no scenario takes or drops a lock by itself that a form replaces", () => {
  for (const { instead } of shippedScenarios.forms)
    for (const s of shippedScenarios.scenarios)
      expect([s.id, new RegExp(`\\blk_\\w+\\(${instead}\\b`).test(s.code + s.models)]).toEqual([s.id, false]);
});
