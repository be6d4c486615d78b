/**
 * Verdicts of replays beside a workspace that changes. What is known of a finding is shown at once, also while the texts it rests
 * on have changed; `settle` replays what is open until all of it is as a cold run would have it.
 */
import { hashText } from "../base/hash";
import type { Finding, Level, ReplaySummary } from "../protocol/finding";
import { EngineImpl } from "./engine";
import { Verdicts } from "./levels";
import type { ScenarioSet } from "./replay";
import type { Engine } from "./types";

interface Outcome {
  level: Level;
  replay: ReplaySummary | null;
  /** Files that the replay looked at. */
  files: Set<string>;
  /** One of them has changed since. */
  stale: boolean;
}

/** Findings whose outcome is kept, at most. */
const MAX_KEPT = 2000;

export class VerdictCache {
  private readonly verdicts: Verdicts;
  private readonly outcomes = new Map<string, Outcome>();
  /** What other files may know of a file: its names. */
  private readonly faces = new Map<string, string>();

  constructor(
    private readonly engine: Engine,
    scenarios: () => ScenarioSet,
  ) {
    this.verdicts = new Verdicts(scenarios);
  }

  /** Sets levels and verdicts as far as they are known; true if a replay is open. */
  apply(findings: readonly Finding[]): boolean {
    let open = false;
    for (const finding of findings) {
      if (!this.verdicts.isOpen(this.engine, finding)) continue;
      const known = this.outcomes.get(this.keyOf(finding));
      open ||= known === undefined || known.stale;
      if (!known) continue;
      finding.level = known.level;
      finding.replay = known.replay;
    }
    return open;
  }

  /** Replays what is open, in slices; true if levels or verdicts are not what `apply` gave before. */
  *settle(findings: readonly Finding[]): Generator<undefined, boolean> {
    let changed = false;
    for (const finding of findings) {
      if (!this.verdicts.isOpen(this.engine, finding)) continue;
      const key = this.keyOf(finding);
      const known = this.outcomes.get(key);
      if (known && !known.stale) continue;
      const files = new Set([finding.file]);
      yield* this.verdicts.judgeSteps(this.engine, finding, (file) => files.add(file));
      const { level, replay } = finding;
      changed ||= JSON.stringify([known?.level, known?.replay ?? null]) !== JSON.stringify([level, replay]);
      this.outcomes.delete(key);
      this.outcomes.set(key, { level, replay, files, stale: false });
      for (const old of this.outcomes.keys()) if (this.outcomes.size > MAX_KEPT) this.outcomes.delete(old);
      for (const file of files) if (!this.faces.has(file)) this.faces.set(file, this.faceOf(file));
      yield;
    }
    return changed;
  }

  /** The text of a file changed. */
  changed(file: string): void {
    const face = this.faceOf(file);
    const everywhere = /\.h$/.test(file) || this.faces.get(file) !== face;
    this.faces.set(file, face);
    for (const outcome of this.outcomes.values()) if (everywhere || outcome.files.has(file)) outcome.stale = true;
  }

  /** Makes the first replay that somebody waits for a warm one. */
  warmUp(): Generator<undefined, void> {
    return this.verdicts.warmUp(this.engine);
  }

  private faceOf(file: string): string {
    const scan = this.engine instanceof EngineImpl ? this.engine.index.scan(file) : undefined;
    return scan ? [...scan.functions, ...scan.macros].map((x) => x.name).join(" ") : "";
  }

  /** The finding, in this text of its function. */
  private keyOf(finding: Finding): string {
    const cause = this.engine instanceof EngineImpl ? this.engine.causeOf(finding) : undefined;
    const text = cause && this.engine instanceof EngineImpl ? this.engine.program.textOf(cause.ref) : "";
    return `${finding.fingerprint} ${hashText(text)} ${text.length}`;
  }
}
