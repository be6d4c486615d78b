/**
 * The tests that run inside the extension host (`client/test/host`), in VS Code with a Node host or with a web worker host.
 * Usage: host.mjs node|web FOLDER [PART OF A CHECK'S NAME …]; FOLDER is the unpacked package.
 */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { build } from "esbuild";
import { serveScreen } from "./screen.mjs";
import { project, startVsCode } from "./vscode.mjs";
import { startWebVsCode } from "./webVscode.mjs";

/** Names and words that would do something if anybody took them for markup, for a link or for a command. */
const hostileName = "[x](command:workbench.action.quit) <img src=x onerror=alert(1)> `b`.c";
const hostileText = `#include <linux/mm.h>

#define hostile_macro(x) "\`\`\`</script><img src=x onerror=alert(1)>[x](command:workbench.action.quit)"

int hostile_say(const char *text);

unsigned long hostile_wrong(struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *vma;

	mmap_read_lock(mm);
	vma = vma_lookup(mm, addr);
	mmap_read_unlock(mm);
	if (!vma || hostile_say("\`\`\`\` </script><img src=x onerror=alert(1)> [x](command:workbench.action.quit)"))
		return 0;
	return vma->vm_end + hostile_say("\`\`\`</script><img src=x>[x](command:a)");
}
`;

const [host, unpacked, ...only] = process.argv.slice(2);
const web = host === "web";
const ports = web ? { window: 18_447, screen: 18_449 } : { window: 18_446, screen: 18_448 };
const pictures = path.join(project, ".cache/e2e");
mkdirSync(pictures, { recursive: true });
const home = mkdtempSync(path.join(tmpdir(), "lockstep-host-"));

// The extension with the tests beside it, and a tree that they may change.
const extension = path.join(home, "extension");
cpSync(unpacked, extension, { recursive: true });
const folder = path.join(home, "tree");
cpSync(path.join(project, "test-fixtures/demo"), folder, { recursive: true });
cpSync(path.join(project, "client/test/host/tree"), folder, { recursive: true });
cpSync(path.join(project, "test-fixtures/race/ring.c"), path.join(folder, "mm/ring.c"));
writeFileSync(path.join(folder, "mm", hostileName), hostileText);
mkdirSync(path.join(folder, ".lockstep/rules"), { recursive: true });
writeFileSync(path.join(folder, ".lockstep/rules/[x](command:workbench.action.quit).yaml"), "id: 7\n");
const entry = path.join(extension, web ? "tests/index.js" : "tests/index.cjs");
await build({
  entryPoints: [path.join(project, "client/test/host/run.ts")],
  outfile: entry,
  bundle: true,
  format: "cjs",
  platform: web ? "browser" : "node",
  target: "es2022",
  external: ["vscode"],
  define: {
    LOCKSTEP_SCREEN: JSON.stringify(`http://127.0.0.1:${ports.screen}`),
    LOCKSTEP_HOST: JSON.stringify(host),
    ...(web ? { global: "globalThis" } : {}),
  },
  logLevel: "warning",
});

const shot = (page, name) => page.screenshot({ path: path.join(pictures, `host-${host}-${name}.png`) }).catch(() => {});
const screen = await serveScreen({ port: ports.screen, only, shot });
let vscode;
const code = await new Promise((resolve, reject) => {
  setTimeout(() => reject(new Error("the tests never ended")), 15 * 60_000).unref();
  const prepare = async (page) => {
    screen.watch(page);
    // Out of the window come lines of the log, and how it ended.
    await page.exposeFunction("codeAutomationLog", (_, args) => {
      if (process.env.LOCKSTEP_E2E_LOG) console.log(...args);
    });
    await page.exposeFunction("codeAutomationExit", resolve);
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  };
  const start = web
    ? startWebVsCode({ folder, extension, port: ports.window, pictures, tests: entry, prepare })
    : startVsCode({ folder, port: ports.window, pictures, tests: { extension, entry }, prepare });
  start.then((started) => (vscode = started), reject);
}).catch((error) => {
  console.log(error.message);
  return 1;
});
await vscode?.shot(`host-${host}-end`).catch(() => {});
await vscode?.stop();
await screen.close();
rmSync(home, { recursive: true, force: true });
process.exit(code === 0 ? 0 : 1);
