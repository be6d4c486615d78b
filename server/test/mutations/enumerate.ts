/** All mutants of a tree's files, with stable identities, equivalents left out. */
import { createHash } from "node:crypto";
import { equivalentInGeneral } from "./equivalence";
import { type Fn, readSource, type SourceFile } from "./functions";
import type { Context, Edit, Equivalent, Mutant, MutationData, Operator, OperatorSpec, Seed } from "./model";
import { applyEdits } from "./model";
import { harmlessOperators, seedingOperators } from "./operators";
import { lineOf } from "./text";
import type { Tree } from "./tree";

export interface Enumeration {
  mutants: Mutant[];
  /** Left out as equivalent, with the reason. */
  equivalent: { mutant: Mutant; reason: string }[];
}

export function enumerateFile(
  file: SourceFile,
  data: MutationData,
  has: (symbol: string) => boolean,
  kind: "seeding" | "harmless",
): Enumeration {
  const operators: Record<string, Operator> = kind === "seeding" ? seedingOperators : harmlessOperators;
  const out: Enumeration = { mutants: [], equivalent: [] };
  for (const fn of file.functions) {
    if (kind === "seeding" && data.primitives.includes(fn.name.replace(/^__/, ""))) continue;
    const seen = new Map<string, number>();
    for (const spec of kind === "seeding" ? data.seeding : data.harmless) {
      const operator = operators[spec.id];
      if (!operator) throw new Error(`no operator ${spec.id}`);
      const cx: Context = { file, data, spec, has };
      for (const seed of operator(fn, cx)) {
        const mutant = identify(file, fn, spec, seed, seen);
        if (!mutant) continue;
        const reason =
          kind === "seeding" ? (equivalentInGeneral(mutant, fn, file) ?? listed(mutant, data.equivalents)) : undefined;
        if (reason) out.equivalent.push({ mutant, reason });
        else out.mutants.push(mutant);
      }
    }
  }
  return out;
}

function identify(
  file: SourceFile,
  fn: Fn,
  spec: OperatorSpec,
  seed: Seed,
  seen: Map<string, number>,
): Mutant | undefined {
  const key = [spec.id, seed.family, file.path, fn.name, seed.description].join("|");
  const ordinal = seen.get(key) ?? 0;
  seen.set(key, ordinal + 1);
  const text = applyEdits(file.text, seed.edits);
  if (text === file.text || !keepsDirectives(file.text, seed.edits)) return undefined;
  return {
    id: createHash("sha256").update(`${key}|${ordinal}`).digest("hex").slice(0, 12),
    operator: spec.id,
    family: seed.family,
    file: file.path,
    function: fn.name,
    line: lineOf(file.text, seed.at),
    description: seed.description,
    edits: seed.edits,
    expect: seed.expect ?? spec.expect[seed.family] ?? [],
  };
}

/** A replaced piece with preprocessor lines must keep them: else conditionals come apart. */
function keepsDirectives(text: string, edits: readonly Edit[]): boolean {
  const directives = (t: string): string => (t.match(/^[ \t]*#[^\n]*/gm) ?? []).join("\n");
  return edits.every((e) => e.start === e.end || directives(text.slice(e.start, e.end)) === directives(e.text));
}

function listed(mutant: Mutant, equivalents: readonly Equivalent[]): string | undefined {
  const hit = equivalents.find(
    (e) =>
      e.operators.includes(mutant.operator) &&
      e.file === mutant.file &&
      e.function === mutant.function &&
      (!e.match || new RegExp(e.match).test(mutant.description)),
  );
  return hit?.reason;
}

/** Every mutant of the tree's scope, files in path order. */
export function enumerateTree(tree: Tree, data: MutationData, kind: "seeding" | "harmless"): Enumeration {
  const out: Enumeration = { mutants: [], equivalent: [] };
  const relevant = new RegExp(`\\b(?:${apiNames(data).join("|")})\\b`);
  for (const path of tree.files(data.scope, data.exclude)) {
    const text = tree.read(path);
    if (text === undefined || !relevant.test(text)) continue;
    const part = enumerateFile(readSource(path, text), data, (s) => tree.defines(s), kind);
    out.mutants.push(...part.mutants);
    out.equivalent.push(...part.equivalent);
  }
  return out;
}

/** Names that make a file worth reading. */
function apiNames(data: MutationData): string[] {
  const names = data.families
    .flatMap((f) => [...f.acquire, ...f.release].map((a) => a.call))
    .filter((n) => !/^(?:spin_|local_irq)/.test(n));
  return [
    ...names,
    "ptl",
    "page_table_lock",
    "pte_same",
    "pmd_same",
    "vma_start_write",
    "vm_flags_(?:set|clear|mod|reset)",
    "mmu_interval_\\w+",
    "mmu_notifier_range\\w*",
    "read_seq\\w+",
    "raw_read_seqcount",
    "gup_put_folio",
  ];
}
