/** `goto out` replaced by the code at `out`, and the other way round. */
import type { Fn } from "../functions";
import type { Context, Seed } from "../model";
import { codeOf, indentText, textOf } from "../sites";
import { nextSiblings, type Stmt, walk } from "../statements";
import { relevant } from "./where";

interface Exit {
  label: Stmt;
  /** Simple statements up to and with the return. */
  run: Stmt[];
}

/** Labels of the function's outer block that lead straight to a return. */
function exits(fn: Fn, cx: Context): Map<string, Exit> {
  const found = new Map<string, Exit>();
  for (const label of fn.body.list ?? []) {
    if (label.kind !== "label") continue;
    const run: Stmt[] = [];
    for (const s of nextSiblings(label)) {
      if (s.kind === "label") continue;
      if (!["expr", "empty", "jump", "if"].includes(s.kind) || (s.kind === "if" && /\bgoto\b/.test(codeOf(cx.file, s))))
        break;
      run.push(s);
      if (s.kind === "jump") break;
    }
    const last = run[run.length - 1];
    if (last?.kind === "jump" && last.word === "return" && run.length <= 5)
      found.set(label.word as string, { label, run });
  }
  return found;
}

export function gotoToReturn(fn: Fn, cx: Context): Seed[] {
  if (!relevant(fn, cx) || fn.conditional) return [];
  const known = exits(fn, cx);
  const seeds: Seed[] = [];
  for (const s of walk(fn.body)) {
    const name = s.kind === "jump" && s.word === "goto" ? /goto\s+(\w+)/.exec(codeOf(cx.file, s))?.[1] : undefined;
    const exit = name === undefined ? undefined : known.get(name);
    if (!exit || exit.label.start < s.start) continue;
    const indent = indentText(cx.file, s);
    const body = exit.run.map((x) => textOf(cx.file, x)).join(`\n${indent}`);
    seeds.push({
      family: "all",
      at: s.start,
      description: `goto ${name} → its code`,
      edits: [{ start: s.start, end: s.end, text: `{\n${indent}${body}\n${indent}}` }],
    });
  }
  return seeds;
}

/** `S; return x;` equal to the code at a label → `goto label;`. */
export function returnToGoto(fn: Fn, cx: Context): Seed[] {
  if (!relevant(fn, cx) || fn.conditional) return [];
  const squeeze = (s: Stmt): string => codeOf(cx.file, s).replace(/\s+/g, " ");
  const seeds: Seed[] = [];
  for (const s of walk(fn.body)) {
    if (s.kind !== "jump" || s.word !== "return" || s.parent === fn.body) continue;
    for (const [name, exit] of exits(fn, cx)) {
      const same = s.parent?.list ? s.parent.list.slice(Math.max(0, s.index - exit.run.length + 1), s.index + 1) : [s];
      if (
        exit.label.start < s.start ||
        same.length !== exit.run.length ||
        !same.every((x, i) => squeeze(x) === squeeze(exit.run[i] as Stmt))
      )
        continue;
      const start = (same[0] as Stmt).start;
      seeds.push({
        family: "all",
        at: start,
        description: `return → goto ${name}`,
        edits: [{ start, end: s.end, text: `goto ${name};` }],
      });
      break;
    }
  }
  return seeds;
}
