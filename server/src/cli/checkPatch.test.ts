import { describe, expect, it } from "vitest";
import { type Files, runInMemory } from "../../test/memoryHost";

const before =
  "int first(void)\n{\n\tint a = 1;\n\tlock();\n\treturn a;\n}\n\nint second(void)\n{\n\twarning_old();\n\treturn 2;\n}\n";
const after =
  "int first(void)\n{\n\tint a = 1;\n\twarning_new();\n\treturn a;\n}\n\nint second(void)\n{\n\twarning_old();\n\treturn 2;\n}\n";
const patch = `From 0123 Mon Sep 17 00:00:00 2001
From: Somebody <somebody@example.org>
Subject: [PATCH] mm: change

---
 mm/a.c | 2 +-
 1 file changed, 1 insertion(+), 1 deletion(-)

diff --git a/mm/a.c b/mm/a.c
index 1..2 100644
--- a/mm/a.c
+++ b/mm/a.c
@@ -1,6 +1,6 @@
 int first(void)
 {
 \tint a = 1;
-\tlock();
+\twarning_new();
 \treturn a;
 }
--${" "}
2.39.5
`;
const base: Files = { "/w/k/Kbuild": "", "/w/k/mm/other.c": "", "/w/p.patch": patch };
const check = (files: Files, ...more: string[]) =>
  runInMemory({ ...base, ...files }, ["check", "--root", "k", "--diff", "p.patch", "--format", "json", ...more]);
const found = (out: string) =>
  (JSON.parse(out).findings as { file: string; line: number; rule: string }[]).map(
    ({ file, line, rule }) => `${file}:${line} ${rule}`,
  );

describe("check --diff", () => {
  it("reports only what the applied patch introduces", async () => {
    const run = await check({ "/w/k/mm/a.c": after });
    expect(run).toMatchObject({ code: 1, err: "" });
    expect(found(run.out)).toEqual(["mm/a.c:4 new"]);
  });

  it("applies a patch the tree does not have, and says so", async () => {
    const run = await check({ "/w/k/mm/a.c": before });
    expect(run.err).toContain("does not have this patch");
    expect(found(run.out)).toEqual(["mm/a.c:4 new"]);
  });

  it("finds shifted hunks", async () => {
    const run = await check({ "/w/k/mm/a.c": "/* a\n * new\n * comment */\n" + after });
    expect(found(run.out)).toEqual(["mm/a.c:7 new"]);
  });

  it("falls back to the touched functions where the patch does not match, and says so", async () => {
    const run = await check({ "/w/k/mm/a.c": after.replace("int a = 1", "int a = 17") });
    expect(run.err).toContain("does not match the tree (mm/a.c, near line 1)");
    expect(found(run.out)).toEqual(["mm/a.c:4 new"]);
  });

  it("reads the patch from standard input", async () => {
    const run = await runInMemory(
      { ...base, "/w/k/mm/a.c": after },
      ["check", "--root", "k", "--diff", "-", "--format", "json"],
      { stdin: patch },
    );
    expect(found(run.out)).toEqual(["mm/a.c:4 new"]);
  });

  it("judges created and deleted files", async () => {
    const text =
      "--- /dev/null\n+++ b/mm/new.c\n@@ -0,0 +1,4 @@\n+int fresh(void)\n+{\n+\twarning_x();\n+}\n--- a/mm/a.c\n+++ /dev/null\n@@ -1,4 +0,0 @@\n-int gone(void)\n-{\n-\twarning_y();\n-}\n";
    const run = await check({ "/w/p.patch": text, "/w/k/mm/new.c": "int fresh(void)\n{\n\twarning_x();\n}\n" });
    expect(run.err).toBe("");
    expect(found(run.out)).toEqual(["mm/new.c:3 x"]);
  });

  it("limits the report to the paths given", async () => {
    const run = await check({ "/w/k/mm/a.c": after }, "mm/other.c");
    expect(run).toMatchObject({ code: 0 });
  });

  it("refuses what is no patch", async () => {
    const run = await check({ "/w/p.patch": "hello\n", "/w/k/mm/a.c": after });
    expect(run).toMatchObject({
      code: 2,
      out: "",
      err: "lockstep: p.patch: no patch found (a unified diff, mbox or format-patch file)\n",
    });
  });
});
