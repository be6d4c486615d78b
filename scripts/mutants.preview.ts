import { enumerateTree } from "../server/test/mutations/enumerate";
import { loadMutationData } from "../server/test/mutations/data";
import { findKernels } from "../server/test/mutations/tree";
import { countBy } from "../server/test/mutations/stats";
import { applyEdits } from "../server/test/mutations/model";
import { diff } from "../server/test/mutations/diff";
import { randomFrom, shuffled } from "../server/test/mutations/sample";
const [kind, op, n, seed, ver] = process.argv.slice(2);
const data = loadMutationData("/work/main/test-fixtures/mutations");
const trees = findKernels();
for (const [v, tree] of trees) {
  if (ver && ver !== v) continue;
  const t = Date.now();
  const e = enumerateTree(tree, data, kind as "seeding");
  console.log("##", v, e.mutants.length, "equiv", e.equivalent.length, Date.now() - t, "ms");
  if (!op) { for (const [k, c] of countBy(e.mutants, (m) => `${m.operator} ${m.family}`)) console.log(String(c).padStart(5), k); continue; }
  const pool = shuffled(e.mutants.filter((m) => `${m.operator} ${m.family}`.startsWith(op)), randomFrom(Number(seed ?? 1)));
  for (const m of pool.slice(0, Number(n ?? 5))) {
    const text = tree.read(m.file) as string;
    console.log(`\n=== ${m.operator} ${m.family} ${m.file}:${m.line} ${m.function} — ${m.description} expect ${m.expect}`);
    console.log(diff(text, applyEdits(text, m.edits), 4));
  }
}
