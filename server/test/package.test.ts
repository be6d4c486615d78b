/** The extension's package: small, the same each time, complete, and what is in it runs. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { inflateRawSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Diagnostic } from "vscode-languageserver";
import { packageExtension } from "../../scripts/package.mjs";
import { copyDemo, TestClient } from "./lspClient";

let archive: Buffer;
let folder: string;

beforeAll(async () => {
  archive = (await packageExtension()).archive;
  folder = mkdtempSync(path.join(tmpdir(), "lockstep-vsix-"));
  for (const [name, content] of unzip(archive)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), content);
  }
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Reads an archive by its central directory, as installers do. */
function unzip(data: Buffer): Map<string, Buffer> {
  const end = data.lastIndexOf(Buffer.from("PK\x05\x06", "latin1"));
  const files = new Map<string, Buffer>();
  let at = data.readUInt32LE(end + 16);
  for (let left = data.readUInt16LE(end + 10); left > 0; left--) {
    const [packed, length, extra, comment] = [20, 28, 30, 32].map((o, i) =>
      i === 0 ? data.readUInt32LE(at + o) : data.readUInt16LE(at + o),
    ) as [number, number, number, number];
    const local = data.readUInt32LE(at + 42);
    const name = data.toString("utf8", at + 46, at + 46 + length);
    const start = local + 30 + data.readUInt16LE(local + 26) + data.readUInt16LE(local + 28);
    files.set(name, inflateRawSync(data.subarray(start, start + packed)));
    at += 46 + length + extra + comment;
  }
  return files;
}

describe("package", () => {
  it("is at most 2 MB and holds no sources, tests or maps", () => {
    expect(archive.length).toBeLessThan(2 * 1024 * 1024);
    const names = [...unzip(archive).keys()];
    expect(names).toEqual(
      expect.arrayContaining(["extension.vsixmanifest", "[Content_Types].xml", "extension/package.json"]),
    );
    expect(names.filter((name) => /\.ts$|\.map$|test|node_modules|script-/.test(name))).toEqual([]);
  });

  it("is the same each time", async () => {
    expect((await packageExtension()).archive.equals(archive)).toBe(true);
  }, 120_000);

  it("holds every file the manifest names", () => {
    const files = unzip(archive);
    const manifest = JSON.parse(files.get("extension/package.json")!.toString("utf8"));
    const named = JSON.stringify(manifest).match(/"(?:\.\/)?(?:dist|media|syntaxes)\/[^"]+"/g)!;
    const missing = named
      .map((n) => `extension/${(JSON.parse(n) as string).replace(/^\.\//, "")}`)
      .filter((n) => !files.has(n));
    expect(missing).toEqual([]);
    expect(manifest.devDependencies).toBeUndefined();
  });

  it("brings a server and a command line that run by themselves", async () => {
    const demo = copyDemo();
    const cli = spawnSync(process.execPath, [path.join(folder, "extension/dist/cli.js"), "check", demo.root], {
      encoding: "utf8",
    });
    expect(cli.status).toBe(1);
    const server = path.join(folder, "extension/dist/server.js");
    const client = await TestClient.start({ root: demo.root, command: [server, "--stdio"] });
    await client.open("mm/range.c", "int f(struct mm_struct *mm)\n{\n\tmmap_read_lock(mm);\n\treturn 0;\n}\n");
    const found: Diagnostic[] = await client.diagnostics("mm/range.c");
    expect(found.map(({ code }) => code)).toEqual(["mmap-lock-balance"]);
    await client.stop();
    demo.remove();
  }, 60_000);
});
