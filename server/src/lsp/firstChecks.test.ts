/** A file that takes long is shown in two steps: what is known soon is part of what is known at last. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import type { CancellationToken, Diagnostic, DocumentDiagnosticReport } from "vscode-languageserver";
import { TextDocument } from "vscode-languageserver-textdocument";
import { wasmParser } from "../../test/cParser";
import { exampleEngine } from "../../test/exampleTree";
import { describeKernel } from "../../test/kernel";
import { pullCapabilities, TestClient } from "../../test/lspClient";
import type { Engine } from "../engine/types";
import { findResources } from "../node/resources";
import type { CParser } from "../syntax/parser";
import { checkDocument } from "./checkDocument";
import type { FeatureContext } from "./features/feature";
import { FirstChecks } from "./firstChecks";
import type { Project } from "./project";
import type { OpenFile } from "./session";

const rules = findResources().ruleSet();
const file = "drivers/example/example.c";

/** The middle one can only be judged when its caller is known. */
const CODE = `#include <linux/mm.h>

static unsigned long first(struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *vma;

	mmap_read_lock(mm);
	vma = vma_lookup(mm, addr);
	if (!vma)
		return 0;
	mmap_read_unlock(mm);
	return 1;
}

static struct vm_area_struct *middle(struct mm_struct *mm, unsigned long addr)
{
	return vma_lookup(mm, addr);
}

/* lockstep-ignore(mmap-lock-balance): never needed */
static long last(struct file *filp, unsigned int cmd, unsigned long arg)
{
	mmap_read_lock(current->mm);
	mmap_read_unlock(current->mm);
	return middle(current->mm, arg) != NULL;
}

static const struct file_operations ops = {
	.unlocked_ioctl = last,
};
`;

let parser: CParser;
beforeAll(async () => {
  parser = await wasmParser();
});

const engineOf = (): Engine => exampleEngine(parser, rules, { [file]: CODE });
const functionsOf = (engine: Engine, patience?: number): string[] =>
  engine.check(file, undefined, false, patience).findings.map((f) => f.function);

describe("a check with little patience", () => {
  it("begins with functions that need no caller, and goes on where it ended", () => {
    const whole = engineOf().check(file);
    expect(whole.findings.map((f) => f.function)).toEqual(["first", "middle", "last"]);
    expect(whole.unfinished).toBeUndefined();
    expect(whole.suppressions).toHaveLength(1);
    const engine = engineOf();
    const soon = engine.check(file, undefined, false, -1);
    expect(soon).toMatchObject({ functions: 1, unfinished: true, suppressions: [] });
    expect(soon.findings).toEqual(whole.findings.slice(0, 1));
    expect(engine.check(file)).toEqual(whole);
  });

  it("has all the time it needs if that is enough", () => {
    expect(functionsOf(engineOf(), 60_000)).toEqual(["first", "middle", "last"]);
  });
});

describe("first checks", () => {
  const token = { isCancellationRequested: false } as CancellationToken;

  function context(refreshes: boolean) {
    const document = TextDocument.create("file:///x.c", "c", 1, CODE);
    const config = { exclude: [], disable: [], severity: "hint" };
    const project = { root: "/", engine: engineOf(), rules, config } as unknown as Project;
    const open: OpenFile = { document, project, path: file };
    const running: Promise<void>[] = [];
    let closed = false;
    const session = {
      client: { refreshesDiagnostics: refreshes, settings: { severity: "hint" } },
      host: { breathe: () => Promise.resolve(), ruleUri: () => undefined },
      open: () => Promise.resolve(closed ? undefined : open),
      uriOf: () => document.uri,
      textOf: () => CODE,
      connection: { console: { error: (message: string) => Promise.reject(new Error(message)) } },
    };
    const dispatch = { run: (_: string, work: () => Promise<void>) => running.push(work()) };
    const whole: string[] = [];
    const checks = new FirstChecks(
      { session, dispatch } as unknown as FeatureContext,
      (uri) => Promise.resolve(void whole.push(uri)),
      -1,
    );
    return { open, checks, running, whole, close: () => (closed = true), session: session as never, project };
  }

  it("say less at first, then that there is more, then everything", async () => {
    const { open, checks, running, whole, session, project } = context(true);
    const soon = checks.check(open, token);
    expect(soon).toMatchObject({ all: false });
    expect(checks.check(open, token).all).toBe(false);
    // Asked twice meanwhile, the rest is looked at once.
    expect(running).toHaveLength(1);
    await Promise.all(running);
    expect(whole).toEqual([open.document.uri]);
    const { items, all } = checks.check(open, token);
    expect(all).toBe(true);
    expect(items).toEqual(checkDocument(session, project, file));
    expect(items.length).toBeGreaterThan(soon.items.length);
    expect(running).toHaveLength(1);
  });

  it("end when the document is closed", async () => {
    const { open, checks, running, whole, close } = context(true);
    checks.check(open, token);
    close();
    await Promise.all(running);
    expect(whole).toEqual([]);
  });

  it("wait for everything where nobody can be told to ask again", () => {
    const { open, checks, running } = context(false);
    expect(checks.check(open, token).all).toBe(true);
    expect(running).toEqual([]);
  });
});

const cleanups: (() => unknown)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

describeKernel("6.12", "first diagnostics of a large file", (root) => {
  const large = "mm/memory.c";

  it("are part of those that come when all is known", { timeout: 60_000 }, async () => {
    const capabilities = { ...pullCapabilities, workspace: { diagnostics: { refreshSupport: true } } };
    const client = await TestClient.start({ root, capabilities });
    cleanups.push(() => client.process.kill());
    const text = readFileSync(path.join(root, large), "utf8").replace(
      "\tmmu_notifier_invalidate_range_end(&range);\n",
      "\tif (range.start == range.end)\n\t\treturn;\n\tmmu_notifier_invalidate_range_end(&range);\n",
    );
    await client.open(large, text);
    const pull = async (): Promise<Diagnostic[]> => {
      const report = await client.request<DocumentDiagnosticReport>("textDocument/diagnostic", {
        textDocument: { uri: client.uri(large) },
      });
      return report.kind === "full" ? report.items : [];
    };
    const said = (items: Diagnostic[]): string[] => items.map((d) => `${d.range.start.line} ${d.code}`);
    const soon = said(await pull());
    // Either the rest or a replay of what was found makes the server say so.
    await client.until(() => client.refreshes > 0, "news");
    const whole = said(await pull());
    expect(whole.some((x) => x.includes("notifier"))).toBe(true);
    expect(whole).toEqual(expect.arrayContaining(soon));
  });
});
