/** Text as nodes: nothing is lost or added, lines break where readers would break them. */
import { describe, expect, it } from "vitest";
import { breakable, words } from "./text";
import { type Element, textOf } from "./tree";

const text = (nodes: ReturnType<typeof words>) => nodes.map(textOf).join("");
const drawn = (code: string) =>
  breakable(code)
    .map((n) => (typeof n === "string" ? n : n.tag === "wbr" ? "|" : `<${textOf(n)}>`))
    .join("");

describe("text of the panel", () => {
  it.each(["`vma` is used after `mmap_lock`", "a lone ` stays", "``", "no code"])("makes words of %s", (given) => {
    expect(text(words(given))).toBe(given.replace(/`([^`\n]+)`/g, "$1"));
  });

  it("takes what stands between backticks for code", () => {
    expect(words("`a` b").map((n) => (n as Element).tag ?? n)).toEqual(["code", " b"]);
  });

  it.each([
    ["return vma->vm_end;", "return vma|<->>vm_end;"],
    ["f(a, b,c)", "f(|a, b,|c)"],
    ["->x", "<->>x"],
    ["i--", "i--"],
  ])("breaks %s", (given, wanted) => {
    expect(drawn(given)).toBe(wanted);
    expect(text(breakable(given))).toBe(given);
  });
});
