/** Type-checks the worlds one by one: core (no Node, no DOM), everything on Node, the VS Code client, the page of its panel. */
import { spawnSync } from "node:child_process";
import path from "node:path";
import { root } from "./setup.mjs";

const tsc = path.join(root, "node_modules/typescript/bin/tsc");
const projects = ["server/tsconfig.json", "tsconfig.json", "client/tsconfig.json", "client/src/webview/tsconfig.json"];
const failed = projects.filter((project) => {
  const done = spawnSync(process.execPath, [tsc, "-p", project], { cwd: root, stdio: "inherit" });
  return done.status !== 0;
});
process.exit(failed.length > 0 ? 1 : 0);
