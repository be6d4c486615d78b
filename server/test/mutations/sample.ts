/** Halves by identity, and a seeded sample spread over operators and families. */
import type { Mutant } from "./model";

export type Half = "development" | "final" | "all";

export function halfOf(mutant: Pick<Mutant, "id">): "development" | "final" {
  return Number.parseInt(mutant.id.slice(-2), 16) % 2 === 0 ? "development" : "final";
}

/** mulberry32: the same numbers for the same seed, everywhere. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const out = [...items];
  for (let i = out.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [out[i], out[j]] = [out[j] as T, out[i] as T];
  }
  return out;
}

/**
 * `count` mutants: every cell (operator × family, unless told otherwise) gets the square root of its size as weight, so that
 * rare kinds are seen and common ones lead.
 */
export function sample(
  mutants: readonly Mutant[],
  count: number,
  seed: number,
  half: Half,
  cell: (m: Mutant) => string = (m) => `${m.operator}|${m.family}`,
): Mutant[] {
  const random = randomFrom(seed);
  const pool = half === "all" ? mutants : mutants.filter((m) => halfOf(m) === half);
  const cells = new Map<string, Mutant[]>();
  for (const m of [...pool].sort((a, b) => (a.id < b.id ? -1 : 1))) {
    const key = cell(m);
    cells.set(key, [...(cells.get(key) ?? []), m]);
  }
  const order = [...cells.keys()].sort().map((key) => ({ key, queue: shuffled(cells.get(key) as Mutant[], random) }));
  const total = order.reduce((sum, c) => sum + Math.sqrt(c.queue.length), 0);
  const chosen: Mutant[] = [];
  const rest: Mutant[] = [];
  for (const cell of order) {
    const share = Math.min(cell.queue.length, Math.max(1, Math.floor((count * Math.sqrt(cell.queue.length)) / total)));
    chosen.push(...cell.queue.slice(0, share));
    rest.push(...cell.queue.slice(share));
  }
  const picked =
    chosen.length >= count
      ? shuffled(chosen, random).slice(0, count)
      : [...chosen, ...shuffled(rest, random).slice(0, count - chosen.length)];
  return picked.sort((a, b) =>
    a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line || (a.id < b.id ? -1 : 1),
  );
}
