/** Where a debugger stands in a trace, and where its buttons lead. A position counts the steps that have happened. */
import type { Trace, TraceStep } from "../../../server/src/protocol/trace";

/** Is this a line to stop at? */
export type Lines = (file: string, line: number) => boolean;
/** Why the movement ended. */
export type Stop = "moved" | "breakpoint" | "start" | "end";

export class Timeline {
  private position = 0;

  constructor(private readonly trace: Pick<Trace, "steps" | "threads">) {}

  get at(): number {
    return this.position;
  }

  get ended(): boolean {
    return this.position >= this.trace.steps.length;
  }

  /** The CPU that goes on; at the end, the one whose step was the last. */
  get cpu(): number {
    const { steps } = this.trace;
    return (steps[this.position] ?? steps[steps.length - 1])?.cpu ?? 0;
  }

  /** The line a CPU runs next; the last one it ran, if it runs no more. */
  standsAt(cpu: number): TraceStep | undefined {
    const { steps } = this.trace;
    const next = steps.slice(this.position).find((s) => s.cpu === cpu);
    return next ?? steps.findLast((s) => s.cpu === cpu);
  }

  step(): Stop {
    return this.goTo(this.position + 1);
  }

  back(): Stop {
    return this.goTo(this.position - 1);
  }

  /** Until a CPU has left the function it is in. */
  leave(cpu: number): Stop {
    const depth = this.standsAt(cpu)?.depth ?? 0;
    const { steps } = this.trace;
    const out = steps.findIndex((s, n) => n > this.position && s.cpu === cpu && s.depth < depth);
    return this.goTo(out < 0 ? steps.length : out);
  }

  /** To the next breakpoint, else to the end. */
  forward(lines: Lines): Stop {
    const { steps } = this.trace;
    const at = steps.findIndex((s, n) => n > this.position && lines(s.file, s.line));
    return at < 0 ? this.goTo(steps.length) : this.stopBefore(at);
  }

  /** Back to a breakpoint or to the last context switch, whichever is nearer. */
  backward(lines: Lines): Stop {
    const { steps } = this.trace;
    for (let at = this.position - 1; at > 0; at--) {
      if (lines(steps[at]!.file, steps[at]!.line)) return this.stopBefore(at);
      if (steps[at]!.cpu !== steps[at - 1]!.cpu) return this.goTo(at);
    }
    return this.goTo(0);
  }

  private stopBefore(at: number): Stop {
    this.position = at;
    return "breakpoint";
  }

  private goTo(at: number): Stop {
    this.position = Math.max(0, Math.min(this.trace.steps.length, at));
    return at <= 0 ? "start" : this.ended ? "end" : "moved";
  }
}
