/** The core flow in a real VS Code with a Node extension host and the packaged extension. Pictures: `.cache/e2e`. */
import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { stepsOf } from "./steps.mjs";
import { command, goToLine, hoverOf, openFile, project, repairs, startVsCode } from "./vscode.mjs";

const [vsix] = process.argv.slice(2);
const folder = mkdtempSync(path.join(tmpdir(), "lockstep-tree-"));
cpSync(path.join(project, "test-fixtures/demo"), folder, { recursive: true });
const vscode = await startVsCode({ folder, vsix, port: 18_443, pictures: path.join(project, ".cache/e2e") });
const { page, shot } = vscode;
const { step, report } = stepsOf(shot);

const status = (text) => page.locator(".statusbar-item").filter({ hasText: text }).first();
const editorText = async () => (await page.locator(".view-lines").first().textContent()).replace(/\u00a0/g, " ");

await step("opening a file shows squiggles", async () => {
  await openFile(page, "mm/range.c");
  await page.locator(".squiggly-error, .squiggly-warning").first().waitFor({ timeout: 30_000 });
  await shot("1-squiggles");
});

await step("hints, lenses, gutter marks and the status bar tell what is held", async () => {
  await page.locator(".view-line").filter({ hasText: "holds mmap_lock of mm (read)" }).first().waitFor();
  await goToLine(page, 10);
  await status("mmap_lock:r").waitFor();
  await status("Linux").waitFor();
  await goToLine(page, 13);
  await status("no locks").waitFor();
  await page.locator(".glyph-margin-widgets > *").first().waitFor();
  await shot("2-annotations");
});

await step("a hover explains a call", async () => {
  await hoverOf(page, page.locator(".view-lines span span", { hasText: /^mmap_read_lock$/ }).first(), "May sleep");
  await shot("3-hover");
  await page.keyboard.press("Escape");
});

await step("a quick fix repairs a finding", async () => {
  await goToLine(page, 14);
  const fix = await repairs(page, "Release the lock only after the use");
  await shot("4-fixes");
  await fix.apply();
  // The other finding of this file stays.
  await page.waitForFunction(
    () => document.querySelectorAll(".squiggly-error, .squiggly-warning").length === 1,
    undefined,
    { timeout: 20_000 },
  );
  assert.match(await editorText(), /ret = vma->vm_end;/);
  // Hints and lenses are about the new text.
  await page.locator(".view-line").filter({ hasText: "drops mmap_lock of mm from line 10" }).first().waitFor();
  await shot("5-fixed");
});

await step("a bug that is typed shows up in Problems", async () => {
  await openFile(page, "mm/protect.c");
  await goToLine(page, 31);
  await page.keyboard.press("End");
  await page.keyboard.press("Shift+Home");
  await page.keyboard.type("error = 0;");
  await page.keyboard.press("Control+Shift+M");
  await page
    .locator(".markers-panel .monaco-list-row")
    .filter({ hasText: "still held when the function returns" })
    .first()
    .waitFor({ timeout: 20_000 });
  await shot("6-problems");
});

await step("the whole mm/ folder is checked", async () => {
  await command(page, "Lockstep: Check the Whole mm/ Folder");
  await page
    .locator(".markers-panel .monaco-list-row")
    .filter({ hasText: "forget.c" })
    .first()
    .waitFor({ timeout: 30_000 });
});

await step("the view lists rules with their findings", async () => {
  await command(page, "View: Show Lockstep");
  await page.locator(".pane-body .monaco-list-row").filter({ hasText: "R58" }).first().waitFor({ timeout: 20_000 });
  await shot("7-rules");
  await command(page, "Lockstep: Group Findings by File");
  await page.locator(".pane-body .monaco-list-row").filter({ hasText: "young.c" }).first().waitFor();
});

await step("a page explains why a line is reported", async () => {
  await openFile(page, "mm/forget.c");
  await goToLine(page, 16);
  await command(page, "Lockstep: Why Is This Reported");
  const preview = page.frameLocator("iframe.webview.ready").frameLocator("iframe#active-frame");
  await preview.getByRole("heading", { name: "Reported here" }).waitFor({ timeout: 20_000 });
  await shot("8-why");
});

await step("settings take effect without a restart", async () => {
  await openFile(page, "mm/young.c");
  await page.locator(".view-line").filter({ hasText: "if taken: PTE mapping" }).first().waitFor();
  mkdirSync(path.join(folder, ".vscode"));
  writeFileSync(
    path.join(folder, ".vscode/settings.json"),
    '{ "lockstep.inlayHints": false, "lockstep.statusBar": false }',
  );
  await page.waitForFunction(
    () => !document.querySelector(".view-lines")?.textContent?.includes("if taken"),
    undefined,
    {
      timeout: 20_000,
    },
  );
  await status("no locks").waitFor({ state: "hidden" });
  await status("Linux").waitFor({ state: "hidden" });
});

await vscode.stop();
rmSync(folder, { recursive: true, force: true });
process.exit(report());
