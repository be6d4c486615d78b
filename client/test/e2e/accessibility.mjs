/** Checks of the panel's accessibility: axe-core inside its frame, in the themes that people use. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { command, here } from "./vscode.mjs";

const axe = readFileSync(path.join(here, "node_modules/axe-core/axe.min.js"), "utf8");

/** What axe-core has to say about the page inside a webview, one line each. */
export async function axeProblems(panel) {
  const handle = await panel.locator("body").elementHandle();
  const frame = await handle.ownerFrame();
  // Evaluated by the debugger interface: the page's own policy lets no foreign script in.
  await frame.evaluate(axe);
  const { violations } = await frame.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 120)}: ${failureSummary}`),
  );
}

/** The themes of the tests: name in the picker, class of the workbench. */
export const themes = [
  ["Light Modern", "vs"],
  ["Dark Modern", "vs-dark"],
  ["Dark High Contrast", "hc-black"],
  ["Light High Contrast", "hc-light"],
];

/** As people do it; waits until the workbench and the webview have it. */
export async function setTheme(page, [name, kind]) {
  await command(page, "Preferences: Color Theme");
  const input = page.locator(".quick-input-widget input.input");
  await input.fill(name);
  await page.locator(".quick-input-list .monaco-list-row.focused").filter({ hasText: name }).waitFor();
  await page.keyboard.press("Enter");
  await page.locator(`.monaco-workbench.${kind}`).first().waitFor({ timeout: 20_000 });
  await page.waitForTimeout(700);
}
