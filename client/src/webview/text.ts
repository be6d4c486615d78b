/** Text as nodes of the panel. */
import { h, type Node } from "./tree";

/** A sentence: what stands between two backticks is code. */
export function words(text: string): Node[] {
  return text
    .split(/`([^`\n]+)`/)
    .map((part, n) => (n % 2 === 0 ? part : h("code", {}, part)))
    .filter((part) => part !== "");
}

/** Code that may go on in the next line after a bracket or comma and before an arrow, never within one. */
export function breakable(text: string): Node[] {
  const parts = text.split(/(?<=[(,])(?=\S)|(?=->)/);
  return parts.flatMap((part, n) => [
    ...(n === 0 ? [] : [h("wbr")]),
    ...(part.startsWith("->") ? [h("span", { class: "whole" }, "->"), part.slice(2)] : [part]),
  ]);
}

export function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
