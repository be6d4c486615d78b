/** Replays asked for by an editor, over real JSON-RPC. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { CancellationTokenSource, type Hover, LSPErrorCodes, type MarkupContent } from "vscode-languageserver";
import { copyDemo, TestClient } from "../../test/lspClient";
import type { ReplayResult } from "../protocol/requests";

const file = "mm/range.c";
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function start() {
  const demo = copyDemo();
  cleanups.push(demo.remove);
  const client = await TestClient.start({ root: demo.root });
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
    expect(value).toMatch(/in this model: 2 CPUs, sequentially consistent, one page, loops <= 2, \d+ states/);
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
});
