/** Text that means nothing to the locks: comments that name lock calls, an unrelated `#ifdef`. */
import type { Fn } from "../functions";
import type { Context, Seed } from "../model";
import { indentText, lockSites } from "../sites";
import { previousSibling } from "../statements";

const comments = [
  (call: string) => `/* not ${call}() here: see the caller, mmap_read_unlock(mm); spin_unlock(ptl); */`,
  (call: string) => `// ${call}(); mmap_write_lock(mm); folio_lock(folio); return;`,
  (call: string) => `/* "${call}(" in quotes, { and } too: mmap_read_lock(mm); goto out; */`,
];

export function addComment(fn: Fn, cx: Context): Seed[] {
  const seeds: Seed[] = [];
  for (const site of lockSites(fn, cx, cx.data.families)) {
    if (!site.stmt.parent?.list) continue;
    const make = comments[seeds.length % comments.length] as (call: string) => string;
    seeds.push({
      family: site.family.id,
      at: site.stmt.start,
      description: `comment that names ${site.call.name}`,
      edits: [
        {
          start: site.stmt.start,
          end: site.stmt.start,
          text: `${make(site.call.name)}\n${indentText(cx.file, site.stmt)}`,
        },
      ],
    });
  }
  return seeds;
}

export function addIfdef(fn: Fn, cx: Context): Seed[] {
  const seeds: Seed[] = [];
  for (const site of lockSites(fn, cx, cx.data.families)) {
    if (!site.stmt.parent?.list || previousSibling(site.stmt)?.kind === "label" || site.stmt.kind === "decl") continue;
    const lines = [
      "#ifdef CONFIG_LOCKSTEP_NOISE",
      '\tpr_debug("%s\\n", __func__);',
      ...(seeds.length % 2 ? ["#else", "\tbarrier();"] : []),
      "#endif",
    ];
    seeds.push({
      family: site.family.id,
      at: site.stmt.start,
      description: `unrelated #ifdef before ${site.call.name}`,
      edits: [
        {
          start: cx.file.text.lastIndexOf("\n", site.stmt.start) + 1,
          end: cx.file.text.lastIndexOf("\n", site.stmt.start) + 1,
          text: `${lines.join("\n")}\n`,
        },
      ],
    });
  }
  return seeds;
}
