/**
 * `npm run test:e2e`: the extension in a real VS Code, driven in Chromium. Not part of `npm test`: it installs a server of
 * VS Code (about 700 MB, from npm, compiled in part) into `client/test/e2e`, and needs Debian's `chromium` and `libkrb5-dev`.
 * Arguments name suites: `npm run test:e2e -- race`.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { provideKernel } from "./kernels.mjs";
import { packageExtension } from "./package.mjs";
import { ensureDependencies, fail, root, run } from "./setup.mjs";

const folder = path.join(root, "client/test/e2e");
const modules = path.join(folder, "node_modules");
const node = path.join(modules, "node/bin/node");

ensureDependencies();
if (!installed()) install();
const { archive, name, files } = await packageExtension();
const vsix = path.join(root, ".cache", name);
writeFileSync(vsix, archive);
const unpacked = unpack(path.join(root, ".cache/extension"), files);
const kernel = provideKernel("6.12");
if (kernel.root === undefined) fail(`no kernel to try it on: ${kernel.missing}`);
const wanted = process.argv.slice(2);
const suites = [
  ["host-node", "host.mjs", "node", unpacked],
  ["host-web", "host.mjs", "web", unpacked],
  ["desktop", "desktop.mjs", vsix],
  ["panel", "panel.mjs", vsix],
  ["race", "race.mjs", vsix, kernel.root],
  ["web", "web.mjs", unpacked],
].filter(([name]) => wanted.length === 0 || wanted.includes(name));
const failed = suites.filter(([name, script, ...given]) => {
  console.log(`\n== ${name}`);
  const done = spawnSync(process.execPath, [path.join(folder, script), ...given], { cwd: root, stdio: "inherit" });
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
  run("npm", ["ci", "--ignore-scripts"], { cwd: folder, env: ownNpm() });
  // The install scripts of these two, by their names: newer npm runs those of packages only if a project lists them.
  run(process.execPath, ["installArchSpecificPackage.js"], { cwd: path.join(modules, "node"), env: ownNpm() });
  const env = {
    ...ownNpm(),
    PATH: `${path.dirname(node)}${path.delimiter}${process.env.PATH}`,
    npm_config_user_agent: "npm node/v24",
    npm_config_nodedir: headers() ?? "",
  };
  run("sh", ["./postinstall.sh"], { cwd: path.join(modules, "code-server"), env });
}

/** The environment without what the `npm run` around us says to npm. */
function ownNpm() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)));
}

/** Headers that come with this Node: nothing is compiled for another one. */
function headers() {
  const places = [path.join(modules, "node/node_modules"), modules];
  return places
    .flatMap((place) => readdirSync(place).map((name) => path.join(place, name)))
    .find((place) => existsSync(path.join(place, "include/node/node.h")));
}

function installed() {
  return existsSync(node) && existsSync(path.join(modules, "code-server/lib/vscode/bin/remote-cli/code-server"));
}
