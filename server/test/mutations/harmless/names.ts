/** Other names for the same things: locals renamed, an alias used at one call. */
import type { Fn } from "../functions";
import type { Context, Edit, Seed } from "../model";
import { codeOf, indentText, lockSites, textOf } from "../sites";
import { callsIn, freeWords } from "../text";
import { canDeclare, relevant } from "./where";

/** Macros whose arguments are member names as well as variables. */
const memberMacros =
  /^(?:container_of|list_\w+|hlist_\w+|rb_\w+|offsetof|llist_\w+|typeof|xa_\w+|trace_\w+|DEFINE_\w+|VMA_ITERATOR|MA_STATE|XA_STATE|ARRAY_SIZE|FIELD_\w+|\w*for_each\w*)$/;

/** All parameters and locals of the function get other names. */
export function renameLocals(fn: Fn, cx: Context): Seed[] {
  if (!relevant(fn, cx) || fn.conditional || /#\s*define/.test(textOf(cx.file, fn))) return [];
  const fixed = new Set<string>();
  for (const call of callsIn(cx.file.code, fn.body)) {
    if (memberMacros.test(call.name)) for (const w of freeWords(cx.file.code, call)) fixed.add(w.word);
    if (/^[A-Z_]+$/.test(call.name)) for (const w of freeWords(cx.file.code, call)) fixed.add(w.word);
  }
  const labels = new Set([...codeOf(cx.file, fn.body).matchAll(/^\s*(\w+)\s*:(?!:)/gm)].map((m) => m[1] as string));
  const names = [...fn.variables.keys()].filter((n) => !fixed.has(n) && !labels.has(n) && n !== "vmf");
  const taken = new Set(freeWords(cx.file.code, fn).map((w) => w.word));
  const renamed = new Map(names.map((n) => [n, fresh(n, taken)]));
  const edits: Edit[] = [];
  for (const w of freeWords(cx.file.code, { start: fn.header.start, end: fn.end })) {
    const to = renamed.get(w.word);
    if (to && w.word !== fn.name && !isDesignator(cx.file.code, w.start))
      edits.push({ start: w.start, end: w.end, text: to });
  }
  return edits.length === 0
    ? []
    : [{ family: "all", at: fn.body.start, description: `rename ${renamed.size} locals`, edits }];
}

function isDesignator(code: string, at: number): boolean {
  return code.slice(Math.max(0, at - 2), at).trim() === ".";
}

function fresh(name: string, taken: ReadonlySet<string>): string {
  let to = `${name}_r`;
  while (taken.has(to)) to += "r";
  return to;
}

/** `struct T *x2 = x;` in front of a lock call, which then uses `x2`. */
export function aliasObject(fn: Fn, cx: Context): Seed[] {
  const seeds: Seed[] = [];
  for (const site of lockSites(fn, cx, cx.data.families)) {
    const index = site.api.arg;
    const arg = index === "ret" ? undefined : site.call.args[index];
    if (!arg || site.family.objectType === "" || !canDeclare(site.stmt) || site.stmt.kind === "decl") continue;
    const object = textOf(cx.file, arg);
    const name = /^[A-Za-z_]\w*$/.test(object) ? object : undefined;
    const type = name
      ? fn.variables.get(name)?.type
      : site.family.id === "mmap_lock" && !object.includes("(")
        ? site.family.objectType
        : undefined;
    if (!type || !/^(?:struct \w+|\w+_t) \*$/.test(type) || codeOf(cx.file, fn.body).includes("ls_alias")) continue;
    seeds.push({
      family: site.family.id,
      at: site.call.start,
      description: `alias of ${object} for ${site.call.name}`,
      edits: [
        {
          start: site.stmt.start,
          end: site.stmt.start,
          text: `${type}ls_alias = ${object};\n${indentText(cx.file, site.stmt)}`,
        },
        { start: arg.start, end: arg.end, text: "ls_alias" },
      ],
    });
  }
  return seeds;
}
