import { enumerateTree } from "../server/test/mutations/enumerate";
import { loadMutationData } from "../server/test/mutations/data";
import { findKernels } from "../server/test/mutations/tree";
const data = loadMutationData("/work/main/test-fixtures/mutations");
const [kind, op] = process.argv.slice(2);
for (const [v, tree] of findKernels()) for (const m of enumerateTree(tree, data, kind as "seeding").mutants.filter((m) => `${m.operator} ${m.family}`.startsWith(op ?? ""))) console.log(v, `${m.file}:${m.line}`, m.function, m.description);
