/**
 * What the server does while nobody types. Findings, published as the analysis gives them, are replayed, and published again
 * if a replay changed them; then analysis and replay are warmed up. An edit ends what is under way.
 */
import { VerdictCache } from "../engine/verdictCache";
import type { FeatureContext } from "./features/feature";
import type { Project } from "./project";
import { scenariosOf } from "./scenarios";
import type { Session } from "./session";

/** Without an edit for so long, somebody reads. */
const idleMs = 150;

const caches = new WeakMap<Project, VerdictCache>();

export function verdictsOf(session: Session, project: Project): VerdictCache {
  let cache = caches.get(project);
  if (cache === undefined) {
    cache = new VerdictCache(project.engine, () => scenariosOf(session));
    caches.set(project, cache);
  }
  return cache;
}

/** Code that ran a few times only is slow: what the next edit and the first replay will run is run before. */
function* practice(session: Session, project: Project, path: string): Generator<undefined, void> {
  yield* project.engine.warmUp(path);
  yield* verdictsOf(session, project).warmUp();
}

export class IdleReplays {
  private readonly wanted = new Set<string>();
  private readonly warm = new Map<Project, Generator<undefined, void>>();
  private cancelTimer: (() => void) | undefined;
  private edits = 0;

  /** `publish` is told the documents whose findings have changed. */
  constructor(
    private readonly context: FeatureContext,
    private readonly publish: (uris: string[]) => Promise<void>,
  ) {
    const { session, dispatch } = context;
    session.onChange((uris) => {
      this.edits++;
      void dispatch.run("verdicts", async () => {
        for (const uri of uris) {
          const project = await session.projectOf(uri);
          verdictsOf(session, project).changed(project.treePath(session.placeOf(uri)));
        }
      });
      // Other open documents may rest on what was edited.
      for (const uri of session.documents.keys()) this.wanted.add(uri);
      this.later();
    });
  }

  /** The findings of a document were published. */
  want(uri: string): void {
    this.wanted.add(uri);
    this.later();
  }

  private later(): void {
    const { session, dispatch } = this.context;
    this.cancelTimer?.();
    this.cancelTimer = session.host.later(idleMs, () => void dispatch.run("verdicts", () => this.run()));
  }

  private async run(): Promise<void> {
    const { session } = this.context;
    const edits = this.edits;
    const changed: string[] = [];
    const projects = new Map<Project, string>();
    for (const uri of [...this.wanted]) {
      const file = await session.open(uri);
      if (file === undefined) {
        this.wanted.delete(uri);
        continue;
      }
      projects.set(file.project, file.path);
      const { findings } = file.project.engine.check(file.path);
      const different = await this.slices(verdictsOf(session, file.project).settle(findings), edits);
      if (different === undefined) break;
      this.wanted.delete(uri);
      if (different) changed.push(uri);
    }
    if (changed.length > 0) await this.publish(changed);
    for (const [project, path] of projects) {
      const steps = this.warm.get(project) ?? practice(session, project, path);
      this.warm.set(project, steps);
      await this.slices(steps, edits);
    }
  }

  /** Runs steps to their end; undefined if an edit came between. */
  private async slices<T>(steps: Generator<undefined, T>, edits: number): Promise<T | undefined> {
    for (;;) {
      await this.context.session.host.breathe();
      if (this.edits !== edits) return undefined;
      const next = steps.next();
      if (next.done) return next.value;
    }
  }
}
