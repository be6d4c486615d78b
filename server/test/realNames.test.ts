/**
 * Neither rules nor product code know the functions that the tests replay, or the static functions that those call: what they
 * do is read from their text. What rule data declares as an API is data, and listed.
 */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, expect, it } from "vitest";
import { describeKernel } from "./kernel";
import { KernelReplay } from "./real/kernelReplay";
import { ROWS } from "./real/table";

const root = path.resolve(import.meta.dirname, "../..");

/** Static functions that stand in rules/apis: what they do to a reference or an entry is declared there. */
const DECLARED = ["gup_put_folio", "pte_range_none", "try_get_folio", "try_grab_folio_fast", "vmf_pte_changed"];

function filesUnder(folder: string): string[] {
  return readdirSync(path.join(root, folder), { withFileTypes: true, recursive: true })
    .filter((e) => e.isFile() && /\.(?:yaml|ts)$/.test(e.name) && !e.name.endsWith(".test.ts"))
    .map((e) => path.relative(root, path.join(e.parentPath, e.name)));
}

describeKernel("6.12", "names of real functions", (tree) => {
  const kernel = new KernelReplay(tree);
  beforeAll(() => kernel.open(), 120_000);

  it("stand in no rule, no scenario and no source file", () => {
    const names = [...new Set(ROWS.flatMap((row) => [row.fn, ...kernel.staticsOf(row)]))].sort();
    expect(names.length).toBeGreaterThan(80);
    const asked = names.filter((n) => !DECLARED.includes(n));
    const word = new RegExp(`\\b(?:${asked.join("|")})\\b`, "g");
    const found = [...filesUnder("rules"), ...filesUnder("server/src")].flatMap((file) => {
      const text = readFileSync(path.join(root, file), "utf8");
      return [...text.matchAll(word)].map(([name]) => `${file}: ${name}`);
    });
    expect(found).toEqual([]);
  });

  it("are declared as an API if they stand in a list here", () => {
    expect(DECLARED.filter((n) => !kernel.isApi(n))).toEqual([]);
  });
});
