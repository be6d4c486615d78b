/** The examples of every rule are run: each bad one is reported by its rule alone, each good one not at all. */
import { beforeAll, describe, expect, it } from "vitest";
import { wasmParser } from "../../test/cParser";
import { exampleEngine } from "../../test/exampleTree";
import { findResources } from "../node/resources";
import type { CParser } from "../syntax/parser";

const rules = findResources().ruleSet();

/** Examples that the analysis gets wrong for now: `rule bad 1`. An entry that passes must be deleted. */
const KNOWN: ReadonlySet<string> = new Set<string>([
  // A page-table lock let go of here may be held by the caller through another instance (holdsAny answers "entry").
  "pte-modify-needs-ptl bad 2",
]);

const INCLUDES = "#include <linux/mm.h>\n\n";

let parser: CParser;

beforeAll(async () => {
  parser = await wasmParser();
});

function reported(code: string): string[] {
  const result = exampleEngine(parser, rules, { "drivers/example/example.c": INCLUDES + code }).check(
    "drivers/example/example.c",
  );
  expect(result.degraded.map((d) => `${d.function}: ${d.reason}`)).toEqual([]);
  return [...new Set(result.findings.map((f) => `${f.alias} line ${f.line - 2}: ${f.message}`))];
}

function example(name: string, code: string, judge: (found: string[]) => void): void {
  if (KNOWN.has(name)) it.fails(name, () => judge(reported(code)));
  else it(name, () => judge(reported(code)));
}

for (const check of rules.checks) {
  describe(`${check.alias} ${check.id}`, () => {
    check.bad.forEach((code, i) => {
      example(`${check.id} bad ${i + 1}`, code, (found) => {
        expect(found.length, "reported at all").toBeGreaterThan(0);
        expect(found.filter((f) => !f.startsWith(`${check.alias} `))).toEqual([]);
      });
    });
    check.good.forEach((code, i) => {
      example(`${check.id} good ${i + 1}`, code, (found) => expect(found).toEqual([]));
    });
  });
}
