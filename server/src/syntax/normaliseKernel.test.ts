/** The front end on the real mm/: no degraded function, no call lost, CFGs in order. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { parse as parseYaml } from "yaml";
import { wasmParser } from "../../test/cParser";
import { describeKernel, type KernelVersion } from "../../test/kernel";
import { buildCfg } from "../cfg/build";
import { type Cfg, successors } from "../cfg/cfg";
import { FLOW, flagsOf } from "../cfg/effects";
import type { MacroTable } from "../rules/model";
import { callsInAst, callsInText } from "./normaliseCalls";
import { classifyMacro, type MacroClass } from "./normaliseMacros";
import { parseFunction } from "./parseFunction";
import { scanFile } from "./scan";

const macros = parseYaml(
  readFileSync(path.resolve(import.meta.dirname, "../../../rules/macros.yaml"), "utf8"),
) as MacroTable;

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((e) => {
    const file = path.join(folder, e.name);
    return e.isDirectory() ? sources(file) : /\.[ch]$/.test(e.name) ? [file] : [];
  });
}

/** What breaks the promises of `cfg.ts`. */
function disorder(cfg: Cfg): string[] {
  const wrong: string[] = [];
  const reached = new Set([0]);
  cfg.blocks.forEach((b, i) => {
    if (b.id !== i || cfg.order[i] !== i) wrong.push(`block ${i} is numbered ${b.id}`);
    for (const s of successors(b)) {
      if (!cfg.blocks[s]) wrong.push(`edge ${i} -> ${s} leads nowhere`);
      if (s <= i && !cfg.loopHeads.has(s)) wrong.push(`edge ${i} -> ${s} goes back, not to a loop head`);
      reached.add(s);
    }
    for (const n of b.instrs) {
      const e = n.k === "eval" || n.k === "temp" ? n.e : n.k === "decl" && !n.v.isStatic ? n.v.init : null;
      if (e && flagsOf(e, new Set()) & FLOW) wrong.push(`block ${i} evaluates control flow`);
    }
    if (b.term.k === "branch") {
      const c = b.term.cond;
      if ((c.k === "un" && c.op === "!") || (c.k === "bin" && /^(&&|\|\|)$/.test(c.op)))
        wrong.push(`block ${i} has a compound condition`);
      if (flagsOf(c, new Set()) & FLOW) wrong.push(`block ${i} decides on control flow`);
    }
  });
  if (reached.size !== cfg.blocks.length) wrong.push("a block is not reached");
  if (cfg.loopHeads.has(0)) wrong.push("the entry is a loop head");
  return wrong;
}

/** Array sizes and designators are constant; they are not in the AST. */
function inBrackets(text: string, at: number): boolean {
  let depth = 0;
  for (let i = at; i >= 0 && text[i] !== ";" && text[i] !== "{"; i--) {
    if (text[i] === "]") depth++;
    else if (text[i] === "[" && --depth < 0) return true;
  }
  return false;
}

for (const version of ["6.12", "6.1"] as KernelVersion[]) {
  describeKernel(version, "front end on mm/", (root) => {
    test("no degraded function, no lost call, sound graphs", { timeout: 120_000 }, async () => {
      const parser = await wasmParser();
      const degraded: string[] = [];
      const lost: string[] = [];
      const broken: string[] = [];
      let functions = 0;
      for (const file of sources(path.join(root, "mm"))) {
        const text = readFileSync(file, "utf8");
        const scan = scanFile(text);
        const classes = new Map<string, MacroClass>();
        for (const m of scan.macros) {
          const c = classifyMacro(m.params, text.slice(m.bodyStart, m.end));
          if (c) classes.set(m.name, c);
        }
        for (const item of scan.functions) {
          functions++;
          const source = text.slice(item.start, item.end);
          const at = `${path.relative(root, file)} ${item.name}`;
          const ast = parseFunction(parser, source, { kind: item.kind, macros, macroClass: (n) => classes.get(n) });
          if (ast.degraded.length > 0) degraded.push(`${at}: ${ast.degraded[0]?.reason}`);
          const found = callsInAst(ast);
          for (const [where, name] of callsInText(source, item.bodyStart - item.start, macros)) {
            if (!found.has(where) && !inBrackets(source, where)) lost.push(`${at}: ${name}`);
          }
          for (const w of disorder(buildCfg(ast, macros))) broken.push(`${at}: ${w}`);
        }
      }
      expect(functions).toBeGreaterThan(5000);
      expect(degraded).toEqual([]);
      expect(lost).toEqual([]);
      expect(broken).toEqual([]);
    });
  });
}
