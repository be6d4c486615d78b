import { expect, test } from "vitest";
import type { TreeReader } from "../base/tree";
import { structOf, TreeIndex } from "./treeIndex";
import { indexPart } from "./treeIndexWords";

/** A reader over a plain map; the tests change the map. */
function readerOf(files: Map<string, string>): TreeReader {
  const below = (dir: string): string[] => {
    const prefix = dir === "" ? "" : `${dir}/`;
    return [...files.keys()].filter((path) => path.startsWith(prefix)).map((path) => path.slice(prefix.length));
  };
  const unique = (names: string[]): string[] | undefined =>
    names.length === 0 ? undefined : [...new Set(names)].sort();
  return {
    read: (path) => files.get(path),
    list: (dir) => unique(below(dir).filter((name) => !name.includes("/"))),
    folders: (dir) =>
      unique(
        below(dir)
          .filter((name) => name.includes("/"))
          .map((name) => name.split("/")[0] as string),
      ),
  };
}

const KERNEL: Record<string, string> = {
  "include/linux/mm.h": `#include <linux/types.h>
#include <asm/page.h>
#define for_each(x) for (;;)
struct mm_struct { int users; };
struct area { struct mm_struct *mm; };
int shared(int x);
int exported(void);
static inline int helper(struct area *a) { return shared(1); }
#ifdef CONFIG_STUB
int stubbed(void);
#else
static inline int stubbed(void) { return 0; }
#endif
`,
  "include/linux/types.h": "#include <linux/mm.h>\ntypedef int t;\n",
  "include/linux/unrelated.h": "static inline int foreign(void) { return 0; }\n#define for_each(x) while (0)\n",
  "arch/x86/include/asm/page.h": "#define PAGE_SIZE 4096\n",
  "include/asm-generic/only.h": "#define GENERIC 1\n",
  "include/uapi/linux/flags.h": "#define FLAG 1\n",
  "mm/internal.h": "int internal(void);\nstatic inline int inner(void) { return internal(); }\n",
  "mm/a.c": `#include <linux/mm.h>
#include <asm/only.h>
#include <linux/flags.h>
#include "internal.h"
int shared(int x)
{
	return once(x) + inner();
}
int exported(void)
{
	return 0;
}
EXPORT_SYMBOL_GPL(exported);
int stubbed(void)
{
	return 1;
}
int taken(void)
{
	return 1;
}
int installed(void)
{
	return 1;
}
int in_macro(void)
{
	return 1;
}
int from_assembly(void)
{
	return 1;
}
SYSCALL_DEFINE1(entry, int, x)
{
	return shared(x);
}
`.replace("int shared(int x)", "static int once(int x)\n{\n\treturn x;\n}\nint shared(int x)"),
  "mm/b.c": `#include <linux/mm.h>
#include "internal.h"
int internal(void)
{
	return stubbed() + nowhere();
}
static int once(int x)
{
	return once(x);
}
`,
  "fs/user.c": `#include <linux/mm.h>
static const struct file_ops ops = {
	.open = installed,
};
static int taken_is_local(void)
{
	int shared = 1;
	return shared;
}
static int use(void)
{
	pass(taken);
	return shared(2) + exported() + far_away();
}
`,
  "lib/far.c": "#define CALL() in_macro()\nint far_away(void)\n{\n\treturn 0;\n}\n",
  "arch/x86/entry.S": "call from_assembly\n",
  "drivers/x/Makefile": "x-y := main.o sub/part.o\n",
  "drivers/x/main.c": "int part(void);\nint top(void)\n{\n\treturn part();\n}\n",
  "drivers/x/sub/part.c": "int part(void)\n{\n\treturn helper2();\n}\n",
};

const tree = (extra: Record<string, string> = {}): { files: Map<string, string>; index: TreeIndex } => {
  const files = new Map(Object.entries({ ...KERNEL, ...extra }));
  return { files, index: new TreeIndex(readerOf(files)) };
};

test("include closure, with cycles and the folders of the compiler", () => {
  const { index } = tree();
  expect(index.includeClosure("mm/a.c").sort()).toEqual([
    "arch/x86/include/asm/page.h",
    "include/asm-generic/only.h",
    "include/linux/mm.h",
    "include/linux/types.h",
    "include/uapi/linux/flags.h",
    "mm/internal.h",
  ]);
  expect(index.includeClosure("include/linux/mm.h")).not.toContain("include/linux/mm.h");
});

test("macros come from the file and its includes only", () => {
  const { index } = tree();
  expect(index.macro("mm/a.c", "for_each").map((m) => m.file)).toEqual(["include/linux/mm.h"]);
  expect(index.macro("mm/b.c", "GENERIC")).toEqual([]);
});

test("what a call may reach", () => {
  const { index } = tree();
  const files = (file: string, name: string): string[] => index.resolve(file, name).map((found) => found.file);
  expect(files("mm/a.c", "once")).toEqual(["mm/a.c"]);
  expect(files("mm/b.c", "once")).toEqual(["mm/b.c"]);
  expect(files("fs/user.c", "helper")).toEqual(["include/linux/mm.h"]);
  expect(files("mm/b.c", "shared")).toEqual(["mm/a.c"]);
  expect(files("fs/user.c", "far_away")).toEqual(["lib/far.c"]);
  expect(files("fs/user.c", "once")).toEqual([]);
  expect(files("mm/b.c", "foreign")).toEqual([]);
  expect(files("mm/b.c", "stubbed")).toEqual(["include/linux/mm.h", "mm/a.c"]);
});

test("what a call may reach in one folder, found without the words of the tree", () => {
  const { files, index } = tree();
  const from = (dir: string, file: string, name: string): string[] =>
    index.resolveFrom(dir, file, name).map((found) => found.file);
  expect(from("mm", "mm/b.c", "shared")).toEqual(["mm/a.c"]);
  expect(from("mm", "mm/b.c", "stubbed")).toEqual(["include/linux/mm.h", "mm/a.c"]);
  // Of an inline function in a header: the folder of whoever asks, and nothing beyond it.
  expect(from("mm", "include/linux/mm.h", "shared")).toEqual(["mm/a.c"]);
  expect(from("fs", "include/linux/mm.h", "shared")).toEqual([]);
  expect(from("fs", "fs/user.c", "far_away")).toEqual([]);
  expect(from("fs", "fs/user.c", "helper")).toEqual(["include/linux/mm.h"]);
  files.set("fs/far.c", "int far_away(void)\n{\n\treturn 1;\n}\n");
  index.invalidate("fs/far.c");
  expect(from("fs", "fs/user.c", "far_away")).toEqual(["fs/far.c"]);
});

test("field types", () => {
  const { index } = tree();
  expect(index.fieldType("mm/a.c", "area", "mm")).toBe("struct mm_struct *");
  expect(index.fieldType("lib/far.c", "area", "mm")).toBeUndefined();
  expect([structOf("const struct mm_struct * *"), structOf("pte_t")]).toEqual(["mm_struct", undefined]);
});

test("callers that are all known", () => {
  const { index } = tree();
  expect(index.callers("mm/a.c", "once")).toMatchObject({ complete: true, sites: [{ file: "mm/a.c", fn: "shared" }] });
  expect(index.callers("mm/a.c", "shared")).toMatchObject({
    complete: true,
    sites: [
      { file: "fs/user.c", fn: "use" },
      { file: "include/linux/mm.h", fn: "helper" },
      { file: "mm/a.c", fn: "entry" },
    ],
  });
  expect(index.callers("mm/internal.h", "inner")).toMatchObject({
    complete: true,
    sites: [{ file: "mm/a.c", fn: "shared" }],
  });
});

test("callers that are not", () => {
  const { index } = tree();
  const reason = (file: string, fn: string): string => {
    const { complete, reason: why } = index.callers(file, fn);
    expect(complete).toBe(false);
    return why;
  };
  expect(reason("mm/a.c", "exported")).toMatch(/exported/);
  expect(reason("mm/a.c", "taken")).toMatch(/address is taken in fs\/user.c/);
  expect(reason("mm/a.c", "installed")).toMatch(/address is taken/);
  expect(reason("mm/a.c", "in_macro")).toMatch(/macro/);
  expect(reason("mm/a.c", "from_assembly")).toMatch(/assembly/);
  expect(reason("mm/a.c", "entry")).toMatch(/system call/);
  expect(reason("include/linux/mm.h", "helper")).toMatch(/any file/);
  expect(reason("drivers/x/main.c", "top")).toMatch(/no call/);
  expect(reason("mm/a.c", "missing")).toMatch(/not defined/);
});

test("objects linked from a sub-folder belong to the module above", () => {
  const { index } = tree();
  expect(index.callers("drivers/x/sub/part.c", "part")).toMatchObject({
    complete: true,
    sites: [{ file: "drivers/x/main.c", fn: "top" }],
  });
});

test("a source file included by another shares its names", () => {
  const { index } = tree({
    "mm/part.c": "static int piece(void)\n{\n\treturn base();\n}\n",
    "mm/whole.c":
      'static int base(void)\n{\n\treturn 0;\n}\n#include "part.c"\nint whole(void)\n{\n\treturn piece();\n}\n',
  });
  expect(index.resolve("mm/part.c", "base").map((found) => found.file)).toEqual(["mm/whole.c"]);
  expect(index.resolve("mm/whole.c", "piece").map((found) => found.file)).toEqual(["mm/part.c"]);
  expect(index.callers("mm/part.c", "piece")).toMatchObject({ complete: true, sites: [{ file: "mm/whole.c" }] });
});

test("slots, feature detection, folder", () => {
  const { index } = tree();
  expect(index.slots("mm/a.c", "installed")).toMatchObject([{ file: "fs/user.c", struct: "file_ops", field: "open" }]);
  expect(
    ["shared", "for_each", "mm_struct", "internal", "far_away", "nowhere", "x"].map((s) => index.defines(s)),
  ).toEqual([true, true, true, true, false, false, false]);
  expect(index.folderUnit("mm/a.c")).toEqual(["mm/a.c", "mm/b.c", "mm/internal.h"]);
});

/** Everything an index says about a tree, as text. */
function dump(index: TreeIndex, paths: string[]): string {
  const out: unknown[] = [];
  for (const path of paths) {
    out.push(index.includeClosure(path));
    for (const fn of index.scan(path)?.functions ?? []) {
      out.push(path, fn.name, index.callers(path, fn.name), index.slots(path, fn.name), index.defines(fn.name));
      for (const call of fn.calls)
        out.push(
          call,
          index.resolve(path, call).map((found) => found.file),
        );
    }
  }
  return JSON.stringify(out);
}

test("answers do not depend on the order of questions, and edits equal a cold start", () => {
  const { files, index } = tree();
  const paths = [...files.keys()].filter((path) => !path.includes("Makefile") && !path.endsWith(".S")).sort();
  const backwards = new TreeIndex(readerOf(files));
  for (const path of [...paths].reverse()) dump(backwards, [path]);
  expect(dump(backwards, paths)).toBe(dump(index, paths));

  const edits: [string, string | undefined][] = [
    ["fs/user.c", "int far_away(void);\nint use(void)\n{\n\treturn shared(1);\n}\n"],
    ["include/linux/mm.h", "#include <linux/unrelated.h>\nint shared(int x);\n"],
    ["mm/new.c", '#include "internal.h"\nint fresh(void)\n{\n\treturn inner() + internal();\n}\n'],
    ["mm/linux/mm.h", "int nothing;\n"],
    ["lib/far.c", undefined],
    ["mm/internal.h", undefined],
    ["mm/internal.h", KERNEL["mm/internal.h"]],
    ["drivers/x/Makefile", "x-y := main.o\n"],
  ];
  for (const [path, text] of edits) {
    if (text === undefined) files.delete(path);
    else files.set(path, text);
    index.invalidate(path);
    const now = [...files.keys()].filter((file) => /\.[ch]$/.test(file)).sort();
    expect(dump(index, now), path).toBe(dump(new TreeIndex(readerOf(files)), now));
  }
});

test("a single file without a tree", () => {
  const files = new Map([
    ["x.c", "#include <linux/mm.h>\nstatic int f(void)\n{\n\treturn g();\n}\nint h(void)\n{\n\treturn f();\n}\n"],
  ]);
  const index = new TreeIndex(readerOf(files));
  expect(index.callers("x.c", "f")).toMatchObject({ complete: true, sites: [{ file: "x.c", fn: "h" }] });
  expect(index.includeClosure("x.c")).toEqual([]);
  expect(index.defines("mm_struct")).toBe(false);
  expect(index.resolve("x.c", "g")).toEqual([]);
});

test("parts that were made elsewhere, from the tree as it was then", () => {
  const { files } = tree();
  const before = new Map(files);
  const asked: string[] = [];
  const index = new TreeIndex(readerOf(files), {
    underWay: () => false,
    take(name) {
      asked.push(name);
      return indexPart(readerOf(before), name);
    },
  });
  files.set("mm/d.c", "int shared(void);\nint late(void)\n{\n\treturn shared();\n}\n");
  index.invalidate("mm/d.c");
  expect(index.callers("mm/a.c", "shared").sites.map((site) => site.fn)).toContain("late");
  expect(asked.sort()).toEqual(["core", "interfaces"]);
  const now = [...files.keys()].filter((file) => /\.[ch]$/.test(file)).sort();
  expect(dump(index, now)).toBe(dump(new TreeIndex(readerOf(files)), now));
});
