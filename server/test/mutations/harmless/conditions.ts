/** The same condition written otherwise. */
import { leavesOf, readCondition } from "../conditions";
import type { Fn } from "../functions";
import type { Context, Seed } from "../model";
import { codeOf, indentText, lockSites, textOf } from "../sites";
import { type Stmt, walk } from "../statements";
import { relevant } from "./where";

function ifs(fn: Fn, cx: Context): Stmt[] {
  return relevant(fn, cx) ? [...walk(fn.body)].filter((s) => s.kind === "if" && s.cond && s.body) : [];
}

/** `if (a && b) S` → `if (a) { if (b) S }`. */
export function splitAnd(fn: Fn, cx: Context): Seed[] {
  const seeds: Seed[] = [];
  for (const s of ifs(fn, cx)) {
    const cond = readCondition(cx.file.code, s.cond as { start: number; end: number });
    if (cond.op !== "&&" || cond.negated || s.orElse || s.parent?.kind === "if") continue;
    const [first, ...rest] = cond.parts;
    if (!first || rest.length === 0) continue;
    const last = rest[rest.length - 1] as { end: number };
    const tail = cx.file.text.slice((rest[0] as { start: number }).start, last.end);
    const indent = indentText(cx.file, s);
    const text = `if (${textOf(cx.file, first)}) {\n${indent}\tif (${tail})\n${indent}\t\t${textOf(cx.file, s.body as Stmt)}\n${indent}}`;
    seeds.push({
      family: "all",
      at: s.start,
      description: `split ${codeOf(cx.file, s.cond as Stmt)
        .replace(/\s+/g, " ")
        .slice(0, 60)}`,
      edits: [{ start: s.start, end: s.end, text }],
    });
  }
  return seeds;
}

/** `if (c) A else B` → `if (!(c)) B else A`. */
export function invertIf(fn: Fn, cx: Context): Seed[] {
  const seeds: Seed[] = [];
  for (const s of ifs(fn, cx)) {
    if (!s.orElse || !s.body) continue;
    const braces = (x: Stmt): string => (x.kind === "block" ? textOf(cx.file, x) : `{\n${textOf(cx.file, x)}\n}`);
    const text = `if (!(${textOf(cx.file, s.cond as Stmt)})) ${braces(s.orElse)} else ${braces(s.body)}`;
    seeds.push({
      family: "all",
      at: s.start,
      description: `invert if/else ${codeOf(cx.file, s.cond as Stmt)
        .replace(/\s+/g, " ")
        .slice(0, 50)}`,
      edits: [{ start: s.start, end: s.end, text }],
    });
  }
  return seeds;
}

/** `!p` ↔ `p == NULL`, `p` ↔ `p != NULL` for pointers. */
export function nullCompare(fn: Fn, cx: Context): Seed[] {
  const seeds: Seed[] = [];
  for (const s of ifs(fn, cx)) {
    for (const leaf of leavesOf(readCondition(cx.file.code, s.cond as Stmt))) {
      const text = codeOf(cx.file, leaf.core);
      const compared = /^([\w>.-]+)\s*(==|!=)\s*NULL$/.exec(text);
      if (compared) {
        seeds.push({
          family: "all",
          at: leaf.start,
          description: `${text} without NULL`,
          edits: [
            { start: leaf.core.start, end: leaf.core.end, text: `${compared[2] === "==" ? "!" : ""}${compared[1]}` },
          ],
        });
        continue;
      }
      const pointer = /^[A-Za-z_]\w*$/.test(text) && fn.variables.get(text)?.type.endsWith("*");
      if (!pointer) continue;
      const original = textOf(cx.file, leaf);
      const from = leaf.negated ? original.lastIndexOf("!", original.lastIndexOf(text)) : original.lastIndexOf(text);
      if (from < 0 || (leaf.negated && original.slice(from + 1).indexOf("(") >= 0)) continue;
      const end = leaf.core.end;
      seeds.push({
        family: "all",
        at: leaf.start,
        description: `${leaf.negated ? "!" : ""}${text} with NULL`,
        edits: [{ start: leaf.start + from, end, text: `${text} ${leaf.negated ? "==" : "!="} NULL` }],
      });
    }
  }
  return seeds;
}

/** `lock(mm)` → `lock((mm))`, `if (c)` → `if ((c))`. */
export function doubleParens(fn: Fn, cx: Context): Seed[] {
  const seeds: Seed[] = [];
  for (const site of lockSites(fn, cx, cx.data.families)) {
    const arg = site.call.args[typeof site.api.arg === "number" ? site.api.arg : 0];
    if (arg)
      seeds.push({
        family: site.family.id,
        at: site.call.start,
        description: `(${textOf(cx.file, arg)}) in ${site.call.name}`,
        edits: [{ start: arg.start, end: arg.end, text: `(${textOf(cx.file, arg)})` }],
      });
    if (site.stmt.kind === "if" && site.stmt.cond)
      seeds.push({
        family: site.family.id,
        at: site.stmt.start,
        description: `((condition)) around ${site.call.name}`,
        edits: [{ ...site.stmt.cond, text: `((${textOf(cx.file, site.stmt.cond)}))` }],
      });
  }
  return seeds;
}
