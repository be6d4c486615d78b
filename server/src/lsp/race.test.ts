/** Races asked for by an editor, over real JSON-RPC. */
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { CancellationTokenSource, LSPErrorCodes } from "vscode-languageserver";
import { copyDemo, project, TestClient } from "../../test/lspClient";
import type { RaceResult, RacersResult } from "../protocol/requests";

const file = "mm/ring.c";
const other = "mm/other.c";
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function start() {
  const demo = copyDemo();
  cleanups.push(demo.remove);
  const text = readFileSync(path.join(project, "test-fixtures/race/ring.c"), "utf8");
  writeFileSync(path.join(demo.root, other), readFileSync(path.join(project, "test-fixtures/race/other.c"), "utf8"));
  const client = await TestClient.start({ root: demo.root });
  cleanups.push(() => client.process.exitCode === null && client.process.kill());
  await client.open(file, text);
  await client.diagnostics(file);
  const of = (name: string, where = file) => ({ textDocument: { uri: client.uri(where) }, function: name });
  return { client, text, of };
}

describe("lockstep/race", () => {
  it("answers with an interleaving, its diagram, and what it holds for", async () => {
    const { client, of } = await start();
    const answer = await client.request<RaceResult>("lockstep/race", {
      first: of("ring_push"),
      second: of("ring_push"),
    });
    expect(answer).toMatchObject({
      trace: { verdict: "violation", scenario: "race", switches: 2, memoryModel: "sc", bounds: { cpus: 2, loops: 2 } },
    });
    expect("diagram" in answer && answer.diagram[0]).toMatch(/^ {2}CPU0 +CPU1$/);
    const clean = { first: of("ring_push_locked"), second: of("ring_pop_locked") };
    expect(await client.request("lockstep/race", clean)).toMatchObject({ trace: { verdict: "clean", steps: [] } });
  });

  it("takes places in open files, and functions of files that are not open", async () => {
    const { client, of, text } = await start();
    const line = text.slice(0, text.indexOf("r->page = NULL;")).split("\n").length - 1;
    const first = { textDocument: { uri: client.uri(file) }, position: { line, character: 3 } };
    const answer = await client.request<RaceResult>("lockstep/race", { first, second: of("peek", other) });
    expect(answer).toMatchObject({ trace: { verdict: "violation", threads: [{ function: "ring_drop_page" }, {}] } });
  });

  it("says why there is none", async () => {
    const { client, of, text } = await start();
    const ask = (first: object, second: object, more = {}) =>
      client.request<RaceResult>("lockstep/race", { first, second, ...more });
    expect(await ask(of("other_set"), of("ring_push"))).toMatchObject({
      problem: expect.stringMatching(/^other_set\(\) and ring_push\(\) share nothing/),
    });
    expect(await ask(of("ring_push"), of("ring_push"), { distinct: true })).toMatchObject({
      problem: expect.stringMatching(/distinct/),
    });
    expect(await ask(of("nobody"), of("ring_push"))).toEqual({ problem: `${file}: no function nobody() here` });
    const nowhere = { textDocument: { uri: client.uri(file) }, position: { line: 0, character: 0 } };
    expect(await ask(nowhere, of("ring_push"))).toEqual({ problem: `${file}:1: no function here.` });
    expect(text).toContain("ring_push");
  });

  it("follows the text as it is edited, saved or not", async () => {
    const { client, of, text } = await start();
    const params = { first: of("ring_push"), second: of("ring_push_locked") };
    expect(await client.request("lockstep/race", params)).toMatchObject({ trace: { verdict: "violation" } });
    const locked = "\tspin_lock(&r->lock);\n\tr->count++;\n\tspin_unlock(&r->lock);\n";
    await client.change(file, { text: text.replace("\tr->count++;\n", locked) });
    expect(await client.request("lockstep/race", params)).toMatchObject({ trace: { verdict: "clean" } });
  });

  it("ends when one of the files is edited, and the next answer is about the new text", async () => {
    const { client, of, text } = await start();
    const params = { first: of("ring_mark"), second: of("ring_drop_page") };
    const first = client.request<RaceResult>("lockstep/race", params).catch((e: { code: number }) => e.code);
    await client.change(file, {
      text: text.replace("\tkfree(page);\n", "").replace("\tif (r->page)\n\t\tuse", "\tuse"),
    });
    const answer = await first;
    // Either the edit came first, or the answer was there before it.
    if (typeof answer === "number") expect(answer).toBe(LSPErrorCodes.ContentModified);
    else expect(answer).toMatchObject({ trace: { verdict: "violation" } });
    const again = await client.request<RaceResult>("lockstep/race", params);
    expect("trace" in again && again.trace.steps.some((s) => /kfree/.test(s.text))).toBe(false);
  });

  it("can be cancelled, and the server answers on", async () => {
    const { client, of } = await start();
    const params = { first: of("ring_open"), second: of("ring_close") };
    const source = new CancellationTokenSource();
    const first = client.request("lockstep/race", params, source.token).catch((e: { code: number }) => e.code);
    source.cancel();
    expect(await first).toBe(LSPErrorCodes.RequestCancelled);
    const pair = { first: of("pair_up"), second: of("pair_down") };
    expect(await client.request("lockstep/race", pair)).toMatchObject({ trace: { verdict: "violation" } });
  });

  it("comes with what a viewer shows, and as text", async () => {
    const { client, of } = await start();
    const params = { first: of("ring_drop_page"), second: of("peek") };
    expect(await client.request("lockstep/race", { first: of("ring_push"), second: of("ring_push") })).toMatchObject({
      verdict: expect.stringMatching(/^violation: ring\.count: the update by .* is lost/),
      model: expect.stringMatching(/2 CPUs, sequentially consistent/),
      function: "ring_push",
      finding: null,
      scenarios: [],
      files: { [file]: client.uri(file) },
    });
    const text = (format: string, of2 = of("ring_push")) =>
      client.request<{ text: string }>("lockstep/raceText", { first: of("ring_push"), second: of2, format });
    expect((await text("promela")).text).toMatch(/^.*(?:active|proctype|init)/ms);
    expect((await text("markdown")).text).toContain("```");
    // A function of another file of the tree needs no address.
    expect(await client.request("lockstep/race", params)).toMatchObject({
      trace: {
        threads: [
          { function: "ring_drop_page", file },
          { function: "peek", file: other },
        ],
      },
    });
  });

  it("names functions that use the same things, and no others", async () => {
    const { client, of, text } = await start();
    const ask = async (params: object) => {
      const result = await client.request<RacersResult>("lockstep/racers", params);
      return "racers" in result ? Object.fromEntries(result.racers.map((r) => [r.function, r.shares])) : result;
    };
    const racers = await ask(of("ring_close"));
    // Itself, and those that touch the same fields of the same struct; the rarest name comes first.
    expect(racers).toMatchObject({ ring_close: ["buf"], ring_close_locked: ["buf"] });
    expect(racers).not.toHaveProperty("ring_push");
    expect(racers).not.toHaveProperty("other_set");
    // Globals, and what callees use.
    expect(await ask(of("count_total"))).toMatchObject({
      count_total_locked: ["total", "value"],
      other_set: ["value"],
    });
    expect(await ask(of("ring_mark"))).toMatchObject({ ring_mark_rcu: ["used", "page"] });
    const line = text.slice(0, text.indexOf("r->count++")).split("\n").length - 1;
    const place = { textDocument: { uri: client.uri(file) }, position: { line, character: 2 } };
    const result = await client.request<RacersResult>("lockstep/racers", place);
    expect(result).toMatchObject({ function: "ring_push" });
    const [first] = "racers" in result ? result.racers : [];
    expect(first).toMatchObject({ file, uri: client.uri(file), shares: ["count"] });
    const nowhere = { textDocument: { uri: client.uri(file) }, position: { line: 0, character: 0 } };
    expect(await client.request("lockstep/racers", nowhere)).toEqual({ problem: `${file}:1: no function here.` });
  });

  it("looks for opponents in all files that are open", async () => {
    const { client, of } = await start();
    await client.open(other, readFileSync(path.join(project, "test-fixtures/race/other.c"), "utf8"));
    const result = await client.request<RacersResult>("lockstep/racers", of("ring_drop_page"));
    const files = new Set("racers" in result ? result.racers.map((r) => r.file) : []);
    expect([...files].sort()).toEqual([other, file]);
  });
});
