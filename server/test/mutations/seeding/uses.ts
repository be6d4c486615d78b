/** Use after unlock: the unlock moved up over the last use, or a use inserted behind it. */
import type { Fn } from "../functions";
import type { Context, Seed } from "../model";
import { codeOf, deleteStatement, indentText, insertAfter, lockSites, type Site, textOf } from "../sites";
import { leaves, previousSibling, type Stmt, walk } from "../statements";
import { freeWords } from "../text";

export function useAfterRelease(fn: Fn, cx: Context): Seed[] {
  const seeds: Seed[] = [];
  for (const site of lockSites(
    fn,
    cx,
    cx.data.families.filter((f) => f.id in cx.spec.expect),
  )) {
    if (site.acquires || site.role !== "plain" || !site.stmt.parent?.list) continue;
    const moved = moveUp(fn, cx, site);
    if (moved) seeds.push(moved);
    const inserted = insertUse(fn, cx, site);
    if (inserted) seeds.push(inserted);
  }
  return seeds;
}

/** The unlock moved in front of a statement just before it that uses a protected pointer. */
function moveUp(fn: Fn, cx: Context, site: Site): Seed | undefined {
  if (site.family.protects === "") return undefined;
  let before = previousSibling(site.stmt);
  for (let steps = 0; before?.kind === "expr" && steps < 3; steps++) {
    if (protectedUse(fn, cx, site, before)) break;
    before = previousSibling(before);
  }
  if (before?.kind !== "expr" || !protectedUse(fn, cx, site, before)) return undefined;
  return {
    family: site.family.id,
    at: site.call.start,
    description: `move ${site.call.name}(${site.object}) above ${codeOf(cx.file, before).replace(/\s+/g, " ").slice(0, 70)}`,
    edits: [
      { start: before.start, end: before.start, text: `${textOf(cx.file, site.stmt)}\n${indentText(cx.file, before)}` },
      deleteStatement(cx.file, site.stmt),
    ],
  };
}

/** The pointer of the protected type that the statement dereferences or passes on. */
function protectedUse(fn: Fn, cx: Context, site: Site, stmt: Stmt): string | undefined {
  const code = codeOf(cx.file, stmt);
  const assigned = /^\s*([A-Za-z_]\w*)\s*=[^=]/.exec(code)?.[1];
  for (const { word } of freeWords(cx.file.code, stmt)) {
    if (fn.variables.get(word)?.type !== site.family.protects || word === assigned) continue;
    if (site.family.protects === "pte_t *" && !site.object.startsWith(word)) continue;
    if (/^\s*(?:\w*unlock\w*|\w*put\w*|vma_end_read|pte_unmap)\(/.test(code)) continue;
    const dereferenced = new RegExp(`\\b${word}\\s*->|\\*\\s*${word}\\b|[(,]\\s*${word}\\s*[,)]`).test(code);
    if (dereferenced) return word;
  }
  return undefined;
}

const templates: ((v: string) => string[])[] = [
  (v) => [`pr_debug("%lx-%lx\\n", ${v}->vm_start, ${v}->vm_end);`],
  (v) => [`if (${v}->vm_flags & VM_LOCKED)`, "\tlru_add_drain();"],
  (v) => [`WARN_ON_ONCE(${v}->vm_start >= ${v}->vm_end);`],
];

/** A use of the VMA behind the unlock, where the VMA was dereferenced on the same straight line before. */
function insertUse(fn: Fn, cx: Context, site: Site): Seed | undefined {
  if (site.family.protects === "pte_t *") return insertEntryRead(fn, cx, site);
  if (site.family.protects !== "struct vm_area_struct *") return undefined;
  const name = site.family.id === "vma_lock" ? site.object : dereferencedBefore(fn, cx, site);
  if (!name || fn.variables.get(name)?.type !== site.family.protects) return undefined;
  const template = templates[site.call.start % templates.length] as (v: string) => string[];
  const lines = template(name);
  return {
    family: site.family.id,
    at: site.call.start,
    description: `use ${name} after ${site.call.name}(${site.object})`,
    edits: insertAfter(cx.file, site.stmt, lines),
  };
}

/** The entry looked at once more behind the unmap. */
function insertEntryRead(fn: Fn, cx: Context, site: Site): Seed | undefined {
  if (!/^[A-Za-z_]\w*$/.test(site.object) || fn.variables.get(site.object)?.type !== "pte_t *") return undefined;
  const reader = cx.has("ptep_get") ? `ptep_get(${site.object})` : `*${site.object}`;
  return {
    family: site.family.id,
    at: site.call.start,
    description: `read *${site.object} after ${site.call.name}`,
    edits: insertAfter(cx.file, site.stmt, [`if (pte_none(${reader}))`, "\tcount_vm_event(PGFAULT);"]),
  };
}

/** A VMA that an earlier statement of the enclosing blocks dereferences unconditionally, with this mm's lock taken here. */
function dereferencedBefore(fn: Fn, cx: Context, site: Site): string | undefined {
  const acquired = lockSites(fn, cx, [site.family]).find(
    (s) => s.acquires && s.object === site.object && s.call.start < site.call.start,
  );
  if (!acquired) return undefined;
  for (let at: Stmt | undefined = site.stmt; at?.parent; at = at.parent) {
    for (const s of (at.parent.list ?? []).slice(0, at.index).reverse()) {
      if (s.start < acquired.stmt.start) return undefined;
      const tested = s.kind === "if" && leaves(s.body) && s.cond;
      if (s.kind !== "expr" && s.kind !== "decl" && !tested) continue;
      const m = /\b([A-Za-z_]\w*)\s*->/.exec(codeOf(cx.file, tested ? tested : s));
      const name = m?.[1];
      if (name && fn.variables.get(name)?.type === site.family.protects && !reassigned(cx, name, s, site.stmt))
        return name;
    }
  }
  return undefined;
}

function reassigned(cx: Context, name: string, from: Stmt, to: Stmt): boolean {
  return new RegExp(`\\b${name}\\s*=[^=]|&${name}\\b`).test(cx.file.code.slice(from.end, to.start));
}

/** `vma` taken through `vma_lookup` etc. and used inside: the release moved directly behind the lookup's test. */
export function releaseTooEarly(fn: Fn, cx: Context): Seed[] {
  const seeds: Seed[] = [];
  const lookups = (cx.spec.apis?.lookups ?? []) as string[];
  for (const site of lockSites(
    fn,
    cx,
    cx.data.families.filter((f) => f.id in cx.spec.expect),
  )) {
    if (site.acquires || site.role !== "plain" || !site.stmt.parent?.list) continue;
    const list = site.stmt.parent.list;
    for (const s of walk(fn.body)) {
      if (s.parent !== site.stmt.parent || s.kind !== "expr" || s.index >= site.stmt.index) continue;
      const m = /^\s*([A-Za-z_]\w*)\s*=\s*([A-Za-z_]\w*)\s*\(/.exec(codeOf(cx.file, s));
      if (!m || !lookups.includes(m[2] as string)) continue;
      const after = list.slice(s.index + 1, site.stmt.index);
      const straight =
        after.length > 0 &&
        after.every((x) => x.kind === "expr" || (x.kind === "if" && !/\breturn\b|\bgoto\b/.test(codeOf(cx.file, x))));
      const used = after.some((x) => new RegExp(`\\b${m[1]}\\s*->`).test(codeOf(cx.file, x)));
      if (!straight || !used) continue;
      seeds.push({
        family: site.family.id,
        at: site.call.start,
        description: `move ${site.call.name}(${site.object}) directly behind ${m[2]}`,
        edits: [...insertAfter(cx.file, s, [textOf(cx.file, site.stmt)]), deleteStatement(cx.file, site.stmt)],
      });
    }
  }
  return seeds;
}
