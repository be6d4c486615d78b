/**
 * `node scripts/run.mjs census [options]`: every finding over the precision trees.
 *
 *   --tree 6.12|6.1    one tree only                 --path P[,P]   these files or folders instead of the triage scope
 *   --rule R32[,R21]   only these rules              --level error|warning|hint   at least this level
 *   --untriaged        only what the triage file lacks, as entries to fill in, and its stale entries
 *   --counts           only the counts               --degraded     list degraded functions
 *   --json FILE        everything, for other tools   --steps        the path of each finding
 */
import { writeFileSync } from "node:fs";
import { createNodeHost } from "../server/src/node/host";
import type { Finding } from "../server/src/protocol/finding";
import { projectRoot } from "../server/test/mutations/data";
import { countBy } from "../server/test/mutations/stats";
import { findKernels } from "../server/test/mutations/tree";
import { type Census, compare, isMm, loadTriage, takeCensus } from "../server/test/triage/census";

const args = process.argv.slice(2);
const option = (name: string): string | undefined =>
  args.includes(`--${name}`) ? args[args.indexOf(`--${name}`) + 1] : undefined;
const flag = (name: string): boolean => args.includes(`--${name}`);
const levels = ["hint", "warning", "error"];

function wanted(f: Finding): boolean {
  const rules = option("rule")?.split(",");
  const level = option("level");
  return (
    (!rules || rules.includes(f.alias) || rules.includes(f.rule)) &&
    (!level || levels.indexOf(f.level) >= levels.indexOf(level))
  );
}

function print(f: Finding): void {
  console.log(
    `${f.alias}  ${f.level.padEnd(7)}  ${f.file}:${f.line}  ${f.function}  ${f.fingerprint}\n      ${f.message}`,
  );
  if (flag("steps")) for (const s of f.path) console.log(`        ${s.line}: ${s.text}    ← ${s.note}`);
}

function counts(census: Census, findings: readonly Finding[]): void {
  console.log(
    `\n${census.version}: ${census.files} files, ${census.functions} functions, ${census.degraded.length} degraded (mm: ${census.degraded.filter((d) => isMm(d.file)).length})`,
  );
  for (const [area, list] of [
    ["mm", findings.filter((f) => isMm(f.file))],
    ["elsewhere", findings.filter((f) => !isMm(f.file))],
  ] as const) {
    console.log(
      `  ${area}: ${list.length}   ${[...countBy(list, (f) => f.level)].map(([k, n]) => `${k} ${n}`).join(", ")}`,
    );
    for (const [rule, n] of countBy(list, (f) => `${f.alias} ${f.rule} (${f.level})`))
      console.log(`    ${String(n).padStart(5)}  ${rule}`);
  }
  for (const f of census.failures) console.log(`  FAILED ${f.file}: ${f.message}`);
}

const triage = loadTriage();
const scope = option("path")?.split(",") ?? triage.scope;
const taken: Census[] = [];
for (const [version, tree] of findKernels(projectRoot())) {
  if (option("tree") !== undefined && option("tree") !== version) continue;
  const host = createNodeHost();
  const engine = await host.createEngine(tree, host.shippedRules());
  const started = performance.now();
  const census = await takeCensus(version, engine, tree, scope, (file) => {
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${version} ${file}`);
  });
  if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
  taken.push(census);
  const findings = census.findings.filter(wanted);
  if (flag("untriaged")) {
    const { untriaged, stale } = compare(census, triage);
    for (const f of untriaged.filter(wanted)) {
      console.log(`  # ${f.level} ${f.file}:${f.line} ${f.message}`);
      console.log(
        `  - { trees: ["${version}"], fingerprint: "${f.fingerprint}", rule: ${f.alias}, file: ${f.file}, function: ${f.function}, verdict: , reason: "" }`,
      );
    }
    if (option("path") === undefined)
      for (const e of stale) console.log(`  # stale in ${version}: ${e.fingerprint} ${e.rule} ${e.file} ${e.function}`);
  } else if (!flag("counts")) for (const f of findings) print(f);
  if (flag("degraded"))
    for (const d of census.degraded) console.log(`degraded  ${d.file}:${d.line}  ${d.function}  ${d.reason}`);
  counts(census, findings);
  console.log(
    `  ${((performance.now() - started) / 1000).toFixed(1)} s, peak ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB`,
  );
}
if (taken.length === 0) {
  console.error("census: no kernel tree: set LOCKSTEP_KERNEL_DIR, or let `npm test` extract one into .kernel/");
  process.exit(2);
}
const file = option("json");
if (file) writeFileSync(file, JSON.stringify(taken, null, 1));
