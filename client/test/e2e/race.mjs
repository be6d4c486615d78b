/**
 * The core flow on real code: a mistake typed into Linux 6.12 `mm/msync.c`, its race in the panel and the debugger, the repair.
 * Pictures: `.cache/e2e`. Usage: race.mjs VSIX KERNEL
 */
import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { axeProblems, setTheme, themes } from "./accessibility.mjs";
import { stepsOf } from "./steps.mjs";
import { goToLine, hoverOf, openFile, project, repairs, startVsCode } from "./vscode.mjs";

const [vsix, kernel] = process.argv.slice(2);
const folder = mkdtempSync(path.join(tmpdir(), "lockstep-kernel-"));
mkdirSync(path.join(folder, "include"));
for (const name of ["Kbuild", "Makefile", "mm", "include/linux"])
  cpSync(path.join(kernel, name), path.join(folder, name), { recursive: true });

const vscode = await startVsCode({ folder, vsix, port: 18_444, pictures: path.join(project, ".cache/e2e") });
const { page, shot } = vscode;
const { step, report } = stepsOf(shot, { chained: true });

const foreign = [];
page.on("request", (request) => {
  const { protocol, hostname } = new URL(request.url());
  // The service worker answers for this host; nothing leaves the machine.
  if (/^https?:$/.test(protocol) && hostname !== "127.0.0.1" && !hostname.endsWith("vscode-resource.vscode-cdn.net"))
    foreign.push(request.url());
});
const refused = [];
page.on("console", (message) => {
  if (/Content Security Policy/.test(message.text()) && /lockstep|replay/.test(message.text()))
    refused.push(message.text());
});

/** Lines of the editor in front, from top to bottom; the document has them in the order they were drawn. */
const editorText = async () => {
  const lines = await page
    .locator(".editor-group-container")
    .first()
    .locator(".view-line")
    .evaluateAll((all) =>
      all
        .map((e) => ({ top: Number.parseInt(e.style.top, 10), text: e.textContent }))
        .sort((x, y) => x.top - y.top)
        .map(({ text }) => text.replace(/\u00a0/g, " ")),
    );
  return lines.join("\n");
};
const panel = page.frameLocator("iframe.webview.ready").frameLocator("iframe#active-frame");
const current = panel.locator('tr[aria-current="step"]');
const typed = "start = vma->vm_end;";
const line = 96;

await step("a mistake that is typed gets a squiggle", async () => {
  await openFile(page, "mm/msync.c");
  await goToLine(page, line - 1);
  await page.locator(".view-line").filter({ hasText: "find_vma" }).first().waitFor();
  await page.keyboard.press("End");
  await page.keyboard.press("Enter");
  await page.keyboard.type(typed);
  await page.locator(".squiggly-error, .squiggly-warning").first().waitFor({ timeout: 60_000 });
  await shot("race-1-squiggle");
});

await step("it is in Problems", async () => {
  await page.keyboard.press("Control+Shift+M");
  await page
    .locator(".markers-panel .monaco-list-row")
    .filter({ hasText: "is used after mmap_lock was released" })
    .first()
    .waitFor();
  await page.keyboard.press("Control+Shift+M");
});

await step("the hover draws the race and offers to replay it", async () => {
  const line = page.locator(".view-lines .view-line").filter({ hasText: typed }).last();
  const hover = await hoverOf(page, line.locator("span span", { hasText: "vm_end" }).first(), "CPU0");
  assert.match(await hover.textContent(), /violation/);
  await hover.getByText("Replay race").waitFor();
  await shot("race-2-hover");
  await page.keyboard.press("Escape");
  await page.mouse.move(10, 400);
});

await step("the lens opens the panel on the violation", async () => {
  await goToLine(page, 32);
  const lens = page.locator(".codelens-decoration a").filter({ hasText: "Replay race" }).first();
  const tab = page.locator(".tab").filter({ hasText: "Race in msync()" });
  await lens.waitFor();
  // Lenses move the lines below them while they appear: a click may miss.
  for (let left = 5; left > 0 && !(await tab.isVisible()); left--) {
    await page.waitForTimeout(500);
    await lens.click();
    await tab.waitFor({ timeout: 4_000 }).catch(() => {});
  }
  await panel.getByText("Violation", { exact: true }).waitFor({ timeout: 30_000 });
  assert.match(
    await panel.locator(".verdict").textContent(),
    /uses freed memory.*2 context switches · 13 steps · \d+ states/,
  );
  assert.match(await panel.locator(".model").textContent(), /In this model: 2 CPUs, sequentially consistent/);
  await shot("race-3-panel");
});

await step("the keyboard steps to the violation, and the editor follows without taking the focus", async () => {
  await panel.locator("body").press("j");
  await current.filter({ hasText: "mmap_read_lock(mm)" }).waitFor();
  await page.keyboard.press("ArrowRight");
  await current.filter({ hasText: "find_vma(mm, start)" }).waitFor();
  await shot("race-4-step");
  await page.keyboard.press("]");
  await current.filter({ hasText: "mmap_write_lock(mm)" }).waitFor();
  await shot("race-5-switch");
  await page.keyboard.press("k");
  await current.filter({ hasText: "mmap_read_unlock(mm)" }).waitFor();
  await page.keyboard.press("v");
  await current.filter({ hasText: typed }).waitFor();
  await panel.locator(".violated").filter({ hasText: "uses freed memory" }).waitFor();
  // The mark of CPU A stands at the line that was typed, and keys still go to the panel.
  await page.waitForFunction(
    (text) =>
      [...document.querySelectorAll(".view-line")]
        .filter((l) => l.textContent.includes(text.replaceAll(" ", "\u00a0")))
        .flatMap((l) => [...l.querySelectorAll("span")])
        .some((span) => ["::before", "::after"].some((at) => getComputedStyle(span, at).content.includes("A▶"))),
    typed,
    { timeout: 10_000 },
  );
  await shot("race-6-violation");
  await page.keyboard.press("Home");
  await panel.getByText("Before the first step", { exact: true }).waitFor();
  await page.keyboard.press("End");
  await current.filter({ hasText: typed }).waitFor();
});

await step("every control is reached by Tab alone, and keys are listed", async () => {
  const seen = new Set();
  const frame = await (await panel.locator("body").elementHandle()).ownerFrame();
  await panel.locator("body").press("Tab");
  for (let n = 0; n < 30; n++) {
    seen.add(
      await frame.evaluate(() => {
        const e = document.activeElement;
        return e?.getAttribute("aria-label") || e?.id || e?.textContent;
      }),
    );
    await page.keyboard.press("Tab");
  }
  for (const name of [
    "Step",
    "Play",
    "To the violation",
    "scenario",
    "Copy as Promela",
    "Position in the interleaving",
  ])
    assert.ok(seen.has(name), `${name} of ${[...seen].join(", ")}`);
  await panel.getByRole("button", { name: "Keys" }).click();
  await panel.getByText("to the next context switch").waitFor();
  const help = await panel.locator(".help").evaluate((e) => e.getBoundingClientRect().bottom - innerHeight);
  assert.ok(help <= 1, `the list of keys is in view, not ${help} px below`);
  await shot("race-7-keys");
  await page.keyboard.press("Escape");
});

for (const theme of themes)
  await step(`axe-core finds nothing in ${theme[0]}`, async () => {
    await setTheme(page, theme);
    const problems = await axeProblems(panel);
    await shot(`race-theme-${theme[1]}`);
    assert.deepEqual(problems, []);
  });

await step("the diagram is copied", async () => {
  await setTheme(page, themes[1]);
  await panel.getByRole("button", { name: "Copy for commit message" }).click();
  await panel.getByText("Copied: the diagram.").first().waitFor();
  const text = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(text, /^ {2}CPU0 +CPU1\n/);
  assert.ok(text.split("\n").every((l) => l.length <= 72 && /^[\x20-\x7e]*$/.test(l)));
});

await step("the race runs in the debugger, forwards and backwards", async () => {
  await panel.getByRole("button", { name: "Step in the debugger" }).click();
  const stack = page.locator(".debug-call-stack");
  await stack.getByText("munmap").first().waitFor({ timeout: 20_000 });
  await page.locator(".debug-toolbar").waitFor();
  await page.keyboard.press("F5");
  await page.locator(".exception-widget, .zone-widget-container").filter({ hasText: "freed memory" }).first().waitFor();
  await shot("race-8-debugger");
  await page.locator(".debug-toolbar .codicon-debug-step-back").click();
  await page.locator(".debug-toolbar .codicon-debug-step-back").click();
  await page.locator(".debug-view-content, .debug-variables").getByText("vma_live").first().waitFor();
  // The panel goes along.
  await panel.locator(".position").filter({ hasText: "11 / 13" }).waitFor();
  await page.locator(".view-line").filter({ hasText: "lk_free(vma_live)" }).first().waitFor();
  await page.locator(".debug-top-stack-frame-line").first().waitFor();
  await shot("race-9-debugger-back");
  await page.keyboard.press("Shift+F5");
  await page.locator(".debug-toolbar").waitFor({ state: "hidden" });
  await panel.locator("h1").click();
  await page.keyboard.press("v");
  await panel.locator(".position").filter({ hasText: "13 / 13" }).waitFor();
  // In a browser, VS Code writes down what it keeps every five seconds.
  await page.waitForTimeout(6_000);
});

await step("the panel comes back after a reload, at its step, over text that was never saved", async () => {
  await page.reload({ waitUntil: "domcontentloaded", timeout: 120_000 });
  await page.locator(".monaco-workbench").waitFor({ timeout: 60_000 });
  await panel.locator(".position").filter({ hasText: "13 / 13" }).waitFor({ timeout: 60_000 });
  await current.filter({ hasText: typed }).waitFor();
  await shot("race-10-restored");
});

await step("the quick fix repairs it, the squiggle goes, the panel says that nothing is left", async () => {
  await page.locator(".tab").filter({ hasText: "msync.c" }).first().click();
  await goToLine(page, line);
  await (await repairs(page, "Release the lock only after the use")).apply();
  await page.waitForFunction(
    () => document.querySelectorAll(".squiggly-error, .squiggly-warning").length === 0,
    undefined,
    { timeout: 30_000 },
  );
  await panel.getByText("No violating interleaving in this model.").waitFor({ timeout: 30_000 });
  assert.match(await editorText(), /start = vma->vm_end;\s*mmap_read_unlock\(mm\)/);
  // Hints follow what they are about.
  const hinted = page.locator(".view-line").filter({ hasText: /mmap_read_unlock\(mm\);.{0,3}drops/ });
  await hinted.nth(1).waitFor({ timeout: 15_000 });
  await shot("race-11-clean");
});

await step("nothing was asked of another machine, and the policy of the page refused nothing", () => {
  assert.deepEqual(foreign, []);
  assert.deepEqual(refused, []);
});

await vscode.stop();
rmSync(folder, { recursive: true, force: true });
process.exit(report());
