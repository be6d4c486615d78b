/** The graph as text (for tests) and as a Graphviz drawing (for people). */
import type { Expr } from "../syntax/ast";
import { type Block, type Cfg, type Instr, successors, type Term } from "./cfg";

export function showExpr(e: Expr): string {
  switch (e.k) {
    case "id":
      return e.name;
    case "num":
      return e.text;
    case "str":
      return '""';
    case "call":
      return `${showExpr(e.fn)}(${e.args.map(showExpr).join(", ")})`;
    case "mem":
      return `${inner(e.base)}${e.arrow ? "->" : "."}${e.field}`;
    case "idx":
      return `${inner(e.base)}[${showExpr(e.index)}]`;
    case "un":
      return `${e.op}${inner(e.e)}`;
    case "incdec":
      return e.prefix ? `${e.op}${inner(e.e)}` : `${inner(e.e)}${e.op}`;
    case "bin":
      return `${inner(e.l)} ${e.op} ${inner(e.r)}`;
    case "assign":
      return `${showExpr(e.l)} ${e.op} ${showExpr(e.r)}`;
    case "cond":
      return `${inner(e.c)} ? ${e.t ? inner(e.t) : ""} : ${inner(e.f)}`;
    case "cast":
      return `(${e.type})${inner(e.e)}`;
    case "comma":
      return `(${showExpr(e.l)}, ${showExpr(e.r)})`;
    case "stmtexpr":
      return "({…})";
    case "init":
      return `${e.type ? `(${e.type})` : ""}{${e.items.map((i) => `${i.field ? `.${i.field} = ` : ""}${showExpr(i.value)}`).join(", ")}}`;
    case "opaque":
      return "_";
    case "unknown":
      return `?(${e.parts.map(showExpr).join(", ")})`;
  }
}

function inner(e: Expr): string {
  const text = showExpr(e);
  return e.k === "bin" || e.k === "assign" || e.k === "cond" || e.k === "cast" ? `(${text})` : text;
}

export function showInstr(i: Instr): string {
  switch (i.k) {
    case "eval":
      return showExpr(i.e);
    case "decl":
      return `${i.v.isStatic ? "static " : ""}${i.v.type} ${i.v.name}${i.v.init ? ` = ${showExpr(i.v.init)}` : ""}`;
    case "temp":
      return `${i.name} = ${showExpr(i.e)}`;
    case "guard":
    case "unguard":
      return `${i.k} ${i.name}(${i.args.map(showExpr).join(", ")})`;
    case "free":
      return `free ${i.name} ${i.variable}`;
  }
}

export function showTerm(t: Term): string {
  switch (t.k) {
    case "goto":
      return `goto ${t.to}`;
    case "branch":
      return `if ${showExpr(t.cond)} then ${t.t} else ${t.f}`;
    case "config":
      return `config ${t.symbol} then ${t.t} else ${t.f}`;
    case "iterate":
      return `iterate ${showExpr(t.call)} body ${t.t} exit ${t.f}`;
    case "switch":
      return `switch ${showExpr(t.e)} ${t.cases.map((c) => `${showExpr(c.value)}${c.hi ? `...${showExpr(c.hi)}` : ""}: ${c.to}, `).join("")}default: ${t.dflt}`;
    case "return":
      return t.e ? `return ${showExpr(t.e)}` : "return";
    case "stop":
      return "stop";
  }
}

function title(cfg: Cfg, b: Block): string {
  return `${b.id}${cfg.loopHeads.has(b.id) ? " loop" : ""}`;
}

/** One line per block header, instruction and terminator. */
export function dumpCfg(cfg: Cfg): string {
  return cfg.blocks
    .map((b) => [`${title(cfg, b)}:`, ...b.instrs.map((i) => `  ${showInstr(i)}`), `  ${showTerm(b.term)}`].join("\n"))
    .join("\n");
}

export function dotCfg(cfg: Cfg, name = "cfg"): string {
  const quote = (s: string): string => `"${s.replace(/["\\]/g, "\\$&").replace(/\n/g, "\\l")}"`;
  const lines = [`digraph ${quote(name)} {`, "  node [shape=box, fontname=monospace];"];
  for (const b of cfg.blocks) {
    const text = [`${title(cfg, b)}:`, ...b.instrs.map(showInstr), showTerm(b.term), ""].join("\n");
    lines.push(`  b${b.id} [label=${quote(text)}];`);
    for (const s of successors(b)) lines.push(`  b${b.id} -> b${s};`);
  }
  lines.push("}");
  return lines.join("\n");
}
