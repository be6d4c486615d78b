/** The mistakes that the founding documents describe are reported by their rules, the repaired code is not. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { wasmParser } from "../../test/cParser";
import { exampleEngine } from "../../test/exampleTree";
import { findResources } from "../node/resources";
import type { CParser } from "../syntax/parser";

const folder = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../../test-fixtures/founding");
const rules = findResources().ruleSet();

/** Document → rules that speak, with the function each speaks of. */
const EXPECTED: Record<string, string[]> = {
  S0: ["R53 share_entry", "R54 fast_pin"],
  S1: ["R07 area_end", "R10 seal_area", "R13 areas"],
  S2: ["R48 take_back", "R64 own_page", "R67 own_page"],
  S3: ["R42 grab_range"],
  S4: ["R62 hub_start"],
};

let parser: CParser;

beforeAll(async () => {
  parser = await wasmParser();
});

function reported(name: string): string[] {
  const file = `drivers/founding/${name}.c`;
  const result = exampleEngine(parser, rules, { [file]: readFileSync(path.join(folder, `${name}.c`), "utf8") }).check(
    file,
  );
  expect(result.degraded).toEqual([]);
  return [...new Set(result.findings.map((f) => `${f.alias} ${f.function}`))].sort();
}

describe.each(Object.keys(EXPECTED))("founding document %s", (name) => {
  it("is found in the faulty form", () => {
    expect(reported(`${name}-buggy`)).toEqual(EXPECTED[name]);
  });

  it("is silent on the repaired form", () => {
    expect(reported(`${name}-repaired`)).toEqual([]);
  });
});

it("finds both mistakes of S4: the counter left raised and the error lost in an inner variable", () => {
  const file = "drivers/founding/s4.c";
  const findings = exampleEngine(parser, rules, {
    [file]: readFileSync(path.join(folder, "S4-buggy.c"), "utf8"),
  }).check(file).findings;
  expect(findings.map((f) => f.message).filter((m) => m.includes("++"))).toHaveLength(1);
  expect(findings.map((f) => f.message).filter((m) => m.includes("ret = "))).toHaveLength(1);
});
