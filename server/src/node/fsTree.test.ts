import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { maximumFileBytes, openFsTree } from "./fsTree";

let root: string;
const file = (name: string, content: string | Buffer) => writeFileSync(path.join(root, name), content);

beforeAll(() => {
  root = mkdtempSync(path.join(tmpdir(), "lockstep-tree-"));
  mkdirSync(path.join(root, "sub"));
  file("b.c", "int b;\r\n");
  file("a.c", "int a; /* \u00e4 */\n");
  file("latin.c", Buffer.from([0x2f, 0x2a, 0xe4, 0x2a, 0x2f]));
  file("binary.c", Buffer.from([0x7f, 0x45, 0x00, 0x01]));
  file("large.h", Buffer.alloc(maximumFileBytes + 1, 0x20));
  file("locked.c", "int l;");
  chmodSync(path.join(root, "locked.c"), 0);
  symlinkSync("..", path.join(root, "sub", "loop"));
  symlinkSync("a.c", path.join(root, "link.c"));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe("tree on disk", () => {
  it("lists files and folders in order, links to folders left out", () => {
    const tree = openFsTree(root);
    expect(tree.list("")).toEqual(["a.c", "b.c", "binary.c", "large.h", "latin.c", "link.c", "locked.c"]);
    expect(tree.folders("")).toEqual(["sub"]);
    expect(tree.folders("sub")).toEqual([]);
    expect(tree.list("none")).toBeUndefined();
  });

  it("decodes UTF-8 and Latin-1", () => {
    const tree = openFsTree(root);
    expect(tree.read("a.c")).toBe("int a; /* \u00e4 */\n");
    expect(tree.read("latin.c")).toBe("/*\u00e4*/");
    expect(tree.read("b.c")).toBe("int b;\r\n");
  });

  it.each([
    ["binary.c", "binary file (it holds a NUL byte)"],
    ["large.h", "larger than 8 MB, not read"],
    ["none.c", "no such file"],
    ["sub", "is a folder"],
    ["../x.c", "lies outside the tree"],
  ])("says why %s gives nothing", (name, problem) => {
    const tree = openFsTree(root);
    expect(tree.read(name)).toBeUndefined();
    expect(tree.problemOf(name)).toBe(problem);
  });

  it.skipIf(process.getuid?.() === 0)("says that a file is not for us", () => {
    const tree = openFsTree(root);
    expect(tree.read("locked.c")).toBeUndefined();
    expect(tree.problemOf("locked.c")).toBe("permission denied");
  });

  it("sees a new file once it was told", () => {
    const tree = openFsTree(root);
    tree.list("sub");
    file("sub/new.c", "");
    expect(tree.list("sub")).toEqual([]);
    tree.forget("sub/new.c");
    expect(tree.list("sub")).toEqual(["new.c"]);
  });
});
