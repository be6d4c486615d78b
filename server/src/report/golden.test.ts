/** Every output format against a stored text. After an intended change: `npm test -- -u server/src/report`. */
import { describe, expect, it } from "vitest";
import type { Finding } from "../protocol/finding";
import type { CheckRule } from "../rules/model";
import { formats, type Report } from "./model";
import { renderers } from "./render";

const rule: CheckRule = {
  id: "pen-used-after-return",
  alias: "R97",
  title: "A pen is used after it was given back",
  status: "stable",
  confidence: "high",
  harm: "race",
  detector: "stale-after-release",
  with: {},
  message: "",
  what: "A pen belongs to the one who holds the desk.\nAfterwards it may be anywhere.",
  why: "Somebody else may be writing with it.",
  fix: "Write first, then leave the desk.",
  fixes: [],
  applies: ["+desk_lock"],
  since: "6.4",
  sources: ["Documentation/desk.rst, section 2"],
  falsePositives: ["Pens of one's own."],
  bad: ["leave(desk);\nwrite(pen);\n"],
  good: ["write(pen);\nleave(desk);\n"],
  file: "rules/checks/pen-used-after-return.yaml",
};

const source: Record<string, string[]> = {
  "mm/a b.c": ["\tpen = take(desk);", "\tleave(desk);", "\tif (pen) write(pen);", "", "\tlong_call(one,", "\t\ttwo);"],
};

const findings: Finding[] = [
  {
    rule: rule.id,
    alias: "R97",
    level: "warning",
    file: "mm/a b.c",
    line: 3,
    column: 17,
    endLine: 3,
    endColumn: 20,
    function: "scribble",
    message: "pen is used after the desk was left: 50% wrong, or more",
    advice: "write first",
    fingerprint: "f1",
    path: [
      { file: "mm/a b.c", line: 1, column: 2, text: "pen = take(desk);", note: "pen taken here" },
      { file: "include/desk.h", line: 12, column: 1, text: `${"leave(desk); ".repeat(8)}`, note: "desk left here" },
    ],
    replay: null,
  },
  {
    rule: "not-in-the-table",
    alias: "R98",
    level: "error",
    file: "mm/a b.c",
    line: 5,
    column: 2,
    endLine: 6,
    endColumn: 6,
    function: "",
    message: "two lines",
    advice: "",
    fingerprint: "f2",
    path: [],
    replay: {
      verdict: "violation",
      scenario: "single-thread",
      profile: "flush-ipi",
      states: 3,
      switches: 0,
      reason: null,
    },
  },
  {
    ...({} as Finding),
    rule: "unseen",
    alias: "R99",
    level: "hint",
    file: "/gone.c",
    line: 1,
    column: 1,
    endLine: 1,
    endColumn: 2,
    function: "f",
    message: "no source",
    advice: "",
    fingerprint: "f3",
    path: [],
    replay: null,
  },
];

const report = (colour: boolean, list = findings): Report => ({
  findings: list,
  files: 7,
  rules: [rule],
  version: "1.2.3",
  sourceLine: (file, line) => source[file]?.[line - 1],
  colour,
});

describe("output formats", () => {
  it.each(formats)("%s", async (format) => {
    await expect(renderers[format](report(false))).toMatchFileSnapshot(`golden/${format}.txt`);
  });

  it("text in colour", async () => {
    await expect(renderers.text(report(true))).toMatchFileSnapshot("golden/text-colour.txt");
  });

  it.each(formats)("%s without findings", async (format) => {
    await expect(renderers[format](report(false, []))).toMatchFileSnapshot(`golden/${format}-empty.txt`);
  });
});
