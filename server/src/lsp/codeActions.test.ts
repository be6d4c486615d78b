/** Code actions over real JSON-RPC: applied to the text, checked again by the server. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { CodeAction, Diagnostic, TextEdit } from "vscode-languageserver";
import { copyDemo, TestClient } from "../../test/lspClient";
import type { CheckPatchResult, TreeResult, WhyResult } from "../protocol/requests";

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

async function actionsAt(client: TestClient, file: string, line: number, only?: string[]): Promise<CodeAction[]> {
  const at = { line, character: 1 };
  const found = await client.request<CodeAction[] | null>("textDocument/codeAction", {
    textDocument: { uri: client.uri(file) },
    range: { start: at, end: at },
    context: { diagnostics: [], ...(only === undefined ? {} : { only }) },
  });
  return found ?? [];
}

function apply(text: string, edits: TextEdit[]): string {
  const starts = [0, ...[...text.matchAll(/\n/g)].map((m) => m.index + 1)];
  const offset = ({ line, character }: { line: number; character: number }) =>
    (starts[line] ?? text.length) + character;
  return [...edits]
    .sort((a, b) => offset(b.range.start) - offset(a.range.start))
    .reduce((t, e) => t.slice(0, offset(e.range.start)) + e.newText + t.slice(offset(e.range.end)), text);
}

const key = ({ code, message }: Diagnostic) => `${code} ${message}`;

describe("code actions", () => {
  it.each([
    ["mm/range.c", 4],
    ["mm/protect.c", 2],
    ["mm/young.c", 5],
    ["mm/forget.c", 1],
    ["drivers/mirror/mirror.c", 1],
  ])("repair every mistake in %s", async (file, atLeast) => {
    const { client, text } = await start();
    let now = text(file);
    await client.open(file, now);
    let found = (await client.diagnostics(file)).filter(({ severity }) => severity! <= 2);
    let applied = 0;
    while (found.length > 0 && applied < 12) {
      const repairs = (await actionsAt(client, file, found[0]!.range.start.line)).filter((a) => a.isPreferred);
      expect(
        repairs.map(({ title }) => title),
        `a fix of ${key(found[0]!)} in\n${now}`,
      ).not.toEqual([]);
      now = apply(now, repairs[0]!.edit!.changes![client.uri(file)]!);
      const version = await client.change(file, { text: now });
      const left = (await client.diagnostics(file, version)).filter(({ severity }) => severity! <= 2);
      expect(left.length, `less after "${repairs[0]!.title}":\n${now}`).toBeLessThan(found.length);
      found = left;
      applied++;
    }
    expect(found).toEqual([]);
    expect(applied).toBeGreaterThanOrEqual(Math.min(atLeast, 1));
    expect(now).not.toMatch(/^ +\S|[ \t]$/m);
  });

  it("leave a finding out with a reason, and notice when the comment is not needed any more", async () => {
    const { client, text } = await start();
    const file = "mm/range.c";
    await client.open(file, text(file));
    const finding = (await client.diagnostics(file))[0]!;
    const { line } = finding.range.start;
    const ignore = (await actionsAt(client, file, line)).find(({ title }) => title.startsWith("Leave "))!;
    let now = apply(text(file), ignore.edit!.changes![client.uri(file)]!);
    expect(now.split("\n")[line]).toBe(`\t/* lockstep-ignore(${finding.code}): FIXME: say why */`);
    let version = await client.change(file, { text: now });
    expect((await client.diagnostics(file, version)).map(key)).not.toContain(key(finding));
    // Without a reason it counts for nothing.
    version = await client.change(file, { text: now.replace(": FIXME: say why", "") });
    const bare = await client.diagnostics(file, version);
    expect(bare.map(({ code }) => code)).toEqual(expect.arrayContaining([finding.code, "suppression"]));
    now = now.replace("return vma->vm_end;", "return 0;");
    version = await client.change(file, { text: now });
    const stale = (await client.diagnostics(file, version)).find(({ code }) => code === "suppression")!;
    expect(stale).toMatchObject({ severity: 4, tags: [1], range: { start: { line } } });
    const removal = (await actionsAt(client, file, line)).find(({ title }) => title.startsWith("Remove the comment"))!;
    now = apply(now, removal.edit!.changes![client.uri(file)]!);
    expect(now).toBe(text(file).replace("return vma->vm_end;", "return 0;"));
  });

  it("let clients that can ask for the reason do so", async () => {
    const { client, text } = await start({ initializationOptions: { commands: ["lockstep.ignoreFinding"] } });
    await client.open("mm/range.c", text("mm/range.c"));
    const [finding] = await client.diagnostics("mm/range.c");
    const { line } = finding!.range.start;
    const ignore = (await actionsAt(client, "mm/range.c", line)).find(({ title }) => title.startsWith("Leave "))!;
    expect(ignore.command).toMatchObject({
      command: "lockstep.ignoreFinding",
      arguments: [client.uri("mm/range.c"), line, finding!.code],
    });
  });

  it("write the inferred contract down", async () => {
    const { client } = await start();
    const code = `#include <linux/mm.h>

static void finish(struct mm_struct *mm)
{
	int n;

	n = mm->map_count;
	mmap_read_unlock(mm);
}
`;
    await client.open("mm/finish.c", code);
    const ways = await actionsAt(client, "mm/finish.c", 2, ["refactor.rewrite"]);
    const texts = ways.map((way) => apply(code, way.edit!.changes![client.uri("mm/finish.c")]!));
    expect(texts).toEqual([
      code.replace("\tn = mm", "\tmmap_assert_locked(mm);\n\tn = mm"),
      code.replace("*mm)\n{", "*mm)\n\t__must_hold(&mm->mmap_lock)\n{"),
    ]);
    await client.change("mm/finish.c", { text: texts[0]! });
    const again = await actionsAt(client, "mm/finish.c", 2, ["refactor.rewrite"]);
    expect(again.map(({ title }) => title).filter((title) => title.startsWith("Assert"))).toEqual([]);
    expect(await actionsAt(client, "mm/finish.c", 2, ["quickfix"])).toEqual([]);
  });
});

describe("questions", () => {
  it("tell the tree and what decides about rules", async () => {
    const { client, text } = await start();
    await client.open("mm/range.c", text("mm/range.c"));
    const tree = await client.request<TreeResult>("lockstep/tree", { textDocument: { uri: client.uri("mm/range.c") } });
    expect(tree).toMatchObject({ kernel: true, version: null, root: client.root });
    const feature = (symbol: string) => tree!.features.find((f) => f.symbol === symbol);
    expect(feature("vm_flags_set")).toEqual({ symbol: "vm_flags_set", present: true, rules: ["R04"] });
  });

  it("tell why a line is reported", async () => {
    const { client, text } = await start();
    await client.open("mm/range.c", text("mm/range.c"));
    const line = text("mm/range.c").split("\n").indexOf("\treturn vma->vm_end;");
    const why = await client.request<WhyResult>("lockstep/why", {
      textDocument: { uri: client.uri("mm/range.c") },
      position: { line, character: 0 },
    });
    expect(why).toMatchObject({ function: "range_end_wrong", locks: [] });
    expect(why.findings.map(({ rule }) => rule)).toEqual(["vma-use-after-unlock"]);
    expect(why.evidence.length).toBeGreaterThan(0);
  });

  it("tell what a patch introduces, applied or not", async () => {
    const { client, text } = await start();
    await client.open("mm/range.c", text("mm/range.c"));
    const patch = `--- a/mm/range.c
+++ b/mm/range.c
@@ -23,7 +23,6 @@ unsigned long range_end_right(struct mm_struct *mm, unsigned long addr)
 	vma = vma_lookup(mm, addr);
 	if (vma)
 		end = vma->vm_end;
-	mmap_read_unlock(mm);
 	return end;
 }
 
`;
    const result = await client.request<CheckPatchResult>("lockstep/checkPatch", { patch });
    expect(result.findings.map(({ rule, function: name, uri }) => [rule, name, uri])).toEqual([
      ["mmap-lock-balance", "range_end_right", client.uri("mm/range.c")],
    ]);
    expect(result.note).toContain("as if it were applied");
    const none = await client.request<CheckPatchResult>("lockstep/checkPatch", { patch: "nothing" });
    expect(none).toMatchObject({ findings: [], note: expect.stringContaining("no patch found") });
  });
});
