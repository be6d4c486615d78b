/** The verdict in words, whatever there is to say: the panel is never empty. */
import type { PanelState } from "./state";

export interface Headline {
  kind: "violation" | "clean" | "inconclusive" | "none" | "busy";
  /** One word: colours alone tell nobody anything. */
  word: string;
  sentence: string;
  /** `2 context switches · 12 steps · 26 states`. */
  count: string;
  advice: string;
}

export function headline({ data }: PanelState): Headline {
  const nothing = { count: "", advice: "" };
  if (data === null) return { kind: "busy", word: "Loading", sentence: "The panel is being filled.", ...nothing };
  if (data.answer === null) {
    if (data.problem === null)
      return { kind: "busy", word: "Searching", sentence: "Interleavings are being searched.", ...nothing };
    const advice =
      data.scenarios.length > 0 ? "A scenario can be chosen below: the function is then replayed in it." : "";
    return { kind: "none", word: "No replay", sentence: data.problem, count: "", advice };
  }
  const { trace, finding } = data.answer;
  const number = (n: number, what: string, more = `${what}s`) => `${n} ${n === 1 ? what : more}`;
  const steps = trace.steps.length === 0 ? [] : [number(trace.steps.length, "step")];
  const states = number(trace.states, "state");
  switch (trace.verdict) {
    case "violation":
      return {
        kind: "violation",
        word: "Violation",
        sentence: trace.violated?.text ?? "",
        count: [number(trace.switches, "context switch", "context switches"), ...steps, states].join(" · "),
        advice: finding?.advice ?? "",
      };
    case "clean":
      return {
        kind: "clean",
        word: "Clean",
        sentence: "No violating interleaving in this model.",
        count: states,
        advice: data.target.against
          ? "This holds for these two functions with the locks that their callers hold, within the bounds below."
          : finding
            ? "The finding stands on the evidence in the code; in this scenario, within the bounds below, nothing goes wrong."
            : "Nothing is reported there any more. This holds for this scenario, within the bounds below.",
      };
    case "inconclusive":
      return {
        kind: "inconclusive",
        word: "Inconclusive",
        sentence: trace.reason ?? "",
        count: [...steps, states].join(" · "),
        advice:
          trace.steps.length > 0
            ? "An interleaving that does harm is shown below, but it proves nothing yet: see the reason."
            : data.target.against
              ? "This neither confirms nor refutes anything: see the reason and what is not modelled."
              : "This neither confirms nor refutes anything. Another scenario or architecture can be chosen below.",
      };
  }
}
