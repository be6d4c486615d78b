/**
 * `npm run test:e2e`: the extension in a real VS Code, driven in Chromium. Not part of `npm test`: it installs a server of
 * VS Code (about 700 MB, from npm, compiled in part) into `client/test/e2e`, and needs Debian's `chromium` and `libkrb5-dev`.
 * Arguments name suites: `npm run test:e2e -- race`.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { provideKernel } from "./kernels.mjs";
import { packageExtension } from "./package.mjs";
import { ensureDependencies, fail, root, run } from "./setup.mjs";

const folder = path.join(root, "client/test/e2e");
const node = path.join(folder, "node_modules/node/bin/node");

ensureDependencies();
if (!existsSync(path.join(folder, "node_modules/code-server/out/node/entry.js"))) install();
const { archive, name, files } = await packageExtension();
const vsix = path.join(root, ".cache", name);
writeFileSync(vsix, archive);
const unpacked = unpack(path.join(root, ".cache/extension"), files);
const kernel = provideKernel("6.12");
if (kernel.root === undefined) fail(`no kernel to try it on: ${kernel.missing}`);
const wanted = process.argv.slice(2);
const suites = [
  ["desktop.mjs", vsix],
  ["race.mjs", vsix, kernel.root],
  ["web.mjs", unpacked],
].filter(([name]) => wanted.length === 0 || wanted.includes(name.replace(".mjs", "")));
const failed = suites.filter(([name, ...given]) => {
  console.log(`\n== ${name}`);
  const done = spawnSync(process.execPath, [path.join(folder, name), ...given], { cwd: root, stdio: "inherit" });
  return done.status !== 0;
});
process.exit(failed.length > 0 ? 1 : 0);

/** The package's content as a folder, for hosts that install no packages. */
function unpack(target, content) {
  rmSync(target, { recursive: true, force: true });
  for (const [file, bytes] of content) {
    if (!file.startsWith("extension/")) continue;
    const place = path.join(target, file.slice("extension/".length));
    mkdirSync(path.dirname(place), { recursive: true });
    writeFileSync(place, bytes);
  }
  return target;
}

/** Node 24 first: the server of VS Code is built for it and by it. */
function install() {
  console.log("Installing a server of VS Code into client/test/e2e (a few minutes) ...");
  run("npm", ["ci", "--ignore-scripts"], { cwd: folder });
  if (spawnSync("npm", ["rebuild", "node"], { cwd: folder, stdio: "inherit" }).status !== 0)
    fail("Node 24 does not install");
  const env = { ...process.env, PATH: `${path.dirname(node)}${path.delimiter}${process.env.PATH}` };
  run("npm", ["rebuild", "code-server"], { cwd: folder, env });
}
