/** `npm run mutations -- [options]`: see HELP below. */
import { writeFileSync } from "node:fs";
import { loadScenarios } from "../server/src/engine/replay";
import { createNodeHost } from "../server/src/node/host";
import { loadMutationData, projectRoot } from "../server/test/mutations/data";
import { diff } from "../server/test/mutations/diff";
import { enumerateTree } from "../server/test/mutations/enumerate";
import { Harness, type Verdict } from "../server/test/mutations/harness";
import { applyEdits, type Mutant } from "../server/test/mutations/model";
import { type Replayed, Replays, replayTable } from "../server/test/mutations/replays";
import { detail, summary } from "../server/test/mutations/report";
import { type Half, sample } from "../server/test/mutations/sample";
import { countBy } from "../server/test/mutations/stats";
import { findKernels, type Tree } from "../server/test/mutations/tree";

type Kind = "seeding" | "harmless";

const args = process.argv.slice(2);
const option = (name: string): string | undefined =>
  args.includes(`--${name}`) ? args[args.indexOf(`--${name}`) + 1] : undefined;
const flag = (name: string): boolean => args.includes(`--${name}`);

const HELP = `npm run mutations -- [options]: seeds bugs into the kernel trees in memory and counts how many are reported

  --seed N          seed of the sample (default 1)            --half development|final|all (default development)
  --count N         seeded bugs in all (default 300; 0 none)  --harmless N   harmless changes (default 100)
  --tree 6.12|6.1   one tree only                             --operator/--family/--file/--id/--rule X   filter
  --sites           only count sites                          --verbose      show the missed ones with their diff
  --all             every mutant, no sample                   --json FILE    verdicts for other tools
  --show            print diffs of the sample, run nothing
  --replay          replay the findings of rules with a race; only bugs that such rules should find are seeded
  --tight           … within the budget that a whole check has for each
  --help            this text`;

if (flag("help")) {
  console.log(HELP);
  process.exit(0);
}

const seed = Number(option("seed") ?? 1);
const half = (option("half") ?? "development") as Half;
if (!["development", "final", "all"].includes(half)) fail(`--half: ${half}`);
const wanted: Record<Kind, number> = {
  seeding: Number(option("count") ?? 300),
  harmless: flag("replay") ? 0 : Number(option("harmless") ?? 100),
};
const data = loadMutationData();
const kernels = [...findKernels(projectRoot())].filter(
  ([version]) => option("tree") === undefined || option("tree") === version,
);
if (kernels.length === 0) fail("no kernel tree: set LOCKSTEP_KERNEL_DIR, or let `npm test` extract one into .kernel/");

function fail(message: string): never {
  console.error(`mutations: ${message}`);
  process.exit(2);
}

function selected(m: Mutant): boolean {
  const match = (name: string, value: string): boolean =>
    option(name) === undefined ||
    (option(name) as string).split(",").some((x) => value === x || (name === "file" && value.startsWith(x)));
  if (option("rule") !== undefined && !m.expect.some((x) => (option("rule") as string).split(",").includes(x)))
    return false;
  return match("operator", m.operator) && match("family", m.family) && match("file", m.file) && match("id", m.id);
}

const replayed: Replayed[] = [];

async function runTree(version: string, tree: Tree, kind: Kind, count: number): Promise<Verdict[]> {
  const host = createNodeHost();
  const engine = await host.createEngine(tree, host.shippedRules());
  const replays = flag("replay") ? new Replays(engine, loadScenarios(host.builtinRules()), flag("tight")) : null;
  const races = replays?.races();
  const all = enumerateTree(tree, data, kind);
  const pool = all.mutants.filter((m) => selected(m) && (!races || m.expect.some((x) => races.has(x))));
  if (flag("sites")) {
    console.log(`\n${version} ${kind}: ${pool.length} sites (${all.equivalent.length} left out as equivalent)`);
    for (const [cell, n] of countBy(pool, (m) => `${m.operator} · ${m.family}`))
      console.log(`  ${String(n).padStart(5)}  ${cell}`);
    return [];
  }
  const chosen = option("id")
    ? pool
    : sample(
        pool,
        flag("all") ? Number.MAX_SAFE_INTEGER : count,
        seed,
        half,
        kind === "harmless" ? (m) => m.operator : undefined,
      );
  if (flag("show")) {
    for (const m of chosen) {
      const text = tree.read(m.file) as string;
      console.log(
        `\n--- ${m.id} ${m.operator} ${m.family} ${m.file}:${m.line} ${m.function}: ${m.description} [${m.expect}]\n${diff(text, applyEdits(text, m.edits))}`,
      );
    }
    return [];
  }
  const harness = new Harness(engine, tree);
  const verdicts: Verdict[] = [];
  harness.prepare(chosen);
  for (const mutant of chosen) {
    const verdict = kind === "seeding" ? harness.seeded(mutant) : harness.harmless(mutant);
    verdicts.push(verdict);
    const row = replays?.judge(verdict);
    if (row && flag("verbose")) console.log(`${row.alias} ${row.outcome}: ${row.reason}\n${detail(verdict, tree)}\n`);
    if (flag("verbose") && (!verdict.good || option("id"))) console.log(`${version} ${detail(verdict, tree)}\n`);
    if (process.stderr.isTTY) process.stderr.write(`\r${version} ${kind} ${verdicts.length}/${chosen.length} `);
  }
  if (replays) replayed.push(...replays.rows);
  return verdicts;
}

const results: Record<Kind, { version: string; verdicts: Verdict[] }[]> = { seeding: [], harmless: [] };
for (const kind of ["seeding", "harmless"] as const) {
  if (wanted[kind] === 0) continue;
  for (const [version, tree] of kernels)
    results[kind].push({
      version,
      verdicts: await runTree(version, tree, kind, Math.ceil(wanted[kind] / kernels.length)),
    });
}
if (!flag("sites") && !flag("show")) {
  console.log(`seed ${seed}, half ${half}, trees ${kernels.map(([v]) => v).join(" ")}`);
  const seeded = results.seeding.flatMap((r) => r.verdicts);
  const harmless = results.harmless.flatMap((r) => r.verdicts);
  if (seeded.length > 0) console.log(`\n${summary("Seeded bugs", seeded, "caught")}`);
  if (harmless.length > 0) console.log(`\n${summary("Harmless changes", harmless, "silent")}`);
  if (flag("replay")) console.log(`\n${replayTable(replayed)}`);
  const file = option("json");
  if (file)
    writeFileSync(
      file,
      JSON.stringify(
        [...seeded, ...harmless].map(({ mutant: { edits: _, ...mutant }, ...rest }) => ({ ...mutant, ...rest })),
        null,
        1,
      ),
    );
}
