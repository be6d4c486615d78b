/** The panel as a tree: verdict, controls, the interleaving, the state. Pure: state in, plain data out. */
import type { ReplayAnswer } from "../../../server/src/protocol/replay";
import type { TraceStep } from "../../../server/src/protocol/trace";
import { lastStep, letterOf } from "../replay/walk";
import { button } from "./buttons";
import { controls } from "./controls";
import { type Headline, headline } from "./headline";
import { keyHelp } from "./keys";
import { memory, valueText } from "./memory";
import type { PanelState } from "./state";
import { breakable, capital, words } from "./text";
import { type Element, h, type Node } from "./tree";

export function render(state: PanelState): Element {
  const answer = state.data?.answer ?? null;
  const head = headline(state);
  return h(
    "main",
    { class: "panel", "aria-busy": state.data?.busy === true ? "true" : "false" },
    header(state, head),
    choices(state),
    answer !== null && answer.trace.steps.length > 0
      ? h(
          "div",
          { class: "body" },
          h(
            "section",
            { class: "race", "aria-label": "Interleaving" },
            controls(state, answer),
            interleaving(state, answer),
          ),
          memory(state, answer),
        )
      : null,
    answer === null ? null : evidence(answer),
    footer(state, answer),
    state.help ? help() : null,
    h("p", { class: "hidden", role: "status", "aria-live": "polite", id: "live" }, spoken(state)),
  );
}

function header(state: PanelState, head: Headline): Element {
  const { data } = state;
  const finding = data?.answer?.finding ?? null;
  const name = data?.answer?.function ?? data?.target.function ?? "";
  const against = data?.target.against;
  const title = name === "" ? "Race replay" : against ? `${name}() against ${against.function}()` : `${name}()`;
  return h(
    "header",
    {},
    h("h1", {}, title, h("span", { class: "file" }, data === null || data.file === "" ? "" : data.file)),
    finding === null ? null : h("p", { class: "finding" }, `${finding.alias}: `, words(finding.message)),
    h(
      "div",
      { class: `verdict ${head.kind}` },
      h("span", { class: "badge" }, head.word),
      h("span", { class: "sentence" }, words(head.sentence)),
      head.count === "" ? null : h("span", { class: "count" }, head.count),
    ),
    head.advice === "" ? null : h("p", { class: "advice" }, words(head.advice)),
    h("p", { class: "model" }, capital(data?.answer?.model ?? "")),
  );
}

/** Which scenario, which architecture. */
function choices(state: PanelState): Element | null {
  const { data } = state;
  if (data === null || data.scenarios.length === 0) return null;
  const asked = data.target.scenario ?? "";
  const shown = data.answer?.trace.scenario ?? asked;
  const scenario = data.scenarios.find((s) => s.id === shown);
  const profiles = scenario?.profiles ?? [];
  const option = (value: string, text: string, selected: boolean) =>
    h("option", selected ? { value, selected } : { value }, text);
  const auto = asked === "" && shown !== "" ? `of the rule (${shown})` : "of the rule";
  return h(
    "div",
    { class: "choices" },
    h("label", { for: "scenario" }, "Scenario"),
    h(
      "select",
      { id: "scenario", "data-choice": "scenario", title: scenario?.title ?? "" },
      data.target.rule === undefined && asked !== "" ? null : option("", auto, asked === ""),
      ...data.scenarios.map((s) => option(s.id, `${s.id}: ${s.title}`, s.id === asked)),
    ),
    ...(profiles.length === 0
      ? []
      : [
          h("label", { for: "profile" }, "Architecture"),
          h(
            "select",
            { id: "profile", "data-choice": "profile" },
            option("", "any that does harm", data.target.profile === undefined),
            ...profiles.map((p) => option(p, p, p === data.target.profile)),
          ),
        ]),
  );
}

/** One column per CPU, time downwards. */
function interleaving(state: PanelState, answer: ReplayAnswer): Element {
  const { trace } = answer;
  const cpus = trace.threads.map((t) => t.cpu);
  const least = cpus.map((cpu) => Math.min(...trace.steps.filter((s) => s.cpu === cpu).map((s) => s.depth)));
  const rows = trace.steps.map((step, n) => {
    const at = n + 1;
    const previous = trace.steps[n - 1];
    const marks = [
      previous !== undefined && previous.cpu !== step.cpu ? "switch" : "",
      at === state.at ? "now" : at < state.at ? "past" : "future",
      at === trace.steps.length && trace.violated !== null ? "harm" : "",
    ];
    return h(
      "tr",
      { class: marks.filter((m) => m !== "").join(" "), ...(at === state.at ? { "aria-current": "step" } : {}) },
      h("th", { scope: "row", class: "number" }, String(at)),
      ...cpus.map((cpu) => (cpu === step.cpu ? cell(step, n, state, least[cpu] ?? 0, answer) : h("td"))),
    );
  });
  const heads = trace.threads.map((t) =>
    h(
      "th",
      { scope: "col", class: `cpu${t.cpu % 4}` },
      h("span", { class: "letter" }, letterOf(t.cpu)),
      h("span", { class: "role" }, `CPU${t.cpu} `, t.name),
    ),
  );
  return h(
    "table",
    { class: "steps" },
    h("caption", { class: "hidden" }, `Interleaving of ${trace.threads.length} CPUs, time downwards`),
    h(
      "thead",
      {},
      h("tr", {}, h("th", { scope: "col", class: "number" }, h("span", { class: "hidden" }, "Step")), ...heads),
    ),
    h("tbody", {}, rows),
  );
}

function cell(step: TraceStep, n: number, state: PanelState, least: number, answer: ReplayAnswer): Element {
  const above = answer.trace.steps.slice(0, n).findLast((s) => s.cpu === step.cpu);
  const place = above?.function === step.function && above.file === step.file ? "" : `${step.function}()`;
  const depth = Math.min(Math.max(0, step.depth - least), 6);
  // Where nobody has stepped yet, the first row can be reached by Tab.
  const reachable = n + 1 === Math.max(1, state.at);
  const changes = step.changed.map((c) => `${c.cell} ${valueText(c.from)} → ${valueText(c.to)}`).join(", ");
  // Files of Lockstep's own say nothing to the reader.
  const file = answer.files[step.file] ? baseName(step.file) : "scenario";
  return h(
    "td",
    { class: `cpu${step.cpu % 4}` },
    h(
      "button",
      { type: "button", class: `step depth${depth}`, tabindex: reachable ? 0 : -1, "data-go": n + 1 },
      h("span", { class: "hidden" }, `CPU ${letterOf(step.cpu)}: `),
      place === "" ? null : h("span", { class: "function" }, place),
      h("span", { class: "code" }, breakable(step.text)),
      h("span", { class: "line" }, `${file}:${step.line}`),
      changes === "" ? null : h("span", { class: "changes" }, changes),
      step.note === "" ? null : h("span", { class: "note" }, step.note),
    ),
  );
}

/** What the verdict rests on: part of every claim. */
function evidence({ trace }: ReplayAnswer): Element {
  const row = (title: string, items: readonly string[]): Node[] =>
    items.length === 0 ? [] : [h("dt", {}, title), ...items.map((item) => h("dd", {}, item))];
  return h(
    "details",
    { class: "evidence" },
    h("summary", {}, "What this holds for"),
    h(
      "dl",
      {},
      row("Scenario", [trace.title]),
      row(
        "Bindings",
        trace.bindings.map((b) => `${b.object} is ${b.role}`),
      ),
      row("Assumptions", trace.assumptions),
      row("Choices on the way", trace.choices),
      row("Bounds", trace.bounds.cuts),
      row("Not modelled", trace.unmodelled),
      row("Coverage", [`${trace.coverage.reached} of ${trace.coverage.of} shared accesses reached`]),
      row("Schedule", trace.schedule === "" ? [] : [trace.schedule]),
      row("Model", trace.id === "" ? [] : [trace.id]),
    ),
  );
}

function footer(state: PanelState, answer: ReplayAnswer | null): Element {
  const race = answer !== null && answer.trace.steps.length > 0;
  return h(
    "footer",
    {},
    ...(race ? [button("Copy for commit message", { "data-copy": "diagram" }, "c")] : []),
    ...(answer === null ? [] : [button("Copy as Markdown", { "data-copy": "markdown" })]),
    ...(answer === null || answer.trace.id === "" ? [] : [button("Copy as Promela", { "data-copy": "promela" })]),
    ...(answer === null ? [] : [button("Copy share text", { "data-copy": "share" })]),
    ...(race ? [button("Step in the debugger", { "data-debug": "true" })] : []),
    button("Keys", { "data-help": "true", "aria-expanded": state.help ? "true" : "false" }, "?"),
    h("span", { class: "said" }, state.said),
  );
}

function help(): Element {
  return h(
    "section",
    { class: "help", "aria-label": "Keys" },
    h("h2", {}, "Keys"),
    h(
      "dl",
      {},
      keyHelp.flatMap(([keys, meaning]) => [
        h(
          "dt",
          {},
          keys.flatMap((key, n) => (n === 0 ? [h("kbd", {}, key)] : [" ", h("kbd", {}, key)])),
        ),
        h("dd", {}, meaning),
      ]),
    ),
  );
}

/** What a screen reader hears after a move: the step, and what it changed. */
function spoken(state: PanelState): string {
  if (state.said !== "") return state.said;
  const trace = state.data?.answer?.trace;
  if (trace === undefined) return state.data?.problem ?? "";
  const step = lastStep(trace, state.at);
  if (step === undefined) return "";
  const changed = step.changed.map((c) => `${c.cell} ${c.from} to ${c.to}`);
  const parts = [`Step ${state.at} of ${trace.steps.length}`, `CPU ${letterOf(step.cpu)}`, step.text, ...changed];
  return [...parts, ...(step.note === "" ? [] : [step.note])].join(", ");
}

export function baseName(file: string): string {
  return file.slice(file.lastIndexOf("/") + 1);
}
