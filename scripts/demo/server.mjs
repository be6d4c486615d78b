/**
 * Serves the demo on this machine: `server.mjs ROOT VSCODE PORT IDLE_MS`. Ends by itself when no page has been open for that long.
 * Prints nothing; `/alive` answers with the project's folder.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { page, webviewFolder } from "./page.mjs";

const [root, code, port, idle] = process.argv.slice(2);
const here = path.dirname(fileURLToPath(import.meta.url));
const demo = path.join(root, "test-fixtures/demo");

const types = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ttf": "font/ttf",
  ".wasm": "application/wasm",
};

/** Of the project only what the package holds. */
const shared = /^\/extension\/(package\.json|README\.md|CHANGELOG\.md|(dist|media|syntaxes)\/.*)$/;

let stop;
function seen() {
  clearTimeout(stop);
  stop = setTimeout(() => process.exit(0), Number(idle));
}

function answer(url, host) {
  const { pathname } = new URL(url, `http://${host}`);
  const name = path.posix.normalize(decodeURIComponent(pathname));
  if (name === "/") return { type: "text/html", body: page(host) };
  if (name === "/alive") return { type: "text/plain", body: root };
  if (name === "/files/tree.json") return { type: "application/json", body: JSON.stringify(treeOf(demo)) };
  if (name === `${webviewFolder}index.html`) return { type: "text/html", body: webviewFrame() };
  const type = types[path.extname(name)] ?? "text/plain";
  if (name.startsWith("/code/")) return { type, body: readFileSync(path.join(code, name.slice("/code/".length))) };
  if (name.startsWith("/files/")) return { type, body: readFileSync(path.join(here, name)) };
  if (shared.test(name)) return { type, body: readFileSync(path.join(root, name.slice("/extension/".length))) };
  return undefined;
}

/** Texts of a folder by their path. */
function treeOf(folder, prefix = "") {
  const texts = {};
  for (const name of readdirSync(folder).sort()) {
    const full = path.join(folder, name);
    if (statSync(full).isDirectory()) Object.assign(texts, treeOf(full, `${prefix}${name}/`));
    else texts[prefix + name] = readFileSync(full, "utf8");
  }
  return texts;
}

/**
 * VS Code wants its webviews on hosts of their own, where browsers that block third parties leave them blank. Here the one
 * extension is the project's, so its webviews may stand on the page's own host.
 */
function webviewFrame() {
  const text = readFileSync(path.join(code, webviewFolder.slice("/code/".length), "index.html"), "utf8");
  const [, script = ""] = /<script async type="module">([\s\S]*?)<\/script>/.exec(text) ?? [];
  const allowed = script.replace(
    "const hostname = location.hostname;",
    "const hostname = location.hostname;\nif (parentOrigin === location.origin) return start(parentOrigin);",
  );
  const hash = createHash("sha256").update(allowed).digest("base64");
  return text.replace(script, () => allowed).replace(/'sha256-[^']*'/, `'sha256-${hash}'`);
}

createServer(({ url, headers }, response) => {
  seen();
  try {
    const found = answer(url ?? "/", headers.host);
    if (!found) throw new Error("nothing there");
    response.writeHead(200, { "content-type": found.type, "cache-control": "no-cache" }).end(found.body);
  } catch {
    response.writeHead(404).end();
  }
})
  .on("error", () => process.exit(1))
  .listen(Number(port), "127.0.0.1", seen);
