/** What comes from links, stored panels and the clipboard is looked at before it is believed. */
import { describe, expect, it } from "vitest";
import { readMessage } from "./messages";
import { newNonce, page } from "./page";
import { paramsOf, raceParamsOf, readPair, readShared, readTarget, sharePair, shareText } from "./target";

const full = {
  uri: "file:///tree/mm/range.c",
  line: 13,
  function: "range_end_wrong",
  rule: "vma-use-after-unlock",
  scenario: "use-after-unlock",
  profile: "flush-ipi",
  schedule: "AAB1A",
};

describe("targets", () => {
  it("keep what is well formed, and become requests", () => {
    expect(readTarget({ ...full, more: 1 })).toEqual(full);
    const { uri, line, ...rest } = full;
    expect(paramsOf(full)).toEqual({ textDocument: { uri }, position: { line, character: 0 }, ...rest });
  });

  it("drop what is not", () => {
    const bad = { rule: "a b", scenario: "../x", profile: "$(rm)", schedule: "A;B", function: 7 };
    expect(readTarget({ ...full, ...bad })).toEqual({ uri: full.uri, line: 13 });
    for (const broken of [null, "x", {}, { ...full, uri: "mm/x.c" }, { ...full, line: -1 }, { ...full, line: 1.5 }])
      expect(readTarget(broken)).toBeUndefined();
  });
});

describe("two functions", () => {
  const against = { uri: "file:///tree/mm/other.c", function: "peek" };

  it("are a target, and a request of their own", () => {
    const target = readTarget({ uri: full.uri, line: 3, function: "ring_push", against });
    expect(target).toEqual({ uri: full.uri, line: 3, function: "ring_push", against });
    expect(raceParamsOf(target!)).toEqual({
      first: { textDocument: { uri: full.uri }, function: "ring_push" },
      second: { textDocument: { uri: against.uri }, function: "peek" },
    });
    expect(raceParamsOf(full)).toBeUndefined();
    expect(paramsOf(target!)).not.toHaveProperty("against");
    for (const bad of [7, {}, { uri: "mm/x.c", function: "f" }, { uri: full.uri, function: "" }])
      expect(readTarget({ ...full, against: bad })).toEqual(full);
  });

  it("are shared as a command line that the editor reads as well", () => {
    const pair = {
      first: { file: "mm/ring.c", function: "ring_push" },
      second: { file: "mm/my ring's.c", function: "peek" },
    };
    const text = sharePair({ ...pair, id: "0123" });
    expect(text).toBe("lockstep race mm/ring.c:ring_push 'mm/my ring'\\''s.c:peek' # model 0123");
    expect(readPair(text)).toEqual(pair);
    for (const bad of [
      "lockstep race mm/a.c:f",
      "lockstep race ../a.c:f mm/b.c:g",
      "lockstep race file:///etc/passwd:f mm/b.c:g",
      "lockstep race mm/a.c:1 mm/b.c:2",
      "lockstep replay mm/a.c:f mm/b.c:g",
      "",
    ])
      expect(readPair(bad), bad).toBeUndefined();
  });
});

describe("share text", () => {
  const shared = {
    file: "mm/range.c",
    line: 13,
    rule: "vma-use-after-unlock",
    scenario: "use-after-unlock",
    profile: "flush-ipi",
    schedule: "AAB1A",
    id: "0123456789abcdef",
  };

  it("is a command line that the editor reads as well", () => {
    const text = shareText(shared);
    expect(text).toBe(
      "lockstep replay mm/range.c:14:vma-use-after-unlock --scenario use-after-unlock --profile flush-ipi --schedule AAB1A # model 0123456789abcdef",
    );
    expect(readShared(`  ${text}\n`)).toEqual(shared);
  });

  it("is safe to paste whatever a file is called", () => {
    for (const file of ["mm/a b.c", "mm/$(touch x).c", "mm/it's.c", "mm/`x`;y.c", "mm/-x.c"]) {
      const text = shareText({ ...shared, file });
      expect(readShared(text)?.file, text).toBe(file);
      const word = /^lockstep replay (.*?) --scenario/.exec(text)![1]!;
      expect(word, file).toMatch(/^(?:'[^']*'|\\'|[\w@%+=:,./-])+$/);
    }
  });

  it("names no file outside the tree, and nothing else is one", () => {
    for (const text of ["", "rm -rf /", "lockstep replay", "lockstep replay mm/x.c", "lockstep replay mm/x.c:0"])
      expect(readShared(text)).toBeUndefined();
    for (const file of ["/etc/passwd", "../x.c", "mm/../../x.c", "C:\\x.c", "file:///x.c"])
      expect(readShared(`lockstep replay ${file}:3`), file).toBeUndefined();
  });
});

describe("messages of the panel", () => {
  it("are read strictly", () => {
    expect(readMessage({ kind: "at", at: 3, more: 1 })).toEqual({ kind: "at", at: 3 });
    expect(readMessage({ kind: "choose", scenario: "cow-race", profile: "<x>" })).toEqual({
      kind: "choose",
      scenario: "cow-race",
      profile: null,
    });
    for (const bad of [null, 3, {}, { kind: "run" }, { kind: "at", at: "1" }, { kind: "copy", format: "html" }])
      expect(readMessage(bad)).toBeUndefined();
  });
});

describe("the page", () => {
  const html = page({ source: "https://x.example", style: 'a"><b', script: "s.js", nonce: newNonce() });

  it("has a strict policy: no inline script or style, nothing remote", () => {
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)![1]!;
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/unsafe|\*|img-src|connect-src|font-src/);
    expect(html).not.toMatch(/<style|style=|\son\w+=|<script[^>]*>[^<]/);
    expect(html).not.toContain('a"><b');
  });

  it("has a nonce of its own", () => {
    expect(new Set(Array.from({ length: 20 }, newNonce)).size).toBe(20);
  });
});
