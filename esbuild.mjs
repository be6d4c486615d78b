/**
 * Builds the bundles and puts beside them what they read at run time, so that `dist/` stands on its own:
 * cli.js, server.js, indexer.js (their indexing thread), extension.cjs and client.cjs (loaded by it), webview/ (the replay
 * panel), wasm/ (parser runtime and C grammar), rules/, rules.json and scenarios.json (the same, loaded).
 */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build, context } from "esbuild";

export const root = path.dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);

/** Modules that are present only on some machines; whoever imports them must cope with their absence. */
const optional = ["tree-sitter", "tree-sitter-c"];

/** For bundled CommonJS packages that call `require("net")` and the like. */
const requireForEsm =
  'import { createRequire as lockstepRequire } from "node:module"; const require = lockstepRequire(import.meta.url);';

/** Options common to everything that runs on Node as an ES module. */
export const nodeModule = {
  bundle: true,
  platform: "node",
  target: "node20",
  format: "esm",
  external: optional,
  // Some language server packages name a CommonJS wrapper first; the ES build bundles cleanly.
  mainFields: ["module", "main"],
  banner: { js: requireForEsm },
  legalComments: "none",
  logLevel: "warning",
  absWorkingDir: root,
};

/** Options common to what runs in a browser: the web extension and the server in its worker. */
const webWorker = {
  bundle: true,
  platform: "browser",
  target: "es2022",
  // Parser packages probe for Node at run time; a browser never gets there.
  external: ["module", "fs", "fs/promises", "node:*"],
  mainFields: ["browser", "module", "main"],
  define: { global: "globalThis" },
  logOverride: { "empty-import-meta": "silent" },
  legalComments: "none",
  logLevel: "warning",
  absWorkingDir: root,
};

const bundles = (minify, dist) => [
  {
    ...nodeModule,
    entryPoints: ["server/src/node/cli.ts"],
    outfile: path.join(dist, "cli.js"),
    minify,
    banner: { js: "#!/usr/bin/env node\n" + requireForEsm },
  },
  { ...nodeModule, entryPoints: ["server/src/node/server.ts"], outfile: path.join(dist, "server.js"), minify },
  { ...nodeModule, entryPoints: ["server/src/node/indexer.ts"], outfile: path.join(dist, "indexer.js"), minify },
  {
    ...nodeModule,
    banner: {},
    format: "cjs",
    external: ["vscode", "./client.cjs"],
    entryPoints: ["client/src/entry.node.ts"],
    outfile: path.join(dist, "extension.cjs"),
    minify,
  },
  {
    ...nodeModule,
    banner: {},
    format: "cjs",
    external: ["vscode"],
    entryPoints: ["client/src/main.node.ts"],
    outfile: path.join(dist, "client.cjs"),
    minify,
  },
  {
    ...webWorker,
    format: "cjs",
    external: ["vscode"],
    // The debug adapter's package asks Node for these two.
    alias: { events: "./client/src/debug/web/events.ts", url: "./client/src/debug/web/url.ts" },
    entryPoints: ["client/src/main.browser.ts"],
    outfile: path.join(dist, "web/extension.js"),
    minify,
  },
  {
    bundle: true,
    platform: "browser",
    target: "es2022",
    format: "iife",
    entryPoints: { replay: "client/src/webview/main.ts" },
    outdir: path.join(dist, "webview"),
    legalComments: "none",
    logLevel: "warning",
    absWorkingDir: root,
    minify,
  },
  {
    entryPoints: ["client/src/webview/replay.css"],
    outdir: path.join(dist, "webview"),
    logLevel: "warning",
    absWorkingDir: root,
    minify,
  },
  {
    ...webWorker,
    format: "iife",
    entryPoints: ["server/src/browser/server.ts"],
    outfile: path.join(dist, "web/server.js"),
    minify,
  },
];

/** Copies the parser's wasm files and the rules into `dist`. */
export async function copyAssets(dist = path.join(root, "dist")) {
  const wasm = path.join(dist, "wasm");
  mkdirSync(wasm, { recursive: true });
  copyFileSync(require.resolve("web-tree-sitter/web-tree-sitter.wasm"), path.join(wasm, "web-tree-sitter.wasm"));
  copyFileSync(require.resolve("tree-sitter-c/tree-sitter-c.wasm"), path.join(wasm, "tree-sitter-c.wasm"));
  mirror(path.join(root, "rules"), path.join(dist, "rules"), (name) => name !== "schema" && !/\.(md|ts)$/.test(name));
  await packRules(dist);
}

/** Loads the rules once, at build time: reading YAML takes longer than everything else at start. */
async function packRules(dist) {
  const entry =
    'export { loadRules } from "./server/src/rules/load"; export { loadScenarios } from "./server/src/engine/replay"; export { encodeStructured } from "./server/src/base/structured";';
  const outfile = path.join(dist, `pack-rules-${process.pid}.mjs`);
  await build({ ...nodeModule, stdin: { contents: entry, resolveDir: root }, outfile });
  const loader = await import(pathToFileURL(outfile).href);
  rmSync(outfile);
  // The files themselves, for the browser: scenarios, and rules beside those of a workspace.
  mkdirSync(path.join(dist, "web"), { recursive: true });
  writeFileSync(path.join(dist, "web/rules-source.json"), JSON.stringify(ruleFiles(dist, "rules")));
  const packed = loader.encodeStructured(loader.loadRules(ruleFiles(dist, "rules")));
  writeFileSync(path.join(dist, "rules.json"), packed);
  const scenarios = loader.encodeStructured(loader.loadScenarios(ruleFiles(dist, "rules")));
  writeFileSync(path.join(dist, "scenarios.json"), scenarios);
}

function ruleFiles(dist, folder) {
  return readdirSync(path.join(dist, folder))
    .sort()
    .flatMap((name) => {
      const file = `${folder}/${name}`;
      const place = path.join(dist, file);
      if (statSync(place).isDirectory()) return ruleFiles(dist, file);
      return name.endsWith(".yaml") ? [{ path: file, text: readFileSync(place, "utf8") }] : [];
    });
}

/** Makes `target` equal to `source`, touching only what differs: others may be reading. */
function mirror(source, target, wanted) {
  mkdirSync(target, { recursive: true });
  const names = readdirSync(source).filter(wanted);
  for (const name of readdirSync(target))
    if (!names.includes(name)) rmSync(path.join(target, name), { recursive: true });
  for (const name of names) {
    const [from, to] = [path.join(source, name), path.join(target, name)];
    if (statSync(from).isDirectory()) mirror(from, to, wanted);
    else if (!existsSync(to) || !readFileSync(from).equals(readFileSync(to))) copyFileSync(from, to);
  }
}

/** Builds everything once. */
export async function buildAll({ minify = false, plugins = [], dist = path.join(root, "dist") } = {}) {
  await copyAssets(dist);
  await Promise.all(bundles(minify, dist).map((options) => build({ ...options, plugins })));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  if (process.argv.includes("--watch")) {
    await copyAssets();
    for (const options of bundles(false, path.join(root, "dist")))
      await (await context({ ...options, logLevel: "info" })).watch();
  } else {
    await buildAll({ minify: process.argv.includes("--minify") });
  }
}
