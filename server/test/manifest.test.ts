/** The manifest and the code agree: commands, settings, files. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { defaults } from "../src/lsp/settings";

const project = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const manifest = JSON.parse(readFileSync(path.join(project, "package.json"), "utf8"));
const { contributes } = manifest;
const sources = readdirSync(path.join(project, "client/src"), { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
  .map((name) => readFileSync(path.join(project, "client/src", name), "utf8"));

describe("manifest", () => {
  it("names commands that exist, and all of them", () => {
    const table = /const handlers[^{]*\{([\s\S]*?)\n {2}\};/.exec(
      sources.find((s) => s.includes("const handlers"))!,
    )![1]!;
    const handled = [...table.matchAll(/^ {4}(\w+)[:,]/gm)].map((m) => `lockstep.${m[1]}`);
    const direct = sources.flatMap((s) => [...s.matchAll(/registerCommand\("(lockstep\.\w+)"/g)].map((m) => m[1]!));
    const contributed = contributes.commands.map(({ command }: { command: string }) => command);
    expect([...handled, ...direct].sort()).toEqual([...contributed].sort());
    const used = JSON.stringify([contributes.menus, contributes.walkthroughs, contributes.viewsWelcome]).match(
      /lockstep\.[a-z]\w+/gi,
    )!;
    const known = new Set([...contributed, "lockstep.rules", "lockstep.groupedBy"]);
    expect(used.filter((name) => !known.has(name))).toEqual([]);
  });

  it("describes every setting, with the server's defaults", () => {
    const settings = contributes.configuration.properties as Record<
      string,
      { default: unknown; markdownDescription: string }
    >;
    for (const [name, setting] of Object.entries(settings)) expect(setting.markdownDescription, name).toMatch(/\.$/);
    for (const [name, value] of Object.entries(defaults))
      expect(settings[`lockstep.${name}`]?.default, name).toBe(value);
    const read = new Set(sources.flatMap((s) => [...s.matchAll(/\.get\("(\w+)"/g)].map((m) => m[1]!)));
    for (const name of Object.keys(settings))
      expect(name.slice("lockstep.".length) in defaults || read.has(name.slice("lockstep.".length)), name).toBe(true);
  });

  it("points at files that are there", () => {
    const files = JSON.stringify(manifest)
      .match(/"(?:\.\/)?(?:media|syntaxes)\/[^"]+"/g)!
      .map((f) => JSON.parse(f) as string);
    expect(files.length).toBeGreaterThan(5);
    expect(files.filter((file) => !existsSync(path.join(project, file)))).toEqual([]);
  });
});
