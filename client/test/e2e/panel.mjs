/**
 * The replay panel by its controls: scenario, architecture, what it copies, a race of two functions; zoomed, in forced colours, without
 * motion, by keyboard alone. Pictures: `.cache/e2e`. Usage: panel.mjs VSIX
 */
import assert from "node:assert/strict";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { axeProblems } from "./accessibility.mjs";
import { stepsOf } from "./steps.mjs";
import { command, goToLine, openFile, project, startVsCode } from "./vscode.mjs";

const [vsix] = process.argv.slice(2);
const folder = mkdtempSync(path.join(tmpdir(), "lockstep-tree-"));
const fixture = (name) => path.join(project, "test-fixtures", name);
cpSync(fixture("demo"), folder, { recursive: true });
cpSync(fixture("founding/S3-buggy.c"), path.join(folder, "mm/pin.c"));
cpSync(fixture("race/ring.c"), path.join(folder, "mm/ring.c"));
const vscode = await startVsCode({ folder, vsix, port: 18_450, pictures: path.join(project, ".cache/e2e") });
const { page, shot } = vscode;
const { step, report } = stepsOf(shot, { chained: true });

const panel = page.frameLocator("iframe.webview.ready").frameLocator("iframe#active-frame");
const verdict = panel.locator(".verdict .badge");
const becomes = (word) => verdict.filter({ hasText: word }).waitFor({ timeout: 60_000 });
const frame = async () => await (await panel.locator("body").elementHandle()).ownerFrame();

async function copied(button, said) {
  await page.evaluate(() => navigator.clipboard.writeText(""));
  await panel.getByRole("button", { name: button }).click();
  await panel.getByText(said).first().waitFor({ timeout: 30_000 });
  return await page.evaluate(() => navigator.clipboard.readText());
}

/** Beside the panel, never in its group. */
async function openBeside(file) {
  await page.keyboard.press("Control+1");
  await openFile(page, file);
}

/** Shows the race of a line that is reported. */
async function replayAt(file, line, name) {
  await openBeside(file);
  await page.locator(".squiggly-error, .squiggly-warning").first().waitFor({ timeout: 60_000 });
  await goToLine(page, line);
  await command(page, "Lockstep: Replay the Race Here");
  await panel
    .locator("h1")
    .filter({ hasText: `${name}()` })
    .waitFor();
  // Of this function: the panel is about no other one from now on.
  await becomes("Violation");
}

await step("one architecture does harm, another one does not", async () => {
  await openFile(page, "mm/pin.c");
  await page.locator(".squiggly-error, .squiggly-warning").first().waitFor({ timeout: 60_000 });
  const lens = page.locator(".codelens-decoration a").filter({ hasText: "Replay race" }).first();
  const tab = page.locator(".tab").filter({ hasText: "Race in grab_range()" });
  await lens.waitFor();
  for (let left = 5; left > 0 && !(await tab.isVisible()); left--) {
    await page.waitForTimeout(500);
    await lens.click();
    await tab.waitFor({ timeout: 4_000 }).catch(() => {});
  }
  await becomes("Violation");
  const architecture = panel.getByLabel("Architecture");
  assert.deepEqual(await architecture.locator("option").allTextContents(), [
    "any that does harm",
    "no-sync",
    "flush-ipi",
    "sync-ipi",
  ]);
  await architecture.selectOption("flush-ipi");
  await becomes("Clean");
  assert.equal(await panel.locator("tr[aria-current]").count(), 0);
  await shot("panel-1-architecture");
  await architecture.selectOption("no-sync");
  await becomes("Violation");
  assert.equal(await architecture.inputValue(), "no-sync");
});

await step("what is copied names the architecture", async () => {
  const text = await copied("Copy share text", "Copied: the share text.");
  assert.match(
    text,
    /^lockstep replay mm\/pin\.c:\d+:[\w-]+ --scenario gup-fast-vs-collapse --profile no-sync --schedule [AB]/,
  );
});

await step("another scenario is another race", async () => {
  await replayAt("mm/range.c", 14, "range_end_wrong");
  const scenario = panel.getByLabel("Scenario");
  assert.match(await scenario.locator("option:checked").textContent(), /^of the rule \(use-after-unlock\)/);
  await scenario.selectOption("lookup-vs-munmap");
  await panel.locator(".evidence").filter({ hasText: "Scenario" }).waitFor();
  await panel.locator("summary", { hasText: "What this holds for" }).click();
  const title = await scenario.locator("option:checked").textContent();
  await panel
    .locator(".evidence dd")
    .filter({ hasText: title.slice(title.indexOf(": ") + 2) })
    .first()
    .waitFor();
  assert.equal(await panel.locator("#profile").count(), 0);
  await scenario.selectOption("");
  await becomes("Violation");
  await panel.locator("summary", { hasText: "What this holds for" }).click();
});

await step("the model is copied for Spin, the race as Markdown", async () => {
  const promela = await copied("Copy as Promela", "Copied: the Promela model.");
  assert.match(promela, /\b(active )?proctype\b/);
  assert.match(promela, /\bassert\b|\bltl\b|never/);
  const markdown = await copied("Copy as Markdown", "Copied: the Markdown.");
  assert.match(markdown, /^\*\*use-after-unlock\*\*: violation/);
  assert.match(markdown, /```\n {2}CPU0 +CPU1\n/);
});

await step("a function is raced against another one", async () => {
  await openBeside("mm/ring.c");
  await goToLine(page, 38);
  await command(page, "Lockstep: Race This Function Against…");
  const rows = page.locator(".quick-input-list .monaco-list-row");
  await rows.filter({ hasText: "ring_pop_locked()" }).waitFor({ timeout: 20_000 });
  await shot("panel-2-opponents");
  await rows.filter({ hasText: "ring_pop_locked()" }).click();
  await panel.locator("h1").filter({ hasText: "ring_push() against ring_pop_locked()" }).waitFor();
  await becomes("Violation");
  await panel.locator("h1").click();
  await page.keyboard.press("v");
  await panel.locator(".violated").filter({ hasText: "is lost" }).waitFor();
  await shot("panel-3-two-functions");
  await panel.getByRole("button", { name: "Step in the debugger" }).click();
  await page.locator(".debug-call-stack").getByText("ring_pop_locked").first().waitFor({ timeout: 20_000 });
  await page.keyboard.press("Shift+F5");
  await page.locator(".debug-toolbar").waitFor({ state: "hidden" });
});

await step("every control can be reached by Tab, and shows that it has the focus", async () => {
  await replayAt("mm/range.c", 14, "range_end_wrong");
  const f = await frame();
  const wanted = await f.evaluate(() =>
    [...document.querySelectorAll("button, select, input, summary")]
      .filter((e) => e.tabIndex >= 0 && e.getClientRects().length > 0)
      .map((e, n) => (e.dataset.walk = String(n))),
  );
  await panel.locator("h1").click();
  const seen = new Map();
  for (let n = 0; n < wanted.length + 5; n++) {
    await page.keyboard.press("Tab");
    const at = await f.evaluate(() => {
      const e = document.activeElement;
      const { outlineStyle, outlineWidth } = getComputedStyle(e);
      return { walk: e.dataset.walk, text: e.outerHTML.slice(0, 90), outline: `${outlineStyle} ${outlineWidth}` };
    });
    if (at.walk !== undefined) seen.set(at.walk, at);
  }
  assert.deepEqual(
    wanted.filter((n) => !seen.has(n)),
    [],
    "reached by Tab",
  );
  const unseen = [...seen.values()].filter(({ outline }) => /^none|0px$/.test(outline));
  assert.deepEqual(unseen, [], "with an outline");
  // Enter on a control does what a click does, and the focus stays.
  await panel.getByRole("button", { name: "Keys" }).focus();
  await page.keyboard.press("Enter");
  await panel.getByText("to the next context switch").waitFor();
  await page.keyboard.press("Escape");
  await panel.getByText("to the next context switch").waitFor({ state: "hidden" });
});

/** What sticks out of the panel or out of its own box. */
async function clipped() {
  return await (await frame()).evaluate(() => {
    const { clientWidth, scrollWidth } = document.documentElement;
    const out = scrollWidth > clientWidth ? [`the page is ${scrollWidth} wide in ${clientWidth}`] : [];
    for (const e of document.querySelectorAll("button, select, input, summary, h1, .verdict, th, dd")) {
      const { left, right, width } = e.getBoundingClientRect();
      const name = e.outerHTML.slice(0, 80);
      if (width > 0 && !e.closest(".hidden") && (left < -0.5 || right > clientWidth + 0.5))
        out.push(`outside: ${name}`);
      if (e.matches("button") && e.scrollWidth > e.clientWidth + 1) out.push(`clipped: ${name}`);
    }
    return out;
  });
}

for (const [zoom, width, height] of [
  [200, 800, 500],
  [400, 400, 500],
])
  await step(`at ${zoom} % nothing is cut off, and nothing scrolls sideways`, async () => {
    if (await page.locator(".part.sidebar").isVisible()) await command(page, "View: Close Primary Side Bar");
    // Two groups of editors have no room in a window of this width.
    if (zoom === 400) await command(page, "View: Toggle Maximize Editor Group");
    await page.setViewportSize({ width, height });
    await page.waitForTimeout(800);
    await panel.locator("h1").click();
    await page.keyboard.press("v");
    assert.deepEqual(await clipped(), []);
    await shot(`panel-4-zoom-${zoom}`);
    // Every control can be brought into view.
    for (const control of await panel.locator("footer button, .controls button, select").all()) {
      await control.scrollIntoViewIfNeeded();
      assert.ok(await control.isVisible());
    }
    assert.deepEqual(await axeProblems(panel), []);
    await page.setViewportSize({ width: 1600, height: 1000 });
  });

await step("forced colours leave everything visible", async () => {
  await page.emulateMedia({ forcedColors: "active" });
  await panel.locator("h1").click();
  await page.keyboard.press("v");
  await page.waitForTimeout(300);
  const found = await (await frame()).evaluate(() => {
    const step = getComputedStyle(document.querySelector("tr.now .step"));
    const icon = document.querySelector(".icon svg");
    return {
      current: step.outlineStyle,
      icon: getComputedStyle(icon).fill,
      behind: getComputedStyle(icon.closest("button")).backgroundColor,
      bare: [...document.querySelectorAll("footer button")].filter((b) => getComputedStyle(b).borderTopStyle === "none")
        .length,
    };
  });
  assert.equal(found.current, "solid");
  const inView = await panel.locator("tr.now .step").evaluate((e) => {
    const { left, top, width, height } = e.getBoundingClientRect();
    return document.elementFromPoint(left + width / 2, top + height / 2)?.closest(".step") === e;
  });
  assert.ok(inView, "the step is not covered");
  assert.notEqual(found.icon, found.behind);
  assert.equal(found.bare, 0);
  await shot("panel-5-forced-colours");
  await page.emulateMedia({ forcedColors: "none" });
});

await step("nothing moves for those who want no motion", async () => {
  const durations = async () =>
    await (await frame()).evaluate(() =>
      [...document.querySelectorAll(".step, .icon, .action")].map((e) => getComputedStyle(e).transitionDuration),
    );
  await page.emulateMedia({ reducedMotion: "no-preference" });
  assert.ok((await durations()).some((d) => d !== "0s"));
  await page.emulateMedia({ reducedMotion: "reduce" });
  assert.deepEqual([...new Set(await durations())], ["0s"]);
  await page.keyboard.press("[");
  assert.equal(await (await frame()).evaluate(() => document.getAnimations().length), 0);
});

await vscode.stop();
rmSync(folder, { recursive: true, force: true });
process.exit(report());
