/** The demo at the end of `npm start`: only where somebody looks, in what there is, and gone again by itself. */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { project } from "../server/test/lspClient";

const bin = mkdtempSync(path.join(tmpdir(), "lockstep-bin-"));
afterAll(() => rmSync(bin, { recursive: true, force: true }));

/** Without continuous integration, display and editors in its environment, unless given. */
function open(wish: "true" | "false" | "undefined", given: Record<string, string> = {}) {
  const { CI: _, DISPLAY: __, WAYLAND_DISPLAY: ___, ...environment } = process.env;
  const module = path.join(project, "scripts/openDemo.mjs");
  const code = `import(${JSON.stringify(module)}).then((m) => m.openDemo(${wish})).then(console.log)`;
  const started = performance.now();
  const done = spawnSync(process.execPath, ["-e", code], {
    encoding: "utf8",
    timeout: 400_000,
    env: { ...environment, ...given },
  });
  return { ...done, ms: performance.now() - started };
}

describe("opening the demo", () => {
  it.each([
    ["continuous integration", "undefined", { CI: "true", DISPLAY: ":0" }],
    ["no terminal and no display", "undefined", {}],
    ["not asked for", "false", { DISPLAY: ":0" }],
  ] as const)("does nothing but say how: %s", (reason, wish, environment) => {
    const { stdout, status, ms } = open(wish, environment);
    expect(stdout).toBe(`Not opened in an editor (${reason}); npm start -- --open does.\n`);
    expect(status).toBe(0);
    expect(ms).toBeLessThan(20_000);
  });

  it.skipIf(process.platform === "win32")("uses the user's VS Code, with a copy of the demo", () => {
    const told = path.join(bin, "arguments");
    writeFileSync(path.join(bin, "code"), `#!/bin/sh\nprintf '%s\\n' "$@" > ${told}\n`);
    chmodSync(path.join(bin, "code"), 0o755);
    const { stdout, status } = open("undefined", { DISPLAY: ":0", PATH: `${bin}${path.delimiter}${process.env.PATH}` });
    expect(stdout).toContain("Opened the demo in VS Code");
    expect(status).toBe(0);
    const words = readFileSync(told, "utf8").trim().split("\n");
    expect(words).toContain(`--extensionDevelopmentPath=${project}`);
    const place = words[words.indexOf("--goto") + 1]!;
    expect(place).toMatch(/mm\/range\.c:14$/);
    expect(words).toContain(place.replace("/mm/range.c:14", ""));
    expect(readFileSync(place.replace(/:14$/, ""), "utf8").split("\n")[13]).toBe("\treturn vma->vm_end;");
    expect(place).not.toContain("test-fixtures");
  });

  it("else serves one for browsers, which ends by itself", { timeout: 420_000 }, async () => {
    writeFileSync(path.join(bin, "code"), "#!/bin/sh\nexit 1\n");
    chmodSync(path.join(bin, "code"), 0o755);
    const { stdout, status } = open("true", {
      LOCKSTEP_DEMO_IDLE_MS: "8000",
      LOCKSTEP_DEMO_PORT: "18520",
      PATH: `${bin}${path.delimiter}${process.env.PATH}`,
    });
    expect(status).toBe(0);
    const address = /http:\/\/127\.0\.0\.1:\d+\//.exec(stdout)?.[0];
    expect(address, stdout).toBeDefined();
    const get = (name: string) => fetch(new URL(name, address));
    expect(await (await get("")).text()).toContain("vs/workbench/workbench.web.main");
    expect(await (await get("alive")).text()).toBe(project);
    expect(Object.keys((await (await get("files/tree.json")).json()) as object)).toContain("mm/range.c");
    const manifest = (await (await get("extension/package.json")).json()) as { browser: string };
    for (const name of [manifest.browser, "dist/web/server.js"])
      expect((await get(`extension/${name}`)).status, name).toBe(200);
    // The frame of the panel runs on this host, with a policy that fits the changed script.
    const frame = await (await get("code/out/vs/workbench/contrib/webview/browser/pre/index.html")).text();
    expect(frame).toContain("parentOrigin === location.origin");
    expect(frame).not.toContain("sha256-dvxt5dlghGbz8hrqqochfoKEaHIMZ+yJVRvjJnGopzs=");
    // Nothing else of the machine.
    for (const name of [
      "extension/server/src/node/cli.ts",
      "extension/..%2f..%2fetc/passwd",
      "code/../../../package.json",
    ])
      expect((await get(name)).status, name).toBe(404);
    await expect
      .poll(
        () =>
          get("alive").then(
            () => "served",
            () => "gone",
          ),
        { timeout: 60_000, interval: 10_000 },
      )
      .toBe("gone");
  });
});
