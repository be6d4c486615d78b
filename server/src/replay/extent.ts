/** How much code a call brings into a model: the bodies that matter below it, each once. */
import type { UserCode } from "./code";
import type { Relevance } from "./relevance";

/** Where counting ends. */
const MAX = 50_000;

export class Extent {
  private readonly known = new Map<string, number>();

  constructor(
    private readonly user: UserCode,
    private readonly relevance: Relevance,
    /** Is a name described by data? Its body is none of the model. */
    private readonly isDescribed: (name: string) => boolean,
  ) {}

  /** Characters of the bodies that calling `name` from a file leads to; more than `MAX` count as that. */
  of(file: string, name: string): number {
    const root = `${file}|${name}`;
    const old = this.known.get(root);
    if (old !== undefined) return old;
    const seen = new Set([root]);
    const queue: [string, string][] = [[file, name]];
    let sum = 0;
    for (let at = 0; at < queue.length && sum < MAX; at++) {
      const [from, callee] = queue[at]!;
      const body = this.user.bodies(from, callee)[0];
      if (!body) continue;
      sum += body.text.length;
      for (const next of body.calls) {
        const key = `${body.file}|${next}`;
        if (seen.has(key) || this.isDescribed(next) || !this.relevance.matters(body.file, next)) continue;
        seen.add(key);
        queue.push([body.file, next]);
      }
    }
    const extent = Math.min(sum, MAX);
    this.known.set(root, extent);
    return extent;
  }
}
