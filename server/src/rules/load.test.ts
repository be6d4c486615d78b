import { describe, expect, it } from "vitest";
import { loadRules, type RuleFile } from "./load";

const TYPES: RuleFile = {
  path: "rules/types.yaml",
  text: "actions:\n  look: Looks ($ = mm).\nmarks:\n  fresh: New.\n",
};
const APIS: RuleFile = {
  path: "rules/apis/a.yaml",
  text: [
    "family: a",
    "classes:",
    "  big: { kind: rwsem, object: mm_struct, field: big }",
    "apis:",
    "  take: { acquire: big, mode: read, object: arg0 }",
    "",
  ].join("\n"),
};
const CHECK = {
  id: "some-rule",
  text: (extra = ""): string =>
    [
      "id: some-rule",
      "alias: X1",
      "title: t",
      "harm: race",
      "detector: requires-lock",
      "with: { actions: [look], needs: [[{ lock: big, mode: read, on: $ }]] }",
      "message: m",
      "what: w",
      "why: y",
      "fix: f",
      "bad: [a]",
      "good: [b]",
      extra,
    ].join("\n"),
};

function problems(...files: RuleFile[]): string[] {
  return loadRules(files).problems.map((p) => `${p.file}:${p.line}:${p.column}: ${p.message}`);
}

function api(...lines: string[]): RuleFile {
  return { path: "rules/apis/b.yaml", text: ["family: b", "apis:", ...lines.map((l) => `  ${l}`), ""].join("\n") };
}

describe("problems with exact places", () => {
  it.each([
    [
      "unknown key in an entry",
      api("f: { acquier: big, mode: read, object: arg0 }"),
      '3:8: unknown key "acquier" (did you mean "acquire"?)',
    ],
    [
      "unknown lock class",
      api("f: { acquire: bg, mode: read, object: arg0 }"),
      '3:17: unknown lock class "bg" (did you mean "big"?)',
    ],
    ["unknown action", api("f: { does: lok, object: arg0 }"), '3:14: unknown action "lok" (did you mean "look"?)'],
    ["unknown mark", api("f: { mark: frehs, object: arg0 }"), '3:14: unknown mark "frehs" (did you mean "fresh"?)'],
    ["unknown rule", api("f: { release: big, object: arg0, rule: nope }"), '3:42: unknown rule "nope"'],
    [
      "unknown mode",
      api("f: { acquire: big, mode: raed, object: arg0 }"),
      '3:28: "raed" is not one of read, write, any (did you mean "read"?)',
    ],
    ["missing mode", api("f: { acquire: big, object: arg0 }"), '3:3: "acquire: big" needs a mode: read or write'],
    ["missing object", api("f: { acquire: big, mode: read }"), '3:3: "acquire: big" needs an object'],
    [
      "two verbs",
      api("f: { effects: [{ acquire: big, release: big, object: arg0 }] }"),
      "3:18: one effect has one verb, not acquire and release",
    ],
    [
      "bad path",
      api("f: { acquire: big, mode: read, object: vma }"),
      '3:42: bad path "vma": it must start with arg0…arg9, ret, $, cpu, current or global:NAME',
    ],
    [
      "bad condition",
      api("f: { acquire: big, mode: read, object: arg0, when: ret = 0 }"),
      '3:54: bad condition "ret = 0": write e.g.',
    ],
    [
      "failing value that is no argument",
      api('f: { returns: { is: "arg0->mm", fails: err } }'),
      "beside `fails` it must be an argument: arg0…arg9",
    ],
    ["unquoted star", api("f: { writes: [*arg3] }"), '3:17: quote "*arg3": unquoted it is a YAML alias'],
    ["unquoted ampersand", api("f: { release: big, object: &arg0 }"), 'quote "&arg0": unquoted it is a YAML anchor'],
    ["not an identifier", api('"f-x": { sleeps: true }'), '3:3: "f-x" is not a C identifier'],
    ["alias of nothing", api("f: { alias: taek }"), '3:15: unknown API entry "taek" (did you mean "take"?)'],
    [
      "alias with effects",
      api("f: { alias: take, sleeps: true }"),
      '3:21: an alias takes its meaning from "take": "sleeps" cannot be given',
    ],
    ["alias of itself", api("f: { alias: g }", "g: { alias: f }"), "is an alias of itself"],
    [
      "duplicate in one file",
      api("f: { sleeps: true }", "f: { sleeps: false }"),
      '4:3: "f" is given twice in this file',
    ],
    ["duplicate over files", api("take: { sleeps: true }"), '3:3: API entry "take" is already defined in another file'],
    ["wrong type", api("f: { sleeps: true, params: two }"), '3:30: expected a number, found "two"'],
    ["bad YAML", { path: "rules/apis/b.yaml", text: "family: b\napis: { f: [ }\n" }, "rules/apis/b.yaml:2:"],
    ["empty file", { path: "rules/apis/b.yaml", text: "" }, "1:1: the file is empty"],
    ["list instead of mapping", { path: "rules/apis/b.yaml", text: "- a\n" }, "1:1: expected a mapping"],
    [
      "unknown top key",
      { path: "rules/apis/b.yaml", text: "family: b\nclases: {}\n" },
      '2:1: unknown key "clases" (did you mean "classes"?)',
    ],
    [
      "unknown slot key",
      { path: "rules/contexts.yaml", text: "slots:\n  s.f: { hold: [] }\n" },
      '2:10: unknown key "hold" (did you mean "holds"?)',
    ],
    [
      "unknown class in a slot",
      { path: "rules/contexts.yaml", text: "slots:\n  s.f: { free: [bgi] }\n" },
      '2:17: unknown lock class "bgi" (did you mean "big"?)',
    ],
    [
      "guard without API",
      { path: "rules/macros.yaml", text: "guards:\n  g: { acquire: take, release: drop }\n" },
      '2:32: unknown API entry "drop"',
    ],
    [
      "bad pattern",
      { path: "rules/macros.yaml", text: 'defining:\n  - { pattern: "(", kind: blank }\n' },
      '2:16: "(" is not a regular expression',
    ],
  ])("%s", (_, file, message) => {
    const found = problems(TYPES, APIS, file);
    expect(found.some((p) => p.includes(message))).toBe(true);
  });

  it.each([
    [
      "unknown detector",
      CHECK.text().replace("requires-lock", "require-lock"),
      '5:11: unknown detector "require-lock" (did you mean "requires-lock"?)',
    ],
    [
      "unknown parameter",
      CHECK.text().replace("actions:", "action:"),
      '6:9: unknown key "action" (did you mean "actions"?)',
    ],
    [
      "unknown lock in a need",
      CHECK.text().replace("lock: big", "lock: bog"),
      '6:43: unknown lock class "bog" (did you mean "big"?)',
    ],
    ["unknown action in a check", CHECK.text().replace("[look]", "[lookup]"), '6:19: unknown action "lookup"'],
    ["bad place", CHECK.text().replace("on: $ ", "on: mm "), '6:64: bad path "mm"'],
    ["missing field", CHECK.text().replace("why: y\n", ""), '"why" is missing'],
    ["bad applies", CHECK.text("applies: [6.4]"), "13:11: expected text, found 6.4"],
    ["bad applies symbol", CHECK.text('applies: ["6.4"]'), '13:11: bad condition on the tree "6.4"'],
    [
      "unknown key in a check",
      CHECK.text("confidense: high"),
      '13:1: unknown key "confidense" (did you mean "confidence"?)',
    ],
  ])("%s", (_, text, message) => {
    const found = problems(TYPES, APIS, { path: "rules/checks/some-rule.yaml", text });
    expect(found.join("\n")).toContain(message);
  });

  it("a check's file is called like its id", () => {
    expect(problems(TYPES, APIS, { path: "rules/checks/other.yaml", text: CHECK.text() })[0]).toBe(
      'rules/checks/other.yaml:1:5: the file of rule "some-rule" must be called some-rule.yaml',
    );
  });
});

describe("what still loads", () => {
  it("leaves out the broken entry and keeps the others", () => {
    const rules = loadRules([
      TYPES,
      APIS,
      api("f: { acquire: nope, object: arg0 }", "g: { release: big, object: arg0 }"),
    ]);
    expect([...rules.apis.keys()]).toEqual(["take", "g"]);
    expect(rules.problems).toHaveLength(1);
  });

  it("never throws", () => {
    for (const text of [
      "\u0000",
      "{",
      "a: *b",
      "&a [*a]",
      "? [x]\n: y",
      "--- a\n--- b",
      "apis: 1",
      "slots: []",
      "\tx: 1",
      "a: !!js/function 1",
      "[".repeat(5000),
    ]) {
      for (const path of [
        "rules/apis/x.yaml",
        "rules/checks/x.yaml",
        "rules/contexts.yaml",
        "rules/macros.yaml",
        "rules/types.yaml",
        ".lockstep/rules/x.yaml",
      ]) {
        const rules = loadRules([TYPES, APIS, { path, text }]);
        expect(rules.problems.length).toBeGreaterThan(0);
        expect(rules.apis.has("take")).toBe(true);
      }
    }
  });

  it("does not care about the order of the built-in files", () => {
    expect(problems(APIS, TYPES)).toEqual([]);
    expect(problems({ path: "rules/checks/some-rule.yaml", text: CHECK.text() }, APIS, TYPES)).toEqual([]);
  });
});

describe("forms of entries", () => {
  it("fills in modes and objects", () => {
    const file: RuleFile = {
      path: "rules/apis/b.yaml",
      text: [
        "family: b",
        "opaque: false",
        "classes:",
        "  cpu_state: { kind: rcu }",
        "  spin: { kind: spin, generic: true }",
        "apis:",
        "  enter: { acquire: cpu_state }",
        "  lock: { acquire: spin, object: arg0 }",
        "  unlock: { release: spin, object: arg0 }",
        "  find: { returns: { fails: null } }",
        "",
      ].join("\n"),
    };
    const rules = loadRules([file]);
    expect(rules.problems).toEqual([]);
    expect(rules.apis.get("enter")?.[0]?.effects).toEqual([{ acquire: "cpu_state", object: "cpu", mode: "read" }]);
    expect(rules.apis.get("lock")?.[0]).toMatchObject({
      effects: [{ acquire: "spin", object: "arg0", mode: "write" }],
      opaque: false,
    });
    expect(rules.apis.get("unlock")?.[0]?.effects[0]?.mode).toBe("any");
    expect(rules.apis.get("find")?.[0]?.returns?.fails).toBe("null");
    expect(rules.classes.get("spin")).toMatchObject({ atomic: true, nests: false, generic: true });
    expect(rules.classes.get("cpu_state")).toMatchObject({ atomic: true, nests: true, label: "cpu_state" });
  });

  it("gives an alias the effects of its target, through chains", () => {
    const rules = loadRules([TYPES, APIS, api("second: { alias: first }", "first: { alias: take, applies: +old }")]);
    expect(rules.problems).toEqual([]);
    expect(rules.apis.get("second")).toEqual([
      { ...rules.apis.get("take")?.[0], name: "second", family: "b", aliasOf: "take", applies: "+old" },
    ]);
  });

  it("keeps variants of one name apart", () => {
    const rules = loadRules([
      TYPES,
      APIS,
      api("f:", "  - { params: 1, release: big, object: arg0 }", "  - { params: 2, release: big, object: arg1 }"),
    ]);
    expect(rules.apis.get("f")?.map((e) => [e.params, e.effects[0]?.object])).toEqual([
      [1, "arg0"],
      [2, "arg1"],
    ]);
  });
});

describe("rules of the user", () => {
  const shipped: RuleFile = { path: "rules/checks/some-rule.yaml", text: CHECK.text() };

  it("add and replace", () => {
    const rules = loadRules([
      TYPES,
      APIS,
      shipped,
      {
        path: ".lockstep/rules/mine.yaml",
        text: "family: mine\napis:\n  take: { release: big, object: arg0 }\n  extra: { sleeps: true }\n",
      },
      { path: ".lockstep/rules/some.yaml", text: CHECK.text().replace("title: t", "title: mine") },
      {
        path: ".lockstep/rules/more.yaml",
        text: CHECK.text().replace("id: some-rule", "id: other-rule").replace("X1", "X2"),
      },
    ]);
    expect(rules.problems).toEqual([]);
    expect(rules.apis.get("take")?.[0]?.effects[0]?.release).toBe("big");
    expect(rules.apis.has("extra")).toBe(true);
    expect(rules.checks.map((c) => [c.id, c.title])).toEqual([
      ["some-rule", "mine"],
      ["other-rule", "t"],
    ]);
  });

  it("a broken override leaves the shipped rule in place", () => {
    const rules = loadRules([
      TYPES,
      APIS,
      shipped,
      { path: ".lockstep/rules/some.yaml", text: CHECK.text().replace("requires-lock", "nope") },
      { path: ".lockstep/rules/mine.yaml", text: "family: mine\napis:\n  take: { release: nope, object: arg0 }\n" },
    ]);
    expect(rules.problems).toHaveLength(2);
    expect(rules.checks.map((c) => c.title)).toEqual(["t"]);
    expect(rules.apis.get("take")?.[0]?.effects[0]?.acquire).toBe("big");
  });
});
