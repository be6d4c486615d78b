/** Runs mutants through one engine: what is new against the unmodified tree, and whether it names the bug. */
import type { Engine } from "../../src/engine/types";
import type { Finding } from "../../src/protocol/finding";
import { applyEdits, type Mutant } from "./model";
import { Folders } from "./neighbours";
import type { Tree } from "./tree";

export interface Verdict {
  mutant: Mutant;
  /** For a seeded bug: reported with a right rule, near enough. For a harmless change: nothing new. */
  good: boolean;
  /** New findings, the right ones first. */
  fresh: Finding[];
  ms: number;
  /** The mutated function could not be analysed fully, and could before: the mutant may not be plausible C. */
  degraded?: string;
  problem?: string;
}

export class Harness {
  private readonly baseline = new Map<string, Finding[]>();
  private readonly degraded = new Set<string>();
  private readonly folders: Folders;
  /** The file whose text is a mutant's at the moment. */
  private changed: string | undefined;

  constructor(
    private readonly engine: Engine,
    private readonly tree: Tree,
  ) {
    this.folders = new Folders(tree);
  }

  /** Findings of the unmodified files around the mutants, before the first change. */
  prepare(mutants: readonly Mutant[]): void {
    for (const m of mutants) for (const file of this.folders.around(m.file, m.function).files) this.before(file);
  }

  /** A seeded bug counts as caught by a new error or warning of an expected rule in the function, a caller or a callee. */
  seeded(mutant: Mutant): Verdict {
    return this.run(mutant, (fresh, near) => {
      const right = fresh.filter((f) => f.level !== "hint" && mutant.expect.includes(f.alias) && near.has(f.function));
      return {
        good: right.length > 0,
        settled: right.length > 0,
        fresh: [...right, ...fresh.filter((f) => !right.includes(f))],
      };
    });
  }

  /** A harmless change must bring nothing new, at any level, in the file and its neighbours. */
  harmless(mutant: Mutant): Verdict {
    return this.run(mutant, (fresh) => ({ good: fresh.length === 0, settled: fresh.length > 0, fresh }), true);
  }

  /** Puts the unmodified texts back. */
  finish(): void {
    if (this.changed !== undefined) this.engine.setOverlay(this.changed, null);
    this.changed = undefined;
  }

  private run(
    mutant: Mutant,
    judge: (fresh: Finding[], near: Set<string>) => { good: boolean; settled: boolean; fresh: Finding[] },
    textMoves = false,
  ): Verdict {
    const start = performance.now();
    const verdict: Verdict = { mutant, good: false, fresh: [], ms: 0 };
    try {
      const text = this.tree.read(mutant.file);
      if (text === undefined) throw new Error("file is missing");
      const around = this.folders.around(mutant.file, mutant.function);
      const before = new Map(around.files.map((file) => [file, this.before(file)]));
      // From one mutant of a file to the next without going back: half the work for the engine.
      if (this.changed !== mutant.file) this.finish();
      this.engine.setOverlay(mutant.file, applyEdits(text, mutant.edits));
      this.changed = mutant.file;
      const fresh: Finding[] = [];
      for (const [file, old] of before) {
        const result = this.engine.check(file);
        const worse = result.degraded.find(
          (d) => d.function === mutant.function && !this.degraded.has(`${file} ${d.function}`),
        );
        if (worse && file === mutant.file) verdict.degraded = worse.reason;
        fresh.push(...newFindings(old, result.findings, textMoves));
        const { settled, ...answer } = judge(fresh, around.functions);
        Object.assign(verdict, answer);
        if (settled) break;
      }
    } catch (error) {
      verdict.good = false;
      verdict.problem = error instanceof Error ? (error.stack ?? error.message) : String(error);
    }
    return Object.assign(verdict, { ms: performance.now() - start });
  }

  private before(file: string): Finding[] {
    let findings = this.baseline.get(file);
    if (!findings) {
      this.finish();
      const result = this.engine.check(file);
      findings = result.findings;
      for (const d of result.degraded) this.degraded.add(`${file} ${d.function}`);
      this.baseline.set(file, findings);
    }
    return findings;
  }
}

/**
 * Findings beyond the multiset of the old ones. Fingerprints contain the line's text, so a finding on an
 * edited line is only new if the function (or, where code may move, the file) has more of its rule than before.
 */
export function newFindings(before: readonly Finding[], after: readonly Finding[], textMoves = false): Finding[] {
  const wider = (f: Finding): string => (textMoves ? `${f.alias}|${f.level}` : `${f.alias}|${f.function}`);
  const prints = count(before, (f) => f.fingerprint);
  const spare = count(before, wider);
  for (const f of after) {
    if (!take(prints, f.fingerprint)) continue;
    take(spare, wider(f));
  }
  const left = count(before, (f) => f.fingerprint);
  return after.filter((f) => !take(left, f.fingerprint) && !take(spare, wider(f)));
}

function count(findings: readonly Finding[], key: (f: Finding) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const f of findings) counts.set(key(f), (counts.get(key(f)) ?? 0) + 1);
  return counts;
}

function take(counts: Map<string, number>, key: string): boolean {
  const n = counts.get(key) ?? 0;
  if (n === 0) return false;
  counts.set(key, n - 1);
  return true;
}
