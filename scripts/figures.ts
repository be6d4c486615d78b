/**
 * `npm run figures`: what the extension costs whoever installs it, each figure with its limit: size of the package, activation,
 * time from opening `mm/memory.c` to its first diagnostics, memory of the server. Ends with 1 if one is over its limit.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { projectRoot } from "../server/test/mutations/data";
import { provideKernel } from "./kernels.mjs";
import { type ServerFigures, serverFigures } from "./serverFigures";

const FILE = "mm/memory.c";

interface Figure {
  name: string;
  /** Null: could not be measured, and why. */
  value: number | null;
  missing?: string;
  /** Null: told for information. */
  limit: number | null;
  unit: string;
  digits: number;
}

const root = projectRoot();
const figures: Figure[] = [];
// Not bundled with this script: it runs the bundler.
const packing = (await import(pathToFileURL(path.join(root, "scripts/package.mjs")).href)) as {
  packageExtension(): Promise<{ archive: Buffer; name: string; files: Map<string, Buffer> }>;
};
const { archive, name, files } = await packing.packageExtension();
const vsix = path.join(root, ".cache", name);
mkdirSync(path.dirname(vsix), { recursive: true });
writeFileSync(vsix, archive);
figures.push({ name: "package", value: archive.length / 1024 / 1024, limit: 2, unit: "MB", digits: 2 });
figures.push({ name: "activation in VS Code", ...activation(), limit: 100, unit: "ms", digits: 0 });

const kernel = provideKernel("6.12") as { root?: string; missing?: string };
const measured: ServerFigures | undefined =
  kernel.root === undefined
    ? undefined
    : await serverFigures(path.join(unpacked(), "extension/dist/server.js"), kernel.root, FILE);
const ofServer = (value: number | undefined) =>
  value === undefined ? { value: null, missing: kernel.missing ?? "no kernel tree" } : { value };
figures.push(
  {
    name: `start of the server to first diagnostics of ${FILE}`,
    ...ofServer(measured?.firstSeconds),
    limit: 3,
    unit: "s",
    digits: 2,
  },
  { name: `opening ${FILE} to first diagnostics`, ...ofServer(measured?.openSeconds), limit: 3, unit: "s", digits: 2 },
  { name: "the same, to all of them", ...ofServer(measured?.wholeSeconds), limit: null, unit: "s", digits: 2 },
  { name: "memory of the server, at most", ...ofServer(measured?.peakMegabytes), limit: 500, unit: "MB", digits: 0 },
);

let over = 0;
for (const { name: title, value, missing, limit, unit, digits } of figures) {
  const bad = value !== null && limit !== null && value > limit;
  if (bad) over++;
  const shown = value === null ? `not measured: ${missing}` : `${value.toFixed(digits)} ${unit}`;
  const bound = limit === null ? "" : ` limit ${limit} ${unit}`;
  console.log(`${title.padEnd(58)}${shown.padEnd(12)}${bound}${bad ? "  OVER" : ""}`);
}
process.exit(over > 0 ? 1 : 0);

/** In a real VS Code, where the tools of the end-to-end tests are installed. */
function activation(): Pick<Figure, "value" | "missing"> {
  const folder = path.join(root, "client/test/e2e");
  if (!existsSync(path.join(folder, "node_modules/code-server/out/node/entry.js")))
    return { value: null, missing: "needs what `npm run test:e2e` installs" };
  const done = spawnSync(process.execPath, [path.join(folder, "activation.mjs"), vsix], {
    encoding: "utf8",
    timeout: 180_000,
  });
  const last = done.stdout.trim().split("\n").at(-1) ?? "";
  if (done.status !== 0) return { value: null, missing: done.stderr.trim().split("\n")[0] ?? "VS Code did not start" };
  return { value: (JSON.parse(last) as { activationMs: number }).activationMs };
}

/** The package as it is installed: the server looks for its rules beside itself. */
function unpacked(): string {
  const target = path.join(root, ".cache/figures");
  rmSync(target, { recursive: true, force: true });
  for (const [file, bytes] of files) {
    mkdirSync(path.dirname(path.join(target, file)), { recursive: true });
    writeFileSync(path.join(target, file), bytes);
  }
  return target;
}
