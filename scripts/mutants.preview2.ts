import { enumerateTree } from "../server/test/mutations/enumerate";
import { loadMutationData } from "../server/test/mutations/data";
import { findKernels } from "../server/test/mutations/tree";
import { applyEdits } from "../server/test/mutations/model";
import { diff } from "../server/test/mutations/diff";
import { randomFrom, shuffled } from "../server/test/mutations/sample";
const [kind, ops, n, seed, ver, ctx] = process.argv.slice(2);
const data = loadMutationData("/work/main/test-fixtures/mutations");
for (const [v, tree] of findKernels()) {
  if (ver !== v) continue;
  const e = enumerateTree(tree, data, kind as "seeding");
  for (const op of (ops ?? "").split(",")) {
  const pool = shuffled(e.mutants.filter((m) => `${m.operator} ${m.family}`.startsWith(op)), randomFrom(Number(seed ?? 1)));
  for (const m of pool.slice(0, Number(n ?? 5))) {
    const text = tree.read(m.file) as string;
    console.log(`=== ${m.operator} ${m.family} ${m.file}:${m.line} ${m.function} — ${m.description} [${m.expect}]`);
    console.log(diff(text, applyEdits(text, m.edits), Number(ctx ?? 3)));
  }}
}
