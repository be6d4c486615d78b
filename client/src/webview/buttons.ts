/** Buttons and pictures of the panel. */
import { type Attributes, type Element, h } from "./tree";

/** Drawn on a 16 × 16 grid, filled with the colour of the text. */
const pictures = {
  start: "M3 3h2v10H3zM13 3v10L6 8z",
  back: "M11 3v10L4 8z",
  step: "M5 3v10l7-5z",
  previousSwitch: "M8 3v10L1.5 8zM14.5 3v10L8 8z",
  nextSwitch: "M1.5 3v10L8 8zM8 3v10l6.5-5z",
  violation: "M3 3v10l7-5zM11 3h2v10h-2z",
  play: "M4 2v12l10-6z",
  pause: "M4 3h3v10H4zM9 3h3v10H9z",
};
export type Picture = keyof typeof pictures;

export function button(text: string, attributes: Attributes, key?: string): Element {
  return h(
    "button",
    { type: "button", class: "action", ...attributes },
    text,
    key === undefined ? null : h("kbd", { "aria-hidden": "true" }, key),
  );
}

/** A button that is a picture; its name is read aloud and shown on hover. */
export function iconButton(picture: Picture, name: string, key: string, attributes: Attributes): Element {
  return h(
    "button",
    { type: "button", class: "icon", title: `${name} (${key})`, "aria-label": name, ...attributes },
    h("svg", { viewBox: "0 0 16 16", "aria-hidden": "true", focusable: "false" }, h("path", { d: pictures[picture] })),
  );
}
