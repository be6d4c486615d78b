/** Operators on lock modes: weaker mode, early downgrade. */
import type { Fn } from "../functions";
import type { Context, Edit, Seed } from "../model";
import { codeOf, insertAfter, lockSites, type Site } from "../sites";
import { walk } from "../statements";
import { callsIn } from "../text";
import { resultTest } from "./results";

/** Write lock → read lock, with all releases of the function (`pair`) or alone (`lock only`). */
export function weakenMode(fn: Fn, cx: Context): Seed[] {
  const seeds: Seed[] = [];
  for (const family of cx.data.families) {
    const weaker = family.weaker;
    if (!weaker || !(family.id in cx.spec.expect)) continue;
    const sites = lockSites(fn, cx, [family]);
    for (const site of sites) {
      const other = weaker[site.call.name];
      if (!site.acquires || !other) continue;
      const lock: Edit = { start: site.call.start, end: site.call.start + site.call.name.length, text: other };
      const releases = sites.filter((s) => !s.acquires && s.object === site.object && weaker[s.call.name]);
      seeds.push({
        family: family.id,
        at: site.call.start,
        description: `${site.call.name} → ${other} (lock only)`,
        edits: [lock],
        expect: withExtra(cx, family.id, "lockOnly"),
      });
      const writes = sites.filter((s) => s.acquires && s.api.mode === "write" && s.object === site.object);
      if (
        releases.length === 0 ||
        writes.length !== 1 ||
        (family.downgrade && callsIn(cx.file.code, fn.body).some((c) => c.name === family.downgrade?.call))
      )
        continue;
      const pair = releases.map((s) => ({
        start: s.call.start,
        end: s.call.start + s.call.name.length,
        text: weaker[s.call.name] as string,
      }));
      seeds.push({
        family: family.id,
        at: site.call.start,
        description: `${site.call.name} → ${other} (pair)`,
        edits: [lock, ...pair],
      });
    }
  }
  return seeds;
}

function withExtra(cx: Context, family: string, key: string): string[] {
  return [...(cx.spec.expect[family] ?? []), ...((cx.spec.apis?.[key] as string[]) ?? [])];
}

/** Downgrade right behind the write lock, all releases in read mode: every write comes too late. */
export function earlyDowngrade(fn: Fn, cx: Context): Seed[] {
  const seeds: Seed[] = [];
  for (const family of cx.data.families) {
    const { downgrade, weaker } = family;
    if (!downgrade || !weaker || !(family.id in cx.spec.expect)) continue;
    const sites = lockSites(fn, cx, [family]);
    for (const site of sites) {
      if (!site.acquires || site.api.mode !== "write") continue;
      const at = afterLock(cx, site);
      const releases = sites.filter((s) => !s.acquires && s.object === site.object && s.api.mode === "write");
      const one = sites.filter((s) => s.acquires && s.object === site.object).length === 1;
      if (!at || !one || releases.length === 0 || callsIn(cx.file.code, fn.body).some((c) => c.name === downgrade.call))
        continue;
      const edits = releases.map((s) => ({
        start: s.call.start,
        end: s.call.start + s.call.name.length,
        text: downgrade.release,
      }));
      seeds.push({
        family: family.id,
        at: site.call.start,
        description: `${downgrade.call} right after ${site.call.name}(${site.object})`,
        edits: [...insertAfter(cx.file, at, [`${downgrade.call}(${site.object});`]), ...edits],
      });
    }
  }
  return seeds;
}

function afterLock(cx: Context, site: Site) {
  if (!site.api.taken) return site.role === "plain" ? site.stmt : undefined;
  const test = resultTest(cx.file, site);
  return test && !test.leaf.parent && !test.stmt.orElse && test.whenTaken === test.leaf.negated ? test.stmt : undefined;
}

/** Move a downgrade that is there in front of the write statements before it. */
export function moveDowngrade(fn: Fn, cx: Context): Seed[] {
  const writes = new RegExp(String(cx.spec.apis?.writes ?? "$^"));
  const family = cx.data.families.find((f) => f.downgrade);
  if (!family?.downgrade) return [];
  const seeds: Seed[] = [];
  for (const s of walk(fn.body)) {
    if (
      !s.parent?.list ||
      !callsIn(cx.file.code, s).some((c) => c.name === family.downgrade?.call) ||
      (s.kind !== "expr" && s.kind !== "if")
    )
      continue;
    const write = s.parent.list
      .slice(0, s.index)
      .reverse()
      .find((p) => writes.test(codeOf(cx.file, p)));
    if (!write) continue;
    seeds.push({
      family: family.id,
      at: s.start,
      description: `move ${family.downgrade.call} above ${codeOf(cx.file, write).replace(/\s+/g, " ").slice(0, 60)}`,
      edits: [
        { start: write.start, end: write.start, text: `${cx.file.text.slice(s.start, s.end)}\n\t` },
        { start: s.start, end: s.end, text: ";" },
      ],
    });
  }
  return seeds;
}
