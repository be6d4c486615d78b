/** The code is typed, formatted and builds: the same checks as `npm run typecheck`, `npm run lint` and `npm run build`. */
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { runNode } from "./runNode";

const project = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");

async function outputOf(script: string, args: string[]): Promise<{ status: number; output: string }> {
  const done = await runNode([path.join(project, script), ...args], project);
  return { status: done.status, output: `${done.stdout}${done.stderr}`.trim() };
}

describe("toolchain", () => {
  it("builds the bundles", () => {
    expect(process.env.LOCKSTEP_BUILD_ERROR).toBeUndefined();
  });

  it("type-checks", { timeout: 180_000 }, async () => {
    expect(await outputOf("scripts/typecheck.mjs", [])).toEqual({ status: 0, output: "" });
  });

  it("is formatted and free of lint", { timeout: 60_000 }, async () => {
    const { status, output } = await outputOf("node_modules/@biomejs/biome/bin/biome", [
      "check",
      "--colors=off",
      "--max-diagnostics=20",
      ".",
    ]);
    expect(status, output).toBe(0);
  });
});
