/** A verdict depends on the file and the tree: not on the order of the questions, on who asks, or on what was asked before. */
import path from "node:path";
import { beforeAll, expect, it } from "vitest";
import { createEngine } from "../src/engine/engine";
import { findResources } from "../src/node/resources";
import type { Finding } from "../src/protocol/finding";
import { createParser } from "../src/syntax/parser";
import { indexPart, type PartSource, partNames } from "../src/syntax/treeIndexWords";
import { describeKernel } from "./kernel";
import { project } from "./lspClient";
import { Tree } from "./mutations/tree";
import { runNode } from "./runNode";

/** What is compared: findings, degraded functions, and every contract, which says much more than the few findings. */
type Verdicts = Map<string, string>;

async function verdicts(tree: Tree, files: readonly string[], parts?: PartSource): Promise<Verdicts> {
  const resources = findResources();
  const parser = await createParser({ grammar: resources.grammar(), runtime: resources.runtime() });
  const engine = createEngine({ tree, rules: resources.ruleSet(), parser, ...(parts && { parts }) });
  const out: Verdicts = new Map();
  for (const file of files) {
    // The test runner wants to be heard of now and then.
    await new Promise(setImmediate);
    const { findings, degraded } = engine.check(file);
    out.set(file, JSON.stringify({ findings, degraded, contracts: engine.contracts(file) }));
  }
  return out;
}

/** The files whose verdicts differ, with the first place of the difference. */
function differences(a: Verdicts, b: Verdicts): string[] {
  return [...b].flatMap(([file, after]) => {
    const before = a.get(file) as string;
    if (before === after) return [];
    let i = 0;
    while (before[i] === after[i]) i++;
    const name = before.lastIndexOf('{"function":', i);
    return [
      `${file} ${before.slice(name, name + 60)}: …${before.slice(i - 60, i + 80)}… or …${after.slice(i - 60, i + 80)}…`,
    ];
  });
}

async function check(root: string, args: readonly string[]): Promise<Finding[]> {
  const cli = path.join(project, "dist/cli.js");
  const options = ["--root", root, "--format", "json", "--severity", "hint"];
  const done = await runNode([cli, "check", ...args, ...options], root);
  expect(done.stderr).toBe("");
  return (JSON.parse(done.stdout) as { findings: Finding[] }).findings;
}

describeKernel("6.12", "the same verdict", (root) => {
  const tree = new Tree(root);
  const all = tree.files(["mm"]).filter((file) => /^mm\/[^/]*\.c$/.test(file));
  /** Fifty files, spread over the folder; the large ones that others lean on are among them. */
  const files = all.filter((_, i) => i % 12 < 5).slice(0, 50);
  let inOrder: Verdicts;
  let whole: Finding[];

  beforeAll(async () => {
    inOrder = await verdicts(tree, files);
    whole = await check(root, ["mm"]);
  }, 300_000);

  it("is asked of fifty files", () => {
    expect(files.length).toBe(50);
  });

  it("in reverse order", { timeout: 300_000 }, async () => {
    expect(differences(inOrder, await verdicts(tree, [...files].reverse()))).toEqual([]);
  });

  it("each alone", { timeout: 600_000 }, async () => {
    // The words of the tree are read once; everything else begins anew with each file.
    const parts = new Map(partNames.map((name) => [name, indexPart(tree, name)]));
    const source: PartSource = { underWay: () => false, take: (name) => parts.get(name) ?? null };
    for (const file of files) expect(differences(inOrder, await verdicts(tree, [file], source))).toEqual([]);
  });

  it("as part of the whole folder", () => {
    const mine = whole.filter((f) => files.includes(f.file));
    const found = [...inOrder].flatMap(([file, text]) => {
      const { findings } = JSON.parse(text) as { findings: Finding[] };
      return findings.map((f) => ({ ...f, file }));
    });
    const key = (f: Finding): string => `${f.file}:${f.line}:${f.column} ${f.alias} ${f.fingerprint}`;
    expect(mine.map(key).sort()).toEqual(found.map(key).sort());
  });

  it("by two workers", { timeout: 300_000 }, async () => {
    expect(await check(root, ["mm", "--jobs", "2"])).toEqual(whole);
  });

  it("in shards", { timeout: 300_000 }, async () => {
    const parts = [...(await check(root, ["mm", "--shard", "1/2"])), ...(await check(root, ["mm", "--shard", "2/2"]))];
    const key = (f: Finding): string => JSON.stringify(f);
    expect(parts.map(key).sort()).toEqual(whole.map(key).sort());
  });
});
