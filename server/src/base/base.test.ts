import { describe, expect, it } from "vitest";
import { matchesAny } from "./glob";
import { LineIndex } from "./lineIndex";
import { folderOf, joinPath, normalizePath, relativeInside } from "./path";
import { count } from "./text";

describe("paths", () => {
  it.each([
    ["a/./b//c/", "a/b/c"],
    ["a/../b", "b"],
    ["../../a", "../../a"],
    ["/../a", "/a"],
    ["./", ""],
  ])("normalises %s", (path, expected) => expect(normalizePath(path)).toBe(expected));

  it("joins, splits and relates", () => {
    expect(joinPath("/w", "../x")).toBe("/x");
    expect(joinPath("/w", "/x")).toBe("/x");
    expect(joinPath("", "x")).toBe("x");
    expect(folderOf("a/b")).toBe("a");
    expect(folderOf("/a")).toBe("/");
    expect(folderOf("a")).toBe("");
    expect(relativeInside("/w", "/w/a")).toBe("a");
    expect(relativeInside("/w", "/wa")).toBe("/wa");
    expect(relativeInside("/w", "/w")).toBe("");
  });
});

describe("globs", () => {
  it.each([
    ["mm/*.c", "mm/a.c", true],
    ["mm/*.c", "mm/sub/a.c", false],
    ["mm/**/*.c", "mm/a.c", true],
    ["mm/**", "mm/sub/a.c", true],
    ["drivers", "drivers/x/y.c", true],
    ["drivers", "my/drivers/y.c", true],
    ["/drivers", "my/drivers/y.c", false],
    ["*.{c,h}", "a/b.h", true],
    ["a?c", "abc", true],
    ["a.c", "abc", false],
    ["**/test_*", "lib/test_x.c", true],
    ["tools/", "tools/a.c", true],
  ])("%s on %s", (glob, path, expected) => expect(matchesAny([glob], path)).toBe(expected));
});

describe("line index", () => {
  it("maps both ways", () => {
    const text = "ab\r\ncd\n\nlast";
    const index = new LineIndex(text);
    expect(index.lineCount).toBe(4);
    expect(index.lineText(0)).toBe("ab");
    expect(index.lineText(3)).toBe("last");
    expect(index.lineText(4)).toBe("");
    for (let offset = 0; offset <= text.length; offset++) {
      const { line, column } = index.positionAt(offset);
      expect(index.offsetAt(line, column)).toBe(offset);
    }
    expect(index.offsetAt(0, 99)).toBe(3);
    expect(index.offsetAt(99, 0)).toBe(text.length);
  });
});

describe("wording", () => {
  it("counts", () =>
    expect([count(1, "file"), count(2, "file"), count(2, "branch")]).toEqual(["1 file", "2 files", "2 branches"]));
});
