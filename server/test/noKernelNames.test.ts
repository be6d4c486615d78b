/** No kernel name in the product's code: what is particular to the kernel stands in rules/, where it can be read and changed. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import ts from "typescript";
import { beforeAll, expect, it } from "vitest";
import { scanFile } from "../src/syntax/scan";
import { describeKernel } from "./kernel";
import { project } from "./lspClient";
import { Tree } from "./mutations/tree";

const FOLDERS = [
  "include",
  "mm",
  "kernel",
  "fs",
  "lib",
  "virt",
  "ipc",
  "io_uring",
  "security",
  "block",
  "arch/x86",
  "init",
];

/** Words of this program that some function in the kernel happens to have as its name as well. */
const WORDS = new Set([
  "DIR",
  "ERROR",
  "U",
  "_",
  "after",
  "assert",
  "before",
  "check",
  "delay",
  "down",
  "empty",
  "error",
  "exit",
  "fail",
  "flags",
  "free",
  "fs",
  "help",
  "if",
  "init",
  "insert",
  "ipc",
  "load",
  "number",
  "output",
  "pattern",
  "read",
  "store",
  "string",
  "swap",
  "value",
  "up",
  "wrap",
  "write",
  "x",
]);

/** Macros that are syntax to the front end: no declaration, statement or condition can be read without knowing them. */
const SYNTAX = new Set([
  "CLASS",
  "guard",
  "scoped_guard",
  "scoped_cond_guard",
  "IS_BUILTIN",
  "IS_ENABLED",
  "IS_REACHABLE",
  "ALLOW_ERROR_INJECTION",
  "COND_SYSCALL",
  "COND_SYSCALL_COMPAT",
  "NOKPROBE_SYMBOL",
  "STACK_FRAME_NON_STANDARD",
  "STACK_FRAME_NON_STANDARD_FP",
  "struct_group",
  "__struct_group",
  "asm_goto_output",
]);

interface Literal {
  text: string;
  place: string;
}

function productFiles(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const file = path.join(folder, name);
    if (statSync(file).isDirectory()) return productFiles(file);
    return name.endsWith(".ts") && !name.endsWith(".test.ts") ? [file] : [];
  });
}

/** Every string, and every piece of a template or a regular expression that could be a name of its own. */
function literalsOf(file: string): Literal[] {
  const source = ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.ES2023, true);
  const found: Literal[] = [];
  const add = (node: ts.Node, text: string): void => {
    const line = source.getLineAndCharacterOfPosition(node.getStart()).line + 1;
    found.push({ text, place: `${path.relative(project, file)}:${line}` });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return;
    if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) add(node, node.text);
    else if (ts.isTemplateHead(node) || ts.isTemplateMiddle(node) || ts.isTemplateTail(node)) add(node, node.text);
    else if (ts.isRegularExpressionLiteral(node))
      for (const word of node.text.match(/[A-Za-z]\w*_\w+/g) ?? []) add(node, word);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

describeKernel("6.12", "strings in server/src", (root) => {
  const names = new Set<string>();
  const literals = productFiles(path.join(project, "server/src")).flatMap(literalsOf);

  beforeAll(() => {
    const tree = new Tree(root);
    for (const file of tree.files(FOLDERS)) {
      const text = tree.read(file);
      if (text === undefined) continue;
      const scan = scanFile(text);
      for (const f of scan.functions) names.add(f.name);
      for (const p of scan.prototypes) names.add(p);
      for (const m of scan.macros) if (m.params !== null) names.add(m.name);
    }
  }, 120_000);

  it("have something to be compared with", () => {
    expect(names.size).toBeGreaterThan(100_000);
    expect(literals.length).toBeGreaterThan(1000);
  });

  it("are not names of kernel functions or macros", () => {
    const hits = literals.filter((l) => names.has(l.text) && !WORDS.has(l.text) && !SYNTAX.has(l.text));
    expect(hits.map((l) => `${l.place}: "${l.text}"`)).toEqual([]);
  });

  it("are all excused for a reason that still holds", () => {
    const used = new Set(literals.map((l) => l.text));
    expect([...WORDS, ...SYNTAX].filter((word) => !used.has(word) || !names.has(word))).toEqual([]);
    // Own words are plain words; whatever looks like a name of the kernel is one.
    expect([...WORDS].filter((word) => word.length > 1 && word.includes("_"))).toEqual([]);
  });
});
