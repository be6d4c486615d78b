/** A tree of elements as plain data: what the panel renders to, whether a browser or a test reads it. */

export type Attributes = Record<string, string | number | boolean>;

export interface Element {
  tag: string;
  attributes: Attributes;
  children: Node[];
}

/** A string becomes a text node, never markup. */
export type Node = Element | string;

/** Nothing here can load, run or lead anywhere. */
const tags = new Set(
  (
    "a abbr aside button caption code dd details div dl dt footer h1 h2 h3 header kbd label li main ol option output " +
    "p path section select small span strong summary svg table tbody td th thead tr ul input wbr"
  ).split(" "),
);
const attributes =
  /^(?:class|id|role|type|min|max|step|value|tabindex|disabled|selected|title|for|scope|colspan|hidden|viewBox|d|focusable|aria-[a-z]+|data-[a-z]+)$/;

/** An element; what could load or run something is a mistake of the caller, not of the data. */
export function h(tag: string, given: Attributes = {}, ...children: (Node | Node[] | null | false)[]): Element {
  if (!tags.has(tag)) throw new Error(`<${tag}> has no place in the panel`);
  for (const name of Object.keys(given))
    if (!attributes.test(name)) throw new Error(`${name} has no place in the panel`);
  return { tag, attributes: given, children: children.flat().filter((c): c is Node => c !== null && c !== false) };
}

/** Text of a tree, for labels and tests. */
export function textOf(node: Node): string {
  return typeof node === "string" ? node : node.children.map(textOf).join("");
}

/** All elements that satisfy a test, in document order. */
export function findAll(node: Node, wanted: (e: Element) => boolean): Element[] {
  if (typeof node === "string") return [];
  return [...(wanted(node) ? [node] : []), ...node.children.flatMap((c) => findAll(c, wanted))];
}
