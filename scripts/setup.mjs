/** What every command needs first: a recent Node, the dependencies, a build. Uses nothing but Node itself. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");

/** Runs a command with our streams; ends this process with its exit code if it fails. */
export function run(command, args, options = {}) {
  const done = spawnSync(command, args, {
    cwd: root,
    stdio: "inherit",
    shell: process.platform === "win32",
    ...options,
  });
  if (done.error) fail(`cannot run ${command}: ${done.error.message}`);
  if (done.status !== 0) process.exit(done.status ?? 2);
}

/** Ends with a message. */
export function fail(message) {
  console.error(message);
  process.exit(2);
}

/** Installs the locked dependencies unless they are there. */
export function ensureDependencies() {
  const major = Number(process.versions.node.split(".")[0]);
  if (major < 20) fail(`Lockstep needs Node 20 or newer; this is ${process.version}.`);
  if (dependenciesCurrent()) return;
  console.log("Installing the dependencies (npm ci) ...");
  run("npm", ["ci", "--no-audit", "--no-fund"]);
}

/** True if what npm installed is what the lock file asks for. */
function dependenciesCurrent() {
  const installed = path.join(root, "node_modules/.package-lock.json");
  if (!existsSync(installed)) return false;
  const wanted = JSON.parse(readFileSync(path.join(root, "package-lock.json"), "utf8")).packages;
  const present = JSON.parse(readFileSync(installed, "utf8")).packages;
  return Object.entries(wanted).every(
    ([name, { version, optional }]) => name === "" || optional === true || present[name]?.version === version,
  );
}

/** Builds `dist/`. */
export function build() {
  run(process.execPath, ["esbuild.mjs"]);
}
