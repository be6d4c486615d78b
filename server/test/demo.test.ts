/** The demo is a promise: every function that ends in `_wrong` is reported, nothing else is. */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import type { Finding } from "../src/protocol/finding";
import { project } from "./lspClient";

const demo = path.join(project, "test-fixtures/demo");

function lockstep(args: string[], cwd = project) {
  return spawnSync(process.execPath, [path.join(project, "dist/cli.js"), ...args], { cwd, encoding: "utf8" });
}

function sources(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const file = path.join(folder, name);
    return statSync(file).isDirectory() ? sources(file) : file.endsWith(".c") ? [readFileSync(file, "utf8")] : [];
  });
}

const findingsIn = (out: string) => (JSON.parse(out) as { findings: Finding[] }).findings;

describe("demo tree", () => {
  it("reports exactly the wrong functions, without drowning them in repetition", () => {
    const wrong = sources(demo).flatMap((text) =>
      [...text.matchAll(/^\w[\w *]*?(\w+_wrong)\(/gm)].map((match) => match[1]!),
    );
    const found = findingsIn(lockstep(["check", demo, "--format", "json"]).stdout).map((finding) => finding.function);
    expect([...new Set(found)].sort()).toEqual(wrong.sort());
    expect(found.length).toBeLessThanOrEqual(wrong.length + 3);
  });

  it("gives byte-identical output for every way to ask", () => {
    const whole = lockstep(["check", demo, "--format", "json"]).stdout;
    expect(lockstep(["check", demo, "--format", "json", "--jobs", "2"]).stdout).toBe(whole);
    expect(lockstep(["check", "mm", "drivers", "include", "--format", "json"], demo).stdout).toBe(whole);
    expect(lockstep(["check", "include", "drivers", "mm", "--root", demo, "--format", "json"], "/").stdout).toBe(whole);
    const shards = [1, 2].flatMap((index) =>
      findingsIn(lockstep(["check", demo, "--format", "json", "--shard", `${index}/2`]).stdout),
    );
    const key = ({ file, line, rule }: Finding) => `${file}:${line} ${rule}`;
    expect(shards.map(key).sort()).toEqual(findingsIn(whole).map(key).sort());
  });

  it("writes valid SARIF and annotations", () => {
    const sarif = JSON.parse(lockstep(["check", demo, "--format", "sarif"]).stdout);
    expect(sarif.version).toBe("2.1.0");
    for (const result of sarif.runs[0].results)
      expect(sarif.runs[0].tool.driver.rules[result.ruleIndex].id).toBe(result.ruleId);
    expect(lockstep(["check", demo, "--format", "github"]).stdout).toMatch(/^::(error|warning) file=mm\//m);
  });

  it("ends quietly when its reader does", () => {
    const done = spawnSync("sh", ["-c", `"${process.execPath}" dist/cli.js check "${demo}" | head -1`], {
      cwd: project,
      encoding: "utf8",
    });
    expect(done.stdout.split("\n")[0]).toMatch(/^[\w/.-]+:\d+:\d+: /);
    expect(done.stderr).toBe("");
  });
});
