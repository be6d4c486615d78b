/** Kernel trees for tests. `npm test` provides them; a bare `npx vitest` finds what is already extracted. */
import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, it } from "vitest";

export type KernelVersion = "6.12" | "6.1";

const project = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");

/** In continuous integration a suite that cannot run is a failure. */
export const inCi = /^(true|1)$/.test(process.env.CI ?? "");

/** Root of the tree, or why there is none. */
export function kernelTree(version: KernelVersion): { root: string } | { missing: string } {
  const key = `LOCKSTEP_KERNEL_${version.replace(".", "")}`;
  const name = `linux-source-${version}`;
  const given = process.env.LOCKSTEP_KERNEL_DIR;
  const candidates = [process.env[key], given && path.join(given, name), path.join(project, ".kernel", name)];
  const root = candidates.find((candidate) => candidate && existsSync(path.join(candidate, "Kbuild")));
  return root ? { root } : { missing: process.env[`${key}_MISSING`] ?? `no ${name} here; "npm test" extracts it` };
}

/** A suite that needs a kernel tree: skipped with its reason where there is none, failing there in CI. */
export function describeKernel(version: KernelVersion, title: string, body: (root: string) => void): void {
  const tree = kernelTree(version);
  const name = `${title} [linux-source-${version}]`;
  if ("root" in tree) describe(name, () => body(tree.root));
  else describeMissing(name, tree.missing);
}

/** A suite that needs a tool: `missing` says why it is not there, or is null. */
export function describeTool(missing: string | null, title: string, body: () => void): void {
  if (missing === null) describe(title, body);
  else describeMissing(title, missing);
}

/** A suite that could not run, for the given reason. */
export function describeMissing(name: string, reason: string): void {
  if (inCi) {
    describe(name, () => {
      it("has what it needs", () => {
        throw new Error(reason);
      });
    });
  } else {
    describe.skip(`${name}: not run, ${reason}`, () => {
      it("has what it needs", () => {});
    });
  }
}
