/** Code moved into a small static function, or a small static function written out at a call. */
import type { Fn } from "../functions";
import type { Context, Seed } from "../model";
import { codeOf, lockSites, statementAt, textOf } from "../sites";
import { type Stmt, walk } from "../statements";
import { callsIn, freeWords } from "../text";
import { relevant } from "./where";

/** A lock or unlock statement, with the simple statement behind it where that is possible, becomes a helper. */
export function extractHelper(fn: Fn, cx: Context): Seed[] {
  if (fn.conditional) return [];
  const seeds: Seed[] = [];
  for (const site of lockSites(fn, cx, cx.data.families)) {
    if (site.role !== "plain" || site.api.taken || !site.stmt.parent?.list || site.family.id === "irq") continue;
    const next = site.stmt.parent.list[site.stmt.index + 1];
    const runs = next?.kind === "expr" ? [[site.stmt], [site.stmt, next]] : [[site.stmt]];
    for (const run of runs) {
      const seed = extract(fn, cx, run, site.call.name, site.family.id);
      if (seed) seeds.push(seed);
    }
  }
  return seeds;
}

function extract(fn: Fn, cx: Context, run: readonly Stmt[], name: string, family: string): Seed | undefined {
  const span = { start: (run[0] as Stmt).start, end: (run[run.length - 1] as Stmt).end };
  const text = textOf(cx.file, span);
  if (/[^=!<>]=[^=]|\+\+|--|#|\bguard\(|XA_STATE|va_/.test(codeOf(cx.file, span))) return undefined;
  const used = [...new Set(freeWords(cx.file.code, span).map((w) => w.word))].filter((w) => fn.variables.has(w));
  const params: string[] = [];
  for (const word of used) {
    const type = (fn.variables.get(word) as { type: string }).type;
    if (type.includes("[") || /^(?:struct|union) \w+$/.test(type) || new RegExp(`&\\s*${word}\\b(?!\\s*->)`).test(text))
      return undefined;
    if (/^(?:typeof|__auto_type|auto)/.test(type)) return undefined;
    params.push(`${type}${type.endsWith("*") ? "" : " "}${word}`);
  }
  if (
    params.length === 0 ||
    callsIn(cx.file.code, span).some((c) => /^(?:VM_|BUG|WARN|lockdep|trace_|local_irq)/.test(c.name))
  )
    return undefined;
  const helper = `ls_${fn.name}_step`;
  return {
    family,
    at: span.start,
    description: `extract ${name}${run.length > 1 ? " and the next statement" : ""}`,
    edits: [
      {
        start: fn.insertAt,
        end: fn.insertAt,
        text: `\n\nstatic void ${helper}(${params.join(", ")})\n{\n\t${text}\n}\n`,
      },
      { start: span.start, end: span.end, text: `${helper}(${used.join(", ")});` },
    ],
  };
}

/** `helper(args);` → its body, for static functions of the file without a return, loop labels or macros. */
export function inlineHelper(fn: Fn, cx: Context): Seed[] {
  const seeds: Seed[] = [];
  const around = relevant(fn, cx);
  for (const call of callsIn(cx.file.code, fn.body)) {
    const helper = cx.file.functions.find((f) => f.name === call.name && f !== fn);
    if (
      !helper?.isStatic ||
      !/\bvoid\b/.test(helper.returns) ||
      helper.conditional ||
      !(around || relevant(helper, cx))
    )
      continue;
    if (cx.file.functions.filter((f) => f.name === call.name).length !== 1) continue;
    const stmt = statementAt(fn, call.start);
    if (
      stmt.kind !== "expr" ||
      codeOf(cx.file, { start: stmt.start, end: stmt.end - 1 }).trim() !== codeOf(cx.file, call)
    )
      continue;
    const inlined = written(
      helper,
      cx,
      call.args.map((a) => textOf(cx.file, a)),
    );
    if (inlined)
      seeds.push({
        family: "all",
        at: call.start,
        description: `inline ${call.name}`,
        edits: [{ start: stmt.start, end: stmt.end, text: inlined }],
      });
  }
  return seeds;
}

function written(helper: Fn, cx: Context, args: readonly string[]): string | undefined {
  const params = [...helper.variables.values()].filter((v) => v.param);
  const body = codeOf(cx.file, helper.body);
  if (params.length !== args.length || body.length > 900 || /\breturn\b|\bgoto\b|^\s*\w+\s*:|#/m.test(body))
    return undefined;
  for (const s of walk(helper.body)) if (s.kind === "label") return undefined;
  const locals = [...helper.variables.values()].filter((v) => !v.param).map((v) => v.name);
  if (args.some((a) => locals.some((l) => new RegExp(`\\b${l}\\b`).test(a)))) return undefined;
  let text = "";
  let at = helper.body.start + 1;
  const names = new Set(params.map((p) => p.name));
  for (const w of freeWords(cx.file.code, helper.body)) {
    if (!names.has(w.word)) continue;
    text += `${cx.file.text.slice(at, w.start)}ls_${w.word}`;
    at = w.end;
  }
  text += cx.file.text.slice(at, helper.body.end - 1);
  const setup = params
    .map((p, i) => `\t${p.type}${p.type.endsWith("*") ? "" : " "}ls_${p.name} = ${args[i]};`)
    .join("\n");
  return `{\n${setup}\n${text}}`;
}
