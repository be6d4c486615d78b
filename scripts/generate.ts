/**
 * `npm run generate`: writes what is derived from the rule data and its schema: `rules/schema/*.json`, `rules/README.md`.
 * With `--check` it writes nothing and ends with 1 if something is out of date.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { findResources } from "../server/src/node/resources";
import { generateDocs } from "../server/src/rules/generateDocs";
import { generateSchemas } from "../server/src/rules/generateSchema";
import { loadRules } from "../server/src/rules/load";
import { projectRoot } from "../server/test/mutations/data";

const checkOnly = process.argv.includes("--check");
const rules = loadRules(findResources().rules());
for (const p of rules.problems) console.error(`${p.file}:${p.line}:${p.column}: ${p.message}`);
if (rules.problems.length > 0) process.exit(2);

let stale = 0;
for (const { path: name, text } of [...generateSchemas(), ...generateDocs(rules)]) {
  const file = path.join(projectRoot(), name);
  if (existsSync(file) && readFileSync(file, "utf8") === text) continue;
  stale++;
  console.log(`${name}: ${checkOnly ? "out of date" : "written"}`);
  if (checkOnly) continue;
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
}
if (stale === 0) console.log("everything is up to date");
process.exit(checkOnly && stale > 0 ? 1 : 0);
