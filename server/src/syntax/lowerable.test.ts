/** The short way to a function's problems must find what the lowering finds, in sound and in damaged text. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, expect, test } from "vitest";
import { testMacros, wasmParser } from "../../test/cParser";
import { describeKernel } from "../../test/kernel";
import { isLowerable } from "./lowerable";
import { parseFunction, problemsOf } from "./parseFunction";
import type { CParser } from "./parser";
import { scanFile } from "./scan";

let parser: CParser;
beforeAll(async () => {
  parser = await wasmParser();
});

/** What a way of parsing reports and which macros it asks about. */
function asked<T>(parse: typeof parseFunction | typeof problemsOf, source: string, of: (result: never) => T) {
  const names = new Set<string>();
  const macroClass = (name: string) => void names.add(name);
  const result = of(parse(parser, source, { kind: "function", macros: testMacros, macroClass }) as never);
  return { result, names };
}

function bothWays(source: string) {
  return {
    short: asked(problemsOf, source, (problems) => problems),
    long: asked(parseFunction, source, (ast: ReturnType<typeof parseFunction>) => ast.degraded),
  };
}

/** Sound bodies that the lowering understands only in part. */
const odd = [
  "int x; y",
  "x = &&label; goto *x;",
  "macro(a) b;",
  "return _Generic(x, int: f(), default: g());",
  'asm volatile("nop" : : : );',
  "void nested(void) { f(); }",
  "struct { int a : 3; } s = { .a = 1 }; enum { A, B } e;",
  "void (*call)(int, char *) = f;",
  "[[maybe_unused]] int x;",
  "__attribute__((unused)) int x = ({ f(); 1; });",
  "\n#ifdef A\nint x;\n#if B\nf(\n#else\ng(\n#endif\n1);\n#endif\n",
  `x = ${"(".repeat(800)}1${")".repeat(800)};`,
  `${"{".repeat(800)}${"}".repeat(800)}`,
];

test.each(odd)("both ways agree: %s", (body) => {
  const { short, long } = bothWays(`__odd int f(void) { ${body} }`);
  expect(short).toEqual(long);
});

test("plain code is recognised", () => {
  expect(
    isLowerable(parser.parse("{ if (a->b[1] && f((int)c)) { struct s *x = &y; goto out; } out: return 1; }")),
  ).toBe(true);
  expect(isLowerable(parser.parse("{ return 1 }"))).toBe(false);
});

/** The text with one token's worth of characters missing, at a place that depends on its length. */
function damaged(source: string): string {
  const at = source.indexOf("{") + 1 + ((source.length * 7919) % Math.max(1, source.length - source.indexOf("{") - 2));
  return source.slice(0, at) + source.slice(at + 1);
}

describeKernel("6.12", "problems without lowering", (root) => {
  test("both ways agree on mm/, as it is and damaged", { timeout: 120_000 }, () => {
    const folder = path.join(root, "mm");
    let broken = 0;
    for (const name of readdirSync(folder).filter((n) => /\.[ch]$/.test(n))) {
      const text = readFileSync(path.join(folder, name), "utf8");
      for (const item of scanFile(text).functions) {
        const source = text.slice(item.start, item.end);
        for (const variant of [source, damaged(source)]) {
          const { short, long } = bothWays(variant);
          expect(short, `${name} ${item.name}`).toEqual(long);
          if (long.result.length > 0) broken++;
        }
      }
    }
    expect(broken).toBeGreaterThan(500);
  });
});
