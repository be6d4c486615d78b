/** Callees that are too large for a model, on a finding's path. */
import { beforeAll, describe, expect, it } from "vitest";
import { wasmParser } from "../../test/cParser";
import { exampleEngine } from "../../test/exampleTree";
import { shippedScenarios } from "../../test/replayKit";
import type { EngineImpl } from "../engine/engine";
import { replayFinding } from "../engine/replay";
import { findResources } from "../node/resources";
import type { Trace } from "../protocol/trace";
import type { CParser } from "../syntax/parser";

const file = "drivers/replay/user.c";
const STEPS = 1500;
let parser: CParser;

beforeAll(async () => {
  parser = await wasmParser();
});

function replayOf(code: string, rule: string): Trace {
  const engine = exampleEngine(parser, findResources().ruleSet(), { [file]: code }) as EngineImpl;
  const finding = engine.check(file).findings.find((f) => f.rule === rule);
  expect(finding?.rule).toBe(rule);
  const steps = replayFinding(engine, shippedScenarios, finding!, { maxOps: STEPS });
  for (;;) {
    const next = steps.next();
    if (next.done) return next.value!;
  }
}

/** Much that touches the lock and the VMA, in a callee that leaves the lock as `end` does. */
const large = (end: string): string => `#include <linux/mm.h>
static int busy(struct mm_struct *mm, unsigned long addr, int *locked)
{
	unsigned long sum = 0;

	if (!mm)
		return -EINVAL;
${Array.from(
  { length: 60 },
  (_, n) => `	{
		struct vm_area_struct *v${n} = vma_lookup(mm, addr + ${n});

		if (v${n} && v${n}->vm_start != sum)
			sum += v${n}->vm_end;
	}`,
).join("\n")}
	if (sum) {
${end}
	}
	return 0;
}
`;

const user = (again: string): string => `
unsigned long span(struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *vma;
	unsigned long end = 0;
	int locked = 1;

	mmap_read_lock(mm);
	vma = vma_lookup(mm, addr);
	busy(mm, addr, &locked);
${again}
	if (vma)
		end = vma->vm_end;
	mmap_read_unlock(mm);
	return end;
}
`;
const dropped = "		mmap_read_unlock(mm);\n		*locked = 0;";

describe("a large callee on the path of a finding", () => {
  it("is taken by its contract, and the trace says so", () => {
    const t = replayOf(large(dropped) + user("	if (!locked)\n		mmap_read_lock(mm);"), "vma-revalidate-after-relock");
    expect([t.verdict, t.reason, t.choices]).toEqual(["violation", null, []]);
    expect(t.contracts).not.toBe("none");
    expect(t.assumptions.join("\n")).toContain("busy() does what its contract says");
    expect(t.violated?.text).toContain("freed memory");
    // What it tells in its argument fits what it does to the lock: the caller takes it again before it uses the VMA.
    const own = t.steps.filter((s) => s.cpu === 0).map((s) => s.text);
    expect(own.findIndex((x) => x.includes("mmap_read_lock"))).toBeGreaterThanOrEqual(0);
  });

  it("is laid out where it fits", () => {
    const small = large(dropped).replace(/\t\{\n[\s\S]*?\n\t\}\n(?=\t\{|\tif \(sum)/g, "");
    const t = replayOf(
      small.replace("= 0;\n", "= addr;\n") + user("	if (!locked)\n		mmap_read_lock(mm);"),
      "vma-revalidate-after-relock",
    );
    expect([t.verdict, t.contracts]).toEqual(["violation", "none"]);
    expect(t.assumptions.join("\n")).not.toContain("contract");
  });
});
