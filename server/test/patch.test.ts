/** `check --diff` with the real engine: patches that each introduce one bug in the demo tree, and one that repairs. */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import type { Finding } from "../src/protocol/finding";
import { copyDemo, project } from "./lspClient";

interface Case {
  title: string;
  file: string;
  function: string;
  /** Text inside the function → what the patch makes of it. */
  from: string;
  to: string;
  rule: string;
}

const cases: Case[] = [
  {
    title: "deletes an unlock",
    file: "mm/range.c",
    function: "range_end_right",
    from: "\tmmap_read_unlock(mm);\n",
    to: "",
    rule: "mmap-lock-balance",
  },
  {
    title: "deletes a result check",
    file: "mm/young.c",
    function: "young_clear_right",
    from: "\tif (!pte)\n\t\treturn 0;\n",
    to: "",
    rule: "pte-map-null-check",
  },
  {
    title: "weakens a mode",
    file: "mm/protect.c",
    function: "protect_mark_right",
    from: "mmap_write_lock(mm);",
    to: "mmap_read_lock(mm);",
    rule: "vma-write-needs-mmap-write",
  },
  {
    title: "uses a VMA after the unlock",
    file: "mm/range.c",
    function: "range_end_right",
    from: "\treturn end;\n",
    to: "\tif (vma)\n\t\tend = vma->vm_end;\n\treturn end;\n",
    rule: "vma-use-after-unlock",
  },
  {
    title: "returns before the end of an announcement",
    file: "mm/forget.c",
    function: "forget_range_right",
    from: "\tmmu_notifier_invalidate_range_end(&range);\n",
    to: "\tif (error)\n\t\treturn error;\n\tmmu_notifier_invalidate_range_end(&range);\n",
    rule: "notifier-range-balance",
  },
];

/** Replaces `from` inside the function only. */
function edit(text: string, { function: name, from, to }: Case): string {
  const start = text.indexOf(` ${name}(`);
  const end = text.indexOf("\n}\n", start);
  const at = text.indexOf(from, start);
  if (start < 0 || at < 0 || at > end) throw new Error(`${name} holds no ${JSON.stringify(from)}`);
  return text.slice(0, at) + to + text.slice(at + from.length);
}

/** A unified diff of texts that differ in one place. */
function diff(file: string, before: string, after: string): string {
  const old = before.split("\n");
  const now = after.split("\n");
  let first = 0;
  while (old[first] === now[first]) first++;
  let same = 0;
  while (same < Math.min(old.length, now.length) - first && old.at(-1 - same) === now.at(-1 - same)) same++;
  const context = Math.min(3, first);
  const rest = Math.min(3, same - 1);
  const start = first - context;
  const lines = [
    ...old.slice(start, first).map((line) => ` ${line}`),
    ...old.slice(first, old.length - same).map((line) => `-${line}`),
    ...now.slice(first, now.length - same).map((line) => `+${line}`),
    ...old.slice(old.length - same, old.length - same + rest).map((line) => ` ${line}`),
  ];
  const range = (all: string[]): string => `${start + 1},${all.length - same + rest - start}`;
  return [`--- a/${file}`, `+++ b/${file}`, `@@ -${range(old)} +${range(now)} @@`, ...lines, ""].join("\n");
}

/** Checks the patch from `before` to `after`; the tree holds `tree`. */
function checkPatch(file: string, before: string, after: string, tree: string) {
  const demo = copyDemo();
  try {
    writeFileSync(path.join(demo.root, file), tree);
    const args = [path.join(project, "dist/cli.js"), "check", "--diff", "-", "--format", "json"];
    const done = spawnSync(process.execPath, args, {
      cwd: demo.root,
      encoding: "utf8",
      input: diff(file, before, after),
    });
    const { findings } = JSON.parse(done.stdout) as { findings: Finding[] };
    return {
      status: done.status,
      stderr: done.stderr,
      found: findings.map((finding) => `${finding.function} ${finding.rule}`),
    };
  } finally {
    demo.remove();
  }
}

describe("patches", () => {
  it.each(cases)("one that $title brings exactly its finding", (bug) => {
    const before = readFileSync(path.join(project, "test-fixtures/demo", bug.file), "utf8");
    const after = edit(before, bug);
    const applied = checkPatch(bug.file, before, after, after);
    expect(applied.stderr).toBe("");
    expect(applied.found).toContain(`${bug.function} ${bug.rule}`);
    expect(applied.found.filter((line) => !line.startsWith(`${bug.function} `))).toEqual([]);
    const pending = checkPatch(bug.file, before, after, before);
    expect(pending.stderr).toContain("does not have this patch");
    expect(pending.found).toEqual(applied.found);
    // The way back introduces nothing.
    expect(checkPatch(bug.file, after, before, before)).toEqual({ status: 0, stderr: "", found: [] });
  });
});
