/** Who may import whom. The table is the architecture; this test keeps it true. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const project = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");

/** Folder → folders it may import from (besides itself). */
const core = ["base", "protocol", "rules"];
const analysis = [...core, "syntax", "cfg", "dataflow", "locks", "interproc"];
const mayImport: Record<string, string[]> = {
  base: [],
  protocol: ["base"],
  rules: ["base"],
  syntax: core,
  cfg: [...core, "syntax"],
  dataflow: [...core, "syntax", "cfg"],
  locks: [...core, "syntax", "cfg", "dataflow"],
  interproc: [...core, "syntax", "cfg", "dataflow", "locks"],
  checks: analysis,
  explore: ["base"],
  replay: [...analysis, "explore"],
  fixes: [...core, "syntax"],
  engine: [...analysis, "checks", "fixes", "replay", "explore"],
  report: [...core, "engine"],
  workspace: [...core, "engine"],
  cli: [...core, "engine", "report", "workspace"],
  lsp: [...core, "engine", "report", "workspace"],
  node: [...core, "syntax", "engine", "report", "workspace", "cli", "lsp"],
  browser: [...core, "syntax", "engine", "report", "workspace", "lsp"],
};

/** Package → folders that may use it. Node's own modules count as one package. */
const packages: Record<string, string[]> = {
  "node:": ["node"],
  "web-tree-sitter": ["syntax"],
  "tree-sitter": ["syntax"],
  "tree-sitter-c": ["syntax"],
  "vscode-languageserver": ["lsp", "node", "browser"],
  "vscode-languageserver-textdocument": ["lsp"],
  yaml: ["rules", "workspace"],
  zod: ["rules"],
};

function filesBelow(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const file = path.join(folder, name);
    return statSync(file).isDirectory() ? filesBelow(file) : /\.tsx?$/.test(name) ? [file] : [];
  });
}

function importsOf(file: string): string[] {
  const text = readFileSync(file, "utf8").replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
  const pattern =
    /(?:^|[\n;])\s*(?:import|export)\s(?:[^;"']*?\sfrom\s*)?["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']\s*\)|\brequire\(\s*["']([^"']+)["']\s*\)/g;
  return [...text.matchAll(pattern)].map((match) => (match[1] ?? match[2] ?? match[3])!);
}

/** Violations of one product file of the server, as sentences. */
function violations(file: string): string[] {
  const source = path.join(project, "server/src");
  const shown = path.relative(project, file);
  const layer = path.relative(source, file).split(path.sep)[0]!;
  const allowed = mayImport[layer];
  if (allowed === undefined) return [`${shown}: the folder ${layer} is not in the table of layers`];
  return importsOf(file).flatMap((target) => {
    if (target.startsWith(".")) {
      const to = path.relative(source, path.resolve(path.dirname(file), target)).split(path.sep)[0]!;
      return to === layer || allowed.includes(to) ? [] : [`${shown}: ${layer} may not import from ${to}`];
    }
    const name = target.startsWith("node:")
      ? "node:"
      : target
          .split("/")
          .slice(0, target.startsWith("@") ? 2 : 1)
          .join("/");
    const users = packages[name];
    if (users === undefined) return [`${shown}: the package ${name} is not in the table of packages`];
    return users.includes(layer) ? [] : [`${shown}: ${layer} may not use ${name}`];
  });
}

describe("layers", () => {
  it("import in one direction only", () => {
    const files = filesBelow(path.join(project, "server/src")).filter(
      (file) => !file.endsWith(".test.ts") && path.dirname(file) !== path.join(project, "server/src"),
    );
    expect(files.length).toBeGreaterThan(0);
    expect(files.flatMap(violations)).toEqual([]);
  });

  it("leave no product code outside the folders", () => {
    const loose = readdirSync(path.join(project, "server/src")).filter(
      (name) => name.endsWith(".ts") && !name.endsWith(".test.ts"),
    );
    expect(loose).toEqual([]);
  });

  it("let the client see nothing of the server but the protocol", () => {
    const client = path.join(project, "client");
    const protocol = path.join(project, "server/src/protocol") + path.sep;
    const product = filesBelow(path.join(client, "src")).filter((file) => !file.endsWith(".test.ts"));
    const wrong = product.flatMap((file) =>
      importsOf(file)
        .filter((target) => target.startsWith("."))
        .map((target) => path.resolve(path.dirname(file), target))
        .filter((target) => !target.startsWith(client + path.sep) && !target.startsWith(protocol))
        .map((target) => `${path.relative(project, file)}: ${path.relative(project, target)}`),
    );
    expect(wrong).toEqual([]);
  });
});
