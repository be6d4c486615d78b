/** How `replay` and `race` print a trace, and what they exit with. */
import { diagram } from "../protocol/diagram";
import type { Trace } from "../protocol/trace";
import { toJson } from "../report/json";
import { traceMarkdown, traceText, verdictLine } from "../report/trace";
import { InputError } from "./errors";

export const TRACE_FORMATS = ["text", "json", "markdown", "diagram", "promela"] as const;

export const EXIT: Record<Trace["verdict"], number> = { clean: 0, violation: 1, inconclusive: 3 };

export function shownTrace(trace: Trace, format: (typeof TRACE_FORMATS)[number], promela: () => string | null): string {
  switch (format) {
    case "json":
      return toJson(trace);
    case "markdown":
      return traceMarkdown(trace);
    case "promela": {
      const text = promela();
      if (text === null) throw new InputError(`no model: ${trace.reason ?? ""}`);
      return text;
    }
    case "diagram": {
      const lines = diagram(trace);
      return lines.length > 0 ? `${lines.join("\n")}\n` : `${verdictLine(trace)}\n`;
    }
    default:
      return traceText(trace);
  }
}
