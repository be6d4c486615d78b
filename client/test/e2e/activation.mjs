/**
 * How long the packaged extension takes to activate, as VS Code itself measures it: loading the code and running `activate()`.
 * Usage: activation.mjs VSIX; the last line is `{ "activationMs": … }`.
 */
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { command, openFile, project, startVsCode } from "./vscode.mjs";

const [vsix] = process.argv.slice(2);
const folder = mkdtempSync(path.join(tmpdir(), "lockstep-tree-"));
cpSync(path.join(project, "test-fixtures/demo"), folder, { recursive: true });
const vscode = await startVsCode({ folder, vsix, port: 18_451, pictures: path.join(project, ".cache/e2e") });
const { page } = vscode;
let activationMs;
try {
  await openFile(page, "mm/range.c");
  await page.locator(".squiggly-warning, .squiggly-error").first().waitFor({ timeout: 30_000 });
  await command(page, "Developer: Show Running Extensions");
  const row = page.locator(".runtime-extensions-editor .monaco-list-row").filter({ hasText: "Lockstep" }).first();
  // The slowest come first, and only what is in view has rows.
  const list = page.locator(".runtime-extensions-editor .monaco-list").first();
  await list.locator(".activation-time").first().waitFor({ timeout: 20_000 });
  if (!(await row.isVisible())) {
    await list.focus();
    await page.keyboard.press("End");
  }
  const time = row.locator(".activation-time");
  await time.filter({ hasText: /\d ?ms/ }).waitFor({ timeout: 20_000 });
  activationMs = Number(/(\d+) ?ms/.exec(await time.textContent())[1]);
  await vscode.shot("figures-activation");
} finally {
  await vscode.stop();
  rmSync(folder, { recursive: true, force: true });
}
console.log(JSON.stringify({ activationMs }));
