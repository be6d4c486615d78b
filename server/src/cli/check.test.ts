import { describe, expect, it } from "vitest";
import { type Files, runInMemory } from "../../test/memoryHost";

const bad = "int first(void)\n{\n\twarning_one();\n}\n\nint second(void)\n{\n\terror_two();\n}\n";
const good = "int third(void)\n{\n\treturn 0;\n}\n";
const tree: Files = {
  "/w/k/Kbuild": "",
  "/w/k/mm/bad.c": bad,
  "/w/k/mm/good.c": good,
  "/w/k/mm/sub/more.c": "int fourth(void)\n{\n\thint_three();\n}\n",
  "/w/k/mm/notes.txt": "warning_one()",
};

const findings = (out: string) =>
  (JSON.parse(out).findings as { file: string; line: number; rule: string }[]).map(
    ({ file, line, rule }) => `${file}:${line} ${rule}`,
  );

describe("check", () => {
  it("finds the kernel root above a path and names files relative to it", async () => {
    const run = await runInMemory(tree, ["check", "k/mm", "--format", "json"]);
    expect(run.code).toBe(1);
    expect(run.err).toBe("");
    expect(findings(run.out)).toEqual(["mm/bad.c:3 one", "mm/bad.c:8 two"]);
  });

  it("takes relative paths from an explicit root first", async () => {
    const run = await runInMemory(tree, ["check", "--root", "k", "mm/bad.c", "--format=json"]);
    expect(findings(run.out)).toEqual(["mm/bad.c:3 one", "mm/bad.c:8 two"]);
  });

  it("exits with 0 below the threshold", async () => {
    expect((await runInMemory(tree, ["check", "k/mm/good.c"])).code).toBe(0);
    expect((await runInMemory(tree, ["check", "k/mm/sub"])).code).toBe(0);
    expect((await runInMemory(tree, ["check", "k/mm/sub", "--severity", "hint"])).code).toBe(1);
    const errors = await runInMemory(tree, ["check", "k/mm", "--severity", "error", "--format", "json"]);
    expect(findings(errors.out)).toEqual(["mm/bad.c:8 two"]);
  });

  it("gives the same output whatever the order, the workers and the shards", async () => {
    const whole = await runInMemory(tree, ["check", "k/mm", "--severity", "hint", "--format", "json"]);
    const reversed = await runInMemory(tree, [
      "check",
      "k/mm/sub",
      "k/mm/good.c",
      "k/mm/bad.c",
      "k/mm/bad.c",
      "--severity",
      "hint",
      "--format",
      "json",
    ]);
    const parallel = await runInMemory(tree, [
      "check",
      "k/mm",
      "--severity",
      "hint",
      "--format",
      "json",
      "--jobs",
      "3",
    ]);
    expect(reversed.out).toBe(whole.out);
    expect(parallel.out).toBe(whole.out);
    const shards = await Promise.all(
      [1, 2, 3].map((index) =>
        runInMemory(tree, ["check", "k/mm", "--severity", "hint", "--format", "json", "--shard", `${index}/3`]),
      ),
    );
    expect(shards.flatMap((shard) => findings(shard.out)).sort()).toEqual(findings(whole.out).sort());
  });

  it("says that there is no kernel tree and goes on", async () => {
    const run = await runInMemory({ "/w/lone/bad.c": bad }, ["check", "lone/bad.c", "--format", "json"]);
    expect(run.err).toContain("no kernel tree");
    expect(findings(run.out)).toEqual(["bad.c:3 one", "bad.c:8 two"]);
  });

  it("checks standard input in the place of a named file", async () => {
    const run = await runInMemory(tree, ["check", "-", "--stdin-filename", "k/mm/good.c"], { stdin: bad });
    expect(run.code).toBe(1);
    expect(run.out).toContain("mm/good.c:3:2: warning: one in first");
    expect(run.out).toContain("    3 | \twarning_one();");
  });

  it("reports what it can when a path is missing, and exits with 2", async () => {
    const run = await runInMemory(tree, ["check", "k/mm/bad.c", "k/mm/none.c", "--format", "json"]);
    expect(run.code).toBe(2);
    expect(run.err).toContain("k/mm/none.c: no such file");
    expect(findings(run.out)).toHaveLength(2);
    const firstMissing = await runInMemory(tree, ["check", "none.c", "k/mm/bad.c", "--format", "json"]);
    expect(firstMissing).toMatchObject({ code: 2, err: "lockstep: none.c: no such file or folder\n" });
    expect(findings(firstMissing.out)).toHaveLength(2);
  });

  it("goes on after an unreadable file and after one that breaks the analysis", async () => {
    const files = { ...tree, "/w/k/mm/locked.c": null, "/w/k/mm/odd.c": "int odd(void)\n{\n\tcrash();\n}\n" };
    const run = await runInMemory(files, ["check", "k/mm", "--format", "json"]);
    expect(run.code).toBe(2);
    expect(run.err).toContain("mm/locked.c: permission denied");
    expect(run.err).toContain("mm/odd.c: internal error: the stub was told to crash");
    expect(run.err).not.toContain("    at ");
    expect(findings(run.out)).toHaveLength(2);
  });

  it("leaves out what a baseline knows, counting equal fingerprints", async () => {
    const baseline = (await runInMemory(tree, ["check", "k/mm", "--format", "json"])).out;
    const more = {
      ...tree,
      "/w/base.json": baseline,
      "/w/k/mm/bad.c": bad.replace("warning_one();", "warning_one();\n\twarning_one();"),
    };
    const run = await runInMemory(more, ["check", "k/mm", "--baseline", "base.json", "--format", "json"]);
    expect(findings(run.out)).toEqual(["mm/bad.c:4 one"]);
    const none = await runInMemory({ ...tree, "/w/base.json": "[]" }, ["check", "k/mm", "--baseline", "base.json"]);
    expect(none).toMatchObject({ code: 2, err: expect.stringContaining("base.json: not a baseline") });
  });

  it("honours the project's configuration", async () => {
    const config = "severity: hint\ndisable: [R07]\nexclude: ['mm/sub', 'bad.c']\n";
    const run = await runInMemory({ ...tree, "/w/k/.lockstep/config.yaml": config }, [
      "check",
      "k",
      "--format",
      "json",
    ]);
    expect(run).toMatchObject({ code: 0, err: "" });
  });

  it("names file, line and column of a mistake in configuration and rules", async () => {
    const config = await runInMemory({ ...tree, "/w/k/.lockstep/config.yaml": "severity: loud\n" }, ["check", "k"]);
    expect(config).toMatchObject({
      code: 2,
      out: "",
      err: ".lockstep/config.yaml:1:11: severity is error, warning or hint\n",
    });
    const rule = await runInMemory({ ...tree, "/w/k/.lockstep/rules/own.yaml": "id: own\ndetector: nonsense\n" }, [
      "check",
      "k",
    ]);
    expect(rule.code).toBe(2);
    expect(rule.err).toMatch(/^\.lockstep\/rules\/own\.yaml:\d+:\d+: /m);
  });

  it("prints statistics where they do not disturb", async () => {
    const json = await runInMemory(tree, ["check", "k/mm", "--format", "json", "--stats"]);
    expect(JSON.parse(json.out).stats).toMatchObject({ files: 3, functions: 4, degraded: [], phasesMs: { check: 1 } });
    const text = await runInMemory(tree, ["check", "k/mm", "--stats"]);
    expect(text.err).toContain("files 3, functions 4, degraded 0");
  });
});

describe("usage", () => {
  const cases: [string[], string][] = [
    [[], "no command given"],
    [["frob"], 'unknown command "frob"'],
    [["check", "--nope"], "unknown option --nope"],
    [["check", "--format"], "--format needs a value"],
    [["check", "--format", "xml"], "--format is one of text, json, sarif, github"],
    [["check", "--jobs", "0"], "--jobs is a number"],
    [["check", "k", "--shard", "4/3"], "--shard is I/N"],
    [["check", "-", "k"], '"-" goes with no other path'],
    [["check", "--root", "none"], "none: no such folder"],
    [["check", "none"], "none"],
    [["contract", "k/mm/bad.c"], "expected FILE:FUNC"],
    [["contract", "k/mm/bad.c:nobody"], "no function nobody() here"],
    [["why", "k/mm/bad.c:999"], "has only 10 lines"],
    [["explain", "R000"], 'there is no rule "R000"'],
    [["lsp"], "lockstep lsp --stdio"],
    [["race", "a:b"], "race takes two functions: FILE:FUNC FILE:FUNC"],
  ];
  it.each(cases)("%j is answered by a message and exit code 2", async (argv, message) => {
    const run = await runInMemory(tree, argv);
    expect(run.err).toContain(message);
    expect(run).toMatchObject({ code: 2, out: "" });
  });

  it("prints help and version", async () => {
    expect((await runInMemory({}, ["--help"])).out).toContain("usage: lockstep");
    expect(await runInMemory({}, ["--version"])).toMatchObject({ code: 0, out: "0.0.0-test\n" });
  });
});

describe("other commands", () => {
  it("contract prints what a function needs", async () => {
    const text = await runInMemory(tree, ["contract", "k/mm/bad.c:second"]);
    expect(text.out).toBe(
      "second()  mm/bad.c:6\n  requires mmap_lock of mm for read\n  not known to sleep\n  because the stub says so\n",
    );
    const json = await runInMemory(tree, ["contract", "k/mm/bad.c:second", "--format", "json"]);
    expect(Object.keys(JSON.parse(json.out))).toEqual([
      "function",
      "file",
      "line",
      "requires",
      "acquires",
      "releases",
      "drops",
      "maySleep",
      "evidence",
    ]);
  });

  it("why prints the state at a line", async () => {
    const run = await runInMemory(tree, ["why", "k/mm/bad.c:8"]);
    expect(run.out).toBe(
      "mm/bad.c:8: error_two();\n  in second()\n  no lock is known to be held here\n  because the stub says so\n",
    );
  });

  it("explain knows a rule by name and by alias", async () => {
    const byAlias = await runInMemory(tree, ["explain", "r07"]);
    const byName = await runInMemory(tree, ["explain", "vma-use-after-unlock"]);
    expect(byAlias.code).toBe(0);
    expect(byAlias.out).toBe(byName.out);
    expect(byAlias.out).toMatch(/^R07 vma-use-after-unlock: /);
  });

  it("rules lists each rule on a line", async () => {
    const run = await runInMemory(tree, ["rules"]);
    expect(run.out).toMatch(/^R07 +vma-use-after-unlock +\S/m);
  });
});
