/** A parser and a small macro table for tests of the front end. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { MacroTable } from "../src/rules/model";
import type { FunctionAst } from "../src/syntax/ast";
import type { MacroClass } from "../src/syntax/normaliseMacros";
import { parseFunction } from "../src/syntax/parseFunction";
import { type CParser, createParser } from "../src/syntax/parser";

const require = createRequire(import.meta.url);
const bytes = (file: string): Uint8Array => readFileSync(require.resolve(file));

export function wasmParser(): Promise<CParser> {
  return createParser({
    runtime: bytes("web-tree-sitter/web-tree-sitter.wasm"),
    grammar: bytes("tree-sitter-c/tree-sitter-c.wasm"),
  });
}

export const testMacros: MacroTable = {
  attributes: ["__maybe_unused", "__aligned", "__init", "noinline", "__printf", "__sched"],
  lockAttributes: ["__must_hold", "__acquires", "__releases", "__cond_acquires"],
  iterators: ["list_for_each_entry", "xas_for_each", "for_each_vma", "while_each_thread"],
  transparent: { likely: 0, unlikely: 0, READ_ONCE: 0 },
  members: {},
  stopIf: ["BUG_ON", "VM_BUG_ON_PAGE"],
  noReturn: ["BUG", "panic"],
  truthOf: ["WARN_ON", "WARN_ON_ONCE", "WARN"],
  typeArguments: { container_of: [1, 2], min_t: [0], list_first_entry: [1, 2] },
  defining: [{ pattern: "^SYSCALL_DEFINE\\d", kind: "syscall" }],
  guards: {},
  frees: {},
  configTests: ["IS_ENABLED", "IS_MODULE", "defined"],
};

export function parseC(
  parser: CParser,
  text: string,
  macroClass?: (name: string) => MacroClass | undefined,
): FunctionAst {
  const kind = /^SYSCALL_DEFINE\d/.test(text) ? "syscall" : "function";
  return parseFunction(parser, text, { kind, macros: testMacros, macroClass });
}
