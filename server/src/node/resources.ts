/** The files that ship beside the bundles: the parser's wasm and the rules. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { comparePaths } from "../base/path";
import { decodeStructured } from "../base/structured";
import { loadScenarios, type ScenarioSet } from "../engine/replay";
import { loadRules, type RuleFile } from "../rules/load";
import type { RuleSet } from "../rules/model";
import { kindOf, openFsTree } from "./fsTree";

export interface Resources {
  version: string;
  /** Folder that holds `rules/`. */
  home: string;
  grammar(): Uint8Array;
  runtime(): Uint8Array;
  rules(): RuleFile[];
  /** Loaded from the form the build packed, if there is one. */
  ruleSet(): RuleSet;
  /** Likewise. */
  scenarioSet(): ScenarioSet;
}

/** Finds the resources: in `dist/` when bundled, in the checkout when run from source. */
export function findResources(): Resources {
  const here = path.dirname(fileURLToPath(import.meta.url));
  const bundled = kindOf(path.join(here, "wasm")) === "folder";
  const home = bundled ? here : path.resolve(here, "../../..");
  const wasm = (name: string): Uint8Array =>
    readFileSync(
      bundled
        ? path.join(here, "wasm", `${name}.wasm`)
        : createRequire(import.meta.url).resolve(`${name}/${name}.wasm`),
    );
  const manifest = path.join(bundled ? path.dirname(here) : home, "package.json");
  return {
    version: JSON.parse(readFileSync(manifest, "utf8")).version,
    home,
    grammar: () => wasm("tree-sitter-c"),
    runtime: () => wasm("web-tree-sitter"),
    rules: () => ruleFiles(home),
    ruleSet: () => packed<RuleSet>(here, "rules.json") ?? loadRules(ruleFiles(home)),
    scenarioSet: () => packed<ScenarioSet>(here, "scenarios.json") ?? loadScenarios(ruleFiles(home)),
  };
}

function packed<T>(folder: string, name: string): T | undefined {
  const file = path.join(folder, name);
  return kindOf(file) === "file" ? (decodeStructured(readFileSync(file, "utf8")) as T) : undefined;
}

function ruleFiles(home: string): RuleFile[] {
  const tree = openFsTree(home);
  const files: RuleFile[] = [];
  const visit = (folder: string) => {
    for (const name of tree.list(folder) ?? []) {
      const text = name.endsWith(".yaml") ? tree.read(`${folder}/${name}`) : undefined;
      if (text !== undefined) files.push({ path: `${folder}/${name}`, text });
    }
    for (const name of tree.folders(folder) ?? []) if (name !== "schema") visit(`${folder}/${name}`);
  };
  visit("rules");
  return files.sort((a, b) => comparePaths(a.path, b.path));
}
