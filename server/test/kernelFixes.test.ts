/** Fixes on functions of a real kernel: a mistake is seeded, its fix applied, and the file is as clean as before. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, expect, it } from "vitest";
import { createEngine } from "../src/engine/engine";
import type { Engine } from "../src/engine/types";
import { openFsTree } from "../src/node/fsTree";
import { findResources } from "../src/node/resources";
import type { Finding } from "../src/protocol/finding";
import { wasmParser } from "./cParser";
import { describeKernel } from "./kernel";

interface Seed {
  file: string;
  /** The function that is changed. */
  in: string;
  take: RegExp;
  put: string;
  rule: string;
}

const leak = "mmap-lock-balance";
const seeds: Seed[] = [
  { file: "mm/mprotect.c", in: "SYSCALL_DEFINE1(pkey_free", take: /\tmmap_write_unlock\(.*\);\n/, put: "", rule: leak },
  { file: "mm/mprotect.c", in: "SYSCALL_DEFINE2(pkey_alloc", take: /goto out;/, put: "return ret;", rule: leak },
  {
    file: "mm/mlock.c",
    in: "SYSCALL_DEFINE0(munlockall",
    take: /mmap_write_unlock/,
    put: "mmap_read_unlock",
    rule: leak,
  },
  { file: "mm/mlock.c", in: "SYSCALL_DEFINE2(munlock", take: /\tmmap_write_unlock\(.*\);\n/, put: "", rule: leak },
];

const keys = (findings: Finding[]) => findings.map((f) => `${f.rule} in ${f.function}`).sort();

describeKernel("6.12", "fixes on real functions", (root) => {
  let engine: Engine;

  beforeAll(async () => {
    engine = createEngine({ tree: openFsTree(root), rules: findResources().ruleSet(), parser: await wasmParser() });
  });

  it.each(seeds)("repair $rule in $in", { timeout: 120_000 }, ({ file, in: name, take, put, rule }) => {
    const text = readFileSync(path.join(root, file), "utf8");
    const clean = keys(engine.check(file).findings);
    const at = text.indexOf(name);
    const seeded = text.slice(0, at) + text.slice(at).replace(take, put);
    expect(seeded).not.toBe(text);
    engine.setOverlay(file, seeded);
    const found = engine
      .check(file)
      .findings.filter((f) => f.rule === rule && !clean.includes(`${f.rule} in ${f.function}`));
    expect(found.length, "the seeded mistake is reported").toBeGreaterThan(0);
    const fixes = found.flatMap((f) => engine.fixes(file, f.fingerprint));
    expect(fixes.length, "fixes offered").toBeGreaterThan(0);
    for (const fix of fixes) {
      const fixed = seeded.slice(0, fix.start) + fix.text + seeded.slice(fix.end);
      engine.setOverlay(file, fixed);
      expect(keys(engine.check(file).findings), fix.title).toEqual(clean);
      expect(fix.text).not.toMatch(/^ +\S|[ \t]$/m);
    }
    engine.setOverlay(file, null);
  });
});
