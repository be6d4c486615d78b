/** Both backends, and the fast reader of the wasm backend, must see the same tree. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { testMacros, wasmParser } from "../../test/cParser";
import { describeKernel, describeMissing } from "../../test/kernel";
import { parseFunction } from "./parseFunction";
import { type CParser, sameTree } from "./parser";
import { createNativeParser, type NativeParser } from "./parserNative";
import { FlatTree, flatten, K } from "./parserTree";
import { scanFile } from "./scan";

/** The wasm backend's own parts, to compare its two ways of reading. */
interface WasmInternals {
  reader: unknown;
  parser: { parse(text: string): { walk(): Parameters<typeof flatten>[0]; delete(): void } };
}

let wasm: CParser;
beforeAll(async () => {
  wasm = await wasmParser();
});

const samples = [
  "{ a(b, c)->d.e[1] = (struct x *)f ? g : -1; }",
  "{ struct { int a, *b; } x = { .a = 1, [2] = 3 }; typedef int t; enum { A, B } e; }",
  "{\n#if 1\n\tif (a) b(); else c();\n#elif 1\n\td();\n#else\n\te();\n#endif\n}",
  "{ switch (x) { case 1: default: return; } do { goto out; } while (0); }",
  "{ if ( ; }",
  "{ f(",
  `{ ${"very_long_identifier_".repeat(40)} = 1; ${" ".repeat(400)} b(); }`,
  "",
];

test("the reader of the wasm memory is in use and equals the cursor", () => {
  const internals = wasm as unknown as WasmInternals;
  expect(internals.reader).not.toBeNull();
  for (const text of samples) {
    const fast = wasm.parse(text);
    const tree = internals.parser.parse(text);
    expect(sameTree(fast, flatten(tree.walk(), new FlatTree())), text).toBe(true);
    tree.delete();
  }
});

test("a flat tree nests: each node lies inside its parent", () => {
  const t = wasm.parse(samples[0] as string);
  expect(t.kind[0]).toBe(K.translation_unit);
  for (let i = 0; i < t.count; i++) {
    for (let c = i + 1; c < (t.next[i] as number); c = t.next[c] as number) {
      expect(t.start[c]).toBeGreaterThanOrEqual(t.start[i] as number);
      expect(t.end[c]).toBeLessThanOrEqual(t.end[i] as number);
    }
  }
});

test("errors and missing tokens are reported, and only then", () => {
  expect(wasm.parse("{ a(); }").errors).toEqual([]);
  expect(wasm.parse("{ return 1 }").errors).toEqual([{ at: 10, missing: true }]);
  expect(wasm.parse("{ if ( ; }").errors.length).toBeGreaterThan(0);
});

async function loadNative(): Promise<CParser | string> {
  try {
    const parser = (await import("tree-sitter")) as unknown as { default: new () => NativeParser };
    const grammar = (await import("tree-sitter-c")) as unknown as { default: unknown };
    return createNativeParser(parser.default, grammar.default);
  } catch (error) {
    return `the native parser does not load: ${error instanceof Error ? error.message : String(error)}`;
  }
}

const native = await loadNative();
const title = "native backend";
if (typeof native === "string") describeMissing(title, native);
else {
  describe(title, () => {
    test("same trees on the samples", () => {
      for (const text of samples) expect(sameTree(wasm.parse(text), native.parse(text)), text).toBe(true);
    });
  });
  describeKernel("6.12", "native backend on kernel files", (root) => {
    test.each(["mm/mlock.c", "mm/gup.c", "fs/userfaultfd.c"])("same ASTs in %s", (file) => {
      const text = readFileSync(path.join(root, file), "utf8");
      const functions = scanFile(text).functions;
      expect(functions.length).toBeGreaterThan(20);
      for (const f of functions) {
        const source = text.slice(f.start, f.end);
        const options = { kind: f.kind, macros: testMacros };
        expect(parseFunction(native, source, options), f.name).toEqual(parseFunction(wasm, source, options));
      }
    });
  });
}
