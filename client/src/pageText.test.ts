/** What the extension says, without VS Code. */
import { describe, expect, it } from "vitest";
import type { Finding, LockStateAt } from "../../server/src/protocol/finding";
import { code, prose } from "../../server/src/protocol/markdown";
import { contractMarkdown, statusText, statusTooltip } from "./lockText";
import { excerptAround, falsePositiveReport, patchPage, whyPage } from "./pageText";
import { treeTooltip } from "./treeText";

const hostile = "x`; <img src=x onerror=alert(1)> [a](command:evil) `y";

const finding: Finding = {
  rule: "stale-use",
  alias: "R99",
  level: "warning",
  file: "mm/a.c",
  line: 4,
  column: 2,
  endLine: 4,
  endColumn: 9,
  function: "f",
  message: `used after ${hostile}`,
  advice: "",
  fingerprint: "0",
  path: [{ file: "mm/a.c", line: 3, column: 2, text: hostile, note: "dropped <b>here</b>" }],
  replay: null,
};

const lock = (name: string, mode = "read", certain = true): LockStateAt["locks"][number] => ({
  lock: name,
  object: "mm",
  mode,
  since: { line: 2, text: "take(mm);" },
  certain,
});

/** Markdown with its code spans and fences taken out: what could be read as markup. */
function outsideCode(markdown: string): string {
  return markdown.replace(/(`{3,})[\s\S]*?\n\1/g, "").replace(/(`+)[\s\S]*?[^`]\1(?!`)/g, "");
}

describe("status bar", () => {
  it("is silent outside functions and short inside", () => {
    expect(statusText({ function: null, locks: [] })).toBeUndefined();
    expect(statusText({ function: "f", locks: [] })).toBe("no locks");
    expect(statusText({ function: "f", locks: [lock("a"), lock("b", "write", false)] })).toBe("a:r, b:w?");
    expect(statusText({ function: "f", locks: ["a", "b", "c", "d"].map((n) => lock(n, "any")) })).toBe("a, b +2");
  });

  it("tells the whole story in its tooltip", () => {
    expect(statusTooltip({ function: "f", locks: [lock("a", "write", false)] })).toContain(
      "- a of mm (write), since line 2: `take(mm);`, on some paths only",
    );
  });
});

describe("pages", () => {
  it("quote code whatever is in it", () => {
    expect(code("a`b")).toBe("``a`b``");
    expect(code("`a")).toBe("`` `a ``");
    expect(prose("<b> [x](y)")).toBe("\\<b\\> \\[x\\](y)");
  });

  it.each([
    [
      "why",
      whyPage(
        {
          function: hostile,
          locks: [lock(hostile)],
          evidence: [hostile],
          findings: [finding],
          silent: [{ rule: hostile, reason: hostile }],
        },
        hostile,
      ),
    ],
    [
      "patch",
      patchPage({
        findings: [{ ...finding, file: hostile, function: hostile, uri: "file:///a.c" }],
        files: 1,
        note: hostile,
      }),
    ],
    ["report", falsePositiveReport({ ...finding, function: hostile }, `\`\`\`\n${hostile}`, undefined, "1.0")],
  ])("let nothing of the code through as markup: %s", (_, page) => {
    const words = outsideCode(page)
      .replace(/<!--.*?-->/g, "")
      .replace(/\(<file:[^>]*>\)/g, "");
    expect(words).not.toMatch(/(?<!\\)<[a-z]|(?<!\\)\]\(command:/i);
  });

  it("say when there is nothing to say", () => {
    expect(patchPage({ findings: [], files: 2, note: null })).toContain("introduces nothing");
    const page = whyPage({ function: null, locks: [], evidence: [], findings: [], silent: [] }, "mm/a.c:1");
    expect(page).toContain("outside functions");
    expect(page).toContain("None is known to be held.");
  });

  it("cut the function out of its file", () => {
    const lines = ["int a;", "", "static int f(void)", "{", "\treturn g();", "}", "", "int h(void)", "{", "}"];
    expect(excerptAround(lines, 4)).toBe("static int f(void)\n{\n\treturn g();\n}");
    expect(excerptAround(lines, 0)).toContain("int a;");
  });

  it("show contracts and trees", () => {
    const contract = {
      function: "f",
      file: "mm/a.c",
      line: 1,
      requires: [{ lock: "a", object: "mm", mode: "write" as const, when: "" }],
      acquires: [],
      releases: [{ lock: "a", object: "mm", mode: "any" as const, when: "return value == 0" }],
      drops: [],
      maySleep: "unknown" as const,
      evidence: ["asserted"],
    };
    expect(contractMarkdown(contract)).toMatch(
      /Requires[\s\S]*- a of mm \(write\)[\s\S]*if `return value == 0`[\s\S]*not known/,
    );
    const tooltip = treeTooltip({
      root: "/k",
      kernel: true,
      version: "6.12",
      features: [{ symbol: "s", present: false, rules: ["R01"] }],
    });
    expect(tooltip).toContain("Linux 6.12");
    expect(tooltip).toContain("- lacks `s`: R01");
  });
});
