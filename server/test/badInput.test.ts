/** Input that is broken, huge, binary or not there: a clear message, the right exit code, nothing lost elsewhere. */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Finding } from "../src/protocol/finding";
import { copyDemo, project } from "./lspClient";

const demo = copyDemo();
const put = (name: string, content: string | Buffer) => writeFileSync(path.join(demo.root, name), content);
const wrong = (name: string, eol = "\n") =>
  [
    "#include <linux/mm.h>",
    `unsigned long ${name}(struct mm_struct *mm, unsigned long addr)`,
    "{",
    "\tstruct vm_area_struct *vma;",
    "\tmmap_read_lock(mm);",
    "\tvma = vma_lookup(mm, addr);",
    "\tmmap_read_unlock(mm);",
    "\treturn vma->vm_end;",
    "}",
    "",
  ].join(eol);

function check(...args: string[]) {
  const done = spawnSync(process.execPath, [path.join(project, "dist/cli.js"), "check", "--format", "json", ...args], {
    cwd: demo.root,
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  const findings = done.stdout === "" ? [] : (JSON.parse(done.stdout) as { findings: Finding[] }).findings;
  expect(done.stderr).not.toMatch(/^\s+at /m);
  return { status: done.status, stderr: done.stderr, functions: findings.map((finding) => finding.function) };
}

beforeAll(() => {
  mkdirSync(path.join(demo.root, "bad"));
  put("bad/crlf.c", wrong("crlf_case", "\r\n"));
  put("bad/latin.c", Buffer.from(`/* Gr\u00fc\u00dfe */\n${wrong("latin_case")}`, "latin1"));
  put(
    "bad/half.c",
    `${wrong("half_case")}\nint half_typed(struct mm_struct *mm)\n{\n\tif (mm && (mm->map_count\n\n${wrong("after_half_case")}`,
  );
  put(
    "bad/deep.c",
    `int deep(void)\n{\n\treturn ${"(".repeat(20_000)}1${")".repeat(20_000)};\n}\n${wrong("beside_deep_case")}`,
  );
  put("bad/binary.c", Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 1, 2]));
  put("bad/empty.c", "");
  put(
    "bad/large.h",
    Array.from(
      { length: 120_000 },
      (_, index) => `#define REGISTER_${index} 0x${index.toString(16)} /* generated */\n`,
    ).join(""),
  );
  put("bad/huge.h", "/* filler */\n".repeat(700_000));
  put("bad/locked.c", "int a;\n");
  chmodSync(path.join(demo.root, "bad/locked.c"), 0);
});
afterAll(demo.remove);

describe("bad input", () => {
  it.each(["crlf", "latin"])("finds what there is in %s", (name) => {
    expect(check(`bad/${name}.c`)).toEqual({ status: 1, stderr: "", functions: [`${name}_case`] });
  });

  it("keeps the other functions of a half-typed file", () => {
    expect(check("bad/half.c").functions).toContain("half_case");
  });

  it("copes with 20,000 nested parentheses", () => {
    const { functions, status } = check("bad/deep.c");
    expect(functions).toEqual(["beside_deep_case"]);
    expect(status).toBe(1);
  });

  it("copes with an empty file and a generated header of 5 MB", () => {
    expect(check("bad/empty.c", "bad/large.h")).toMatchObject({ status: 0, functions: [] });
  });

  const refused: [string, string][] = [
    ["bad/binary.c", "bad/binary.c: binary file"],
    ["bad/huge.h", "bad/huge.h: larger than 8 MB, not read"],
    ["bad/none.c", "bad/none.c: no such file"],
  ];
  // Root may read everything.
  if (process.getuid?.() !== 0) refused.push(["bad/locked.c", "bad/locked.c: permission denied"]);
  it.each(refused)("refuses %s when it is named, and still checks the rest", (name, message) => {
    const { status, stderr, functions } = check(name, "bad/crlf.c");
    expect(stderr).toContain(message);
    expect(status).toBe(2);
    expect(functions).toEqual(["crlf_case"]);
  });

  it("only mentions such files in a folder", () => {
    const { status, stderr, functions } = check("bad");
    expect(stderr).toContain("bad/binary.c: binary file");
    expect(status).toBe(1);
    expect(functions).toEqual(expect.arrayContaining(["crlf_case", "latin_case", "half_case", "beside_deep_case"]));
  });

  it("places a typo in a rule file", () => {
    mkdirSync(path.join(demo.root, "own"));
    put("own/rule.yaml", "id: my-rule\nalias: R500\ndetectr: balance\n");
    const { status, stderr } = check("--rules", "own", "mm");
    expect(status).toBe(2);
    expect(stderr).toMatch(/own\/rule\.yaml:3:1: /);
  });
});
