/** Locks that a function leaves to its callers: meant, or forgotten. */
import { beforeAll, expect, it } from "vitest";
import { wasmParser } from "../../test/cParser";
import { exampleEngine } from "../../test/exampleTree";
import { findResources } from "../node/resources";
import type { CParser } from "../syntax/parser";
import type { EngineImpl } from "./engine";
import { leavesLocks } from "./leaves";

let parser: CParser;
beforeAll(async () => {
  parser = await wasmParser();
});

const FILE = "drivers/leaves/leaves.c";

/** Does `walk()` leave locks, if it returns so where it finds nothing? */
function leaves(end: string): boolean {
  const code = `#include <linux/mm.h>
int walk(struct mm_struct *mm, int n)
{
	mmap_read_lock(mm);
	if (n > 3)
		${end}
	mmap_read_unlock(mm);
	return 0;
}
`;
  return leavesLocks(exampleEngine(parser, findResources().ruleSet(), { [FILE]: code }) as EngineImpl, FILE, "walk");
}

it("does not leave what it always gives back", () => {
  expect(leaves("count(n);")).toBe(false);
});

it("leaves a lock where its result says so, unless a rule reports that", () => {
  expect(leaves("return -EINVAL;")).toBe(false);
  expect(leaves("return 1;")).toBe(true);
});

it("leaves a lock that a rule reports, if a comment with a reason says that this is meant", () => {
  expect(leaves("return -EINVAL; /* lockstep-ignore(R21): the caller lets go */")).toBe(true);
  expect(leaves("return -EINVAL; /* lockstep-ignore(R21) */")).toBe(false);
  expect(leaves("return -EINVAL; /* lockstep-ignore(R32): another rule */")).toBe(false);
});
