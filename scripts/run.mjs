/** `node scripts/run.mjs NAME [args]`: sets up, bundles `scripts/NAME.ts` and runs it. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { build, ensureDependencies, fail, root } from "./setup.mjs";

const [name, ...args] = process.argv.slice(2);
const entry = path.join(root, "scripts", `${name}.ts`);
if (!name || !existsSync(entry)) fail(`there is no script scripts/${name}.ts`);
ensureDependencies();
build();
const esbuild = await import("esbuild");
const { nodeModule } = await import("../esbuild.mjs");
// Beside the real bundles, so that the code finds dist/wasm and dist/rules as usual.
const outfile = path.join(root, "dist", `script-${name}.js`);
await esbuild.build({ ...nodeModule, entryPoints: [entry], outfile });
const done = spawnSync(process.execPath, ["--enable-source-maps", outfile, ...args], { cwd: root, stdio: "inherit" });
process.exit(done.status ?? 2);
