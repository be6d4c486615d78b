/** The trace before anything is known: what every replay and race fills in. */
import type { Trace } from "../protocol/trace";

/** What a trace says even if nothing was explored. */
export type About = Pick<Trace, "scenario" | "title" | "profile" | "memoryModel" | "bounds" | "reason">;

export function blankTrace(about: About): Trace {
  return {
    verdict: "inconclusive",
    ...about,
    states: 0,
    switches: 0,
    threads: [],
    steps: [],
    cells: [],
    violated: null,
    bindings: [],
    assumptions: [],
    choices: [],
    unmodelled: [],
    coverage: { reached: 0, of: 0 },
    schedule: "",
    id: "",
    onPath: false,
    contracts: "none",
  };
}
