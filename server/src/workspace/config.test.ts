import { describe, expect, it } from "vitest";
import { parseConfig } from "./config";

const parse = (text: string) => {
  const { config, problems } = parseConfig("c.yaml", text, (name) => name === "R01");
  return { config, problems: problems.map(({ line, column, message }) => `${line}:${column}: ${message}`) };
};

describe("configuration", () => {
  it("reads all settings", () => {
    expect(parse("severity: error\ndisable:\n  - R01\nexclude: ['tools/**']\n")).toEqual({
      config: { severity: "error", disable: ["R01"], exclude: ["tools/**"] },
      problems: [],
    });
  });

  it("may be empty", () => {
    expect(parse("# nothing\n")).toEqual({ config: { disable: [], exclude: [] }, problems: [] });
    expect(parse("disable:\n").problems).toEqual([]);
  });

  it.each([
    ["severity: high", "1:11: severity is error, warning or hint"],
    ["colour: red", '1:1: unknown setting "colour"; known are severity, disable and exclude'],
    ["disable: R01", "1:10: disable is a list"],
    ["disable: [R77]", '1:11: there is no rule "R77"'],
    ["exclude: [{}]", "1:11: every entry of exclude is a text"],
    ["- a", "1:1: expected `severity`, `disable` or `exclude`"],
  ])("%j", (text, problem) => expect(parse(text).problems).toEqual([problem]));

  it("places a syntax error", () => {
    expect(parse("exclude: [a\n").problems[0]).toMatch(/^\d+:\d+: /);
  });
});
