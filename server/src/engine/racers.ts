/**
 * Who may race with a function: functions that use the same fields of the same structs, or the same globals, by their texts. A list to
 * pick from; what two of them really share is found when they race.
 */
import { LineIndex } from "../base/lineIndex";
import type { FunctionRef } from "../interproc/callGraph";
import { bareCode, globalsIn } from "../syntax/normaliseText";
import { EngineImpl } from "./engine";
import type { FunctionPlace } from "./race";
import type { Engine } from "./types";

/** Bodies of one file that are looked at from each function. */
const MAX_LOOK = 60;
/** Functions that are offered. */
const MAX_RACERS = 200;

export interface RacerPlace {
  function: string;
  file: string;
  /** 0-based. */
  line: number;
  /** Names both use, those that few others use first. */
  shares: string[];
}

interface Used {
  fields: Set<string>;
  globals: Set<string>;
  structs: Set<string>;
}

interface Candidate {
  ref: FunctionRef;
  used: Used;
}

/** Functions of the same file and of others, the likeliest first; a function may race with itself. In slices. */
export function* racersOf(
  engine: Engine,
  { file, name }: FunctionPlace,
  others: readonly string[],
): Generator<undefined, RacerPlace[]> {
  if (!(engine instanceof EngineImpl)) return [];
  const candidates: Candidate[] = [];
  for (const path of [file, ...others.filter((o) => o !== file)]) {
    const own = new Map<string, Candidate>();
    for (const ref of engine.program.functionsOf(path)) {
      if (!own.has(ref.item.name)) own.set(ref.item.name, { ref, used: ownUse(engine, ref) });
      yield;
    }
    for (const { ref } of own.values()) {
      candidates.push({ ref, used: withCallees(ref, own) });
      yield;
    }
  }
  const first = candidates.find(({ ref }) => ref.file === file && ref.item.name === name);
  if (first === undefined) return [];
  const users = new Map<string, number>();
  for (const { used } of candidates)
    for (const word of [...used.fields, ...used.globals]) users.set(word, (users.get(word) ?? 0) + 1);
  const rarity = (word: string): number => 1 / (users.get(word) ?? 1);
  const found = candidates.flatMap(({ ref, used }) => {
    const shares = common(first.used, used).sort((a, b) => rarity(b) - rarity(a) || (a < b ? -1 : 1));
    const weight = shares.reduce((sum, word) => sum + rarity(word), 0);
    return shares.length === 0 ? [] : [{ ref, shares, weight }];
  });
  const lines = new Map<string, LineIndex>();
  const lineOf = ({ file: path, item }: FunctionRef): number => {
    const index = lines.get(path) ?? new LineIndex(engine.overlay.text(path) ?? "");
    lines.set(path, index);
    return index.positionAt(item.nameAt).line;
  };
  return found
    .sort((a, b) => b.weight - a.weight || order(a.ref, b.ref))
    .slice(0, MAX_RACERS)
    .map(({ ref, shares }) => ({ function: ref.item.name, file: ref.file, line: lineOf(ref), shares }));
}

/** The file that a function of this name stands in, as seen from a file; undefined if the tree has none. */
export function fileDefining(engine: Engine, file: string, name: string): string | undefined {
  if (!(engine instanceof EngineImpl)) return undefined;
  return engine.index.resolve(file, name)[0]?.file;
}

/** Fields count only if both speak of one struct: many structs have a `count`. */
function common(a: Used, b: Used): string[] {
  const both = (x: Set<string>, y: Set<string>) => [...x].filter((word) => y.has(word));
  const fields = both(a.structs, b.structs).length > 0 ? both(a.fields, b.fields) : [];
  return [...new Set([...fields, ...both(a.globals, b.globals)])];
}

function ownUse(engine: EngineImpl, { file, item }: FunctionRef): Used {
  const code = bareCode((engine.overlay.text(file) ?? "").slice(item.start, item.end));
  const words = (pattern: RegExp) => new Set([...code.matchAll(pattern)].map(([, word]) => word!));
  const globals = globalsOf(engine, file);
  return {
    fields: words(/(?:->|\.)\s*([A-Za-z_]\w*)\b(?!\s*\()/g),
    globals: new Set(item.mentions.filter((word) => globals.has(word))),
    structs: words(/\bstruct\s+([A-Za-z_]\w*)/g),
  };
}

/** Variables that a file declares at its top level. */
const known = new WeakMap<EngineImpl, Map<string, { text: string; names: Set<string> }>>();

function globalsOf(engine: EngineImpl, file: string): Set<string> {
  const text = engine.overlay.text(file) ?? "";
  const files = known.get(engine) ?? new Map<string, { text: string; names: Set<string> }>();
  known.set(engine, files);
  const old = files.get(file);
  if (old?.text === text) return old.names;
  const names = globalsIn(text);
  files.set(file, { text, names });
  return names;
}

/** What a function uses by itself or through functions of its file. */
function withCallees(ref: FunctionRef, own: ReadonlyMap<string, Candidate>): Used {
  const all: Used = { fields: new Set(), globals: new Set(), structs: new Set() };
  const seen = new Set([ref.item.name]);
  for (const name of seen) {
    const candidate = own.get(name);
    if (candidate === undefined) continue;
    for (const kind of ["fields", "globals", "structs"] as const)
      for (const word of candidate.used[kind]) all[kind].add(word);
    for (const callee of candidate.ref.item.calls) if (seen.size < MAX_LOOK && own.has(callee)) seen.add(callee);
  }
  return all;
}

function order(a: FunctionRef, b: FunctionRef): number {
  return a.file === b.file ? a.item.start - b.item.start : a.file < b.file ? -1 : 1;
}
