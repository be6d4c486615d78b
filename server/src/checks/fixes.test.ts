/** The fixes of every rule, on its own wrong examples: applied, checked again, laid out like the kernel. */
import { beforeAll, describe, expect, it } from "vitest";
import { wasmParser } from "../../test/cParser";
import { exampleEngine } from "../../test/exampleTree";
import type { Engine } from "../engine/types";
import { findResources } from "../node/resources";
import type { CParser } from "../syntax/parser";

const rules = findResources().ruleSet();
const file = "drivers/example/example.c";
const includes = "#include <linux/mm.h>\n\n";

/** Wrong examples that no fix repairs yet, or that no edit of a few lines can. */
const NONE: ReadonlySet<string> = new Set<string>([
  // Not reported yet (examples.test.ts).
  "pte-modify-needs-ptl bad 2",
  // The pointer to the entry is unmapped before the reference could be given back.
  "gup-fast-recheck bad 2",
  // The reads have to become a loop.
  "seqcount-balance-and-retry bad 2",
]);

let parser: CParser;

beforeAll(async () => {
  parser = await wasmParser();
});

interface Applied {
  title: string;
  text: string;
}

/** Every fix of the rule's findings, applied alone. */
function applyAll(engine: Engine, text: string, rule: string): Applied[] {
  const findings = engine.check(file).findings.filter((f) => f.rule === rule);
  return findings.flatMap((f) =>
    engine.fixes(file, f.fingerprint).map(({ title, start, end, text: replacement }) => ({
      title,
      text: text.slice(0, start) + replacement + text.slice(end),
    })),
  );
}

for (const rule of rules.checks) {
  if (rule.fixes.length === 0) continue;
  describe(`fixes of ${rule.alias} ${rule.id}`, () => {
    rule.bad.forEach((code, i) => {
      const name = `${rule.id} bad ${i + 1}`;
      it(name, () => {
        const text = includes + code;
        const engine = exampleEngine(parser, rules, { [file]: text });
        const applied = applyAll(engine, text, rule.id);
        if (process.env.SHOW)
          for (const a of applied) console.log(`=== ${name}: ${a.title}\n${a.text.slice(includes.length)}`);
        if (NONE.has(name)) {
          expect(applied).toEqual([]);
          return;
        }
        expect(applied.length, "fixes offered").toBeGreaterThan(0);
        const before = engine.check(file).findings.length;
        for (const { title, text: fixed } of applied) {
          const again = exampleEngine(parser, rules, { [file]: fixed }).check(file);
          expect(again.findings.length, `${title}:\n${fixed}`).toBeLessThan(before);
          expect(again.degraded).toEqual([]);
          expect(fixed).not.toMatch(/^ +\S|[ \t]$|\n\n\n/m);
        }
        // What the engine answers afterwards is about the text it had before.
        expect(engine.check(file).findings.length).toBe(before);
      });
    });
  });
}
