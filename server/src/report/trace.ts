/** Traces as text and Markdown. Says what was explored, never more. */

import { diagram } from "../protocol/diagram";
import type { ReplaySummary } from "../protocol/finding";
import { code, fenced, prose } from "../protocol/markdown";
import type { Trace } from "../protocol/trace";

/** What the verdict holds for: part of every output. */
export function modelLine(t: Pick<Trace, "memoryModel" | "profile" | "states"> & Model): string {
  const memory = t.memoryModel === "sc" ? "sequentially consistent" : "x86-like store buffers (TSO)";
  const profile = t.profile === null || t.profile === "any" ? "" : `, profile ${t.profile}`;
  return `in this model: ${t.bounds.cpus} CPUs, ${memory}, one page, loops <= ${t.bounds.loops}, ${t.states} states${profile}`;
}

interface Model {
  bounds: { cpus: number; loops: number };
}

export function verdictLine(t: Trace): string {
  const switches = `${t.switches} context switch${t.switches === 1 ? "" : "es"}`;
  if (t.verdict === "violation") return `violation: ${t.violated?.text ?? ""} (${switches})`;
  if (t.verdict === "clean")
    return t.scenario === "race"
      ? "clean: no interleaving of the two does any of the harms that the model knows"
      : "clean: no interleaving does the harm of this scenario";
  return `inconclusive: ${t.reason ?? ""}`;
}

function details(t: Trace): string[] {
  const list = (title: string, items: readonly string[]): string[] =>
    items.length === 0 ? [] : [`${title}: ${items.join("; ")}`];
  return [
    ...list(
      "bindings",
      t.bindings.map((b) => `${b.object} is ${b.role}`),
    ),
    ...list("assumptions", t.assumptions),
    ...list("choices", t.choices),
    ...list("cut", t.bounds.cuts),
    ...list("not modelled", t.unmodelled),
    ...(t.coverage.of > 0 ? [`coverage: ${t.coverage.reached} of ${t.coverage.of} shared accesses reached`] : []),
    ...(t.schedule === "" ? [] : [`schedule: ${t.schedule}`]),
  ];
}

/** What became of a finding's replay, in one line below its message. */
export function replayLine(r: ReplaySummary): string {
  const model = modelLine({ ...r, memoryModel: r.memoryModel ?? "sc", bounds: r.bounds ?? { cpus: 2, loops: 2 } });
  const switches = `${r.switches} context switch${r.switches === 1 ? "" : "es"}`;
  const harm = r.steps?.at(-1)?.note ?? "see its last step";
  if (r.verdict === "violation") return `Replay: an interleaving with ${switches} does harm: ${harm} (${model}).`;
  if (r.verdict === "clean") return `Replay: no interleaving does the harm of ${r.scenario} (${model}).`;
  return `Replay: inconclusive: ${r.reason}.`;
}

/** For a terminal. */
export function traceText(t: Trace): string {
  const places = t.steps.map((s) => `${s.file}:${s.line}`);
  const width = Math.min(48, Math.max(...places.map((p) => p.length)));
  const rows = t.steps.map((s, n) => {
    const cells = s.changed.map((c) => `${c.cell} ${c.from} -> ${c.to}`);
    const notes = [...cells, ...(s.note === "" ? [] : [s.note])].join(", ");
    return `  CPU${s.cpu}  ${places[n]!.padEnd(width)}  ${s.text}${notes === "" ? "" : `   [${notes}]`}`;
  });
  return [
    `${t.scenario}: ${t.title}`,
    verdictLine(t),
    modelLine(t),
    ...(rows.length > 0 ? ["", ...rows, ""] : []),
    ...details(t),
  ]
    .map((l) => `${l}\n`)
    .join("");
}

/** For a pull request or a mail. */
export function traceMarkdown(t: Trace): string {
  const drawn = diagram(t);
  const out = [
    `**${prose(t.scenario)}**: ${prose(verdictLine(t))}`,
    "",
    ...(drawn.length > 0 ? [fenced(drawn), ""] : []),
    prose(modelLine(t)),
    "",
  ];
  return [...out, ...details(t).map((d) => `- ${prose(d)}`)].map((l) => `${l}\n`).join("");
}

/** Compact, for a hover: verdict, diagram, what it holds for. A link stands above the diagram, which may need scrolling. */
export function traceHover(t: Trace, link = ""): string {
  const drawn = diagram(t);
  return [
    `**Replay** of ${code(t.scenario)}: ${prose(verdictLine(t))}`,
    ...(link === "" ? [] : [link]),
    ...(drawn.length > 0 ? [fenced(drawn)] : []),
    prose(modelLine(t)),
  ].join("\n\n");
}
