/** Traces as answers to clients: with what a viewer shows around them, and as text for reading elsewhere. */
import { diagram } from "../protocol/diagram";
import type { ReplayAnswer, ReplayFormat, ReplayTextResult } from "../protocol/replay";
import type { Trace } from "../protocol/trace";
import { modelLine, traceMarkdown, traceText, verdictLine } from "../report/trace";
import type { Project } from "./project";
import type { Session } from "./session";

/** What the replay and the race of two functions give. */
export interface Replayed {
  trace: Trace;
  promela(): string | null;
}

type About = Pick<ReplayAnswer, "function" | "finding" | "scenarios">;

export function answerOf(session: Session, project: Project, trace: Trace, about: About): ReplayAnswer {
  return {
    trace,
    diagram: diagram(trace),
    verdict: verdictLine(trace),
    model: modelLine(trace),
    ...about,
    files: addresses(session, project, trace),
  };
}

export function textOf(replayed: Replayed, format: ReplayFormat): ReplayTextResult {
  const text = formatted(replayed, format);
  return text === null ? { problem: `there is no model: ${replayed.trace.reason ?? ""}` } : { text };
}

function formatted({ trace, promela }: Replayed, format: ReplayFormat): string | null {
  switch (format) {
    case "markdown":
      return traceMarkdown(trace);
    case "promela":
      return promela();
    case "diagram":
      return [...diagram(trace), ""].join("\n");
    default:
      return traceText(trace);
  }
}

/** Racing threads may come with Lockstep: their files are in no tree. */
function addresses(session: Session, project: Project, trace: Trace): Record<string, string | null> {
  const files = trace.steps.flatMap((s) => [s.file, ...(s.detail?.stack ?? []).map((f) => f.file)]);
  const all = new Set([...files, ...trace.threads.map((t) => t.file)]);
  return Object.fromEntries(
    [...all].sort().map((file) => {
      const known = session.textOf(project, file) !== undefined;
      return [file, known ? session.uriOf(project, file) : null];
    }),
  );
}
