/**
 * The corpus in test-fixtures/cfg: title, C, `---`, expected graph. `UPDATE=1` rewrites the graphs;
 * read the difference before you commit it.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { parseC, testMacros, wasmParser } from "../../test/cParser";
import type { CParser } from "../syntax/parser";
import { buildCfg } from "./build";
import { dotCfg, dumpCfg } from "./dot";

const folder = path.resolve(import.meta.dirname, "../../../test-fixtures/cfg");

interface Case {
  title: string;
  source: string;
  graph: string;
}

function readCases(text: string): Case[] {
  const parts = text.split(/^=+\n(.+)\n=+\n/m).slice(1);
  const cases: Case[] = [];
  for (let i = 0; i + 1 < parts.length; i += 2) {
    const [source = "", graph = ""] = (parts[i + 1] ?? "").split(/^---\n/m);
    cases.push({ title: parts[i] ?? "", source: source.trim(), graph: graph.trim() });
  }
  return cases;
}

function graphOf(parser: CParser, source: string): string {
  const ast = parseC(parser, source);
  const degraded = ast.degraded.map((d) => `degraded: ${d.reason}\n`).join("");
  return degraded + dumpCfg(buildCfg(ast, testMacros));
}

let parser: CParser;
beforeAll(async () => {
  parser = await wasmParser();
});

for (const name of readdirSync(folder).filter((f) => f.endsWith(".txt"))) {
  const file = path.join(folder, name);
  const cases = readCases(readFileSync(file, "utf8"));
  describe(name, () => {
    test("has cases", () => expect(cases.length).toBeGreaterThan(0));
    if (process.env.UPDATE) {
      test("update", () => {
        const text = cases.map((c) => `==\n${c.title}\n==\n${c.source}\n---\n${graphOf(parser, c.source)}\n`);
        writeFileSync(file, text.join("\n"));
      });
    } else {
      for (const c of cases) test(c.title, () => expect(graphOf(parser, c.source)).toBe(c.graph));
    }
  });
}

test("the drawing names every block and edge", () => {
  const ast = parseC(parser, 'int f(int a)\n{\n\tif (a)\n\t\tg("\\"");\n\treturn a;\n}');
  const dot = dotCfg(buildCfg(ast, testMacros), "f");
  expect(dot.match(/^ {2}b\d+ \[/gm)).toHaveLength(3);
  expect(dot.match(/->/g)?.length).toBeGreaterThanOrEqual(3);
});
