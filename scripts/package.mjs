/**
 * `npm run package`: builds the extension minified into `.cache/package` and packs it as `lockstep-VERSION.vsix`.
 * The same sources give the same bytes. What goes in is what `.vscodeignore` names.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { ensureDependencies, fail, root } from "./setup.mjs";
import { zip } from "./zip.mjs";

const limitMb = 2;

/** Content of the package by name. `dist` is read from another folder if one is given. */
export function packageFiles(dist = path.join(root, "dist")) {
  const wanted = readFileSync(path.join(root, ".vscodeignore"), "utf8")
    .split("\n")
    .filter((line) => line.startsWith("!"))
    .map((line) => line.slice(1).replace(/\/\*\*$/, ""));
  const files = new Map();
  const place = (name) => (name.startsWith("dist/") ? path.join(dist, name.slice(5)) : path.join(root, name));
  const add = (name) => {
    if (statSync(place(name)).isDirectory()) for (const inner of readdirSync(place(name))) add(`${name}/${inner}`);
    else files.set(`extension/${name}`, readFileSync(place(name)));
  };
  for (const name of wanted) add(name);
  const manifest = JSON.parse(files.get("extension/package.json").toString("utf8"));
  // What only developers need stays at home.
  for (const key of ["scripts", "devDependencies", "optionalDependencies", "private"]) delete manifest[key];
  files.set("extension/package.json", Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`));
  files.set("extension.vsixmanifest", Buffer.from(vsixManifest(manifest)));
  files.set("[Content_Types].xml", Buffer.from(contentTypes([...files.keys()])));
  return { files, manifest };
}

function vsixManifest(manifest) {
  const text = (value) => String(value).replace(/[<>&"]/g, (c) => `&#${c.charCodeAt(0)};`);
  const property = (id, value) => `      <Property Id="Microsoft.VisualStudio.${id}" Value="${text(value)}" />`;
  const asset = (type, file) => `    <Asset Type="${type}" Path="extension/${file}" Addressable="true" />`;
  return `<?xml version="1.0" encoding="utf-8"?>
<PackageManifest Version="2.0.0" xmlns="http://schemas.microsoft.com/developer/vsx-schema/2011" xmlns:d="http://schemas.microsoft.com/developer/vsx-schema-design/2011">
  <Metadata>
    <Identity Language="en-US" Id="${text(manifest.name)}" Version="${text(manifest.version)}" Publisher="${text(manifest.publisher)}" />
    <DisplayName>${text(manifest.displayName)}</DisplayName>
    <Description xml:space="preserve">${text(manifest.description)}</Description>
    <Tags>${text(manifest.keywords.join(","))}</Tags>
    <Categories>${text(manifest.categories.join(","))}</Categories>
    <GalleryFlags>Public</GalleryFlags>
    <License>extension/LICENSE</License>
    <Icon>extension/${text(manifest.icon)}</Icon>
    <Properties>
${[
  property("Code.Engine", manifest.engines.vscode),
  property("Code.ExtensionDependencies", ""),
  property("Code.ExtensionPack", ""),
  property("Code.ExtensionKind", "workspace"),
  property("Code.LocalizedLanguages", ""),
].join("\n")}
    </Properties>
  </Metadata>
  <Installation>
    <InstallationTarget Id="Microsoft.VisualStudio.Code" />
  </Installation>
  <Dependencies />
  <Assets>
${[
  asset("Microsoft.VisualStudio.Code.Manifest", "package.json"),
  asset("Microsoft.VisualStudio.Services.Content.Details", "README.md"),
  asset("Microsoft.VisualStudio.Services.Content.Changelog", "CHANGELOG.md"),
  asset("Microsoft.VisualStudio.Services.Content.License", "LICENSE"),
  asset("Microsoft.VisualStudio.Services.Icons.Default", manifest.icon),
].join("\n")}
  </Assets>
</PackageManifest>
`;
}

function contentTypes(names) {
  const types = {
    json: "application/json",
    md: "text/markdown",
    png: "image/png",
    svg: "image/svg+xml",
    xml: "text/xml",
  };
  const extensions = [
    ...new Set(names.map((name) => path.posix.extname(name).slice(1)).filter((x) => x !== "")),
  ].sort();
  const lines = extensions.map(
    (x) =>
      `  <Default Extension="${x}" ContentType="${types[x] ?? (x === "vsixmanifest" ? "text/xml" : "application/octet-stream")}" />`,
  );
  return `<?xml version="1.0" encoding="utf-8"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
${lines.join("\n")}
  <Override PartName="/extension/LICENSE" ContentType="text/plain" />
</Types>
`;
}

/** Builds and packs; returns the archive and its file name. */
export async function packageExtension() {
  const dist = path.join(root, ".cache/package");
  // Everything in it goes in: nothing may be left of an earlier build.
  rmSync(dist, { recursive: true, force: true });
  mkdirSync(dist, { recursive: true });
  const { buildAll } = await import("../esbuild.mjs");
  await buildAll({ minify: true, dist });
  const { files, manifest } = packageFiles(dist);
  return { archive: zip(files), name: `${manifest.name}-${manifest.version}.vsix`, files };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  ensureDependencies();
  const { archive, name, files } = await packageExtension();
  const megabytes = archive.length / 1024 / 1024;
  if (megabytes > limitMb) fail(`the package has ${megabytes.toFixed(2)} MB, more than ${limitMb}`);
  writeFileSync(path.join(root, name), archive);
  console.log(`${name}: ${files.size} files, ${Math.round(archive.length / 1024)} KB`);
}
