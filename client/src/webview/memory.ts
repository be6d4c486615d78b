/** The state beside the interleaving: what the last step changed, locks, and the rest folded. */
import type { ReplayAnswer } from "../../../server/src/protocol/replay";
import type { Trace } from "../../../server/src/protocol/trace";
import { type CellState, letterOf, locksAt, memoryAt, placeOf } from "../replay/walk";
import type { PanelState } from "./state";
import { type Element, h } from "./tree";

/** As the model counts: nobody knows this value. */
const unknown = -128;

export function memory({ at }: PanelState, { trace }: ReplayAnswer): Element {
  const { changed, rest } = memoryAt(trace, at);
  const atEnd = at === trace.steps.length;
  return h(
    "section",
    { class: "state", "aria-label": "State" },
    atEnd && trace.violated !== null
      ? h("div", { class: "violated" }, h("h2", {}, "What went wrong"), h("p", {}, trace.violated.text))
      : null,
    h(
      "div",
      { class: "after" },
      h("h2", {}, at === 0 ? "Before the first step" : `After step ${at}`),
      changes(at, changed),
    ),
    h("div", { class: "holders" }, h("h2", {}, "Locks held"), locks(trace, at)),
    rest.length === 0 ? null : folded(rest),
  );
}

/** Old and new, changed cells only. */
function changes(at: number, changed: readonly CellState[]): Element {
  if (changed.length === 0)
    return h("p", { class: "quiet" }, at === 0 ? "Nothing has happened yet." : "Shared memory is unchanged.");
  const heads = ["Cell", "Before", "", "After"].map((text) =>
    text === "" ? h("td") : h("th", { scope: "col" }, text),
  );
  const rows = changed.map(({ cell, from, to }) =>
    h(
      "tr",
      {},
      h("th", { scope: "row" }, cell),
      h("td", { class: "from" }, valueText(from)),
      h("td", { class: "arrow", "aria-hidden": "true" }, "→"),
      h("td", { class: "to" }, valueText(to)),
    ),
  );
  return h(
    "table",
    { class: "cells changed" },
    h("caption", { class: "hidden" }, "Cells that the step changed"),
    h("thead", { class: "hidden" }, h("tr", {}, heads)),
    h("tbody", {}, rows),
  );
}

function locks(trace: Trace, at: number): Element {
  const items = locksAt(trace, at).map((held, cpu) => {
    const texts = held.map(({ lock, mode }) => `${lock} (${mode})`);
    const none = placeOf(trace, at, cpu) === undefined ? "not started" : "none";
    return h(
      "li",
      { class: `cpu${cpu % 4}` },
      h("span", { class: "letter" }, letterOf(cpu)),
      h("span", { class: texts.length === 0 ? "quiet" : "held" }, texts.length === 0 ? none : texts.join(", ")),
    );
  });
  return h("ul", { class: "locks" }, items);
}

function folded(rest: readonly CellState[]): Element {
  const rows = rest.map(({ cell, to }) => h("tr", {}, h("th", { scope: "row" }, cell), h("td", {}, valueText(to))));
  return h(
    "details",
    { class: "rest" },
    h("summary", {}, `${rest.length} unchanged ${rest.length === 1 ? "cell" : "cells"}`),
    h("table", { class: "cells" }, h("caption", { class: "hidden" }, "Unchanged cells"), h("tbody", {}, rows)),
  );
}

export function valueText(value: number): string {
  return value === unknown ? "?" : String(value);
}
