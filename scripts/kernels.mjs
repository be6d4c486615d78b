/**
 * Kernel trees for the tests: taken from LOCKSTEP_KERNEL_DIR, from `.kernel/`, or extracted once from
 * Debian's linux-source packages, which are installed where that is allowed (root on Debian).
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { root } from "./setup.mjs";

export const versions = ["6.12", "6.1"];
const store = path.join(root, ".kernel");

/** What the tests read. The rest of a kernel tree is seven times as large. */
const folders = [
  "mm",
  "fs",
  "kernel",
  "ipc",
  "io_uring",
  "virt",
  "lib",
  "security",
  "block",
  "init",
  "include",
  "arch/x86",
  "arch/arm64",
  "net/ipv4",
  "drivers/infiniband",
  "drivers/gpu/drm",
  "drivers/misc/sgi-gru",
  "drivers/xen",
  "drivers/vfio",
  "drivers/vhost",
  "drivers/android",
];

/** `{ root }` or `{ missing: reason }` for a version. */
export function provideKernel(version) {
  const name = `linux-source-${version}`;
  const given = process.env.LOCKSTEP_KERNEL_DIR;
  if (given) {
    for (const candidate of [path.resolve(given, name), path.resolve(given)]) {
      if (versionOf(candidate) === version) return { root: candidate };
    }
  }
  const target = path.join(store, name);
  const archive = `/usr/src/${name}.tar.xz`;
  if (!existsSync(archive) && isExtracted(target)) return { root: target };
  if (!existsSync(archive)) {
    const problem = installPackage(name);
    if (problem) return { missing: given ? `LOCKSTEP_KERNEL_DIR holds no ${name}, and ${problem}` : problem };
  }
  if (!existsSync(archive)) return { missing: `the package ${name} brought no ${archive}` };
  return extract(archive, name, target);
}

/** Installs a Debian package if that is possible; a sentence why not, or undefined. */
export function installPackage(name) {
  if (process.platform !== "linux" || !existsSync("/etc/debian_version"))
    return `${name} is only installed on Debian; set LOCKSTEP_KERNEL_DIR`;
  if (process.getuid?.() !== 0)
    return `${name} is not installed and installing it needs root (apt-get install ${name})`;
  console.log(`Installing ${name} ...`);
  const install = () => apt(["install", "-y", "--no-install-recommends", name]);
  if (install() === 0) return undefined;
  apt(["update"]);
  return install() === 0 ? undefined : `apt-get could not install ${name}`;
}

function apt(args) {
  return spawnSync("apt-get", ["-qq", ...args], {
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
  }).status;
}

/** `6.12` for a tree whose Makefile says so. */
function versionOf(tree) {
  try {
    const text = readFileSync(path.join(tree, "Makefile"), "utf8");
    return `${/^VERSION = (\d+)/m.exec(text)?.[1]}.${/^PATCHLEVEL = (\d+)/m.exec(text)?.[1]}`;
  } catch {
    return undefined;
  }
}

const stampOf = (target) => path.join(target, ".lockstep-extracted");

/** Complete, from this archive if one is named, and with today's list of folders. */
function isExtracted(target, archive) {
  try {
    const stamp = JSON.parse(readFileSync(stampOf(target), "utf8"));
    return stamp.folders === folders.join(" ") && (archive === undefined || stamp.archive === identityOf(archive));
  } catch {
    return false;
  }
}

function identityOf(archive) {
  const { size, mtimeMs } = statSync(archive);
  return `${size} ${Math.floor(mtimeMs)}`;
}

function extract(archive, name, target) {
  if (isExtracted(target, archive)) return { root: target };
  if (spawnSync("xz", ["--version"], { stdio: "ignore" }).status !== 0) installPackage("xz-utils");
  console.log(`Extracting ${name} (once) ...`);
  const fresh = path.join(store, `${name}.new`);
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { recursive: true });
  // Register tables of one graphics driver: a third of everything, and no code.
  const exclude = ["--exclude=*/amd/include/asic_reg/*"];
  const members = [`${name}/Makefile`, `${name}/Kbuild`, ...folders.map((folder) => `${name}/${folder}/*.[ch]`)];
  const tar = spawnSync(
    "tar",
    ["-xJf", archive, "-C", fresh, "--strip-components=1", ...exclude, "--wildcards", ...members],
    {
      stdio: ["ignore", "inherit", "pipe"],
      encoding: "utf8",
    },
  );
  // A folder that an older kernel lacks is no failure, anything else is.
  const errors = (tar.stderr ?? "")
    .split("\n")
    .filter((line) => line !== "" && !/Not found in archive|Exiting with failure/.test(line));
  if (tar.error || errors.length > 0 || versionOf(fresh) === undefined) {
    return { missing: `${archive} could not be extracted: ${errors[0] ?? tar.error?.message ?? "no Makefile inside"}` };
  }
  writeFileSync(stampOf(fresh), JSON.stringify({ archive: identityOf(archive), folders: folders.join(" ") }));
  rmSync(target, { recursive: true, force: true });
  renameSync(fresh, target);
  return { root: target };
}
