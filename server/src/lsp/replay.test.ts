/** Replays asked for by an editor, over real JSON-RPC. */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import {
  CancellationTokenSource,
  type ClientCapabilities,
  type CodeAction,
  type Hover,
  LSPErrorCodes,
  type MarkupContent,
} from "vscode-languageserver";
import { copyDemo, pushCapabilities, TestClient } from "../../test/lspClient";
import type { ReplayResult } from "../protocol/requests";

const file = "mm/range.c";
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function start(commands: string[] = [], capabilities?: ClientCapabilities) {
  const demo = copyDemo();
  cleanups.push(demo.remove);
  const client = await TestClient.start({
    root: demo.root,
    ...(capabilities && { capabilities }),
    initializationOptions: { commands },
  });
  cleanups.push(() => client.process.exitCode === null && client.process.kill());
  const text = readFileSync(path.join(demo.root, file), "utf8");
  await client.open(file, text);
  await client.diagnostics(file);
  const line = text.slice(0, text.indexOf("return vma->vm_end;")).split("\n").length - 1;
  const params = { textDocument: { uri: client.uri(file) }, position: { line, character: 0 } };
  return { client, params, text };
}

describe("lockstep/replay", () => {
  it("answers with the interleaving of the finding at the line", async () => {
    const { client, params } = await start();
    const answer = await client.request<ReplayResult>("lockstep/replay", params);
    expect(answer).toMatchObject({ trace: { verdict: "violation", scenario: "use-after-unlock" } });
    expect("diagram" in answer && answer.diagram.length).toBeGreaterThan(4);
  });

  it("is drawn in the hover of the finding", async () => {
    const { client, params, text } = await start();
    const line = text.split("\n")[params.position.line]!;
    const at = { ...params, position: { ...params.position, character: line.indexOf("vm_end") } };
    const hover = await client.request<Hover>("textDocument/hover", at);
    const { value } = hover.contents as MarkupContent;
    expect(value).toMatch(/^\*\*Replay\*\* of `use-after-unlock`: violation: /);
    expect(value).toMatch(/```\n {2}CPU0 +CPU1\n/);
    expect(value).toMatch(/in this model: 2 CPUs, sequentially consistent, one page, loops \\?<= 2, \d+ states/);
    expect(
      Math.max(
        ...value
          .split("\n```\n")[0]!
          .split("\n")
          .slice(2)
          .map((l) => l.length),
      ),
    ).toBeLessThanOrEqual(72);
    const elsewhere = { ...params, position: { line: 0, character: 0 } };
    expect(await client.request<Hover | null>("textDocument/hover", elsewhere)).toBeNull();
  });

  it("comes as text for clients without a viewer, through a code action and its command", async () => {
    const { client, params } = await start();
    const actions = await client.request<CodeAction[]>("textDocument/codeAction", {
      textDocument: params.textDocument,
      range: { start: params.position, end: params.position },
      context: { diagnostics: [] },
    });
    const action = actions.find(({ title }) => title === "Replay the race of vma-use-after-unlock")!;
    expect(action.command).toMatchObject({ command: "lockstep.raceText" });
    const text = await client.request<string>("workspace/executeCommand", action.command!);
    expect(text).toMatch(/^violation: /m);
    expect(text).toMatch(/^ +CPU1 /m);
    const missing = await client.request<string>("workspace/executeCommand", {
      command: "lockstep.raceText",
      arguments: [{ uri: params.textDocument.uri, line: 0 }],
    });
    expect(missing).toContain("no function here");
  });

  it("comes as a document where the client opens documents, as a message where it does not", async () => {
    for (const success of [true, false]) {
      const { client, params } = await start([], { ...pushCapabilities, window: { showDocument: { support: true } } });
      const shown = new Promise<string>((resolve) => {
        client.connection.onRequest("window/showDocument", ({ uri, takeFocus }) => {
          expect(takeFocus).toBe(false);
          resolve(fileURLToPath(uri));
          return { success };
        });
      });
      const { uri } = params.textDocument;
      const text = await client.request<string>("workspace/executeCommand", {
        command: "lockstep.raceText",
        arguments: [{ uri, line: params.position.line }],
      });
      const opened = await shown;
      expect(path.basename(opened)).toBe("race-in-range_end_wrong.txt");
      expect(readFileSync(opened, "utf8")).toBe(text);
      if (success) expect(client.messages).toEqual([]);
      else await expect.poll(() => client.messages).toEqual([text]);
      await client.stop();
      expect(existsSync(opened)).toBe(false);
    }
  });

  it("says why there is none", async () => {
    const { client, params } = await start();
    const answer = await client.request<ReplayResult>("lockstep/replay", { ...params, scenario: "nothing" });
    expect(answer).toMatchObject({ problem: expect.stringMatching(/^no scenario "nothing"; there are /) });
  });

  it("ends when the file is edited, and the next answer is about the new text", async () => {
    const { client, params, text } = await start();
    const first = client.request<ReplayResult>("lockstep/replay", params).catch((e: { code: number }) => e.code);
    await client.change(file, { text: text.replace("return vma->vm_end;", "return 0;") });
    const answer = await first;
    // Either the edit came first, or the answer was there before it.
    if (typeof answer === "number") expect(answer).toBe(LSPErrorCodes.ContentModified);
    const second = await client.request<ReplayResult>("lockstep/replay", params);
    expect(second).toMatchObject({ problem: expect.stringMatching(/no finding/) });
  });

  it("can be cancelled, and the server answers on", async () => {
    const { client, params } = await start();
    const source = new CancellationTokenSource();
    const first = client
      .request<ReplayResult>("lockstep/replay", params, source.token)
      .catch((e: { code: number }) => e.code);
    source.cancel();
    expect(await first).toBe(LSPErrorCodes.RequestCancelled);
    expect(await client.request("lockstep/replay", params)).toMatchObject({ trace: { verdict: "violation" } });
  });

  it("tells the whole model after each step: callers, every cell, the locks of each CPU", async () => {
    const { client, params } = await start();
    const answer = await client.request<ReplayResult>("lockstep/replay", params);
    if ("problem" in answer) throw new Error(answer.problem);
    const { trace } = answer;
    expect(trace.cells.length).toBeGreaterThan(0);
    const now = trace.cells.map((c) => c.initial);
    for (const step of trace.steps) {
      const { values, held, stack } = step.detail!;
      expect(values).toHaveLength(trace.cells.length);
      expect(held).toHaveLength(trace.threads.length);
      expect(held[step.cpu]).toEqual(step.locks);
      for (const { cell, to } of step.changed) now[trace.cells.findIndex((c) => c.cell === cell)] = to;
      // No row was left out of this small trace, so its changes are all there is.
      expect(values).toEqual(now);
      expect(stack.length).toBe(step.depth);
    }
    expect(new Set(trace.steps.map((s) => s.cpu)).size).toBe(2);
  });

  it("names the files of both threads: the reader's own, and the scenario's, which are in no tree", async () => {
    const { client, params } = await start();
    const answer = await client.request<ReplayResult>("lockstep/replay", params);
    if ("problem" in answer) throw new Error(answer.problem);
    expect(answer.files[file]).toBe(client.uri(file));
    expect(answer.files["rules/scenarios/use-after-unlock.yaml"]).toBeNull();
    expect(answer.scenarios.map((s) => s.id)).toContain("use-after-unlock");
  });

  it("follows the finding of a function through edits, and replays the function once it is repaired", async () => {
    const { client, params, text } = await start();
    const target = { ...params, function: "range_end_wrong", rule: "vma-use-after-unlock" };
    await client.change(file, { text: `\n\n${text}` });
    const moved = await client.request<ReplayResult>("lockstep/replay", target);
    expect(moved).toMatchObject({
      function: "range_end_wrong",
      finding: { rule: "vma-use-after-unlock", line: params.position.line + 3 },
      trace: { verdict: "violation" },
      verdict: expect.stringMatching(/^violation: /),
    });
    await client.change(file, { text: text.replace("return vma->vm_end;", "return 0;") });
    const repaired = await client.request<ReplayResult>("lockstep/replay", target);
    expect(repaired).toMatchObject({ finding: null, function: "range_end_wrong" });
    expect(repaired).not.toMatchObject({ trace: { verdict: "violation" } });
    await client.change(file, { text: text.replaceAll("range_end_wrong", "other") });
    expect(await client.request<ReplayResult>("lockstep/replay", target)).toMatchObject({
      problem: expect.stringMatching(/no function range_end_wrong\(\) any more/),
      scenarios: expect.any(Array),
    });
  });

  it("gives texts: Markdown, the diagram, Promela", async () => {
    const { client, params } = await start();
    const text = async (format: string) =>
      (await client.request<{ text: string }>("lockstep/replayText", { ...params, format })).text;
    expect(await text("markdown")).toMatch(/^\*\*use-after-unlock\*\*: violation/);
    expect(await text("diagram")).toMatch(/^ {2}CPU0 +CPU1\n/);
    expect(await text("promela")).toMatch(/active proctype|proctype /);
    const none = await client.request("lockstep/replayText", { ...params, rule: "no-such-rule", format: "text" });
    expect(none).toMatchObject({ problem: expect.stringMatching(/no finding of no-such-rule/) });
  });

  it("is offered by lens, hover and code action to clients that can show it, and to no others", async () => {
    const offers = async (commands: string[]) => {
      const { client, params, text } = await start(commands);
      const { textDocument, position } = params;
      const lenses = await client.request<{ command: { title: string; arguments: unknown[] } }[]>(
        "textDocument/codeLens",
        { textDocument },
      );
      const character = text.split("\n")[position.line]!.indexOf("vm_end");
      const hover = await client.request<Hover>("textDocument/hover", {
        textDocument,
        position: { ...position, character },
      });
      const actions = await client.request<{ title: string; command?: { command: string; arguments: unknown[] } }[]>(
        "textDocument/codeAction",
        { textDocument, range: { start: position, end: position }, context: { diagnostics: [] } },
      );
      return {
        lens: lenses.find((l) => l.command.title === "▶ Replay race")?.command.arguments[0],
        link: /\[▶ Replay race\]\(command:lockstep\.replayRace\?([^ )]+)/.exec(
          (hover.contents as MarkupContent).value,
        )?.[1],
        action: actions.find(({ command }) => command?.command === "lockstep.replayRace")?.command?.arguments[0],
        line: position.line,
        uri: textDocument.uri,
      };
    };
    const { lens, link, action, line, uri } = await offers(["lockstep.replayRace"]);
    const target = { uri, line, function: "range_end_wrong", rule: "vma-use-after-unlock" };
    expect(lens).toEqual(target);
    expect(JSON.parse(decodeURIComponent(link!))).toEqual([target]);
    expect(action).toEqual(target);
    expect(await offers([])).toMatchObject({ lens: undefined, link: undefined, action: undefined });
  });
});
