/** The state beside the interleaving: what the last step changed, locks, and the rest folded. */
import type { ReplayAnswer } from "../../../server/src/protocol/replay";
import { letterOf, locksAt, memoryAt, placeOf } from "../replay/walk";
import type { PanelState } from "./state";
import { type Element, h } from "./tree";

/** As the model counts: nobody knows this value. */
const unknown = -128;

export function memory(state: PanelState, { trace }: ReplayAnswer): Element {
  const { changed, rest } = memoryAt(trace, state.at);
  const atEnd = state.at === trace.steps.length;
  return h(
    "section",
    { class: "state", "aria-label": "State" },
    atEnd && trace.violated !== null
      ? h("div", { class: "violated" }, h("h2", {}, "What went wrong"), h("p", {}, trace.violated.text))
      : null,
    h("h2", {}, state.at === 0 ? "Before the first step" : `After step ${state.at}`),
    changed.length === 0
      ? h("p", { class: "quiet" }, state.at === 0 ? "Nothing has happened yet." : "Shared memory is unchanged.")
      : h(
          "table",
          { class: "cells changed" },
          h("caption", { class: "hidden" }, "Cells that the step changed"),
          h(
            "thead",
            { class: "hidden" },
            h("tr", {}, ...["Cell", "Before", "", "After"].map((t) => h("th", { scope: "col" }, t))),
          ),
          h(
            "tbody",
            {},
            changed.map(({ cell, from, to }) =>
              h(
                "tr",
                {},
                h("th", { scope: "row" }, cell),
                h("td", { class: "from" }, valueText(from)),
                h("td", { class: "arrow", "aria-hidden": "true" }, "→"),
                h("td", { class: "to" }, valueText(to)),
              ),
            ),
          ),
        ),
    h("h2", {}, "Locks held"),
    h(
      "ul",
      { class: "locks" },
      locksAt(trace, state.at).map((held, cpu) => {
        const place = placeOf(trace, state.at, cpu);
        const texts = held.map(({ lock, mode }) => `${lock} (${mode})`);
        const none = place === undefined ? "not started" : "none";
        return h(
          "li",
          { class: `cpu${cpu % 4}` },
          h("span", { class: "letter" }, letterOf(cpu)),
          h("span", { class: texts.length === 0 ? "quiet" : "held" }, texts.length === 0 ? none : texts.join(", ")),
        );
      }),
    ),
    rest.length === 0
      ? null
      : h(
          "details",
          { class: "rest" },
          h("summary", {}, `${rest.length} unchanged ${rest.length === 1 ? "cell" : "cells"}`),
          h(
            "table",
            { class: "cells" },
            h("caption", { class: "hidden" }, "Unchanged cells"),
            h(
              "tbody",
              {},
              rest.map(({ cell, to }) => h("tr", {}, h("th", { scope: "row" }, cell), h("td", {}, valueText(to)))),
            ),
          ),
        ),
  );
}

export function valueText(value: number): string {
  return value === unknown ? "?" : String(value);
}
