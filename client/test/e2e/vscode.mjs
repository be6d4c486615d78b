/** A real VS Code in a browser: code-server with the packaged extension, driven in Chromium. Nothing leaves the machine. */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { picturesOf } from "./steps.mjs";

export const here = path.dirname(fileURLToPath(import.meta.url));
export const project = path.resolve(here, "../../..");
const modules = path.join(here, "node_modules");
const node = path.join(modules, "node/bin/node");
const codeServer = path.join(modules, "code-server/out/node/entry.js");

const settings = {
  "telemetry.telemetryLevel": "off",
  "update.mode": "none",
  "extensions.autoUpdate": false,
  "extensions.autoCheckUpdates": false,
  "extensions.ignoreRecommendations": true,
  "security.workspace.trust.enabled": false,
  "workbench.startupEditor": "none",
  "workbench.enableExperiments": false,
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "chat.disableAIFeatures": true,
  "git.enabled": false,
  "editor.minimap.enabled": false,
  "files.autoSave": "off",
};

export function findChromium() {
  return ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);
}

/**
 * Starts VS Code on a folder. `shot` writes a picture and returns its file. With `tests`, a folder with the extension and the path
 * of tests in it, these run inside the extension host; `prepare` sees the page before anything is loaded.
 */
export async function startVsCode({ folder, vsix, port, pictures, tests, prepare }) {
  const home = mkdtempSync(path.join(tmpdir(), "lockstep-e2e-"));
  mkdirSync(path.join(home, "data/User"), { recursive: true });
  writeFileSync(path.join(home, "data/User/settings.json"), JSON.stringify(settings));
  writeFileSync(path.join(home, "config.yaml"), "");
  const gallery = { serviceUrl: "", itemUrl: "", resourceUrlTemplate: "", controlUrl: "" };
  const env = { ...process.env, HOME: home, EXTENSIONS_GALLERY: JSON.stringify(gallery) };
  const places = [
    "--config",
    `${home}/config.yaml`,
    "--user-data-dir",
    `${home}/data`,
    "--extensions-dir",
    `${home}/ext`,
  ];
  if (vsix !== undefined) {
    const installed = spawnSync(node, [codeServer, ...places, "--install-extension", vsix, "--force"], {
      env,
      encoding: "utf8",
    });
    const why = installed.error ?? `${installed.stdout}${installed.stderr}`;
    if (installed.status !== 0) throw new Error(`the extension does not install: ${why}`);
  }
  const switches = [
    "--auth",
    "none",
    "--disable-telemetry",
    "--disable-update-check",
    "--disable-workspace-trust",
    "--disable-getting-started-override",
    "--disable-proxy",
    // Without it, a built VS Code ignores the tests that an address names.
    ...(tests === undefined ? [] : ["--vscode-option", "enable-smoke-test-driver"]),
  ];
  const server = spawn(node, [codeServer, ...places, "--bind-addr", `127.0.0.1:${port}`, ...switches, folder], {
    env,
    stdio: "ignore",
  });
  await waitFor(async () => (await fetch(`http://127.0.0.1:${port}/healthz`)).ok, "the server of VS Code");
  const browser = await chromium.launch({ executablePath: findChromium(), headless: true, args: ["--no-sandbox"] });
  const context = await browser.newContext({ viewport: { width: 1600, height: 1000 } });
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const page = await context.newPage();
  await prepare?.(page);
  const query = new URLSearchParams({ folder });
  if (tests !== undefined) {
    const remote = (file) => `vscode-remote://127.0.0.1:${port}${file}`;
    const payload = [
      ["extensionDevelopmentPath", remote(tests.extension)],
      ["extensionTestsPath", remote(tests.entry)],
      ["skipWelcome", "true"],
    ];
    query.set("payload", JSON.stringify(payload));
  }
  await page.goto(`http://127.0.0.1:${port}/?${query}`);
  await page.locator(".monaco-workbench").waitFor({ timeout: 60_000 });
  mkdirSync(pictures, { recursive: true });
  return {
    page,
    shot: picturesOf(page, pictures),
    async stop() {
      await browser.close();
      server.kill("SIGTERM");
      await new Promise((resolve) => server.once("exit", resolve));
      rmSync(home, { recursive: true, force: true });
    },
  };
}

async function waitFor(ready, what) {
  for (let left = 150; left > 0; left--) {
    if (await ready().catch(() => false)) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`${what} does not answer`);
}

/** Opens the box on top by its keys; right after start the workbench may not listen yet. */
async function quickInput(page, keys, text) {
  const input = page.locator(".quick-input-widget input.input");
  await input.waitFor({ state: "hidden", timeout: 3_000 }).catch(() => page.keyboard.press("Escape"));
  for (let left = 8; left > 0 && !(await input.isVisible()); left--) {
    await page.keyboard.press(keys);
    await input.waitFor({ timeout: 3_000 }).catch(() => {});
  }
  await input.fill(text);
}

/** Opens a file by its name, as people do. */
export async function openFile(page, name) {
  const base = path.basename(name);
  const tab = page.locator(".tab.active").filter({ hasText: base });
  // The box closes when something else takes the focus, such as a debugger that ends.
  for (let left = 3; left > 0; left--) {
    await quickInput(page, "Control+p", name);
    // The one that Enter takes: files that were open before stand there at once, whatever is typed.
    const focused = page.locator(".quick-input-list .monaco-list-row.focused").filter({ hasText: base });
    await focused
      .first()
      .waitFor({ timeout: 8_000 })
      .catch(() => {});
    await page.keyboard.press("Enter");
    const open = await tab
      .first()
      .waitFor({ timeout: 8_000 })
      .then(
        () => true,
        () => false,
      );
    if (open) return;
  }
  throw new Error(`${name} does not open`);
}

/** The list of repairs at the cursor, with this one in it: a list that opens while findings change may close again. */
export async function repairs(page, title) {
  const row = page.locator(".action-widget .monaco-list-row").filter({ hasText: title }).first();
  for (let left = 4; left > 0 && !(await row.isVisible()); left--) {
    await page.keyboard.press("Control+.");
    await row.waitFor({ timeout: 10_000 }).catch(() => {});
  }
  await row.waitFor();
  return {
    async apply() {
      // The one that is chosen already is not always one that a mouse can hit.
      const focused = page.locator(".action-widget .monaco-list-row.focused").filter({ hasText: title });
      if (await focused.count()) await page.keyboard.press("Enter");
      else await row.click();
    },
  };
}

/** The hover of a place, with this text in it: one that opens while the lines below the mouse move may close again. */
export async function hoverOf(page, place, text) {
  const hover = page.locator(".monaco-hover:visible").filter({ hasText: text }).first();
  for (let left = 4; left > 0 && !(await hover.isVisible()); left--) {
    await page.mouse.move(10, 400);
    await place.hover();
    await hover.waitFor({ timeout: 8_000 }).catch(() => {});
  }
  await hover.waitFor();
  return hover;
}

/** Runs a command of the palette. */
export async function command(page, title) {
  await quickInput(page, "F1", `>${title}`);
  await page.locator(".quick-input-list .monaco-list-row").filter({ hasText: title }).first().click();
}

/** Puts the cursor at the start of a line; keys that follow go to the editor. */
export async function goToLine(page, line) {
  await quickInput(page, "Control+g", `:${line}`);
  const box = page.locator(".quick-input-widget");
  for (let left = 5; left > 0 && (await box.isVisible()); left--) {
    await page.keyboard.press("Enter");
    await box.waitFor({ state: "hidden", timeout: 3_000 }).catch(() => {});
  }
  await page
    .locator(".statusbar-item")
    .filter({ hasText: new RegExp(`Ln ${line},`) })
    .first()
    .waitFor();
}
