/** Makes the document look like a tree, changing only what differs, so that focus, selection and open folds stay. */
import type { Element as Wanted, Node as WantedNode } from "./tree";

const svg = "http://www.w3.org/2000/svg";

/** Strings become text nodes; there is no way from a string to markup. */
export function create(wanted: WantedNode): Node {
  if (typeof wanted === "string") return document.createTextNode(wanted);
  const element =
    wanted.tag === "svg" || wanted.tag === "path"
      ? document.createElementNS(svg, wanted.tag)
      : document.createElement(wanted.tag);
  update(element, wanted);
  return element;
}

/** Makes an element of the same tag equal to what is wanted. */
export function update(element: Element, wanted: Wanted): void {
  for (const name of element.getAttributeNames())
    if (!(name in wanted.attributes) && !(name === "open" && wanted.tag === "details")) element.removeAttribute(name);
  wanted.children.forEach((child, n) => {
    const there = element.childNodes[n];
    if (there === undefined) element.appendChild(create(child));
    else if (typeof child === "string" && there.nodeType === Node.TEXT_NODE) {
      if (there.nodeValue !== child) there.nodeValue = child;
    } else if (typeof child !== "string" && there instanceof Element && there.localName === child.tag)
      update(there, child);
    else element.replaceChild(create(child), there);
  });
  while (element.childNodes.length > wanted.children.length) element.lastChild!.remove();
  // After the children: a selection needs its options.
  for (const [name, value] of Object.entries(wanted.attributes)) {
    if (value === false) element.removeAttribute(name);
    else if (element.getAttribute(name) !== String(value)) element.setAttribute(name, String(value));
    if (name === "value" && element instanceof HTMLInputElement) element.value = String(value);
    if (name === "selected" && element instanceof HTMLOptionElement) element.selected = value === true;
  }
}
