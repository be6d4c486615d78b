/**
 * The core flow in a VS Code that runs in the browser alone: web extension host, the server in a Web Worker, files from a virtual
 * file system. Pictures: `.cache/e2e`. Usage: web.mjs FOLDER, the unpacked package.
 */
import assert from "node:assert/strict";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { axeProblems } from "./accessibility.mjs";
import { stepsOf } from "./steps.mjs";
import { goToLine, hoverOf, project, repairs } from "./vscode.mjs";
import { startWebVsCode } from "./webVscode.mjs";

const [extension] = process.argv.slice(2);
const folder = mkdtempSync(path.join(tmpdir(), "lockstep-tree-"));
cpSync(path.join(project, "test-fixtures/demo"), folder, { recursive: true });
const vscode = await startWebVsCode({ folder, extension, port: 18_445, pictures: path.join(project, ".cache/e2e") });
const { page, shot } = vscode;
const { step, report } = stepsOf(shot, { chained: true });
const panel = page.frameLocator("iframe.webview.ready").frameLocator("iframe#active-frame");
const current = panel.locator('tr[aria-current="step"]');

await step("opening a file shows squiggles", async () => {
  const row = (text) => page.locator(".explorer-folders-view .monaco-list-row").filter({ hasText: text }).first();
  await row("mm").click();
  await row("range.c").dblclick();
  await page.locator(".squiggly-error, .squiggly-warning").first().waitFor({ timeout: 30_000 });
  await shot("web-1-squiggles");
});

await step("a hover draws the race", async () => {
  await goToLine(page, 14);
  const line = page.locator(".view-line").filter({ hasText: "return vma->vm_end" }).first();
  await hoverOf(page, line.locator("span span", { hasText: "vm_end" }), "CPU0");
  await page.keyboard.press("Escape");
  await page.mouse.move(10, 400);
});

await step("the lens opens the panel, and keys step to the violation", async () => {
  const tab = page.locator(".tab").filter({ hasText: "Race in range_end_wrong()" });
  const lens = page.locator(".codelens-decoration a").filter({ hasText: "Replay race" }).first();
  for (let left = 5; left > 0 && !(await tab.isVisible()); left--) {
    await page.waitForTimeout(500);
    await lens.click();
    await tab.waitFor({ timeout: 4_000 }).catch(() => {});
  }
  await panel.getByText("Violation", { exact: true }).waitFor({ timeout: 30_000 });
  await panel.locator("h1").click();
  await page.keyboard.press("j");
  await current.filter({ hasText: "mmap_read_lock(mm)" }).waitFor();
  await page.keyboard.press("v");
  await current.filter({ hasText: "return vma->vm_end;" }).waitFor();
  await shot("web-2-violation");
  assert.deepEqual(await axeProblems(panel), []);
});

await step("the picture of README.md", async () => {
  await page.keyboard.press("Control+b");
  await page.setViewportSize({ width: 1280, height: 760 });
  await page.waitForTimeout(1_500);
  await shot("readme-replay");
  await page.setViewportSize({ width: 1600, height: 1000 });
  await page.keyboard.press("Control+b");
});

await step("Enter shows the line of the racing thread, which comes with the extension", async () => {
  await page.keyboard.press("k");
  await page.keyboard.press("Enter");
  await page.locator(".tab").filter({ hasText: "use-after-unlock.yaml" }).waitFor();
  await page.locator(".view-line").filter({ hasText: "lk_free(vma_live)" }).first().waitFor();
  await shot("web-3-scenario");
});

await step("the race runs in the debugger", async () => {
  await panel.getByRole("button", { name: "Step in the debugger" }).click();
  await page.locator(".debug-call-stack").getByText("munmap").first().waitFor({ timeout: 20_000 });
  await page.locator(".debug-toolbar .codicon-debug-continue").click();
  await page.locator(".zone-widget-container").filter({ hasText: "freed memory" }).first().waitFor();
  await page.locator(".debug-toolbar .codicon-debug-step-back").click();
  await page.locator(".debug-view-content").getByText("vma_live").first().waitFor();
  await shot("web-4-debugger");
  await page.keyboard.press("Shift+F5");
  await page.locator(".debug-toolbar").waitFor({ state: "hidden" });
});

await step("the quick fix repairs it, and the panel says that nothing is left", async () => {
  await page.locator(".tab").filter({ hasText: "range.c" }).first().click();
  await goToLine(page, 14);
  await (await repairs(page, "Release the lock only after the use")).apply();
  await panel.getByText("No violating interleaving in this model.").waitFor({ timeout: 30_000 });
  await shot("web-5-clean");
});

await vscode.stop();
rmSync(folder, { recursive: true, force: true });
process.exit(report());
