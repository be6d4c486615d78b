/** What a finding's path decides, what the code itself decides, and what stays open. */
import { beforeAll, describe, expect, it } from "vitest";
import { wasmParser } from "../../test/cParser";
import { exampleEngine } from "../../test/exampleTree";
import { replayed, shippedScenarios } from "../../test/replayKit";
import type { EngineImpl } from "../engine/engine";
import { replayFinding } from "../engine/replay";
import { findResources } from "../node/resources";
import type { Trace } from "../protocol/trace";
import type { CParser } from "../syntax/parser";

const file = "drivers/replay/user.c";
let parser: CParser;

beforeAll(async () => {
  parser = await wasmParser();
});

function drained<T>(steps: Generator<undefined, T>): T {
  for (;;) {
    const next = steps.next();
    if (next.done) return next.value;
  }
}

/** The replay of the first finding in some code. */
function ofFinding(code: string): Trace | null {
  const engine = exampleEngine(parser, findResources().ruleSet(), { [file]: code }) as EngineImpl;
  const { findings } = engine.check(file);
  expect(findings.map((f) => f.rule)).toEqual(["vma-use-after-unlock"]);
  return drained(replayFinding(engine, shippedScenarios, findings[0]!, {}));
}

const use = (between: string, params = ""): string => `#include <linux/mm.h>
unsigned long read_end(struct mm_struct *mm, unsigned long addr${params})
{
	struct vm_area_struct *vma;
	unsigned long end = 0;

	mmap_read_lock(mm);
	vma = vma_lookup(mm, addr);
	mmap_read_unlock(mm);
${between}
	return end;
}
`;

describe("the path of a finding", () => {
  it("decides what leads to its line", () => {
    const t = ofFinding(use("	if (vma && how == 300)\n		end = vma->vm_end;", ", int how"))!;
    expect([t.verdict, t.choices]).toEqual(["violation", []]);
    expect(t.onPath).toBe(true);
  });

  it("leaves alone what comes to the same", () => {
    const code = use("	if (how & 512)\n		mm->def_flags = 0;\n	if (vma)\n		end = vma->vm_end;", ", int how");
    expect(ofFinding(code)).toMatchObject({ verdict: "violation", choices: [] });
  });

  it("is the one that violates, though another place of the function does too", () => {
    const code = use("	if (how > 300)\n		return vma->vm_start;\n	if (vma)\n		end = vma->vm_end;", ", int how");
    const engine = exampleEngine(parser, findResources().ruleSet(), { [file]: code }) as EngineImpl;
    const at = (text: string): number => code.split("\n").findIndex((l) => l.includes(text)) + 1;
    for (const finding of engine.check(file).findings) {
      const t = drained(replayFinding(engine, shippedScenarios, finding, {}))!;
      expect([t.verdict, t.choices]).toEqual(["violation", []]);
      expect(t.steps.at(-1)!.line).toBe(finding.line);
      expect([at("vm_start"), at("vm_end;")]).toContain(finding.line);
    }
  });

  it("does not invent a way to the line", () => {
    const t = replayed(parser, use("	if (vma && 0)\n		end = vma->vm_end;"), "read_end", {
      scenario: "use-after-unlock",
      line: 11,
    });
    expect([t.verdict, t.onPath]).toEqual(["inconclusive", false]);
  });
});

describe("flags whose value the code gives", () => {
  const fault = (flags: string, more = ""): string => `#include <linux/mm.h>
static int drop(struct vm_fault *vmf)
{
	unsigned int ret = 0;

	if (vmf->flags & FAULT_FLAG_VMA_LOCK) {
		mmap_read_unlock(vmf->vma->vm_mm);
		ret |= VM_FAULT_RETRY;
	}
	return ret;
}
unsigned long f(struct mm_struct *mm, unsigned long addr, unsigned int how)
{
	struct vm_area_struct *vma;
	unsigned long end = 0;
	unsigned int ret;

	mmap_read_lock(mm);
	vma = vma_lookup(mm, addr);
	if (vma) {
		struct vm_fault vmf = { .vma = vma, .flags = ${flags} };

		${more}
		ret = drop(&vmf);
		end = vma->vm_end;
		if (ret & VM_FAULT_RETRY)
			return end;
	}
	mmap_read_unlock(mm);
	return end;
}
`;
  const verdict = (code: string): unknown => {
    const t = replayed(parser, code, "f", { scenario: "use-after-unlock" });
    return [t.verdict, t.reason?.replace(/:.*/, "") ?? null];
  };

  it.each([
    ["not set", fault("FAULT_FLAG_ALLOW_RETRY"), ["clean", null]],
    ["none set", fault("0"), ["clean", null]],
    ["cleared", fault("how", "vmf.flags &= ~FAULT_FLAG_VMA_LOCK;"), ["clean", null]],
    ["masked", fault("how & FAULT_FLAG_DEFAULT"), ["clean", null]],
    ["set", fault("FAULT_FLAG_VMA_LOCK | how"), ["violation", null]],
    ["set later", fault("0", "vmf.flags |= FAULT_FLAG_VMA_LOCK;"), ["violation", null]],
    ["not known", fault("how"), ["inconclusive", "free-choice"]],
  ])("%s", (_, code, expected) => {
    expect(verdict(code)).toEqual(expected);
  });
});
