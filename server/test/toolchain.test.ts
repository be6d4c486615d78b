/** The code is typed, formatted and builds: the same checks as `npm run typecheck`, `npm run lint` and `npm run build`. */
import { spawnSync } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const project = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");

function outputOf(script: string, args: string[]): { status: number | null; output: string } {
  const done = spawnSync(process.execPath, [path.join(project, script), ...args], { cwd: project, encoding: "utf8" });
  return { status: done.status, output: `${done.stdout}${done.stderr}`.trim() };
}

describe("toolchain", () => {
  it("builds the bundles", () => {
    expect(process.env.LOCKSTEP_BUILD_ERROR).toBeUndefined();
  });

  it("type-checks", { timeout: 180_000 }, () => {
    expect(outputOf("scripts/typecheck.mjs", [])).toEqual({ status: 0, output: "" });
  });

  it("is formatted and free of lint", { timeout: 60_000 }, () => {
    const { status, output } = outputOf("node_modules/@biomejs/biome/bin/biome", [
      "check",
      "--colors=off",
      "--max-diagnostics=20",
      ".",
    ]);
    expect(status, output).toBe(0);
  });
});
