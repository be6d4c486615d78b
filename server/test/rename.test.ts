/**
 * Names decide nothing: every function of `mm/` that no rule speaks of, and the locals of its functions, get other names
 * in the whole tree at once; the findings stay what they were.
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { createNodeHost } from "../src/node/host";
import { scanFile } from "../src/syntax/scan";
import { describeKernel } from "./kernel";
import { project } from "./lspClient";
import { loadMutationData } from "./mutations/data";
import { readSource } from "./mutations/functions";
import { renameLocals } from "./mutations/harmless/names";
import { applyEdits } from "./mutations/model";
import { Tree } from "./mutations/tree";

const WORD = /[A-Za-z_]\w*/g;

/** Every word of the rule files: what the product knows by name. */
function wordsOfRules(): Set<string> {
  const words = new Set<string>();
  const visit = (place: string): void => {
    for (const name of readdirSync(place)) {
      const file = path.join(place, name);
      if (statSync(file).isDirectory()) visit(file);
      else if (name.endsWith(".yaml")) for (const [word] of readFileSync(file, "utf8").matchAll(WORD)) words.add(word);
    }
  };
  visit(path.join(project, "rules"));
  return words;
}

/** New names for the functions that are defined in `mm/`, by their old ones. */
function newNames(tree: Tree): Map<string, string> {
  const known = wordsOfRules();
  const names = new Map<string, string>();
  for (const file of tree.files(["mm"])) {
    for (const { name, kind } of scanFile(tree.read(file) ?? "").functions)
      if (kind !== "syscall" && !known.has(name) && !names.has(name)) names.set(name, `zq${names.size}`);
  }
  return names;
}

class Renamed extends Tree {
  private readonly data = loadMutationData();
  locals = 0;

  constructor(
    root: string,
    private readonly names: ReadonlyMap<string, string>,
  ) {
    super(root);
  }

  override read(file: string): string | undefined {
    const text = super.read(file);
    if (text === undefined) return undefined;
    const own = file.startsWith("mm/") && file.endsWith(".c") ? this.withoutLocals(file, text) : text;
    return own.replace(WORD, (word) => this.names.get(word) ?? word);
  }

  private withoutLocals(file: string, text: string): string {
    const source = readSource(file, text);
    const spec = this.data.harmless.find(({ id }) => id === "rename-locals")!;
    const context = { file: source, data: this.data, spec, has: (symbol: string) => this.defines(symbol) };
    const seeds = source.functions.flatMap((fn) => renameLocals(fn, context));
    this.locals += seeds.length;
    return applyEdits(
      text,
      seeds.flatMap((seed) => seed.edits),
    );
  }
}

async function findings(tree: Tree, names: ReadonlyMap<string, string>): Promise<string[]> {
  const host = createNodeHost();
  const engine = await host.createEngine(tree, host.shippedRules());
  const files = tree.files(["mm"]).filter((file) => file.endsWith(".c"));
  engine.expect(files);
  const out: string[] = [];
  for (const file of files) {
    // The test runner wants to be heard of now and then.
    await new Promise(setImmediate);
    for (const f of engine.check(file).findings)
      out.push(`${f.rule} ${f.level} ${f.file}:${f.line} ${names.get(f.function) ?? f.function}`);
  }
  return out;
}

describeKernel("6.12", "other names for all functions and locals of mm/", (root) => {
  it("leave the findings as they are", { timeout: 300_000 }, async () => {
    const plain = new Tree(root);
    const names = newNames(plain);
    expect(names.size).toBeGreaterThan(4000);
    const renamed = new Renamed(root, names);
    const before = await findings(plain, names);
    expect(before.length).toBeGreaterThan(0);
    expect(await findings(renamed, new Map())).toEqual(before);
    expect(renamed.locals).toBeGreaterThan(1000);
  });
});
