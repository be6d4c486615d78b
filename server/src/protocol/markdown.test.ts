/** Nothing that stands in code or in the name of a file becomes markup. */
import { describe, expect, it } from "vitest";
import { code, fenced, prose, unlinked } from "./markdown";

describe("Markdown", () => {
  it("takes code as it is", () => {
    expect(code("a->b")).toBe("`a->b`");
    expect(code("a`b``c")).toBe("```a`b``c```");
    expect(code("`a")).toBe("`` `a ``");
    expect(code("a\n\t b")).toBe("`a b`");
  });

  it("takes words as they are, and code between backticks", () => {
    expect(prose("mmap_lock of *mm")).toBe("mmap\\_lock of \\*mm");
    expect(prose("`vm_flags_set(vma)` changes <b>")).toBe("`vm_flags_set(vma)` changes \\<b\\>");
    expect(prose("![x](http://y) [a](command:b)")).toBe("\\!\\[x\\](http://y) \\[a\\](command:b)");
    // A backtick without a partner, and one that would end the code it stands in.
    expect(prose("a` [x](y)")).toBe("a\\` \\[x\\](y)");
    expect(prose("`a`; [x](y) `b`")).toBe("`a`; \\[x\\](y) `b`");
    expect(prose("&lt;")).toBe("\\&lt;");
  });

  it("lets no line end its block", () => {
    expect(fenced(["a", "```", "````", "b"], "c")).toBe("`````c\na\n```\n````\nb\n`````");
  });

  it("leaves no links in notifications", () => {
    const link = /\[[^\]]+\]\((?:https?:\/\/|command:|file:)[^)\s]+/;
    const text = "mm/[x](command:workbench.action.quit).c: no function here";
    expect(text).toMatch(link);
    expect(unlinked(text)).not.toMatch(link);
  });
});
