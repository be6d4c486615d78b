/** The shipped rule data: loads without a problem and keeps its promises. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { describeTool } from "../../test/kernel";
import { generateDocs } from "./generateDocs";
import { generateSchemas } from "./generateSchema";
import { loadRules, type RuleFile } from "./load";
import type { Effect } from "./model";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

function shipped(): RuleFile[] {
  return ["rules", "rules/apis", "rules/checks"].flatMap((dir) =>
    readdirSync(join(ROOT, dir))
      .filter((name) => name.endsWith(".yaml"))
      .sort()
      .map((name) => ({ path: `${dir}/${name}`, text: readFileSync(join(ROOT, dir, name), "utf8") })),
  );
}

const rules = loadRules(shipped());
const entries = [...rules.apis.values()].flat();

describe("the shipped rules", () => {
  it("load without a problem", () => {
    expect(rules.problems).toEqual([]);
    expect(rules.apis.size).toBeGreaterThan(500);
    expect(rules.checks.length).toBeGreaterThanOrEqual(40);
  });

  it("name C identifiers", () => {
    for (const name of rules.apis.keys()) expect(name).toMatch(/^[A-Za-z_]\w*$/);
  });

  it("release every class that is acquired", () => {
    const verbs = (verb: keyof Effect): Set<string> =>
      new Set(entries.flatMap((e) => e.effects.flatMap((f) => (typeof f[verb] === "string" ? [f[verb]] : []))));
    const released = new Set([...verbs("release"), ...verbs("releaseAll")]);
    for (const name of verbs("acquire")) {
      const lock = rules.classes.get(name);
      expect(released.has(name) || lock?.until !== undefined || lock?.kind === "mark", name).toBe(true);
    }
    for (const name of released) expect(verbs("acquire").has(name), name).toBe(true);
  });

  it("use every class", () => {
    const used = new Set(entries.flatMap((e) => e.effects.flatMap((f) => [f.acquire, f.assert])));
    // Reached only through the generic functions, on the field that carries the lock.
    const byField = new Set([...rules.classes.values()].filter((c) => c.field !== undefined).map((c) => c.id));
    for (const name of rules.classes.keys()) expect(used.has(name) || byField.has(name), name).toBe(true);
  });

  it("perform every action and put every mark that checks rely on", () => {
    const done = new Set(entries.flatMap((e) => e.effects.flatMap((f) => (f.does === undefined ? [] : [f.does]))));
    for (const action of rules.actions?.keys() ?? []) expect(done.has(action), action).toBe(true);
  });

  it("tell the variants of one name apart", () => {
    for (const [name, list] of rules.apis) {
      const keys = list.map((e) => `${e.params ?? ""} ${e.applies ?? ""}`);
      expect(new Set(keys).size, name).toBe(list.length);
    }
  });

  it("give every check examples and texts", () => {
    for (const check of rules.checks) {
      expect(check.bad.length, check.id).toBeGreaterThan(0);
      expect(check.good.length, check.id).toBeGreaterThan(0);
      expect(check.sources.length, check.id).toBeGreaterThan(0);
      for (const text of [check.title, check.message, check.what, check.why, check.fix])
        expect(text, check.id).not.toMatch(/TODO|\[[UVD]\]|T612|T61\b/);
      for (const hole of check.message.matchAll(/\{(\w+)\}/g))
        expect(["call", "object", "lock", "held", "what", "missing", "function"], check.id).toContain(hole[1]);
    }
    expect(new Set(rules.checks.map((c) => c.alias)).size).toBe(rules.checks.length);
  });
});

describe("generated files", () => {
  it.each([...generateSchemas(), ...generateDocs(rules)].map((f) => [f.path, f.text] as const))(
    "%s is up to date",
    (path, text) => {
      expect(existsSync(join(ROOT, path)), "run npm run generate").toBe(true);
      expect(readFileSync(join(ROOT, path), "utf8") === text, "run npm run generate").toBe(true);
    },
  );
});

const TREES = [process.env.LOCKSTEP_KERNEL_612, process.env.LOCKSTEP_KERNEL_61];
const FOLDERS = [
  "include/linux",
  "include/asm-generic",
  "include/drm",
  "include/media",
  "include/sound",
  "mm",
  "lib",
  "kernel/locking",
  "kernel/sched",
  "arch/x86/include",
];
const missing = TREES.some((tree) => tree === undefined || !existsSync(join(tree, "mm")));
const reason =
  process.env.LOCKSTEP_KERNEL_612_MISSING ??
  process.env.LOCKSTEP_KERNEL_61_MISSING ??
  "LOCKSTEP_KERNEL_612 and LOCKSTEP_KERNEL_61 do not name kernel trees";

describeTool(missing ? reason : null, "names in real kernels", () => {
  const words = identifiers();

  it("every API exists in 6.12 or 6.1, or says when it came", () => {
    const unknown = [...rules.apis]
      .filter(([name, list]) => !words.has(name) && list.every((e) => e.since === undefined))
      .map(([name]) => name);
    expect(unknown).toEqual([]);
  });

  it("every symbol that a choice depends on exists", () => {
    const symbols = [...entries.flatMap((e) => e.applies ?? []), ...rules.checks.flatMap((c) => c.applies)].map((s) =>
      s.slice(1),
    );
    expect([...new Set(symbols)].filter((s) => !words.has(s))).toEqual([]);
  });

  it("every slot is a field of a struct, or a known entry point", () => {
    const unknown = [...rules.contexts.keys()].flatMap((slot) => slot.split(".")).filter((word) => !words.has(word));
    expect(new Set(unknown)).toEqual(
      new Set(
        ["mmap_prepare", "folio_free", "syscall", "kthread", "rcu_callback", "threaded_irq"].filter(
          (w) => !words.has(w),
        ),
      ),
    );
  });
});

function identifiers(): Set<string> {
  const found = new Set<string>();
  const visit = (dir: string): void => {
    for (const entry of readdirSync(dir, { withFileTypes: true })) {
      if (entry.isDirectory()) visit(join(dir, entry.name));
      else if (/\.[ch]$/.test(entry.name))
        for (const word of readFileSync(join(dir, entry.name), "utf8").match(/[A-Za-z_]\w*/g) ?? []) found.add(word);
    }
  };
  for (const tree of TREES) for (const folder of FOLDERS) if (tree !== undefined) visit(join(tree, folder));
  return found;
}
