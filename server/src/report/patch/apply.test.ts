import { describe, expect, it } from "vitest";
import { applyPatches } from "./apply";
import { parsePatch } from "./parse";

const apply = (texts: Record<string, string>, patch: string, direction: "forward" | "reverse") => {
  const result = applyPatches(parsePatch(patch), (path) => texts[path], direction);
  return "texts" in result ? Object.fromEntries(result.texts) : result;
};

describe("patches", () => {
  const patch =
    "--- a/x.c\n+++ b/x.c\n@@ -1,3 +1,4 @@\n one\n-two\n+2\n+2b\n three\n@@ -10 +11 @@ fn(void)\n-ten\n+10\n";
  const before = "one\ntwo\nthree\n4\n5\n6\n7\n8\n9\nten\n";
  const after = "one\n2\n2b\nthree\n4\n5\n6\n7\n8\n9\n10\n";

  it("apply in both directions", () => {
    expect(apply({ "x.c": before }, patch, "forward")).toEqual({ "x.c": after });
    expect(apply({ "x.c": after }, patch, "reverse")).toEqual({ "x.c": before });
  });

  it("fail where the context differs", () => {
    expect(apply({ "x.c": before.replace("one", "eins") }, patch, "forward")).toEqual({
      failed: { file: "x.c", line: 1 },
    });
    expect(apply({}, patch, "forward")).toEqual({ failed: { file: "x.c", line: 1 } });
  });

  it("apply as a series, undone from its end", () => {
    const series = patch + "-- \n2.1\n\nFrom x\n---\n--- a/x.c\n+++ b/x.c\n@@ -2,2 +2,1 @@\n-2\n-2b\n+zwei\n";
    const final = after.replace("2\n2b", "zwei");
    expect(apply({ "x.c": before }, series, "forward")).toEqual({ "x.c": final });
    expect(apply({ "x.c": final }, series, "reverse")).toEqual({ "x.c": before });
  });

  it("keep carriage returns", () => {
    const crlf = (text: string) => text.replace(/\n/g, "\r\n");
    expect(apply({ "x.c": crlf(after) }, patch, "reverse")).toEqual({ "x.c": crlf(before) });
  });

  it("know a missing final line break", () => {
    const text = "--- a/x.c\n+++ b/x.c\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n";
    expect(apply({ "x.c": "a" }, text, "forward")).toEqual({ "x.c": "b\n" });
    expect(apply({ "x.c": "b\n" }, text, "reverse")).toEqual({ "x.c": "a" });
  });

  it("follow renames", () => {
    const text =
      "diff --git a/x.c b/y.c\nsimilarity index 90%\nrename from x.c\nrename to y.c\n--- a/x.c\n+++ b/y.c\n@@ -1 +1 @@\n-a\n+b\n";
    expect(apply({ "x.c": "a\n" }, text, "forward")).toEqual({ "x.c": null, "y.c": "b\n" });
    expect(apply({ "y.c": "b\n" }, text, "reverse")).toEqual({ "y.c": "a\n" });
    const pure = "diff --git a/x.c b/y.c\nsimilarity index 100%\nrename from x.c\nrename to y.c\n";
    expect(apply({ "x.c": "a\n" }, pure, "forward")).toEqual({ "x.c": null, "y.c": "a\n" });
  });

  it("leave other files alone", () => {
    expect(apply({}, "--- a/README\n+++ b/README\n@@ -1 +1 @@\n-a\n+b\n", "reverse")).toEqual({});
  });
});
