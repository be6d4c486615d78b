/** Inlay hints, code lenses, regions and settings, over real JSON-RPC with the bundled server. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { CodeLens, InlayHint } from "vscode-languageserver";
import { copyDemo, pullCapabilities, pushCapabilities, TestClient } from "../../test/lspClient";
import type { HeldRegionsResult } from "../protocol/requests";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function start(options: Partial<Parameters<typeof TestClient.start>[0]> = {}) {
  const demo = copyDemo();
  cleanups.push(demo.remove);
  const client = await TestClient.start({ root: demo.root, ...options });
  cleanups.push(() => client.process.exitCode === null && client.process.kill());
  return { client, text: (name: string) => readFileSync(path.join(demo.root, name), "utf8") };
}

const helper = `#include <linux/mm.h>

static unsigned long span(struct vm_area_struct *vma)
{
	unsigned long length;

	mmap_assert_locked(vma->vm_mm);
	length = vma->vm_end - vma->vm_start;
	return length;
}

static void unlock(struct mm_struct *mm)
{
	mmap_read_unlock(mm);
}

int tried(struct mm_struct *mm)
{
	int n = 0;

	if (mmap_read_trylock(mm)) {
		n = mm->map_count;
		mmap_read_unlock(mm);
	}
	return n;
}
`;

/** Hints as `line: label`, lines counted from 1. */
async function hintsOf(client: TestClient, file: string, from = 0, to = 10_000): Promise<string[]> {
  const range = { start: { line: from, character: 0 }, end: { line: to, character: 0 } };
  const hints = await client.request<InlayHint[] | null>("textDocument/inlayHint", {
    textDocument: { uri: client.uri(file) },
    range,
  });
  return (hints ?? []).map(({ position, label }) => `${position.line + 1}: ${label as string}`);
}

const lensesOf = (client: TestClient, file: string) =>
  client.request<CodeLens[] | null>("textDocument/codeLens", { textDocument: { uri: client.uri(file) } });

describe("annotations", () => {
  it("hint what is held after each acquire and release", async () => {
    const { client, text } = await start();
    expect(client.initialized.capabilities).toMatchObject({ inlayHintProvider: true, codeLensProvider: {} });
    await client.open("mm/range.c", text("mm/range.c"));
    const hints = await hintsOf(client, "mm/range.c");
    expect(hints.slice(0, 2)).toEqual(["9: holds mmap_lock of mm (read)", "11: drops mmap_lock of mm from line 9"]);
    expect(await hintsOf(client, "mm/range.c", 0, 9)).toEqual([hints[0]]);
  });

  it("hint entry states and attempts, and leave trivial functions alone", async () => {
    const { client } = await start();
    await client.open("mm/helper.c", helper);
    expect(await hintsOf(client, "mm/helper.c")).toEqual([
      "3: entered with mmap_lock of vma->vm_mm",
      "21: if taken: mmap_lock of mm (read)",
      "23: drops mmap_lock of mm from line 21",
    ]);
  });

  it("show contracts above functions, clickable where the client knows the command", async () => {
    const { client } = await start();
    await client.open("mm/helper.c", helper);
    const lenses = await lensesOf(client, "mm/helper.c");
    expect(lenses!.map(({ range, command }) => `${range.start.line + 1}: ${command!.title}`)).toEqual([
      "3: requires mmap_lock of vma->vm_mm",
      "12: requires mmap_lock of mm (read) · releases mmap_lock of mm (read)",
    ]);
    expect(lenses![0]!.command!.command).toBe("");
    const other = await start({ initializationOptions: { commands: ["lockstep.showContract"] } });
    await other.client.open("mm/helper.c", helper);
    expect((await lensesOf(other.client, "mm/helper.c"))![0]!.command).toMatchObject({
      command: "lockstep.showContract",
      arguments: [other.client.uri("mm/helper.c"), "span"],
    });
  });

  it("tell the lines on which locks are held", async () => {
    const { client, text } = await start();
    await client.open("mm/range.c", text("mm/range.c"));
    const regions = await client.request<HeldRegionsResult>("lockstep/heldRegions", {
      textDocument: { uri: client.uri("mm/range.c") },
    });
    const wrong = regions.filter((region) => region.function === "range_end_wrong");
    expect(wrong).toEqual([
      {
        function: "range_end_wrong",
        startLine: 8,
        endLine: 10,
        held: [{ lock: "mmap_lock", object: "mm", mode: "read" }],
      },
    ]);
  });

  it("follow the settings at once", async () => {
    const { client, text } = await start({ capabilities: pushCapabilities });
    await client.open("mm/range.c", text("mm/range.c"));
    expect((await client.diagnostics("mm/range.c")).length).toBeGreaterThan(0);
    client.published.length = 0;
    const settings = { lockstep: { inlayHints: false, codeLens: false, hover: false, severity: "error" } };
    await client.connection.sendNotification("workspace/didChangeConfiguration", { settings });
    const left = await client.diagnostics("mm/range.c");
    expect(left.every(({ severity }) => severity === 1)).toBe(true);
    expect(await hintsOf(client, "mm/range.c")).toEqual([]);
    expect(await lensesOf(client, "mm/range.c")).toBeNull();
    const position = { line: 8, character: 3 };
    const textDocument = { uri: client.uri("mm/range.c") };
    expect(await client.request("textDocument/hover", { textDocument, position })).toBeNull();
    // A wrong value changes nothing.
    await client.connection.sendNotification("workspace/didChangeConfiguration", {
      settings: { lockstep: { inlayHints: "maybe", hover: true } },
    });
    expect(await hintsOf(client, "mm/range.c")).toEqual([]);
    expect(await client.request("textDocument/hover", { textDocument, position })).not.toBeNull();
  });

  it("ask clients for settings and make them ask again", async () => {
    const capabilities = {
      ...pullCapabilities,
      workspace: {
        ...pullCapabilities.workspace,
        configuration: true,
        didChangeConfiguration: { dynamicRegistration: true },
        inlayHint: { refreshSupport: true },
        codeLens: { refreshSupport: true },
      },
    };
    const asked: string[] = [];
    const { client, text } = await start({ capabilities });
    client.connection.onRequest("workspace/configuration", ({ items }: { items: { section: string }[] }) => {
      asked.push(...items.map(({ section }) => section));
      return [{ inlayHints: false }];
    });
    client.connection.onRequest("workspace/inlayHint/refresh", () => void asked.push("inlay hints"));
    client.connection.onRequest("workspace/codeLens/refresh", () => void asked.push("lenses"));
    await client.open("mm/range.c", text("mm/range.c"));
    expect((await hintsOf(client, "mm/range.c")).length).toBeGreaterThan(0);
    await client.connection.sendNotification("workspace/didChangeConfiguration", { settings: null });
    await expect.poll(() => asked).toEqual(["lockstep", "inlay hints", "lenses"]);
    expect(await hintsOf(client, "mm/range.c")).toEqual([]);
  });
});
